"""The baseline: every test once on the unchanged code, and what each of them reaches.

Why: all else is chosen by it, and nothing can begin before it ends, so files of tests are shared out over processes: the first ones to
the first, the same each time. Tests of one file stay together and in order, as what they share may ask for.
Decision D-143: the first run is shared out by file; where a test then fails, all are run once more in one process, in order, and that
counts. Because it is a fifth of a proof with two jobs, and a suite that depends on its order must be judged as its users run it. Revisit
when tests say what they share.
Not here: what is asked again where a test fails apart from the others (`prove.run`), mutants (`lane`).
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from planaria.prove.measured.suite import Suite

TESTS_MIN = 40  # fewer than that are run sooner than a second process begins


class Baseline:
    """The first run of a suite; `coverage` is what notes lines, None where nobody asks for them, and `root` the folder of the project."""

    def __init__(self, suite: Suite, coverage: Any, root: Path, work: Path, say: Callable[[dict[str, Any]], None]) -> None:
        self.suite, self.coverage, self.root, self.work, self.say = suite, coverage, root, work, say

    def run(self, jobs: int) -> None:
        """Run every test in one of up to `jobs` processes, tell of each test, and say how that ended."""
        codes = []
        parts = _parts([str(one.path) for one in self.suite.items], jobs)
        self.say({"parts": len(parts)})
        for pid in [self._forked(number, parts) for number in range(len(parts))]:
            _, status = os.waitpid(pid, 0)
            codes.append(os.waitstatus_to_exitcode(status))
        code = next(filter(None, codes), 0)
        self.say({"done": code == 0, "code": code})

    def _forked(self, number: int, parts: list[range]) -> int:
        if not (pid := os.fork()):
            code = 1
            try:
                self._run(number, parts)
                code = 0
            finally:
                os._exit(code)
        return pid

    def _run(self, number: int, parts: list[range]) -> None:
        """Run the tests of a part, in order."""
        part = parts[number]
        before = {*sys.modules}
        if self.coverage is not None:
            self.coverage.start()
        for position in part:
            item = self.suite.items[position]
            if self.coverage is not None:
                self.coverage.switch_context(item.nodeid)
            following = self.suite.items[position + 1] if position + 1 in part else None
            self.say({"test": position, **self.suite.noted(item, following)})
        if self.coverage is not None:
            self.coverage.stop()
            target = self.work / f"coverage-{os.getpid()}.json"
            target.write_text(json.dumps(dict(self._reaches(number, len(parts)))), encoding="utf-8")
            self.say({"reach": str(target)})
        self.say({"imported": [name for name in sys.modules if name not in before and not _is_below(name, str(self.root))]})

    def _reaches(self, number: int, parts: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what coverage knows of the files that were reached here, and of this part's share of all others; analysis is dear."""
        data = self.coverage.get_data()
        for position, place in enumerate(self.suite.places):
            contexts = data.contexts_by_lineno(place)
            if position % parts == number or any(any(tests) for tests in contexts.values()):
                yield place, self._reach(place, contexts)

    def _reach(self, place: str, contexts: dict[int, list[str]]) -> dict[str, Any]:
        """Return what coverage knows of a file, in the words of its JSON report, whose other figures cost seconds."""
        told = self.coverage._analyze(place)  # noqa: SLF001 - there is no other way to the branches that were missed
        missed = told.missing_branch_arcs()
        return {
            "executed_lines": sorted(told.executed), "missing_lines": sorted(told.missing), "excluded_lines": sorted(told.excluded),
            "missing_branches": sorted((start, end) for start, ends in missed.items() for end in ends),
            "summary": {"num_branches": told.numbers.n_branches}, "contexts": contexts,
        }  # fmt: skip


def _parts(files: list[str], jobs: int) -> list[range]:
    """Divide tests, each told by its file, into parts that are about as large, and cut no file.

    >>> _parts(["a"] * 30 + ["b"] * 20 + ["c"] * 50, 2), _parts(["a"] * 100, 2), _parts(["a", "b"], 2)
    ([range(0, 50), range(50, 100)], [range(0, 100)], [range(0, 2)])
    """
    total, ends = len(files), [0]
    jobs = max(1, min(jobs, total // TESTS_MIN))
    end = 0
    for _, several in groupby(files):
        end += len(list(several))
        if end - ends[-1] >= (total - ends[-1]) / (jobs + 1 - len(ends)) and end < total:
            ends.append(end)
    return [range(first, last) for first, last in zip(ends, [*ends[1:], total], strict=True)]


def _is_below(name: str, place: str) -> bool:
    """Say whether a module belongs to the code or its tests, or to nothing that can be found again."""
    file = getattr(sys.modules[name], "__file__", None)
    spec = getattr(sys.modules[name], "__spec__", None)
    return spec is None or (file is not None and str(file).startswith(place))
