"""Reach: which lines and branches of a file the tests come to, from what the woven code noted.

Why: which lines and branches there are, and which of them a project excuses (`# pragma: no cover`), is read as coverage.py reads it, so
that its users find the figures they know.
Limit: where a `finally` ends, coverage.py counts ways out that no note tells apart; each counts as gone where both its lines are reached.
Not here: noting (`note`), what a proof says (`proof`).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from planaria.prove.proof import FileReach


def reached(name: str, source: str, told: Mapping[str, Any], tests_of: Mapping[int, Sequence[int]], names: Sequence[str]) -> FileReach:
    r"""Return how a file is reached: `told` are its notes, `tests_of` which tests, by their places in `names`, noted a number.

    What noted a number when it was imported is below zero.

    >>> told = {"lines": [[-1, 1], [-2, 2]], "ways": [[1, [2, -3]]]}
    >>> one = reached("a.py", "if b:\n    c()\nd = 1\n", told, {-1: [-1, 0], -3: [0]}, ["test_a"])
    >>> one.lines, one.missed_lines, one.branches, one.missed_branches, one.tests
    ((1, 2, 3), (2, 3), 2, ((1, 2),), {1: ('test_a',)})
    """
    from coverage.parser import PythonParser

    parser = PythonParser(text=source, filename=name, exclude=_pattern("exclude"))
    parser.parse_source()
    tests: dict[int, set[int]] = {}
    for number, line in told["lines"]:
        first = parser.first_line(line)
        if first in parser.statements and number in tests_of:
            tests.setdefault(first, set()).update(tests_of[number])
    counts, excused = parser.exit_counts(), parser.lines_matching(_pattern("partial", "partial_always"))
    branches = {line: count for line, count in counts.items() if count > 1}
    ways = {parser.first_line(line): way for line, way in told["ways"]}
    missed = (
        (start, end)
        for start, end in parser.arcs()
        if start in branches and start not in excused and end not in parser.excluded
        if not _is_gone(start, end, ways.get(start), tests, tests_of)
    )
    return FileReach(
        file=name, source=source, lines=tuple(sorted(parser.statements)), missed_lines=tuple(sorted(parser.statements - tests.keys())),
        excused_lines=tuple(sorted(parser.excluded)), branches=sum(branches.values()), missed_branches=tuple(sorted(missed)),
        tests={line: several for line, some in tests.items() if (several := tuple(names[one] for one in sorted(some) if one >= 0))},
    )  # fmt: skip


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
