"""Streams: an operation that gives one value after another, as a call in a task of its own.

Why: a stream is one call, with one place, one deadline and one outcome, however long it lasts; so it runs through the call
path as any other call does, and hands over item by item. It runs at most one item ahead of who takes them.
Not here: the call (`call`), carrying items to another process (placements).
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from contextvars import ContextVar, copy_context
from typing import Any

from planaria.kernel.request import REQUEST, Request


class Sink:
    """The one place between who gives items and who takes them."""

    def __init__(self) -> None:
        self.item, self.full, self.free, self.left = None, asyncio.Event(), asyncio.Event(), False
        self.free.set()


SINK: ContextVar[Sink] = ContextVar("planaria_sink")


def pouring(method: Callable[..., Any]) -> Callable[..., Awaitable[None]]:
    """Make a call of a method that gives an async iterator; it ends well where its consumer has left."""

    async def pour(*arguments: Any) -> None:
        sink = SINK.get()
        try:
            async with aclosing(method(*arguments)) as items:
                async for item in items:
                    await sink.free.wait()
                    sink.free.clear()
                    sink.item = item
                    sink.full.set()
        except asyncio.CancelledError:
            if not sink.left:
                raise

    return pour


async def flow(call: Callable[..., Any], arguments: tuple[Any, ...], request: Request | None = None) -> AsyncGenerator[Any, None]:
    """Run a call that pours, and yield its items; then raise its outcome, if it is no good one. A consumer that leaves ends it."""
    sink, context = Sink(), copy_context()
    context.run(SINK.set, sink)
    context.run(REQUEST.set, request or REQUEST.get())
    task: asyncio.Task[None] = asyncio.get_running_loop().create_task(call(None, *arguments), context=context)
    task.add_done_callback(lambda _: sink.full.set())
    try:
        while await sink.full.wait() and not sink.free.is_set():
            if not task.done():
                sink.full.clear()
            yield sink.item
            sink.free.set()
        await task
    except GeneratorExit:
        sink.left = True
        raise
    finally:
        task.cancel()
        await asyncio.wait([task])
