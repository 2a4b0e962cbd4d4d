"""A lane: one process after another, each forked from the warm one to be several mutants that die soon, or one for as long as it takes.

Why: a fork costs milliseconds where a start costs most of a second, and whatever a mutant breaks ends with it. Each lane learns which
tests kill and begins with those that kill most for what they cost.
Limits are counted: steps of the code under proof, then processor time, and only against standstill the time on the wall.
Not here: which tests reach a mutant (`prove.run`), what a verdict means.
"""

import contextlib
import gc
import mmap
import os
import random
import resource
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from planaria.prove.measured.loading import Woven
from planaria.prove.measured.share import DEAR_S, TASKS_MAX, Share, can_share
from planaria.prove.measured.suite import Suite, quiet_failures
from planaria.prove.measured.switch import LATE, Strange
from planaria.prove.measured.task import (
    CPU_MORE_S,
    CPU_TIMES,
    IDLE_MORE_S,
    STEPS_MORE,
    STEPS_TIMES,
    WALL_MORE_S,
    WALL_TIMES,
    Task,
    ends_in_time,
)

NOT_RUN, PASSED, FAILED, SKIPPED, AT_WORK = range(5)
YEAR_S = 400 * 86_400.0 + 40_000.0
NUMBER_BYTES = 4
LATE_MAX = 3


class Lanes:
    """The warm process as it hands out tasks."""

    def __init__(self, suite: Suite, woven: Woven, costs: Sequence[tuple[float, float, int]], work: Path) -> None:
        self.suite, self.woven, self.costs, self.work = suite, woven, costs, work
        self.scratch = work
        self.page = mmap.mmap(-1, max(4096, len(suite.items) + NUMBER_BYTES))
        self.kills: Counter[tuple[str, int]] = Counter()
        self.runs: Counter[int] = Counter()
        self.stands: Counter[tuple[str, int]] = Counter()
        self.fruitless, self.pause = 0, 0  # shares in a row that were not worth it, and for how many portions none is tried

    def run(self, tasks: Sequence[Task], jobs: int, say: Callable[[dict[str, Any]], None]) -> None:
        """Run tasks in `jobs` processes at once, and say what comes of each."""
        self.suite.forget()  # finds the caches that there are, once for all processes
        self.suite.rest()
        gc.collect()
        gc.freeze()
        source, target = os.pipe()
        lanes = []
        for number in range(jobs):
            if not (pid := os.fork()):
                os.close(target)
                self._lane(number, tasks, source, say)
            lanes.append(pid)
        os.close(source)
        with contextlib.suppress(BrokenPipeError):
            for first, count in _portions(len(tasks), jobs):
                os.write(target, first.to_bytes(NUMBER_BYTES) + count.to_bytes(NUMBER_BYTES))
        os.close(target)
        for pid in lanes:
            os.waitpid(pid, 0)

    def _lane(self, number: int, tasks: Sequence[Task], source: int, say: Callable[[dict[str, Any]], None]) -> None:
        code = 1
        try:
            self.page = mmap.mmap(-1, len(self.page))
            self.scratch = self.work / f"lane-{number}"
            while len(told := os.read(source, 2 * NUMBER_BYTES)) == 2 * NUMBER_BYTES:
                first, count = int.from_bytes(told[:NUMBER_BYTES]), int.from_bytes(told[NUMBER_BYTES:])
                for outcome in self._outcomes(tasks[first : first + count]):
                    say(outcome)
            code = 0
        finally:
            os._exit(code)

    def _outcomes(self, tasks: Sequence[Task]) -> Iterator[dict[str, Any]]:
        """Yield what comes of tasks, after each other: those that can in a shared process, all others in one of their own."""
        several = [one for one in tasks if one.id not in self.woven.defaults and can_share(one, self.costs)]
        alone = [one for one in tasks if one not in several]
        self.pause = max(0, self.pause - 1)
        while len(several) > 1 and not self.pause:
            kills, cpu_s = Share(self, several).run()
            is_worth = any(kills) and cpu_s < DEAR_S * len(kills)  # fixtures that tests have in common are made for each, which may be dear
            self.fruitless = 0 if is_worth else self.fruitless + 1
            self.pause = 0 if is_worth else 2**self.fruitless
            for task, tests in zip(several, kills, strict=False):
                if tests:
                    results = dict.fromkeys(tests[:-1], "passed") | {tests[-1]: "failed"}
                    self.learn(task, results)
                    yield {"task": task.id, "cpu_s": cpu_s / len(kills), "results": results}
                else:
                    alone.append(task)
            several = several[len(kills) :]
        yield from map(self._outcome, (*alone, *several))

    def _outcome(self, task: Task) -> dict[str, Any]:
        tests = list(task.tests) if task.each else self.ordered(task)
        told: dict[str, Any] = {"task": task.id, "cpu_s": 0.0, "results": {}}
        late = 0
        while tests:
            self.page[:] = bytes(len(self.page))
            how, cpu_s = self._forked(task, tests)
            told["cpu_s"] += cpu_s
            marks = self.page[NUMBER_BYTES : NUMBER_BYTES + len(tests)]
            for test, mark in zip(tests, marks, strict=True):
                if mark in (PASSED, FAILED, SKIPPED):
                    told["results"][test] = ("passed", "failed", "skipped")[mark - 1]
            at_work = marks.find(AT_WORK)
            if at_work < 0 and how == "":
                break
            late += 1
            told["results"][tests[max(at_work, 0)]] = how or "ended"
            if not task.each and (how in ("", "ended") or late == LATE_MAX):
                break
            tests = tests[max(at_work, 0) + 1 :]  # another test may tell what is wrong, where this one only waits
        self.learn(task, told["results"])
        return told

    def learn(self, task: Task, results: Mapping[int, str]) -> None:
        """Note which tests ran, and which of them killed."""
        for test, result in results.items():
            self.runs[test] += result in ("passed", "failed", "skipped")
            self.stands[task.group, test] += result == "standstill"
            if result in ("failed", "ended"):
                self.kills[task.group, test] += 1
                self.kills["", test] += 1

    def ordered(self, task: Task) -> list[int]:
        """Put those tests first that kill most for what they cost, above all in the same function, and last what stood still in it."""

        def worth(test: int) -> tuple[bool, float]:
            cpu_s, _, _ = self.costs[test]
            kills = 1 + 4 * self.kills[task.group, test] + self.kills["", test]
            return not self.stands[task.group, test], kills / (1 + self.runs[test]) / (0.001 + cpu_s)

        return sorted(task.tests, key=worth, reverse=True)

    def _forked(self, task: Task, tests: Sequence[int]) -> tuple[str, float]:
        """Run tests in a process of their own; say how it ended (nothing: as it should), and its processor time."""
        pid = os.fork()
        if not pid:
            self._be(task, tests)
        seconds = [self.costs[one][1] for one in tests]
        is_late = not ends_in_time(pid, WALL_TIMES * sum(seconds) + WALL_MORE_S, WALL_TIMES * max(seconds) + IDLE_MORE_S)
        if is_late:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        cpu_s, code = used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)
        if is_late or code in (LATE, -signal.SIGPROF):
            return ("standstill" if is_late else "steps" if code == LATE else "cpu"), cpu_s
        return ("" if code == 0 else "ended"), cpu_s

    def _be(self, task: Task, tests: Sequence[int]) -> None:
        """Be what the task says until the tests are through."""
        code = 1
        try:
            more = self.begin(task)
            items = self.suite.items
            for position, test in enumerate(tests):
                cpu_s, _, steps = self.costs[test]
                more(STEPS_TIMES * steps + STEPS_MORE)
                signal.setitimer(signal.ITIMER_PROF, CPU_TIMES * cpu_s + CPU_MORE_S)
                self.page[NUMBER_BYTES + position] = AT_WORK
                following = items[tests[position + 1]] if position + 1 < len(tests) else None
                result = self.suite.run(items[test], following).result
                self.page[NUMBER_BYTES + position] = {"passed": PASSED, "failed": FAILED}.get(result, SKIPPED)
                if result == "failed" and not task.each:
                    break
            code = 0
        finally:
            os._exit(code)

    def begin(self, task: Task) -> Callable[[int], None]:
        """Make this process what a task says; what is returned grants it steps."""
        quiet_failures()
        self._own_folder()
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        with contextlib.suppress(OSError, ValueError):  # in a sandbox limits are set already
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        switch = self.suite.switch
        if task.mode in ("none", "strange"):
            switch.hollow(Strange if task.mode == "strange" else lambda: None)
            return lambda _: None
        if task.id in self.woven.defaults:
            self.woven.set_default(task.id)
        if task.mode == "later":
            clock: Any = time
            now, now_ns = clock.time, clock.time_ns
            clock.time, clock.time_ns = (lambda: now() + YEAR_S), (lambda: now_ns() + int(YEAR_S * 1e9))
        shared: Any = random
        shared.seed(task.id)  # tests that draw from it draw the same each time
        return switch.turn_on(task.id if task.mode == "mutant" else 0, STEPS_MORE)

    def _own_folder(self) -> None:
        """Give temporary files a folder of this process's own."""
        factory: Any = getattr(self.suite.items[0].config, "_tmp_path_factory", None)
        if factory is not None:
            if self.scratch.is_dir():
                shutil.rmtree(self.scratch, ignore_errors=True)
            factory._given_basetemp, factory._basetemp = self.scratch, None  # noqa: SLF001 - its own way scans the folder of all runs


def _portions(total: int, jobs: int) -> Iterator[tuple[int, int]]:
    """Yield portions as their first task and their size; where there are several lanes, the last are small, so that all end together.

    >>> list(_portions(40, 1)), [count for _, count in _portions(40, 2)]
    ([(0, 16), (16, 16), (32, 8)], [10, 7, 5, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1])
    """
    first = 0
    while first < total:
        left = total - first
        count = min(TASKS_MAX, left) if jobs == 1 else max(1, min(TASKS_MAX, left // (2 * jobs)))
        yield first, count
        first += count
