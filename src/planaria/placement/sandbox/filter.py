"""A seccomp filter: an allow list of system calls with conditions on their arguments, assembled for the kernel.

Why: Landlock knows files and ports; every other way into the kernel is a system call, and those that a worker needs
are few. The program is made by us, so that it can be read, simulated and patched with the process's own id in the child.
Source: linux/seccomp.h, linux/bpf_common.h; a filter is classic BPF over `struct seccomp_data` (number at 0, architecture at 4,
arguments from 16 on, 64 bits each).
Not here: which calls are allowed (`allowance`), their numbers (`system_call`).
"""

import ctypes
import errno
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from planaria.placement.sandbox.error import NoFilter
from planaria.placement.sandbox.system_call import Architecture, attempt

OWN: Final = -1
"""Stands in a condition for the id of the process that is confined."""
WHOLE, LOW = 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF
RETURN_ALLOW, RETURN_KILL, RETURN_ERROR = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_LOAD, _AND, _RETURN, _JUMP = 0x20, 0x54, 0x06, 0x05
_EQUAL, _GREATER, _AT_LEAST = 0x15, 0x25, 0x35
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32 = 0x4000_0000
_CHUNK = 120
_INSTRUCTION = struct.Struct("=HBBI")
_VALUE_AT = 4
_SET_MODE_FILTER, _TSYNC = 1, 1


@dataclass(frozen=True, slots=True)
class Condition:
    """Hold where `argument & mask == value`.

    >>> Condition(2, 0, 4).holds((0, 0, 3), own=1), Condition(0, OWN).holds((7,), own=7)
    (True, True)
    """

    argument: int
    value: int
    mask: int = LOW

    def holds(self, arguments: tuple[int, ...], *, own: int) -> bool:
        """Decide for these arguments, as the filter will."""
        return arguments[self.argument] & self.mask == (own if self.value == OWN else self.value)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Allow a call where every condition of one of the alternatives holds; otherwise give the error.

    No alternatives allow nothing; one alternative without conditions allows every use.

    >>> Allowance(((Condition(0, 1),),)).allows((1,), own=9)
    True
    """

    alternatives: tuple[tuple[Condition, ...], ...] = ((),)
    error: int = errno.EPERM

    def allows(self, arguments: tuple[int, ...], *, own: int) -> bool:
        """Decide for these arguments, as the filter will."""
        return any(all(one.holds(arguments, own=own) for one in conditions) for conditions in self.alternatives)


@dataclass(frozen=True, slots=True)
class Program:
    """A filter whose own process is not known yet.

    >>> Program(bytes(8), ()).of(7) == bytes(8)
    True
    """

    code: bytes
    own_at: tuple[int, ...]

    def of(self, own: int) -> bytes:
        """Return the code with the id of the process it is for."""
        code = bytearray(self.code)
        for place in self.own_at:
            struct.pack_into("=I", code, place, own)
        return bytes(code)


class _Assembly:
    """Instructions as they are put together; jumps are counted by those who write them."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, int, int, int]] = []

    def add(self, code: int, value: int, *, then: int = 0, otherwise: int = 0) -> None:
        self.lines.append((code, then, otherwise, value))

    def program(self) -> Program:
        code = b"".join(
            _INSTRUCTION.pack(code, then, otherwise, 0 if value == OWN else value) for code, then, otherwise, value in self.lines
        )
        own_at = tuple(at * _INSTRUCTION.size + _VALUE_AT for at, (*_, value) in enumerate(self.lines) if value == OWN)
        return Program(code, own_at)


def assemble(allowances: Mapping[str, Allowance], architecture: Architecture) -> Program:
    """Return the filter for these calls; what has no number on this architecture is left out.

    A foreign architecture kills the process. What has a number beyond every known call is answered with ENOSYS, as an
    older kernel would, so that the C library takes the way it knows; everything else with EPERM.

    >>> from planaria.placement.sandbox.system_call import architectures
    >>> len(assemble({"read": Allowance()}, architectures()["aarch64"]).code) // 8
    9
    """
    numbers = architecture.numbers
    known = {name: one for name, one in allowances.items() if name in numbers}
    assembly = _Assembly()
    assembly.add(_LOAD, _ARCHITECTURE_AT)
    assembly.add(_EQUAL, architecture.token, then=1)
    assembly.add(_RETURN, RETURN_KILL)
    assembly.add(_LOAD, _NUMBER_AT)
    if architecture.name == "x86_64":
        assembly.add(_AT_LEAST, _X32, otherwise=1)
        assembly.add(_RETURN, RETURN_KILL)
    plain = [numbers[name] for name, one in known.items() if one.alternatives == ((),)]
    for name, one in known.items():
        if one.alternatives != ((),):
            _conditional(assembly, numbers[name], one)
    for at in range(0, len(plain), _CHUNK):
        _plain(assembly, plain[at : at + _CHUNK])
    assembly.add(_GREATER, max(numbers.values()), otherwise=1)
    assembly.add(_RETURN, RETURN_ERROR | errno.ENOSYS)
    assembly.add(_RETURN, RETURN_ERROR | errno.EPERM)
    return assembly.program()


def _plain(assembly: _Assembly, numbers: list[int]) -> None:
    for left, number in zip(range(len(numbers) - 1, -1, -1), numbers, strict=True):
        assembly.add(_EQUAL, number, then=left, otherwise=0 if left else 1)
    assembly.add(_RETURN, RETURN_ALLOW)


def _conditional(assembly: _Assembly, number: int, allowance: Allowance) -> None:
    body = [line for conditions in allowance.alternatives for line in _alternative(conditions)]
    body.append((_RETURN, 0, 0, RETURN_ERROR | allowance.error))
    if len(body) < 1 << 8:
        assembly.add(_EQUAL, number, otherwise=len(body))
    else:
        assembly.add(_EQUAL, number, then=1)
        assembly.add(_JUMP, len(body))
    assembly.lines += body


def _alternative(conditions: tuple[Condition, ...]) -> list[tuple[int, int, int, int]]:
    """Write one alternative; a condition that fails jumps behind it, to the next."""
    tests: list[tuple[int, int, int]] = []
    for one in conditions:
        low, high = one.mask & LOW, one.mask >> 32
        value = one.value if one.value == OWN else one.value & LOW
        tests.append((_ARGUMENTS_AT + 8 * one.argument, low, value))
        if high:
            tests.append((_ARGUMENTS_AT + 8 * one.argument + 4, high, 0 if one.value == OWN else one.value >> 32))
    lines: list[tuple[int, int, int, int]] = []
    size = sum(2 if mask == LOW else 3 for _, mask, _ in tests) + 1
    for place, mask, value in tests:
        lines.append((_LOAD, 0, 0, place))
        if mask != LOW:
            lines.append((_AND, 0, 0, mask))
        lines.append((_EQUAL, 0, size - len(lines) - 1, value))
    lines.append((_RETURN, 0, 0, RETURN_ALLOW))
    return lines


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def install(code: bytes) -> None:
    """Bind this process, and all it will start, to a filter; it cannot be taken off again. Needs no_new_privs.

    Raises: PLN-P404 where the kernel takes none.
    """
    given = _Filter(len(code) // _INSTRUCTION.size, code)
    try:
        attempt("seccomp", _SET_MODE_FILTER, _TSYNC, ctypes.byref(given))
    except OSError as error:
        raise NoFilter(text=error.strerror) from error
