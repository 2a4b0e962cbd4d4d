"""What attacks share: their register, and the few means that most of them need.

Why: nothing is imported that a placement may lack; what is missing ends an attack as `absent`, and that is told.
"""

import errno
import importlib
import os
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Facts = Mapping[str, str]
Attack = Callable[[Facts], Any]
REGISTER: dict[str, Attack] = {}
CELL: list[Any] = []
CAUGHT: deque[BaseException] = deque(maxlen=9)
DETAIL_MAX = 300
REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS)


class Absent(Exception):
    """What an attack needs is not there."""


class Blocked(Exception):
    """The attack ran to its end and reached nothing."""


def attack(**_: Any) -> Callable[[Attack], Attack]:
    """Enter a function into the register under its name; what else is said is read by the host, from the source.

    `way` is the operation that runs it: `attempt` (the default) or `give`. `only` names the one placement that it is for.
    `deadline_s` is how long the host lets it run. `marks` says that success shows in a text that the attack gets printed.
    `bare` says why it reaches nothing even without a sandbox. `sane` marks what must work.
    """

    def enter(function: Attack) -> Attack:
        REGISTER[function.__name__] = function
        return function

    return enter


def facility(name: str) -> Any:
    """Import a module that a placement may lack."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Absent(f"no module {name}: {error}") from error


def told(thing: Any) -> str:
    """Write what came of an attack, short."""
    text = f"{type(thing).__name__}: {thing}" if isinstance(thing, BaseException) else str(thing)
    return text.encode("ascii", "backslashreplace").decode()[:DETAIL_MAX]


def libc() -> Any:
    """Return the C library of this process, which keeps the error number."""
    return facility("ctypes").CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """Return the result of a C function, or raise what it failed with."""
    if result < 0:
        number = facility("ctypes").get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(facts: Facts, name: str, *arguments: Any) -> int:
    """Make a system call by its name; its number on this machine is one of the facts."""
    if f"call {name}" not in facts:
        raise Absent(f"this machine has no system call {name}")
    ctypes = facility("ctypes")
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return checked(libc().syscall(ctypes.c_long(int(facts[f"call {name}"])), *given))


def considered(act: Callable[..., Any], *arguments: Any) -> str:
    """Do something with arguments that lead nowhere: whoever is told so, and not that he may not, might have done it."""
    try:
        return f"done: {act(*arguments)}"
    except OSError as error:
        if error.errno in REFUSALS:
            raise
        return f"looked at, not refused: {error}"


def numbers(layout: str, *fields: int, size: int = 0) -> Any:
    """Return a C buffer that holds numbers in a layout of `struct`, padded with zeros."""
    packed = facility("struct").pack(layout, *fields)
    return facility("ctypes").create_string_buffer(packed.ljust(size, b"\0"), max(size, len(packed)))


def head(path: str) -> str:
    """Read the beginning of a file."""
    with Path(path).open("rb") as file:
        return file.read(60).decode("ascii", "backslashreplace")


def scratch() -> str:
    """Return a folder that can be written, where there is one."""
    return str(facility("tempfile").gettempdir())
