"""Requests: one per entry into the system; nested calls inherit its deadline, id and caller.

Why: a context and a timer per nested call would cost more than the call; so one request carries both, and the chain of
cells is read from the running frames when it is needed, and handed to new tasks when they are made.
Not here: the call itself (`call`).
"""

import asyncio
import sys
from collections.abc import Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from types import FrameType
from typing import Any

WRAPPER = "<planaria call>"


@dataclass(frozen=False, slots=True, kw_only=True)
class Delivery:
    """An event on its way to a handler; `marked` once the handler's transaction has remembered it."""

    event: int
    handler: str
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One entry into the system; `budget_s` is infinite until its deadline is armed."""

    id: str
    caller: str
    budget_s: float = float("inf")
    deadline: float = float("inf")
    delivery: Delivery | None = None


NOBODY = Request(id="", caller="")
REQUEST: ContextVar[Request] = ContextVar("planaria_request", default=NOBODY)
ORIGIN: ContextVar[tuple[str, ...]] = ContextVar("planaria_origin", default=())


def chain(frame: FrameType | None = None) -> tuple[str, ...]:
    """Return the cells whose operations are running above this line, outermost first, across tasks.

    >>> chain()
    ()
    """
    found: list[str] = []
    here: FrameType | None = frame or sys._getframe()  # noqa: SLF001 - the running frames are the only exact record of the chain
    while here is not None:
        if here.f_code.co_filename == WRAPPER:
            found.append(here.f_globals["_op"].cell)
        here = here.f_back
    return ORIGIN.get() + tuple(reversed(found))


def task_factory(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], context: Context | None = None) -> "asyncio.Task[Any]":
    """Make a task that remembers the chain of cells it was made in."""
    above = chain(sys._getframe(1))  # noqa: SLF001 - as above
    if above:
        context = context or copy_context()
        context.run(ORIGIN.set, above)
    return asyncio.Task(work, loop=loop, context=context)


def tasks_inside(resident: Any) -> list["asyncio.Task[Any]"]:
    """Return the tasks that are now inside an operation of one resident; for its last drain only.

    >>> tasks_inside(None)
    []
    """
    found = []
    for task in asyncio.all_tasks():
        work: Any = task.get_coro()
        while work is not None:
            frame = getattr(work, "cr_frame", None)
            if frame is not None and frame.f_code.co_filename == WRAPPER and frame.f_locals.get("_resident") is resident:
                found.append(task)
                break
            work = getattr(work, "cr_await", None)
    return found
