"""Supervision: how much processor time and memory a worker uses, and when that is too much.

Why: a worker that computes without end answers nothing and says nothing, so the host watches from outside, by the
kernel's own clocks and counts. It looks often while calls are inside, and seldom otherwise; a call itself costs nothing.
Decision D-075: processor time is the process's, and a call may use its own limit and that of each call that ran beside it.
Because one process cannot be charged for one call from outside, and what it says of itself is not believed. Revisit when
each call has a thread of its own.
Not here: the limits that the kernel enforces itself (`placement.sandbox`).
"""

import asyncio
import resource
import time
from collections.abc import Callable, Collection

LOOK_S = 0.1
IDLE_S = 1.0


def cpu_clock(pid: int) -> int:
    """Return the clock of the processor time of a process, see clock_getcpuclockid(3).

    >>> import os
    >>> time.clock_gettime(cpu_clock(os.getpid())) > 0
    True
    """
    return (~pid << 3) | 2


def memory_of(pid: int) -> int:
    """Return the bytes of memory that a process has to itself, as far as can be told cheaply: resident, without files.

    >>> import os
    >>> memory_of(os.getpid()) > 1_000_000
    True
    """
    with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - a fifth of the cost of a Path, ten times a second
        _, resident, shared, *_ = file.read().split()
    return (int(resident) - int(shared)) * resource.getpagesize()


class Supervision:
    """Watch one worker; `fail` is told, once, which limit it passed. `calls` holds the numbers of those inside, `made` counts all."""

    def __init__(
        self, pid: int, calls: Collection[int], made: Callable[[], int], *,
        memory_bytes: int, cpu_s_per_call: float | None, fail: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.pid, self.calls, self.made, self.fail = pid, calls, made, fail
        self.memory_bytes, self.cpu_s_per_call = memory_bytes, cpu_s_per_call
        self.clock = cpu_clock(pid)
        self.latest_bytes = self.most_bytes = 0
        self.latest_cpu_s = 0.0
        self.first_bytes, _ = self.usage()
        self.since: dict[int, tuple[float, int]] = {}
        self.loop = asyncio.get_running_loop()
        self.timer = self.loop.call_later(LOOK_S, self._look)

    def stop(self) -> None:
        """Watch no longer."""
        self.timer.cancel()

    def usage(self) -> tuple[int, float]:
        """Return memory in bytes and processor time in seconds, the latest known where the worker is gone."""
        try:
            self.latest_bytes, self.latest_cpu_s = memory_of(self.pid), time.clock_gettime(self.clock)
            self.most_bytes = max(self.most_bytes, self.latest_bytes)
        except (OSError, ValueError):
            pass  # it is gone; whoever waits for it is told elsewhere
        return self.latest_bytes, self.latest_cpu_s

    def _look(self) -> None:
        memory_bytes, cpu_s = self.usage()
        used = memory_bytes - self.first_bytes
        if used > self.memory_bytes:
            self.fail(f"it used {used >> 20} MB of memory, {self.memory_bytes >> 20} MB allowed")
            return
        if self.cpu_s_per_call is not None and self._exceeds(cpu_s):
            self.fail(f"a call used more than {self.cpu_s_per_call} s of processor time")
            return
        self.timer = self.loop.call_later(LOOK_S if self.calls else IDLE_S, self._look)

    def _exceeds(self, cpu_s: float) -> bool:
        assert self.cpu_s_per_call is not None, "there is a limit"
        made = self.made()
        self.since = {number: began for number, began in self.since.items() if number in self.calls}
        self.since |= {number: (cpu_s, made - len(self.calls)) for number in self.calls if number not in self.since}
        return any(cpu_s - began > self.cpu_s_per_call * (made - before) for began, before in self.since.values())
