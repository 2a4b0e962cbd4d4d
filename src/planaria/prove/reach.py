"""Reach: which lines and branches of a file the tests come to, from what the woven code noted.

Why: which lines and branches there are, and which of them a project excuses (`# pragma: no cover`), is read as coverage.py reads it, so
that its users find the figures they know.
Limit: where a `finally` ends, coverage.py counts ways out that no note tells apart; each counts as gone where both its lines are reached.
Not here: noting (`note`), what a proof says (`proof`).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from planaria.prove.proof import FileReach


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The lines of a source and its branches (`counted` can be missed); `firsts` has the first line of what takes several."""

    source: str
    lines: frozenset[int]
    excused: frozenset[int]
    firsts: Mapping[int, int]
    branches: int
    counted: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, source: str) -> "Layout":
        r"""Read a source, which must be Python.

        >>> one = Layout.of("if b:\n    c()\nd = 1\n")
        >>> sorted(one.lines), one.branches, sorted(one.counted)
        ([1, 2, 3], 2, [(1, 2), (1, 3)])
        """
        from coverage.parser import PythonParser

        parser = PythonParser(text=source or "\n", exclude=_pattern("exclude"))
        parser.parse_source()
        several = {line: count for line, count in parser.exit_counts().items() if count > 1}
        whole = parser.lines_matching(_pattern("partial", "partial_always"))
        counted = ((start, end) for start, end in parser.arcs() if start in several and start not in whole and end not in parser.excluded)
        return cls(
            source=source, lines=frozenset(parser.statements), excused=frozenset(parser.excluded), firsts=dict(parser.multiline_map),
            branches=sum(several.values()), counted=frozenset(counted),
        )  # fmt: skip

    def reached(self, name: str, told: Mapping[str, Any], tests_of: Mapping[int, Sequence[int]], names: Sequence[str]) -> FileReach:
        r"""Return how the file is reached: `told` are its notes, `tests_of` which tests, by their places in `names`, noted a number.

        What noted a number when it was imported is below zero.

        >>> told = {"lines": [[-1, 1], [-2, 2]], "ways": [[1, [2, -3]]]}
        >>> one = Layout.of("if b:\n    c()\nd = 1\n").reached("a.py", told, {-1: [-1, 0], -3: [0]}, ["test_a"])
        >>> one.lines, one.missed_lines, one.branches, one.missed_branches, one.tests
        ((1, 2, 3), (2, 3), 2, ((1, 2),), {1: ('test_a',)})
        """
        tests: dict[int, set[int]] = {}
        for number, line in told["lines"]:
            first = self.firsts.get(line, line)
            if first in self.lines and number in tests_of:
                tests.setdefault(first, set()).update(tests_of[number])
        ways = {self.firsts.get(line, line): way for line, way in told["ways"]}
        missed = (one for one in self.counted if not _is_gone(*one, ways.get(one[0]), tests, tests_of))
        return FileReach(
            file=name, source=self.source, lines=tuple(sorted(self.lines)), missed_lines=tuple(sorted(self.lines - tests.keys())),
            excused_lines=tuple(sorted(self.excused)), branches=self.branches, missed_branches=tuple(sorted(missed)),
            tests={line: several for line, some in tests.items() if (several := tuple(names[one] for one in sorted(some) if one >= 0))},
        )  # fmt: skip


def layouts(paths: Iterable[Path]) -> dict[str, Layout]:
    """Return the layouts of files by their sources; what cannot be read is left out."""
    from coverage.exceptions import NotPython

    found: dict[str, Layout] = {}
    for path in paths:
        with suppress(OSError, ValueError, RecursionError, NotPython):
            source = path.read_text(encoding="utf-8")
            found[source] = Layout.of(source)
    return found


def _is_gone(start: int, end: int, way: Sequence[int] | None, tests: Mapping[int, Any], tests_of: Mapping[int, Any]) -> bool:
    """Say whether some test went from one line to another."""
    if way is not None and not start < end <= way[0]:
        return way[1] in tests_of
    return start in tests and (end < 0 or end in tests)


@cache
def _pattern(*names: str) -> str:
    """Return what coverage.py takes for a wish not to count a line, without what a project sets."""
    import coverage

    known = coverage.Coverage(data_file=None, config_file=False, messages=False)
    return "|".join(f"(?:{one})" for name in names for one in known.get_exclude_list(name))
