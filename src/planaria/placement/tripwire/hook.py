"""The audit hook: whose touch an event is, read from what runs now.

Why: Python's audit hooks (PEP 578) see a touch before it happens and can stop it by raising. A hook cannot be removed, so
one is installed per process, and asks a table that is empty while no cell is watched.
Whose touch: the innermost frame of a cell, or of a call to one; where no frame tells, the thread in which work was put for a
cell, the context in which its hooks and background work run, the chain of cells in which a task was made.
Not here: what the event says (`event`), whether it may be (`watch`).
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from types import FrameType
from typing import Any
from weakref import WeakSet

from planaria.kernel.loader import PREFIX
from planaria.kernel.request import ORIGIN, WRAPPER
from planaria.placement.tripwire.event import READINGS, touches_of
from planaria.placement.tripwire.watch import Watch, is_below, libraries

MODULES = f"{PREFIX}."
MACHINERY = "<frozen importlib._bootstrap"
INSIDE: ContextVar[str] = ContextVar("planaria_inside", default="")
WATCHES: dict[str, list[Watch]] = {}
_HERE = threading.local()
_HANDED: "WeakSet[asyncio.AbstractEventLoop]" = WeakSet()
_INSTALLED: list[bool] = []


def install() -> None:
    """Install the hook in this process, once; it cannot be removed."""
    if not _INSTALLED:
        _INSTALLED.append(True)
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...], *, known: Any = frozenset(READINGS), watches: Any = WATCHES) -> None:
    if event in known and watches:
        look(event, arguments, sys._getframe(1))  # noqa: SLF001 - the running frames are the only record of who does it


vars(_hook)["__cantrace__"] = True  # a debugger and a measure of coverage see it; sys.addaudithook says so


def look(event: str, arguments: tuple[Any, ...], frame: FrameType) -> None:
    """Judge one event that was raised in `frame`.

    Raises:
        EffectRefused, NeverInProcess: PLN-P903, PLN-P904.
    """
    if getattr(_HERE, "judging", False) or frame.f_code.co_filename.startswith(MACHINERY):
        return
    _HERE.judging = True  # from here on: to find out what is the library reads files, too
    try:
        cell, importing = cell_of(frame)
        if watching := WATCHES.get(cell):
            watching[-1].judge(touches_of(event, arguments), importing=importing)
    finally:
        _HERE.judging = False


def cell_of(frame: FrameType | None) -> tuple[str, bool]:
    """Return the cell that runs in a frame ('' where none does), and whether an installed package is being imported there.

    >>> cell_of(sys._getframe())[0]
    ''
    """
    imported: list[str] = []
    cell = None
    while frame is not None and cell is None:
        name = frame.f_globals.get("__name__")
        if frame.f_code.co_filename == WRAPPER and "_op" in frame.f_globals:
            cell = frame.f_globals["_op"].cell
        elif isinstance(name, str) and name.startswith(MODULES):
            cell = name.split(".")[1]
        elif frame.f_code.co_name == "<module>":
            imported.append(frame.f_code.co_filename)
        frame = frame.f_back
    cell = _elsewhere() if cell is None else cell
    return cell, bool(cell) and any(is_below(one, libraries()) for one in imported)


def _elsewhere() -> str:
    """Tell the cell where no frame does."""
    work: str | None = getattr(_HERE, "cell", None)
    if work is not None:
        return work
    request, above = ORIGIN.get()
    if request.id and above:
        return above[-1]
    return INSIDE.get()


class _Threads(ThreadPoolExecutor):
    """The default executor of a loop: what a cell puts into a thread stays its own."""

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> "Future[Any]":
        cell, _ = cell_of(sys._getframe(1))  # noqa: SLF001 - as above
        return super().submit(_in_thread, cell, fn, *given, **named)


def _in_thread(cell: str, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
    _HERE.cell = cell
    try:
        return fn(*given, **named)
    finally:
        del _HERE.cell


def hand_threads(loop: asyncio.AbstractEventLoop) -> None:
    """Give a loop an executor that remembers whose work it does; once for each loop."""
    if loop not in _HANDED:
        _HANDED.add(loop)
        loop.set_default_executor(_Threads(thread_name_prefix="asyncio"))
