"""A lane: one process after another, each forked from the warm one to be a single mutant for as long as its tests need.

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
import select
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planaria.prove.measured.loading import Woven
from planaria.prove.measured.suite import Suite, quiet_failures
from planaria.prove.measured.switch import LATE, Strange

STEPS_TIMES, STEPS_MORE = 10, 20_000
CPU_TIMES, CPU_MORE_S = 10, 1.0
WALL_TIMES, WALL_MORE_S = 8, 4.0
NOT_RUN, PASSED, FAILED, SKIPPED, AT_WORK = range(5)
YEAR_S = 400 * 86_400.0 + 40_000.0
NUMBER_BYTES = 4
LATE_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a process is to be, and the tests that it runs; with `each` it runs all of them, else up to the first that fails.

    `mode` is `mutant`, `none` or `strange` (no function does anything), `plain`, or `later` (the clock is ahead).
    """

    id: int
    mode: str
    tests: tuple[int, ...]
    group: str = ""
    each: bool = False


class Lanes:
    """The warm process as it hands out tasks."""

    def __init__(self, suite: Suite, woven: Woven, costs: Sequence[tuple[float, float, int]], work: Path) -> None:
        self.suite, self.woven, self.costs, self.work = suite, woven, costs, work
        self.page = mmap.mmap(-1, max(4096, len(suite.items) + NUMBER_BYTES))
        self.kills: Counter[tuple[str, int]] = Counter()
        self.runs: Counter[int] = Counter()

    def run(self, tasks: Sequence[Task], jobs: int, say: Callable[[dict[str, Any]], None]) -> None:
        """Run tasks in `jobs` processes at once, and say what comes of each."""
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
            for position in range(len(tasks)):
                os.write(target, position.to_bytes(NUMBER_BYTES))
        os.close(target)
        for pid in lanes:
            os.waitpid(pid, 0)

    def _lane(self, number: int, tasks: Sequence[Task], source: int, say: Callable[[dict[str, Any]], None]) -> None:
        code = 1
        try:
            self.page = mmap.mmap(-1, len(self.page))
            while len(told := os.read(source, NUMBER_BYTES)) == NUMBER_BYTES:
                say(self._outcome(tasks[int.from_bytes(told)], self.work / f"lane-{number}"))
            code = 0
        finally:
            os._exit(code)

    def _outcome(self, task: Task, scratch: Path) -> dict[str, Any]:
        tests = list(task.tests) if task.each else self._ordered(task)
        told: dict[str, Any] = {"task": task.id, "cpu_s": 0.0, "results": {}}
        late = 0
        while tests:
            self.page[:] = bytes(len(self.page))
            how, cpu_s = self._forked(task, tests, scratch)
            told["cpu_s"] += cpu_s
            marks = self.page[NUMBER_BYTES : NUMBER_BYTES + len(tests)]
            for test, mark in zip(tests, marks, strict=True):
                if mark in (PASSED, FAILED, SKIPPED):
                    self.runs[test] += 1
                    told["results"][test] = ("passed", "failed", "skipped")[mark - 1]
            at_work = marks.find(AT_WORK)
            if at_work < 0 and how == "":
                break
            late += 1
            told["results"][tests[max(at_work, 0)]] = how or "ended"
            if not task.each and (how in ("", "ended") or late == LATE_MAX):
                break
            tests = tests[max(at_work, 0) + 1 :]  # another test may tell what is wrong, where this one only waits
        for test, result in told["results"].items():
            if result in ("failed", "ended"):
                self.kills[task.group, test] += 1
                self.kills["", test] += 1
        return told

    def _ordered(self, task: Task) -> list[int]:
        """Put those tests first that kill most for what they cost, above all in the same function."""

        def worth(test: int) -> float:
            cpu_s, _, _ = self.costs[test]
            return (1 + 4 * self.kills[task.group, test] + self.kills["", test]) / (1 + self.runs[test]) / (0.001 + cpu_s)

        return sorted(task.tests, key=worth, reverse=True)

    def _forked(self, task: Task, tests: Sequence[int], scratch: Path) -> tuple[str, float]:
        """Run tests in a process of their own; say how it ended (nothing: as it should), and its processor time."""
        pid = os.fork()
        if not pid:
            self._be(task, tests, scratch)
        is_late = not _ended(pid, WALL_TIMES * sum(self.costs[one][1] for one in tests) + WALL_MORE_S)
        if is_late:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        cpu_s, code = used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)
        if is_late or code in (LATE, -signal.SIGPROF):
            return ("standstill" if is_late else "steps" if code == LATE else "cpu"), cpu_s
        return ("" if code == 0 else "ended"), cpu_s

    def _be(self, task: Task, tests: Sequence[int], scratch: Path) -> None:
        """Be what the task says until the tests are through."""
        code = 1
        try:
            more = self._become(task)
            self._scratch(scratch)
            quiet_failures()
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

    def _become(self, task: Task) -> Callable[[int], None]:
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

    def _scratch(self, scratch: Path) -> None:
        """Give temporary files a folder of this process's own."""
        factory: Any = getattr(self.suite.items[0].config, "_tmp_path_factory", None)
        if factory is not None:
            if scratch.is_dir():
                shutil.rmtree(scratch, ignore_errors=True)
            factory._given_basetemp, factory._basetemp = scratch, None  # noqa: SLF001 - its own way scans the folder of all runs


def _descriptor(pid: int) -> int | None:
    """Return what can be waited for with a limit; None where there is no such thing, as in a sandbox."""
    try:
        return os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except OSError:
        return None


def _ended(pid: int, wait_s: float) -> bool:
    """Wait for a process to end; false where it did not in time."""
    descriptor = _descriptor(pid)
    if descriptor is not None:
        try:
            return bool(select.select([descriptor], [], [], wait_s)[0])
        finally:
            os.close(descriptor)
    until, pause_s = time.perf_counter() + wait_s, 0.0005
    while time.perf_counter() < until:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        select.select([], [], [], pause_s)
        pause_s = min(0.01, 2 * pause_s)
    return False
