"""Turns: taking at once what an asyncio loop would take in its next turn.

Why: a turn of the loop costs a system call and a few microseconds, and a round trip to another process is made of little
else. Where a callback of the loop makes a task or ends a future, what that schedules is run before the callback returns.
Safe because a callback runs outside every task: no task ever steps inside another.
Not here: loops that forbid it (their `call_soon` cannot be replaced); there everything takes its turn.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any


class Turn:
    """Acts on a loop, and takes at once what that schedules; only for callbacks of the loop.

    >>> async def look():
    ...     loop, seen = asyncio.get_running_loop(), []
    ...     future = loop.create_future()
    ...     future.add_done_callback(seen.append)
    ...     loop.call_soon(lambda: (Turn(loop).now(future.set_result, 1), seen.append("after")))
    ...     await asyncio.sleep(0)
    ...     return seen[0] is future, seen[1]
    >>> await look()
    (True, 'after')
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop: Any = loop
        self.scheduled: list[tuple[Callable[..., Any], tuple[Any, ...], Context | None]] = []

    def keep(self, callback: Callable[..., Any], *given: Any, context: Context | None = None) -> None:
        """Note what is to be done now; stands in for the loop's `call_soon`."""
        self.scheduled.append((callback, given, context))

    def now(self, act: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Act, then do what that scheduled; return what the act gave."""
        try:
            self.loop.call_soon = self.keep
        except AttributeError:
            return act(*arguments, **more)
        try:
            result = act(*arguments, **more)
        finally:
            del self.loop.call_soon
            scheduled, self.scheduled = self.scheduled, []
        for callback, given, context in scheduled:
            if context is None:
                callback(*given)
            else:
                context.run(callback, *given)
        return result
