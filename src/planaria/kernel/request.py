"""Requests: one per entry into the system; nested calls inherit its deadline, id and caller.

Why: a context and a timer per nested call would cost more than the call; so one request carries both, and the chain of
cells is read from the running frames when it is needed, and handed to new tasks when they are made.
Not here: the call itself (`call`).
"""

import asyncio
import sys
from collections.abc import Iterator
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from types import FrameType
from typing import Any

WRAPPER = "<planaria call>"
CHECK = "_planaria_check"


@dataclass(frozen=False, slots=True, kw_only=True)
class Delivery:
    """An event on its way to a handler; `marked` once the handler's transaction has remembered it."""

    event: int
    handler: str
    marked: bool = False


@dataclass(frozen=False, slots=True, kw_only=True)
class Request:
    """One entry into the system; `budget_s` is infinite until its deadline is armed, and again when it is over."""

    id: str
    caller: str
    budget_s: float = float("inf")
    deadline: float = float("inf")
    delivery: Delivery | None = None
    expired: bool = False

    def expire(self, task: "asyncio.Task[Any]") -> None:
        """Cancel the task that runs it, at its deadline."""
        self.expired = True
        task.cancel()

    def over(self) -> None:
        """End it: a task that outlives it calls on its own account from now on.

        >>> one = Request(id="a", caller="b", budget_s=1.0)
        >>> one.over()
        >>> one == NOBODY
        True
        """
        self.id, self.caller, self.budget_s, self.deadline, self.delivery, self.expired = "", "", float("inf"), float("inf"), None, False


NOBODY = Request(id="", caller="")
REQUEST: ContextVar[Request] = ContextVar("planaria_request", default=NOBODY)
ORIGIN: ContextVar[tuple[Request, tuple[str, ...]]] = ContextVar("planaria_origin", default=(NOBODY, ()))


def chain(frame: FrameType | None = None) -> tuple[str, ...]:
    """Return the cells whose operations are running above this line, outermost first, across the tasks of one request.

    An operation whose conditions are being checked does not run yet.

    >>> chain()
    ()
    """
    found: list[str] = []
    (request, above), checking = ORIGIN.get(), False
    here: FrameType | None = frame or sys._getframe()  # noqa: SLF001 - the running frames are the only exact record of the chain
    while here is not None:
        if here.f_code.co_filename == WRAPPER:
            found += [] if checking else [here.f_globals["_op"].cell]
            checking = False
        checking = checking or here.f_code.co_name == CHECK
        here = here.f_back
    return (above if request.id else ()) + tuple(reversed(found))


def task_factory(loop: asyncio.AbstractEventLoop, work: Any, *, context: Context | None = None, **given: Any) -> "asyncio.Task[Any]":
    """Make a task that remembers the chain of cells it was made in."""
    above = chain(sys._getframe(1))  # noqa: SLF001 - as above
    if above:
        context = copy_context() if context is None else context
        context.run(ORIGIN.set, (REQUEST.get(), above))
    return asyncio.Task(work, loop=loop, context=context, **given)


def tasks_inside(resident: Any) -> list["asyncio.Task[Any]"]:
    """Return the tasks that are now inside an operation of one resident; for its last drain only.

    >>> tasks_inside(object())
    []
    """
    return [task for task in asyncio.all_tasks() if any(one.f_locals.get("_held") is resident for one in _frames(task.get_coro()))]


def _frames(work: Any) -> Iterator[FrameType]:
    while work is not None:
        if (frame := getattr(work, "cr_frame", None)) is not None:
            yield frame
        work = getattr(work, "cr_await", None)
