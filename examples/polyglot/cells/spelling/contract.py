"""Spelling: which word was meant."""

from dataclasses import dataclass

from planaria import CellError, Contract, operation, requires

LONGEST = 64


class TooLong(CellError):
    """A word is longer than any word is."""

    code = "SPELL-1"
    what = "a word of {size} characters is too long"
    why = "the time to compare two words grows with the product of their lengths"
    fix = "ask for one word, not for a text"


@dataclass(frozen=True, slots=True)
class Match:
    """A word, and how many letters must change to make it of another."""

    word: str
    edits: int


class Spelling(Contract):
    """Finds the words that were meant.

    Why: people mistype, and a near word is a better answer than none. Letters are Unicode characters; what must change
    is counted as Levenshtein did: insertions, deletions and replacements.
    """

    @operation(idempotent=True, deadline_s=2, errors=(TooLong,))
    async def distance(self, one: str, other: str) -> int:
        """Count the letters that must change to make one word of the other; words have at most 64 letters.

        >>> await spelling.distance("kitten", "sitting")
        3
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=2, errors=(TooLong,))
    @requires("at most 0 to 64 letters change", lambda at_most: 0 <= at_most <= LONGEST)
    async def nearest(self, word: str, among: tuple[str, ...], at_most: int = 2) -> Match | None:
        """Find the word that needs the fewest changes, the first of equals; none where all need more than `at_most`.

        >>> await spelling.nearest("aple", ("maple", "apple"))
        Match(word='maple', edits=1)
        >>> await spelling.nearest("aple", ("banana",))
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=2, errors=(TooLong,))
    @requires("the word is not empty", lambda word: word)
    async def suggest(self, word: str) -> Match | None:
        """Find the nearest word of the lexicon that begins with the same letter.

        >>> await spelling.suggest("kiten")
        Match(word='kitten', edits=1)
        """
        raise NotImplementedError
