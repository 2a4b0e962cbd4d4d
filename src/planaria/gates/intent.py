"""Intent: what a regeneration is for, in prose and in examples.

Why: prose tells the proposer what is wanted; only the examples are believed by the gates, since they can be run.
Not here: running examples (`prove.example`), explaining differences by them (`diff.behaviour`).
"""

import doctest
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from planaria.kernel.error import PlanariaError

FENCE = re.compile(r"^```pycon[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
NAME_CHARACTERS_MAX = 1000


class IntentUnreadable(PlanariaError):
    """An intent that cannot be read."""

    code = "PLN-R101"
    what = "the intent cannot be used: {text}"
    why = "an intent is text, or a Markdown file with prose and examples in pycon blocks"
    fix = "write it in quotation marks, or give the path of a UTF-8 file whose pycon blocks hold `>>> call` and what it gives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Prose and examples; each block of examples is run on a fresh cell of its own.

    >>> Intent(text="Round up.").examples
    ()
    """

    text: str = ""
    blocks: tuple[tuple[doctest.Example, ...], ...] = ()

    @property
    def examples(self) -> tuple[doctest.Example, ...]:
        """Return the examples of all blocks in order."""
        return tuple(example for block in self.blocks for example in block)

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def intent_of(text: str) -> Intent:
    r"""Read an intent from Markdown.

    Raises:
        IntentUnreadable: PLN-R101.

    >>> intent_of("Greet.\n\n```pycon\n>>> 1 + 1\n2\n```\n").examples[0].want
    '2\n'
    """
    if not text.strip():
        raise IntentUnreadable(text="it is empty")
    blocks = []
    for found in FENCE.finditer(text):
        try:
            examples = doctest.DocTestParser().get_examples(found.group(1))
        except ValueError as error:
            raise IntentUnreadable(text=str(error)) from error
        if not examples:
            raise IntentUnreadable(text="a pycon block holds no example")
        blocks.append(tuple(examples))
    return Intent(text=text, blocks=tuple(blocks))


def intent_from(source: str, folder: Path) -> Intent:
    """Read an intent from a file, where `source` names one (seen from `folder`), or from the text itself.

    Raises:
        IntentUnreadable: PLN-R101.

    >>> intent_from("Round up.", Path()).text
    'Round up.'
    """
    named = "\n" not in source and len(source) <= NAME_CHARACTERS_MAX and (folder / source).is_file()
    if not named:
        if re.fullmatch(r"\S+\.(md|txt)", source):
            raise IntentUnreadable(text=f"there is no file {source}")
        return intent_of(source)
    try:
        return intent_of((folder / source).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise IntentUnreadable(text=f"{source} is not UTF-8") from error
