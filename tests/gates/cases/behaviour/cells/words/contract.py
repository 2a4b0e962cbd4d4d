"""Words: small works on texts."""

from collections.abc import Mapping
from dataclasses import dataclass

from planaria import CellError, Contract, operation, requires


class Unclosed(CellError):
    """A quotation mark is not closed."""

    code = "WORD-1"
    what = "the mark at {place} is not closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How lines are wrapped."""

    width: int
    indent: str = ""
    breaking: bool = True


class Words(Contract):
    """Works on texts that keep nothing."""

    @operation(idempotent=True, errors=(Unclosed,))
    @requires("the separator is one sign and no quotation mark", lambda separator: len(separator) == 1 and separator != '"')
    async def split(self, line: str, separator: str = ",") -> tuple[str, ...]:
        r"""Split a line into fields; between quotation marks a separator is text, and two marks stand for one.

        >>> await words.split('a,"b,c","d""e"')
        ('a', 'b,c', 'd"e')
        >>> await words.split("")
        ('',)
        >>> await words.split('"a')
        Traceback (most recent call last):
        Unclosed: ...
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def slug(self, title: str, longest: int = 20) -> str:
        """Make an address of a title: small ASCII letters and digits, with single dashes between words.

        >>> await words.slug("  Hello, World! ")
        'hello-world'
        """
        raise NotImplementedError

    @operation(idempotent=True)
    @requires("the width is 1 to 80", lambda options: 1 <= options.width <= 80)
    @requires("the indent leaves room", lambda options: len(options.indent) < options.width)
    async def wrap(self, text: str, options: Options) -> tuple[str, ...]:
        """Wrap a text into lines of at most the width, the indent included; longer words are broken, if asked.

        >>> await words.wrap("one two three", Options(width=7))
        ('one two', 'three')
        >>> await words.wrap("abcdef", Options(width=4, indent="> "))
        ('> ab', '> cd', '> ef')
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def count(self, texts: tuple[str, ...], least: int = 1) -> Mapping[str, int]:
        """Count in how many texts each word stands, as far as it is at least so many.

        >>> await words.count(("a b", "b b"), 2)
        {'b': 2}
        """
        raise NotImplementedError

    @operation(idempotent=True)
    @requires("the word is not empty", lambda word: word != "")
    async def mark(self, text: str, word: str) -> str:
        """Put every place of a word between brackets, from the left, none within another.

        >>> await words.mark("banana", "an")
        'b[an][an]a'
        """
        raise NotImplementedError

    @operation(idempotent=True)
    @requires("there are numbers", lambda numbers: len(numbers) > 0)
    async def middle(self, numbers: tuple[float, ...]) -> float:
        """Give the median.

        >>> await words.middle((3.0, 1.0, 2.0)), await words.middle((4.0, 1.0))
        (2.0, 2.5)
        """
        raise NotImplementedError
