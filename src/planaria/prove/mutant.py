"""A mutant: one wrong version of one place, and how a person is shown it.

Why: what is run is a switch inside one program; what is shown, searched for witnesses and kept is the plain text.
Not here: making them (`schemata`), the ways to be wrong (`operator`).
"""

import difflib
from dataclasses import dataclass

from planaria.kernel.error import PlanariaError


class SourceUnreadable(PlanariaError):
    """A file of the code under proof is no Python."""

    code = "PLN-J103"
    what = "{file} cannot be read as Python: {text}"
    why = "mutants are made from the syntax tree"
    fix = "mend it, or name the files to prove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: `text` stands in the place of the source from (line, column) to (end_line, end_column).

    `id` is the switch of this run, from 1; `key` names the change whatever else changes in the file: the function's name, its source's
    digest, and the number of the change within it. Lines begin at 1, columns are UTF-8 bytes from 0.
    """

    id: int
    file: str
    operator: str
    function: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    key: str

    def applied(self, source: str) -> str:
        r"""Return the source with this change alone.

        >>> Mutant(id=1, file="a.py", operator="boundary", function="f", line=1, column=0, end_line=1, end_column=5, text="a <= b",
        ...     key="").applied("a < b\n")
        'a <= b\n'
        """
        lines = source.split("\n")  # as Python counts them, which is not as `splitlines` does
        return "\n".join((*lines[: self.line - 1], self._changed(lines), *lines[self.end_line :]))

    def _changed(self, lines: list[str]) -> str:
        first, last = lines[self.line - 1].encode(), lines[self.end_line - 1].encode()
        return (first[: self.column] + self.text.encode() + last[self.end_column :]).decode()

    def diff(self, source: str) -> str:
        r"""Return the lines that change, those of the source marked with `-`, the mutant's with `+`.

        >>> print(Mutant(id=1, file="a.py", operator="boundary", function="f", line=1, column=0, end_line=1, end_column=5, text="a <= b",
        ...     key="").diff("a < b\n"))
        - a < b
        + a <= b
        """
        lines = source.split("\n")
        told = difflib.ndiff(lines[self.line - 1 : self.end_line], self._changed(lines).split("\n"))
        return "\n".join(line for line in told if line.startswith(("- ", "+ ")))
