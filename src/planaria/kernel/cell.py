"""One running cell: its seat, its restarts, and the swap of one generation for another under load.

Why: supervision follows OTP: a crash restarts the cell alone, and too many crashes in a while are somebody else's problem;
a swap touches nothing of the old generation until the new one stands.
Not here: the order of cells (`life`), admission (`admission`).
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from planaria.kernel.admission import Admission, CellDown, Resident
from planaria.kernel.call import Operation, make_handle
from planaria.kernel.contract import operations
from planaria.kernel.error import PlanariaError, Several
from planaria.kernel.loader import Generation
from planaria.kernel.port import Ports, Seat, SeatOrder
from planaria.kernel.request import tasks_inside
from planaria.kernel.stream import pouring
from planaria.kernel.system import CellPlan, cell_name

START_S = 30.0
DELAY_FIRST_S = 0.05
DELAY_MAX_S = 10.0


class RightMissing(Several):
    """An implementation uses cells that system.py does not grant."""

    code = "PLN-L104"
    why = "a cell may use only what the composition grants it, so that no generation can widen its own rights"


class NoSuchPlacement(PlanariaError):
    """There is no such placement here."""

    code = "PLN-L105"
    what = "cell '{cell}' cannot be placed as '{placement}'"
    why = "this system has only: {known}"
    fix = "use one of these in system.py"


class SwapFailed(PlanariaError):
    """A swap did not happen; the generation before is untouched."""

    code = "PLN-L106"
    what = "cell '{cell}' stays with generation {current}: the swap to {candidate} failed: {text}"
    why = "the new generation could not start, or could not take over"
    fix = "mend the candidate; nothing was changed"


class Surroundings(Protocol):
    """What a running cell needs of the life around it."""

    ports: Ports

    def wire(self, plan: CellPlan, used: str | None) -> Any:
        """Give a cell its state (for None), or a handle to a cell."""

    def complain(self, text: str) -> None:
        """Note something that concerns no caller."""

    def crashed(self, cell: "RunningCell", seat: Seat, error: BaseException) -> None:
        """Decide what follows a crash."""


class RunningCell:
    """A cell that is up: one door, one seat behind it."""

    def __init__(self, plan: CellPlan, around: Surroundings) -> None:
        self.plan, self.around = plan, around
        ids, complain = around.ports.ids, around.complain
        self.admission = Admission(plan.name, concurrency=plan.concurrency, queue=plan.queue, ids=ids, complain=complain)
        self.operations = {name: Operation(one, self.admission) for name, one in operations(plan.contract).items()}
        self.admission.calls = lambda: sum(one.calls - one.errors["refused"] for one in self.operations.values())
        self.handle = self.admission.own_handle = make_handle(plan.contract, self.operations)
        self.generation: Generation | None = None
        self.seat: Seat | None = None
        self.crashes: deque[float] = deque()
        self.changing = asyncio.Lock()

    def _open(self, generation: Generation) -> Seat:
        plan = self.plan
        placement = self.around.ports.placements.get(plan.placement)
        if placement is None:
            raise NoSuchPlacement(cell=plan.name, placement=plan.placement, known=", ".join(self.around.ports.placements))
        return placement.open(SeatOrder(
            cell=plan.name, contract=plan.contract, generation=generation, uses=plan.uses, wires=self._wired, limits=plan.limits,
            complain=self.around.complain,
        ))  # fmt: skip

    def _wired(self, asked: Mapping[str, str | None]) -> dict[str, Any]:
        granted, mine = {None, *map(cell_name, self.plan.uses)}, self.plan.contract.__name__
        if missing := [one for one in asked.values() if one not in granted]:
            cures = [f"it uses '{one}': add its contract to `uses` in system.add({mine}), or do without" for one in missing]
            raise RightMissing.of(f"cell '{self.plan.name}'", cures)
        return {name: self.around.wire(self.plan, one) for name, one in asked.items()}

    async def _seated(self, generation: Generation) -> "tuple[Seat, asyncio.Future[None]]":
        """Open and start a seat; stop it again where the start fails."""
        seat = self._open(generation)
        try:
            async with asyncio.timeout(START_S):
                return seat, await seat.start()
        except BaseException:
            await self._close(seat)
            raise

    def _settle(self, seat: Seat, line: "asyncio.Future[None]", generation: Generation) -> Resident:
        """Make a started seat the one in force; return the resident before."""
        ways = {name: pouring if one.description.streams else None for name, one in self.operations.items()}
        resident = Resident(generation.digest, {name: way(seat.method(name)) if way else seat.method(name) for name, way in ways.items()})
        self.seat, self.generation = seat, generation
        line.add_done_callback(lambda ended: self._ended(seat, ended))
        return self.admission.move(resident)

    def _ended(self, seat: Seat, line: "asyncio.Future[None]") -> None:
        if seat is self.seat and not line.cancelled() and (error := line.exception()) is not None:
            if not self.changing.locked():  # from this moment, or a call would meet what has crashed
                self.admission.turn("restarting")
            self.around.crashed(self, seat, error)

    async def start(self, generation: Generation) -> None:
        """Start with a generation; calls wait meanwhile."""
        async with self.changing:
            self.admission.turn("starting")
            self._settle(*await self._seated(generation), generation)
            self.admission.turn("up")

    async def restart(self, crashed: Seat) -> None:
        """Start again after a crash, each time after a longer pause; calls wait. Do nothing where the seat was replaced or stopped."""
        async with self.changing:
            if self.seat is crashed:
                self.admission.turn("restarting")
                await self._close(crashed)
                self.seat = None
            if self.admission.state == "restarting" and self.generation is not None:
                await asyncio.sleep(min(DELAY_MAX_S, DELAY_FIRST_S * 2 ** min(len(self.crashes), 8)))
                leaving = self._settle(*await self._seated(self.generation), self.generation)
                self.admission.turn("up")
                await self._retire(leaving, None)

    async def swap(self, generation: Generation) -> None:
        """Replace the generation under load.

        The new one starts, memory is handed over while calls wait, calls move at once, the old one drains and is closed.

        Raises:
            SwapFailed: PLN-L106; the old generation is untouched.
        """
        async with self.changing:
            before, seat = self.seat, None
            try:
                if before is None or self.admission.state != "up":
                    raise CellDown(cell=self.plan.name, state=self.admission.state)
                seat, line = await self._seated(generation)
                if before.remembers:
                    await self._hand_over(before, seat)
                leaving = self._settle(seat, line, generation)
            except BaseException as error:
                await self._close(seat)
                if not isinstance(error, Exception):
                    raise
                current = self.admission.resident.generation[:12] or "none"
                facts = {"cell": self.plan.name, "current": current, "candidate": generation.digest[:12]}
                raise SwapFailed(text=f"{type(error).__name__}: {error}", **facts) from error
            finally:
                self.admission.holding = False
                self.admission.trim()
            await self._retire(leaving, before)

    async def _hand_over(self, before: Seat, seat: Seat) -> None:
        self.admission.holding = True
        self.admission.trim()
        async with asyncio.timeout(self.plan.drain_s):
            await self.admission.drained(self.admission.resident, None)
            await seat.take_over(await before.hand_over())

    async def _retire(self, resident: Resident, seat: Seat | None) -> None:
        """Wait for the calls in a resident; cancel those that do not end in time, their outcome is unknown. Then close its seat."""
        try:
            if not await self.admission.drained(resident, self.plan.drain_s):
                resident.lost = tasks_inside(resident)
                for task in resident.lost:
                    task.cancel()
                await self.admission.drained(resident, self.plan.drain_s)
        finally:
            await self._close(seat)

    async def _close(self, seat: Seat | None) -> None:
        try:
            async with asyncio.timeout(START_S):
                if seat is not None:
                    await seat.stop()
        except Exception as error:  # noqa: BLE001 - what is being thrown away cannot hold up the rest
            self.around.complain(f"cell '{self.plan.name}' did not stop cleanly: {type(error).__name__}: {error}")

    def may_restart(self, now: float) -> bool:
        """Count a crash; false when there were more than the plan allows in its window."""
        self.crashes.append(now)
        while self.crashes[0] < now - self.plan.restarts_within_s:
            self.crashes.popleft()
        return len(self.crashes) <= self.plan.restarts

    async def stop(self) -> None:
        """Take no more calls, drain, and close."""
        async with self.changing:
            self.admission.turn("stopping")
            await self._retire(self.admission.resident, self.seat)
            self.seat = None
            self.admission.turn("stopped")
