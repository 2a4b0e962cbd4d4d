"""Work: what is queued for a thread of the store, and how its outcome gets back to the event loop.

Why: a loop is woken once for many outcomes, because waking it is what a small write costs most; and whatever a body does,
its thread lives on.
Not here: transactions (`writer`, `reader`).
"""

import asyncio
from collections.abc import Callable, Iterable
from types import CoroutineType
from typing import Any, NamedTuple

from planaria.store.error import BodyStopped, BodyWrong
from planaria.store.session import SqliteSession, Statements


class Work(NamedTuple):
    """A body that waits for its turn; `alone`, it gets the writer's bare link outside any transaction."""

    body: Callable[[Any], Any]
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop
    alone: bool = False


class Outcome(NamedTuple):
    """What came of it; the error counts where there is one."""

    work: Work
    value: Any
    error: Exception | None


def carry_out(work: Work, statements: Statements) -> Outcome:
    """Run one body; whatever it raises becomes the error of its outcome.

    >>> from pathlib import Path
    >>> from planaria.store.connection import connect
    >>> async def stopped():
    ...     loop = asyncio.get_running_loop()
    ...     work = Work(lambda session: exit("enough"), loop.create_future(), loop)
    ...     return carry_out(work, Statements(connect(Path(":memory:")))).error
    >>> (await stopped()).code
    'PLN-S304'
    """
    session = SqliteSession(statements)
    try:
        value = work.body(session)
    except StopIteration as error:
        return Outcome(work, None, _stopped(error))
    except Exception as error:  # noqa: BLE001 - the caller gets it
        return Outcome(work, None, error)
    except BaseException as error:  # noqa: BLE001 - the thread must live on; the caller gets it
        return Outcome(work, None, _stopped(error))
    finally:
        session.end()
    if isinstance(value, CoroutineType):
        value.close()
        return Outcome(work, None, BodyWrong(body=getattr(work.body, "__qualname__", repr(work.body))))
    return Outcome(work, value, None)


def _stopped(error: BaseException) -> BodyStopped:
    stopped = BodyStopped(error=type(error).__name__, text=str(error))
    stopped.__cause__ = error
    return stopped


def deliver(outcomes: Iterable[Outcome]) -> None:
    """Hand outcomes to their loops, waking each loop once; a loop that is gone is passed over.

    >>> async def told():
    ...     loop = asyncio.get_running_loop()
    ...     work = Work(lambda session: None, loop.create_future(), loop)
    ...     deliver([Outcome(work, "done", None)])
    ...     return await work.future
    >>> await told()
    'done'
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.work.loop, []).append(outcome)
    for loop, mine in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:
            # The loop was closed while its caller waited: nobody is there to be told.
            continue


def _settle(outcomes: list[Outcome]) -> None:
    for work, value, error in outcomes:
        future = work.future
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
