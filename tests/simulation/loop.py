"""An event loop with virtual time: it runs one ready callback at a time, chosen by a seed, and jumps over waiting.

Why: whatever the order in which things happen, the kernel must hold; so the order is drawn, and a seed repeats it. A crash
is the end of the loop between two callbacks: nothing of the life that ran in it runs any more.
"""

import asyncio
import heapq
import random
from collections import deque
from typing import Any


class Crashed(BaseException):
    """The process was killed here."""


class Hung(Exception):
    """Nothing can happen any more, or it takes for ever."""


async def passing(seconds: float) -> None:
    """Let virtual time pass; nobody waits for it."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def end() -> None:
        if not over.done():  # it may be cancelled in the same moment
            over.set_result(None)

    timer = loop.call_later(seconds, end)
    try:
        await over
    finally:
        timer.cancel()


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs until `crash_at` callbacks were made, `hung_at_s` is reached, or its work is done."""

    _ready: deque[Any]  # what asyncio's own loop keeps, and does not tell its types
    _scheduled: list[Any]
    _timer_cancelled_count: int
    _stopping: bool

    def __init__(self, chance: random.Random, *, now_s: float = 0.0, shuffled: bool = True) -> None:
        super().__init__()
        self._chance, self._now_s, self._shuffled = chance, now_s, shuffled
        self.steps, self.crash_at, self.steps_max, self.hung_at_s = 0, 10**9, 400_000, now_s + 5_000.0
        self.trouble: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.trouble.append(context))

    def time(self) -> float:
        return self._now_s

    def _write_to_self(self) -> None:
        raise AssertionError("nothing in a simulation comes from another thread")

    def _run_once(self) -> None:
        self.steps += 1
        if self.steps >= self.crash_at:
            raise Crashed
        if self.steps >= self.steps_max:
            raise Hung(f"{self.steps} callbacks, and no end")
        ready, timers = self._ready, self._scheduled
        while timers and (timers[0]._cancelled or timers[0]._when <= self._now_s or not ready):
            timer = heapq.heappop(timers)
            timer._scheduled = False
            if timer._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._now_s = max(self._now_s, timer._when)
                ready.append(timer)
        if self._now_s >= self.hung_at_s:
            raise Hung(f"{self._now_s:.1f} virtual seconds, and no end")
        if not ready:
            if self._stopping:
                return
            raise Hung("nothing is left to happen, and the work is not done")
        if self._shuffled:
            ready.rotate(-int(self._chance.random() * len(ready)))
        handle = ready.popleft()
        if not handle._cancelled:
            handle._run()

    def drop(self) -> None:
        """Throw away everything that still runs here, as a killed process does."""
        tasks: set[Any] = asyncio.all_tasks(self)
        for task in tasks:
            task._log_destroy_pending = False
            try:
                task.get_coro().close()
            except Exception as error:  # what a `finally` awaits or resets has no place any more in a killed process
                self.trouble.append({"message": "dropped", "exception": error})
        self._ready.clear()
        self._scheduled.clear()
        self.close()
