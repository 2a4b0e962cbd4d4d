"""A machine for classic BPF, as the kernel runs a filter; and what a filter should say, from its list."""

import errno
import struct
from collections.abc import Mapping

from planaria.placement.sandbox.filter import RETURN_ALLOW, RETURN_ERROR, RETURN_KILL, Allowance
from planaria.placement.sandbox.system_call import Architecture


def simulate(code: bytes, number: int, token: int, arguments: tuple[int, ...] = ()) -> int:
    """Return what the filter says to a call."""
    data = struct.pack("=iIQ6Q", number if number < 1 << 31 else number - (1 << 32), token, 0, *(*arguments, *([0] * 6))[:6])
    lines = list(struct.iter_unpack("=HBBI", code))
    at, accumulator = 0, 0
    while True:
        operation, then, otherwise, value = lines[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x54:
            accumulator &= value
        elif operation == 0x05:
            at += value
        elif operation == 0x06:
            return int(value)
        else:
            holds = {0x15: accumulator == value, 0x25: accumulator > value, 0x35: accumulator >= value}[operation]
            at += then if holds else otherwise


def expected(
    allowances: Mapping[str, Allowance], architecture: Architecture, number: int, arguments: tuple[int, ...] = (), *, own: int = 0
) -> int:
    """Return what the list says to a call."""
    names = {one: name for name, one in architecture.numbers.items()}
    if architecture.name == "x86_64" and number >= 0x40000000:
        return RETURN_KILL
    if number not in names:
        return RETURN_ERROR | (errno.ENOSYS if number > max(names) else errno.EPERM)
    allowance = allowances.get(names[number], Allowance(()))
    return RETURN_ALLOW if allowance.allows(arguments, own=own) else RETURN_ERROR | allowance.error
