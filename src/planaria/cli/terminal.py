"""The terminal: where text, data and problems go, and whether it is coloured.

Why: people get text, machines get one line of JSON on standard output; problems go to standard error, so that what is
piped stays clean. Colours only where a terminal shows them and NO_COLOR is not set.
Not here: progress (`progress`), what is said (each command).
"""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"


class Terminal:
    """Say things to a person, or give data to a machine.

    >>> import sys
    >>> Terminal(sys.stdout, sys.stderr, as_json=False).say("ready")
    ready
    """

    def __init__(self, out: TextIO, err: TextIO, *, as_json: bool) -> None:
        self.out, self.err, self.as_json = out, err, as_json

    def say(self, text: str = "") -> None:
        """Say one line to a person; machines do not get it."""
        if not self.as_json:
            print(text, file=self.out, flush=True)

    def note(self, text: str) -> None:
        """Say one line beside the result, on standard error."""
        print(text, file=self.err, flush=True)

    def give(self, data: Any) -> None:
        """Give a machine one line of JSON; people do not get it."""
        if self.as_json:
            print(json.dumps(data, default=str, ensure_ascii=False), file=self.out, flush=True)

    def colour(self, text: str, kind: str) -> str:
        """Colour a text that goes to standard output, where that is a terminal."""
        return paint(text, kind, self.out)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Say a table: columns as wide as they need to be, the last as it is."""
        texts = [[str(one) for one in row] for row in rows]
        widths = [max(len(row[at]) for row in [heads, *texts]) for at in range(len(heads))]
        for number, row in enumerate([list(heads), *texts]):
            line = "  ".join(one.ljust(width) for one, width in zip(row, widths, strict=True)).rstrip()
            self.say(self.colour(line, DIM) if number == 0 else line)

    def problem(self, plain: dict[str, Any]) -> None:
        """Tell a problem: what, why and how to cure it; to a machine as data on standard output."""
        self.give({"ok": False, "problem": plain})
        lines = [f"{paint(plain['code'], RED, self.err)}: {plain['what']}", f"  why: {plain['why']}", f"  fix: {plain['fix']}"]
        if not self.as_json:
            print("\n".join(lines), file=self.err, flush=True)


def paint(text: str, kind: str, stream: TextIO) -> str:
    """Colour a text where the stream is a terminal that shows colours.

    >>> import io
    >>> paint("no", RED, io.StringIO())
    'no'
    """
    shows = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{kind}m{text}\x1b[0m" if shows else text
