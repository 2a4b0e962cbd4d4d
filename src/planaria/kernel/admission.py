"""Admission: places in a cell, the bounded queue before them, and the breaker.

Why: a cell that is overloaded or broken must say so at once and say when to come back, and must never hold up a chain
of calls that is already inside it.
Not here: deadlines and outcomes (`call`), which generation runs (`cell`).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from planaria.kernel.error import Refused
from planaria.kernel.port import Ids
from planaria.kernel.request import chain

WAITING = "waiting for a place"
COOL_OFF_S = 5.0
FAILURES_MIN = 10
FAILURES_WITHIN_S = 10.0
FAILURES_SHARE = 0.5


class Busy(Refused):
    """The queue of the cell is full."""

    code = "PLN-C203"
    what = "cell '{cell}' is busy: {running} calls run and {queued} wait"
    why = "its queue holds at most {queue}, so that no one waits for nothing"
    fix = "try again in {retry_after_s} s; or give the cell more concurrency or queue in system.py"


class BreakerOpen(Refused):
    """The cell failed too often and is left alone for a while."""

    code = "PLN-C204"
    what = "cell '{cell}' is resting after {failures} failures"
    why = "more than half of its latest calls failed, and calling on would not help it"
    fix = "try again in {retry_after_s} s; see `planaria ledger` for what changed last, and `planaria rollback {cell}`"


class CellDown(Refused):
    """The cell is not up."""

    code = "PLN-C205"
    what = "cell '{cell}' is {state}"
    why = "calls are taken only while a cell is up"
    fix = "start the system, or see why the cell went down in its log"


class Resident:
    """One generation in its seat: how many calls run in it, and how many may."""

    def __init__(self, generation: str, methods: dict[str, Callable[..., Any]]) -> None:
        self.generation = generation
        self.running = 0
        self.room = 0
        self.watched = False
        self.lost = False
        self.left: Callable[[], None] = lambda: None
        for name, method in methods.items():
            setattr(self, f"call_{name}", method)


class Admission:
    """The door of one cell; it outlives the generations behind it."""

    def __init__(self, cell: str, *, concurrency: int, queue: int, ids: Ids, complain: Callable[[str], None]) -> None:
        self.cell, self.concurrency, self.queue, self.ids, self.complain = cell, concurrency, queue, ids, complain
        self.resident = Resident("", {})
        self.leaving: list[Resident] = []
        self.waiting: deque[asyncio.Future[Resident]] = deque()
        self.state = "not started"
        self.holding = False
        self.own_handle: Any = None
        self.failures: deque[float] = deque()
        self.rest_until = 0.0
        self.trial = False
        self.calls: Callable[[], int] = int
        self.calls_at_first_failure = 0
        self.served_s = 0.05

    def move(self, resident: Resident) -> Resident:
        """Send calls to `resident` from now on and return the one before, which drains."""
        before, self.resident = self.resident, resident
        resident.left = self.trim
        if before.running:
            self.leaving.append(before)
            before.watched = True
        self.trim()
        return before

    def trim(self) -> None:
        """Set how many calls may run, and give free places to those who wait; a place in a generation that drains is not given twice."""
        self.leaving = [one for one in self.leaving if one.running]
        resident = self.resident
        open_ = self.state == "up" and not self.holding and not self.rest_until
        resident.room = max(0, self.concurrency - sum(one.running for one in self.leaving)) if open_ else 0
        while self.waiting and resident.running < resident.room:
            waiting = self.waiting.popleft()
            if not waiting.done():
                resident.running += 1
                waiting.set_result(resident)
        resident.watched = bool(self.waiting)

    def turn(self, state: str) -> None:
        """Change the state of the door; waiting calls are refused when it is not one that will open."""
        self.state = state
        self.trim()
        if state not in ("up", "starting", "restarting"):
            for waiting in self.waiting:
                if not waiting.done():
                    waiting.set_exception(CellDown(cell=self.cell, state=state))
            self.waiting.clear()

    async def drained(self, resident: Resident, within_s: float) -> bool:
        """Wait until no call runs in `resident`; false when the time is over first."""
        empty = asyncio.get_running_loop().create_future()

        def left() -> None:
            self.trim()
            if not resident.running and not empty.done():
                empty.set_result(None)

        resident.left, resident.watched = left, True
        left()
        try:
            async with asyncio.timeout(within_s):
                await empty
        except TimeoutError:
            return False
        finally:
            resident.left = self.trim
        return True

    async def enter(self) -> Resident:
        """Take a place, or wait for one; the caller gives it back.

        Raises:
            Busy, BreakerOpen, CellDown: PLN-C203, PLN-C204, PLN-C205.
        """
        loop = asyncio.get_running_loop()
        if self.state not in ("up", "starting", "restarting"):
            raise CellDown(cell=self.cell, state=self.state)
        inside = self.cell in chain()[:-1]
        if self.rest_until and not inside:
            left_s = self.rest_until - loop.time()
            if left_s > 0 or self.trial:
                raise BreakerOpen(cell=self.cell, failures=len(self.failures), retry_after_s=round(max(left_s, 0.1), 1))
            self.trial = inside = True
        if inside or self.resident.running < self.resident.room:
            self.resident.running += 1
            return self.resident
        if len(self.waiting) >= self.queue:
            facts = {"running": self.resident.running, "queued": len(self.waiting), "queue": self.queue}
            wait_s = round(max(0.05, len(self.waiting) / self.concurrency * self.served_s), 2)
            raise Busy(cell=self.cell, retry_after_s=wait_s, **facts)
        waiting: asyncio.Future[Resident] = loop.create_future()
        self.waiting.append(waiting)
        self.resident.watched = True
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                waiting.result().running -= 1
                self.trim()
            elif waiting in self.waiting:
                self.waiting.remove(waiting)
            raise asyncio.CancelledError(WAITING) from None

    def stumbled(self, *, cancelled: bool = False) -> None:
        """Count a failure; open the breaker when at least half of the calls of the last seconds failed."""
        if cancelled and not self.trial:
            return
        now = asyncio.get_running_loop().time()
        calls = self.calls()
        while self.failures and self.failures[0] < now - FAILURES_WITHIN_S:
            self.failures.popleft()
        if not self.failures:
            self.calls_at_first_failure = calls - 1
        self.failures.append(now)
        share = len(self.failures) / max(1, calls - self.calls_at_first_failure)
        if self.trial or (len(self.failures) >= FAILURES_MIN and share >= FAILURES_SHARE):
            self.rest_until, self.trial = now + COOL_OFF_S, False
            self.trim()

    def succeeded(self) -> None:
        """Close the breaker after a trial that went well."""
        if self.trial:
            self.rest_until, self.trial = 0.0, False
            self.failures.clear()
            self.trim()
