"""A task: what a forked process is to be, which tests it runs, and how much it may take.

Why: limits are counted: steps of the code under proof, then processor time, and only against standstill the time on the wall.
Not here: the processes (`lane`, `share`).
"""

import os
import select
import time
from dataclasses import dataclass

STEPS_TIMES, STEPS_MORE = 10, 20_000
CPU_TIMES, CPU_MORE_S = 10, 1.0
WALL_TIMES, WALL_MORE_S, IDLE_MORE_S = 8, 4.0, 1.0
IDLE_CPU_S, PAUSE_S = 0.001, 0.25


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


def has_ended(pid: int, wait_s: float) -> bool:
    """Wait for a process to end; false where it did not in time.

    >>> has_ended(os.posix_spawn("/bin/true", ["true"], {}), 60)
    True
    """
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


def ends_in_time(pid: int, wait_s: float, idle_s: float) -> bool:
    """Wait for a process to end; false where it did not in time, or has used no processor time for long.

    >>> ends_in_time(os.posix_spawn("/bin/true", ["true"], {}), 60, 60)
    True
    """
    began = since = time.perf_counter()
    used_s = 0.0
    while not has_ended(pid, PAUSE_S):
        now = time.perf_counter()
        if now - began > wait_s:
            return False
        if (cpu_s := _cpu_s(pid)) is None or cpu_s - used_s > IDLE_CPU_S:
            since, used_s = now, cpu_s or 0.0
        elif now - since > idle_s:
            return False
    return True


def _cpu_s(pid: int) -> float | None:
    """Return the processor time that a process has used; None where it cannot be told."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # the clock that clock_getcpuclockid(3) names on Linux
    except OSError:
        return None


def _descriptor(pid: int) -> int | None:
    """Return what can be waited for with a limit; None where there is no such thing, as in a sandbox."""
    try:
        return os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except OSError:
        return None
