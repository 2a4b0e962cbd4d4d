"""System calls by name: their numbers on each architecture, and a way to make them.

Why: a number written by hand is wrong one day, and a wrong number in an allow list is a hole. `system_call.tsv` is
derived from libseccomp, which keeps the kernel's own tables; a test compares the two where libseccomp is installed.
To derive it anew: `python -m planaria.placement.sandbox.system_call libseccomp.so.2`.
Not here: which of them are allowed (`allowance`).
"""

import ctypes
import errno
import functools
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from planaria.placement.sandbox.error import NoLinux, StepRefused

TABLE = Path(__file__).with_suffix(".tsv")
NUMBERS_MAX = 1024
_SMALL = 4096


@dataclass(frozen=True, slots=True)
class Architecture:
    """A processor as the kernel names it in a filter, and the numbers of its system calls."""

    name: str
    token: int
    numbers: Mapping[str, int]


# The kernel's AUDIT_ARCH_*: the number of the ELF machine, 64 bits, little endian (linux/audit.h).
TOKENS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}


@functools.cache
def architectures() -> Mapping[str, Architecture]:
    """Return every known architecture by name.

    >>> architectures()["x86_64"].numbers["read"], architectures()["aarch64"].numbers["read"]
    (0, 63)
    """
    lines = [line.split("\t") for line in TABLE.read_text(encoding="ascii").splitlines() if not line.startswith("#")]
    names = lines[0][1:]
    tables: dict[str, dict[str, int]] = {name: {} for name in names}
    for call_name, *numbers in lines[1:]:
        for name, number in zip(names, numbers, strict=True):
            if number != "-":
                tables[name][call_name] = int(number)
    return MappingProxyType({name: Architecture(name, TOKENS[name], MappingProxyType(table)) for name, table in tables.items()})


def here(system: str = sys.platform, machine: str | None = None) -> Architecture:
    """Return the architecture of this process.

    Raises: PLN-P402 on a system or processor that is not known.

    >>> here("linux", "riscv64").numbers["openat"]
    56
    """
    machine = machine or platform.machine()
    if system != "linux" or machine not in TOKENS or sys.maxsize < 1 << 32:
        raise NoLinux(system=system, machine=machine)
    return architectures()[machine]


@functools.cache
def _numbers() -> Mapping[str, int]:
    return here().numbers


@functools.cache
def library() -> ctypes.CDLL:
    """Return the C library of this process, with `errno` kept.

    >>> library() is library()
    True
    """
    loaded = ctypes.CDLL(None, use_errno=True)
    loaded.syscall.restype = ctypes.c_long
    return loaded


def attempt(name: str, *arguments: Any) -> int:
    """Make a system call; a refusal is an `OSError`. Integers are passed as long, bytes as pointers.

    >>> attempt("getpid") == os.getpid()
    True
    """
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = int(library().syscall(ctypes.c_long(_numbers()[name]), *given))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result


def call(step: str, name: str, *arguments: Any) -> int:
    """Make a system call that must succeed.

    Raises: PLN-P410, which names the step.

    >>> call("ask who I am", "getpid") == os.getpid()
    True
    """
    try:
        return attempt(name, *arguments)
    except OSError as error:
        raise refused(step, error) from error


def read_kernel(path: str) -> str:
    """Read a small file of the kernel; a process that was just forked has no time for more than that.

    >>> read_kernel("/proc/self/statm").split()[0].isdigit()
    True
    """
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(opened, _SMALL).decode("ascii")
    finally:
        os.close(opened)


def write_kernel(path: str, text: str) -> None:
    """Write into a file of the kernel, which is there or not, and is never made."""
    opened = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(opened, text.encode("ascii"))
    finally:
        os.close(opened)


def refused(step: str, error: OSError) -> StepRefused:
    """Return the error for a step that the kernel refused.

    >>> refused("mount", OSError(1, "no")).facts
    {'step': 'mount', 'text': 'no (EPERM)'}
    """
    name = errno.errorcode.get(error.errno or 0, str(error.errno))
    return StepRefused(step=step, text=f"{error.strerror} ({name})")


def derive(path: str) -> str:
    """Return the table as libseccomp at `path` knows it, as text of tab-separated values."""
    kept = ctypes.CDLL(path)
    kept.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    kept.seccomp_syscall_resolve_num_arch.argtypes = [ctypes.c_uint32, ctypes.c_int]
    tables = {name: dict(_names(kept, token)) for name, token in TOKENS.items()}
    every = sorted({one for table in tables.values() for one in table})
    lines = [f"# system call numbers, derived from libseccomp {'.'.join(map(str, _version(kept)))} by system_call.py"]
    lines.append("\t".join(("name", *TOKENS)))
    lines += ["\t".join((one, *(str(table.get(one, "-")) for table in tables.values()))) for one in every]
    return "\n".join(lines) + "\n"


def _names(kept: ctypes.CDLL, token: int) -> Iterator[tuple[str, int]]:
    free = library().free
    free.argtypes = [ctypes.c_void_p]
    for number in range(NUMBERS_MAX):
        pointer = kept.seccomp_syscall_resolve_num_arch(token, number)
        if pointer:
            name = ctypes.string_at(pointer).decode("ascii")
            free(pointer)
            yield name, number


def _version(kept: ctypes.CDLL) -> tuple[int, ...]:
    kept.seccomp_version.restype = ctypes.POINTER(ctypes.c_uint * 3)
    return tuple(kept.seccomp_version().contents)


if __name__ == "__main__":
    TABLE.write_text(derive(sys.argv[1]), encoding="ascii")
