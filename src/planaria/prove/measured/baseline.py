"""The baseline: every test once on the unchanged code, and what each of them reaches.

Why: all else is chosen by it, and nothing can begin before it ends, so files of tests are shared out over processes: the first ones to
the first, the same each time. Tests of one file stay together and in order, as what they share may ask for.
Decision D-143: the first run is shared out by file; where a test then fails, all are run once more in one process, in order, and that
counts. Because it is a fifth of a proof with two jobs, and a suite that depends on its order must be judged as its users run it. Revisit
when tests say what they share.
Not here: what is asked again where a test fails apart from the others (`prove.run`), mutants (`lane`).
"""

import os
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from planaria.prove.measured.suite import Suite

TESTS_MIN = 40  # fewer than that are run sooner than a second process begins


class Baseline:
    """The first run of a suite; `root` is the folder of the project."""

    def __init__(self, suite: Suite, root: Path, say: Callable[[dict[str, Any]], None]) -> None:
        self.suite, self.root, self.say = suite, root, say

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
                self._run(parts[number])
                code = 0
            finally:
                os._exit(code)
        return pid

    def _run(self, part: range) -> None:
        """Run the tests of a part, in order."""
        before = {*sys.modules}
        for position in part:
            following = self.suite.items[position + 1] if position + 1 in part else None
            self.say({"test": position, **self.suite.noted(self.suite.items[position], following)})
        self.say({"imported": [name for name in sys.modules if name not in before and not _is_below(name, str(self.root))]})


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
