"""Reach: which lines and branches of a file the tests come to, from what the processes that ran them told.

Why: tests are shared out over processes, each of which knows only its own; a line is missed when all of them missed it.
Not here: measuring (`measured.baseline`), what a proof says (`proof`).
"""

from collections.abc import Mapping
from typing import Any

from planaria.prove.proof import FileReach


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two processes together reached of a file.

    >>> one = {"executed_lines": [1, 2], "missing_lines": [3], "missing_branches": [[1, 3]], "contexts": {"2": ["a"]}}
    >>> other = {"executed_lines": [1], "missing_lines": [2, 3], "missing_branches": [[1, 2], [1, 3]], "contexts": {"1": ["b"]}}
    >>> told = merged(one, other)
    >>> told["executed_lines"], told["missing_lines"], told["missing_branches"], told["contexts"]
    ([1, 2], [3], [[1, 3]], {'2': ['a'], '1': ['b']})
    """
    contexts = {line: list(tests) for line, tests in one["contexts"].items()}
    for line, tests in other["contexts"].items():
        known = contexts.setdefault(line, [])
        known += [test for test in tests if test not in known]
    return {
        **one, "executed_lines": sorted({*one["executed_lines"], *other["executed_lines"]}), "contexts": contexts,
        **{name: [each for each in one[name] if each in other[name]] for name in ("missing_lines", "missing_branches")},
    }  # fmt: skip


def reached(name: str, source: str, told: Mapping[str, Any]) -> FileReach:
    r"""Return how a file is reached, from what was told of it; of nothing, a file that no test knows.

    >>> told = {"executed_lines": [1], "missing_lines": [2], "missing_branches": [[1, 2]], "summary": {"num_branches": 2}}
    >>> one = reached("a.py", "if b:\n    c()\n", {**told, "contexts": {"1": ["", "test_a"]}})
    >>> one.lines, one.missed_lines, one.missed_branches, one.tests
    ((1, 2), (2,), ((1, 2),), {1: ('test_a',)})
    """
    contexts: Mapping[str, list[str]] = told.get("contexts", {})
    lines = tuple(sorted((*told.get("executed_lines", ()), *told.get("missing_lines", ()))))
    missed = tuple((start, end) for start, end in told.get("missing_branches", ()))
    return FileReach(
        file=name, source=source, lines=lines, missed_lines=tuple(told.get("missing_lines", ())),
        branches=told.get("summary", {}).get("num_branches", 0), missed_branches=missed,
        tests={int(line): tuple(one for one in several if one) for line, several in contexts.items()},
    )  # fmt: skip
