"""Limits of the kernel on what a process uses.

Why: memory, descriptors, threads and files run out for everybody on the machine, not only for who uses them up.
Not here: limits for a whole tree of processes (`group`), processor time of one call (`placement.process`).
"""

import os
import resource
from contextlib import suppress

from planaria.placement.sandbox.error import StepRefused
from planaria.placement.sandbox.policy import Policy
from planaria.placement.sandbox.system_call import library, read_kernel, write_kernel

UNUSED = ("RLIMIT_CORE", "RLIMIT_MSGQUEUE", "RLIMIT_MEMLOCK", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_SIGPENDING")
_SIGNALS_PENDING = 64
_ARENAS_MAX = -8


def address_space_bytes() -> int:
    """Return the size of this process's address space.

    >>> address_space_bytes() > 1_000_000
    True
    """
    return int(read_kernel("/proc/self/statm").split()[0]) * resource.getpagesize()


def tasks() -> int:
    """Return how many threads there are on the machine, as far as this process sees.

    >>> tasks() > 0
    True
    """
    return int(read_kernel("/proc/loadavg").split()[3].partition("/")[2])


def limits_of(policy: Policy) -> dict[str, int]:
    """Return the limits under `policy` for this process. Needs the machine's /proc.

    Threads are counted by user and user namespace, so where a worker shares both with others, theirs must be added.

    >>> limits_of(Policy(files_max=10))["RLIMIT_NOFILE"]
    10
    """
    changing = bool(policy.writes or policy.scratch_bytes)
    limits = dict.fromkeys(UNUSED, 0)
    limits["RLIMIT_SIGPENDING"] = _SIGNALS_PENDING
    limits["RLIMIT_AS"] = address_space_bytes() + policy.memory_bytes
    limits["RLIMIT_NOFILE"] = policy.files_max
    limits["RLIMIT_NPROC"] = policy.processes_max
    limits["RLIMIT_FSIZE"] = policy.file_bytes if changing else 0
    if policy.cpu_s is not None:
        limits["RLIMIT_CPU"] = policy.cpu_s
    return limits


def set_limits(limits: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Set limits for good, none above what it is already; return those in force.

    Raises: PLN-P410.
    """
    in_force = []
    for name, wanted in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, most = resource.getrlimit(kind)
        value = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError) as error:
            raise StepRefused(step=f"limit {name}", text=str(error)) from error
        in_force.append((name, value))
    return tuple(in_force)


def one_arena() -> None:
    """Let every thread allocate from one place: else each first thread takes 128 MB of address space, used or not."""
    with suppress(AttributeError):  # a C library that has no such places has no such setting
        library().mallopt(_ARENAS_MAX, 1)


def end_first() -> None:
    """Let the kernel end this process before others when the machine's memory runs out. Needs the machine's /proc."""
    with suppress(OSError):  # it makes the limits kinder to others, and is none itself
        write_kernel("/proc/self/oom_score_adj", "1000")


def close_descriptors(keep: set[int]) -> None:
    """Close every descriptor but these."""
    kept = sorted(keep)
    for low, high in zip([-1, *kept], [*kept, 1 << 20], strict=True):
        if low + 1 < high:
            os.closerange(low + 1, high)
