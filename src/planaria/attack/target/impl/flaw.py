"""Attacks that end the interpreter, hard: the host must see that it is gone, and call nothing a success.

Why: each runs as an attempt; whoever reads its account has not been ended.
Allows: a crash that is taken for an answer, or that takes the host along.
"""

import os
import sys
from typing import Any

from .means import Blocked, Facts, attack, facility, libc


@attack(way="give")
def leaves_at_once(_: Facts) -> Any:
    """End the process in the middle of a call, as a success.

    Allows: nothing, where the host sees that no answer came.
    """
    os._exit(0)


@attack(way="give")
def leaves_by_an_exception(_: Facts) -> Any:
    """Raise what ends a program.

    Allows: ending the host, where an exception of a cell is passed on as it is.
    """
    raise SystemExit(0)


@attack(way="give")
def interrupts_as_a_user_would(_: Facts) -> Any:
    """Raise what the keys that interrupt a program raise.

    Allows: ending the host, where an exception of a cell is passed on as it is.
    """
    raise KeyboardInterrupt


@attack(way="give")
async def cancels_whoever_waits(_: Facts) -> Any:
    """Raise a cancellation that nobody asked for.

    Allows: cancelling the work of whoever called it.
    """
    raise facility("asyncio").CancelledError


@attack(way="give")
def closes_whoever_waits(_: Facts) -> Any:
    """Raise what closes a generator.

    Allows: ending the work of whoever called it.
    """
    raise GeneratorExit


@attack(way="give")
def ends_an_iteration(_: Facts) -> Any:
    """Raise what ends an iteration.

    Allows: confusing whoever called it from a generator.
    """
    raise StopIteration("planted")


@attack(way="give")
def kills_itself(_: Facts) -> Any:
    """Kill itself by the signal that cannot be refused.

    Allows: nothing, where the host sees that it is gone.
    """
    os.kill(os.getpid(), 9)


@attack(way="give", deadline_s=2)
def stops_itself(_: Facts) -> Any:
    """Stop itself, so that it neither answers nor ends.

    Allows: holding a place for ever, where only an end is seen.
    """
    os.kill(os.getpid(), 19)


@attack(way="give")
def aborts(_: Facts) -> Any:
    """Abort, as native code does that has found a fault in itself.

    Allows: leaving a copy of memory on the disk.
    """
    os.abort()


@attack(way="give")
def reads_where_there_is_nothing(_: Facts) -> Any:
    """Read memory at address zero by native code.

    Allows: nothing, where the host sees that it is gone.
    """
    return facility("ctypes").string_at(0)


@attack(way="give")
def overflows_the_stack_of_the_interpreter(_: Facts) -> Any:
    """Call itself without end, with the guard against it switched off.

    Allows: nothing, where the host sees that it is gone.
    """
    sys.setrecursionlimit(1 << 30)

    def deeper(depth: int) -> int:
        return deeper(depth + 1) + 1

    return deeper(0)


@attack(way="give")
def overflows_the_stack_of_native_code(_: Facts) -> Any:
    """Write down a list that is nested a million times.

    Allows: nothing, where the host sees that it is gone.
    """
    sys.setrecursionlimit(1 << 30)
    nested: list[Any] = []
    for _round in range(1_000_000):
        nested = [nested]
    return repr(nested)


@attack(way="give")
def parses_itself_to_death(_: Facts) -> Any:
    """Compile a text that is nested a hundred thousand times.

    Allows: nothing, where the host sees that it is gone.
    """
    return compile("(" * 100_000 + ")" * 100_000, "planted", "eval")


@attack(way="give")
def breaks_the_allocator(_: Facts) -> Any:
    """Free memory twice by native code.

    Allows: running code in the process that it is in; which has no more rights than the cell.
    """
    ctypes, library = facility("ctypes"), libc()
    library.malloc.restype = ctypes.c_void_p
    block = ctypes.c_void_p(library.malloc(64))
    library.free(block)
    library.free(block)
    raise Blocked("nothing happened")


@attack(way="give")
def breaks_the_counting_of_objects(_: Facts) -> Any:
    """Write over the counter of an object that everything uses.

    Allows: running code in the process that it is in; which has no more rights than the cell.
    """
    ctypes = facility("ctypes")
    ctypes.memset(id(type), 0x41, 64)
    return type("Planted", (), {})


@attack(way="give")
def removes_the_ground(_: Facts) -> Any:
    """Delete the functions that everything uses.

    Allows: nothing, where the host sees that the cell is broken.
    """
    for name in list(vars(facility("builtins"))):
        if not name.startswith("__"):
            delattr(facility("builtins"), name)
    return facility("planaria.attack.target.contract").Parcel()


@attack(way="give", deadline_s=2)
def stops_the_loop(_: Facts) -> Any:
    """Stop the loop that runs the cell.

    Allows: holding a place for ever, where only an end is seen.
    """
    loop = facility("asyncio").get_running_loop()
    loop.call_soon(loop.stop)
    loop.stop()
    return facility("planaria.attack.target.contract").Parcel(text="stopped")
