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
OPENING = ("up", "starting", "restarting")
SERVED_S = 0.05
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
        self.lost: list[asyncio.Task[Any]] = []
        self.left: Callable[[], None] = lambda: None
        for name, method in methods.items():
            setattr(self, f"call_{name}", method)

    def leave(self) -> None:
        """Give a place back."""
        self.running -= 1
        if self.watched:
            self.left()


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
        self.failures: deque[tuple[float, int]] = deque()
        self.rest_until = 0.0
        self.trial: asyncio.Task[Any] | None = None
        self.calls: Callable[[], int] = int

    def move(self, resident: Resident) -> Resident:
        """Send calls to `resident` from now on and return the one before, which drains; its failures are forgotten."""
        before, self.resident = self.resident, resident
        self.rest_until, self.trial = 0.0, None
        self.failures.clear()
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
        resident.watched = bool(self.waiting) or not open_

    def turn(self, state: str) -> None:
        """Change the state of the door; waiting calls are refused when it is not one that will open."""
        self.state = state
        self.trim()
        if state not in OPENING:
            self._refuse_waiting(CellDown, state=state)

    def _refuse_waiting(self, refusal: type[Refused], **facts: Any) -> None:
        for waiting in self.waiting:
            if not waiting.done():
                waiting.set_exception(refusal(cell=self.cell, **facts))
        self.waiting.clear()

    async def drained(self, resident: Resident, within_s: float | None) -> bool:
        """Wait until no call runs in `resident`; false when the time is over first."""
        empty = asyncio.get_running_loop().create_future()

        def left() -> None:
            self.trim()
            if not resident.running and not empty.done():
                empty.set_result(None)

        resident.left, resident.watched = left, True
        left()
        await asyncio.wait([empty], timeout=within_s)
        resident.left = self.trim
        return not resident.running

    async def enter(self) -> Resident:
        """Take a place, or wait for one; the caller gives it back.

        Raises:
            Busy, BreakerOpen, CellDown: PLN-C203, PLN-C204, PLN-C205.
        """
        inside = self.cell in chain()[:-1]
        if self.state not in OPENING and not (inside and self.state == "stopping"):
            raise CellDown(cell=self.cell, state=self.state)
        if self.rest_until and not inside:
            left_s = self.rest_until - asyncio.get_running_loop().time()
            if left_s > 0 or self.trial or self.holding or self.state != "up":
                raise BreakerOpen(cell=self.cell, failures=len(self.failures), retry_after_s=round(max(left_s, 0.1), 1))
            self.trial, inside = asyncio.current_task(), True
        if inside or self.resident.running < self.resident.room:
            self.resident.running += 1
            return self.resident
        queued = len(self.waiting)
        if queued >= self.queue:
            wait_s = round(SERVED_S * max(1.0, queued / self.concurrency), 2)
            raise Busy(cell=self.cell, running=self.resident.running, queued=queued, queue=self.queue, retry_after_s=wait_s)
        waiting: asyncio.Future[Resident] = asyncio.get_running_loop().create_future()
        self.waiting.append(waiting)
        self.resident.watched = True
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                waiting.result().leave()
            elif waiting in self.waiting:
                self.waiting.remove(waiting)
            raise

    def stumbled(self, resident: Resident, *, cancelled: bool = False) -> None:
        """Count a failure; open the breaker when at least half of the calls of the last seconds failed."""
        trial = self.trial is not None and self.trial is asyncio.current_task()
        if resident is not self.resident or (cancelled and not trial):
            return
        now, calls = asyncio.get_running_loop().time(), self.calls()
        while self.failures and self.failures[0][0] < now - FAILURES_WITHIN_S:
            self.failures.popleft()
        self.failures.append((now, calls))
        count, share = len(self.failures), len(self.failures) / max(1, calls - self.failures[0][1] + 1)
        if trial or (not self.rest_until and count >= FAILURES_MIN and share >= FAILURES_SHARE):
            self.rest_until, self.trial = now + COOL_OFF_S, None
            self.trim()
            self._refuse_waiting(BreakerOpen, failures=count, retry_after_s=COOL_OFF_S)

    def succeeded(self) -> None:
        """Close the breaker after a trial that went well."""
        if self.trial is not None and self.trial is asyncio.current_task():
            self.rest_until, self.trial = 0.0, None
            self.failures.clear()
            self.trim()
