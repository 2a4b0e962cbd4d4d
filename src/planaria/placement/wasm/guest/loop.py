"""An event loop without selector: time and readiness come from the host, one turn at a time.

Why: a guest has no file descriptor to wait on, so each turn runs what is ready and says when the next timer is due.
Not here: who calls a turn (`turn`), connections (`stream`).
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any

PASSES_MAX = 64


class GuestLoop(asyncio.AbstractEventLoop):
    """Run callbacks and tasks; `now_s` is the host's monotonic time at the beginning of a turn.

    >>> loop = GuestLoop(complain=print)
    >>> loop.run()
    >>> loop.next_s() is None
    True
    """

    def __init__(self, *, complain: Callable[[str], None]) -> None:
        self.complain, self.now_s = complain, 0.0
        self.ready: deque[asyncio.Handle] = deque()
        self.timers: list[asyncio.TimerHandle] = []
        self.connect: Callable[..., Coroutine[Any, Any, Any]] | None = None
        self._factory: Any = None
        self._handler: Any = None

    def run(self) -> None:
        """Run what is ready, and what becomes ready by it, for a bounded number of passes."""
        timers = self.timers
        while timers and (timers[0].cancelled() or timers[0].when() <= self.now_s):
            due = heapq.heappop(timers)
            if not due.cancelled():
                self.ready.append(due)
        for _ in range(PASSES_MAX):
            if not self.ready:
                return
            for _ in range(len(self.ready)):
                handle = self.ready.popleft()
                if not handle.cancelled():
                    handle._run()  # noqa: SLF001 - a loop runs its handles so

    def next_s(self) -> float | None:
        """Return in how many seconds a turn is needed; None for no need."""
        if self.ready:
            return 0.0
        while self.timers and self.timers[0].cancelled():
            heapq.heappop(self.timers)
        return max(0.0, self.timers[0].when() - self.now_s) if self.timers else None

    def time(self) -> float:
        """Return the seconds of the loop's clock; it stands still within a turn."""
        return self.now_s

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]  # the base is typed with type variables of its own
        """Run a callback in this turn."""
        handle = asyncio.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]  # as above
        """Run a callback in this turn; there are no other threads."""
        return self.call_soon(callback, *args, context=context)

    def call_later(self, delay_s: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:  # type: ignore[override]  # as above  # fmt: skip
        """Run a callback after some seconds."""
        return self.call_at(self.now_s + delay_s, callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:  # type: ignore[override]  # as above
        """Run a callback at a time of the loop's clock."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self.timers, handle)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        if len(self.timers) > PASSES_MAX:
            self.timers = [one for one in self.timers if not one.cancelled()]
            heapq.heapify(self.timers)

    def create_future(self) -> "asyncio.Future[Any]":
        """Make a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None, **given: Any) -> "asyncio.Task[Any]":
        """Make a task that begins in this turn."""
        if self._factory is not None:
            task: asyncio.Task[Any] = self._factory(self, coro, name=name, context=context, **given)
            return task
        return asyncio.Task(coro, loop=self, name=name, context=context, **given)

    def set_task_factory(self, factory: Any) -> None:
        """Make tasks by a function."""
        self._factory = factory

    def get_task_factory(self) -> Any:
        """Return what makes tasks."""
        return self._factory

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]  # as above
        """Run a function here and now: a guest has one thread."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:  # noqa: BLE001 - whatever it raises belongs to who awaits it
            future.set_exception(error)
        return future

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **given: Any) -> Any:
        """Ask the host for a connection."""
        if self.connect is None:
            raise PermissionError(1, "this cell may reach no host")
        return await self.connect(protocol_factory, host, port, **given)

    def is_running(self) -> bool:
        """Say that it runs, as it does whenever anybody can ask."""
        return True

    def is_closed(self) -> bool:
        """Say that it is open; it ends with its instance."""
        return False

    def get_debug(self) -> bool:
        """Say that it does not check itself."""
        return False

    def set_debug(self, enabled: bool) -> None:  # noqa: FBT001 - the signature of asyncio
        """Do nothing."""

    async def shutdown_asyncgens(self) -> None:
        """Do nothing; generators end with the instance."""

    async def shutdown_default_executor(self, timeout_s: float | None = None) -> None:
        """Do nothing; there is no executor."""

    def set_exception_handler(self, handler: Any) -> None:
        """Tell a function what nobody awaited."""
        self._handler = handler

    def get_exception_handler(self) -> Any:
        """Return who is told."""
        return self._handler

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Complain of what nobody awaited."""
        error = context.get("exception")
        text = f": {type(error).__name__}: {error}" if error is not None else ""
        self.complain(f"{context.get('message', 'something went wrong')}{text}")

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell whoever is to be told what nobody awaited."""
        if self._handler is not None:
            self._handler(self, context)
        else:
            self.default_exception_handler(context)
