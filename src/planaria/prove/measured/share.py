"""A shared process: several mutants, one after another, as long as each is killed soon and beyond doubt.

Why: most of what a forked process costs is paid by its first test, which touches what the processes had in common until then.
A kill counts here only where a test fails with the mutant right after it passed without it in the same process, which nothing that
an earlier mutant left behind can bring about. What lives, takes its time or ends the process is decided in a process of its own.
Decision D-142: mutants share a process as long as they are killed. Because a process of its own for each took three quarters of the time,
and a verdict that is only ever a proven kill cannot be wrong by sharing. Revisit when a fork costs less than a test.
Not here: a process for a single mutant, and the order of its tests (`lane`).
"""

import contextlib
import itertools
import mmap
import os
import random
import signal
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from planaria.prove.measured.suite import Suite
from planaria.prove.measured.task import CPU_MORE_S, CPU_TIMES, STEPS_MORE, STEPS_TIMES, Task, has_ended

TASKS_MAX, TESTS_MAX = 16, 20
CHEAP_S, TRIED_S, DEAR_S, STILL_S = 0.005, 0.01, 0.03, 0.5
NUMBER_BYTES = 4
HEAD_BYTES = NUMBER_BYTES + 1
SLOT_BYTES = 1 + TESTS_MAX * NUMBER_BYTES


class Lender(Protocol):
    """What lends a process and learns from it."""

    @property
    def suite(self) -> Suite:
        """Return the tests."""

    @property
    def costs(self) -> Sequence[tuple[float, float, int]]:
        """Return for each test its processor seconds, its seconds, and its steps."""

    def begin(self, task: Task) -> object:
        """Make this process fit to run tests."""

    def ordered(self, task: Task) -> list[int]:
        """Return the tests of a task, those that are worth most first."""

    def learn(self, task: Task, results: Mapping[int, str]) -> None:
        """Note what became of tests."""


class Share:
    """Tasks in one process."""

    def __init__(self, lender: Lender, tasks: Sequence[Task]) -> None:
        self.lender, self.tasks = lender, tasks
        # How many tests have begun and how many tasks; then for each task how many tests it ran, the last of which kills it, and which.
        self.page = mmap.mmap(-1, HEAD_BYTES + SLOT_BYTES * len(tasks))
        self.runs, self.passed = 0, -1

    def run(self) -> tuple[list[list[int]], float]:
        """Return for each task that was begun the tests up to its kill, none where that is decided elsewhere; and the processor seconds."""
        if not (pid := os.fork()):
            self._be()
        seen = b""
        while not has_ended(pid, STILL_S):
            if seen == (seen := self.page[:NUMBER_BYTES]):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        _, _, used = os.wait4(pid, 0)
        begun = max(1, self.page[NUMBER_BYTES])
        return [self._told(position) for position in range(begun)], used.ru_utime + used.ru_stime

    def _told(self, position: int) -> list[int]:
        place = HEAD_BYTES + SLOT_BYTES * position
        numbers = range(place + 1, place + 1 + NUMBER_BYTES * self.page[place], NUMBER_BYTES)
        return [int.from_bytes(self.page[one : one + NUMBER_BYTES]) for one in numbers]

    def _be(self) -> None:
        """Be one mutant after another; whatever seems odd ends it, and leaves the rest to others."""
        code = 1
        try:
            self.lender.begin(self.tasks[0])
            threads = threading.active_count()
            for position, task in enumerate(self.tasks):
                self.page[NUMBER_BYTES] = position + 1
                tests, is_sound = self._killed(task)
                if tests:
                    self.lender.learn(task, dict.fromkeys(tests[:-1], "passed") | {tests[-1]: "failed"})
                    place = HEAD_BYTES + SLOT_BYTES * position
                    told = b"".join(one.to_bytes(NUMBER_BYTES) for one in tests)
                    self.page[place + 1 : place + 1 + len(told)] = told
                    self.page[place] = len(tests)
                if not is_sound or threading.active_count() > threads:
                    break
            code = 0
        finally:
            os._exit(code)

    def _killed(self, task: Task) -> tuple[list[int], bool]:
        """Return the tests up to the one that kills, none where none did soon; and whether the process is still as it should be.

        A process that has run nothing yet is as good as one in which the test has just passed.
        """
        tests: list[int] = []
        spent_s = 0.0
        for test in itertools.islice(self.lender.ordered(task), TESTS_MAX):
            tests.append(test)
            is_sure = self.passed == test or self.runs == 0
            if self._result(task, test) == "failed":
                if not is_sure and self._result(task, test, is_on=False) == "passed":
                    is_sure = self._result(task, test) == "failed"
                return (tests if is_sure else []), is_sure and self._result(task, test, is_on=False) == "passed"
            spent_s += self.lender.costs[test][0]
            if spent_s > TRIED_S:
                break
        return [], True

    def _result(self, task: Task, test: int, *, is_on: bool = True) -> str:
        """Run a test, everything that it shares with others included, with the mutant or with none."""
        self.runs += 1
        self.page[:NUMBER_BYTES] = self.runs.to_bytes(NUMBER_BYTES)
        suite = self.lender.suite
        suite.forget()
        shared: Any = random
        shared.seed(task.id)
        cpu_s, _, steps = self.lender.costs[test]
        suite.switch.turn_on(task.id if is_on else 0, STEPS_TIMES * steps + STEPS_MORE)
        signal.setitimer(signal.ITIMER_PROF, CPU_TIMES * cpu_s + CPU_MORE_S)
        result = suite.run(suite.items[test], None).result
        self.passed = test if result == "passed" and not is_on else -1
        return result


def can_share(task: Task, costs: Sequence[tuple[float, float, int]]) -> bool:
    """Say whether the first test of a mutant may cost less than a process of its own.

    >>> can_share(Task(id=7, mode="mutant", tests=(0, 1)), [(0.2, 0.2, 9), (0.001, 0.001, 5)])
    True
    """
    return task.mode == "mutant" and not task.each and min((costs[one][0] for one in task.tests), default=CHEAP_S) < CHEAP_S
