"""One running cell: its seat, its restarts, and the swap of one generation for another under load.

Why: supervision follows OTP: a crash restarts the cell alone, and too many crashes in a while are somebody else's problem;
a swap touches nothing of the old generation until the new one stands.
Not here: the order of cells (`life`), admission (`admission`).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from planaria.kernel.admission import Admission, Resident
from planaria.kernel.call import Operation, make_handle
from planaria.kernel.contract import Contract, operations
from planaria.kernel.error import PlanariaError, Several
from planaria.kernel.loader import Generation, load
from planaria.kernel.port import Ports, Seat, SeatOrder
from planaria.kernel.request import tasks_inside
from planaria.kernel.system import CellPlan, Use, wires_of

START_S = 30.0
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

    def wire(self, plan: CellPlan, use: Use | None) -> Any: ...
    def complain(self, text: str) -> None: ...
    def crashed(self, cell: "RunningCell", error: BaseException) -> None: ...


class InProcessSeat:
    """A seat in this process: an instance of the class, with its wires set."""

    def __init__(self, order: SeatOrder) -> None:
        self.instance: Contract = order.implementation()
        for name, wire in order.wires.items():
            setattr(self.instance, name, wire)
        self.work: asyncio.Task[None] | None = None

    def method(self, operation: str) -> Callable[..., Awaitable[Any]]:
        found: Callable[..., Awaitable[Any]] = getattr(self.instance, operation)
        return found

    async def start(self) -> "asyncio.Future[None]":
        await self.instance.on_start()
        self.work = asyncio.create_task(self.instance.background())
        return self.work

    async def stop(self) -> None:
        if self.work is not None:
            self.work.cancel()
            await asyncio.wait([self.work])
        await self.instance.on_stop()

    async def hand_over(self) -> Any:
        return await self.instance.hand_over()

    async def take_over(self, handed: Any) -> None:
        await self.instance.take_over(handed)


class InProcess:
    """The default placement: no isolation, no cost."""

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat in this process."""
        return InProcessSeat(order)


class RunningCell:
    """A cell that is up: one door, one seat behind it."""

    def __init__(self, plan: CellPlan, around: Surroundings) -> None:
        self.plan, self.around = plan, around
        self.admission = Admission(
            plan.name, concurrency=plan.concurrency, queue=plan.queue, ids=around.ports.ids, complain=around.complain
        )
        codec = around.ports.codec
        self.operations = {
            name: Operation(one, self.admission, size_of=lambda value: len(codec.encode(value))) for name, one in operations(plan.contract).items()
        }
        self.admission.operations = tuple(self.operations.values())
        self.handle = self.admission.own_handle = make_handle(plan.contract, self.operations)
        self.generation: Generation | None = None
        self.seat: Seat | None = None
        self.crashes: deque[float] = deque()
        self.changing = asyncio.Lock()

    def _open(self, generation: Generation) -> Seat:
        implementation = load(generation, self.plan.contract)
        wires = wires_of(implementation)
        missing = [use.contract.__name__ for use in wires.values() if use is not None and use.contract not in self.plan.uses]
        if missing:
            cures = [f"it uses {one}: add uses=({one},) to system.add({self.plan.contract.__name__}), or do without" for one in missing]
            raise RightMissing.of(f"cell '{self.plan.name}'", cures)
        placement = self.around.ports.placements.get(self.plan.placement)
        if placement is None:
            known = ", ".join(self.around.ports.placements)
            raise NoSuchPlacement(cell=self.plan.name, placement=self.plan.placement, known=known)
        filled = {name: self.around.wire(self.plan, use) for name, use in wires.items()}
        return placement.open(SeatOrder(cell=self.plan.name, implementation=implementation, wires=filled, limits=self.plan.limits))

    async def _seated(self, generation: Generation) -> tuple[Seat, Resident]:
        """Open and start a seat; stop it again where the start fails."""
        seat = self._open(generation)
        try:
            async with asyncio.timeout(START_S):
                line = await seat.start()
        except BaseException:
            await self._close(seat)
            raise
        line.add_done_callback(lambda ended: self._ended(seat, ended))
        return seat, Resident(generation.digest, {name: seat.method(name) for name in self.operations})

    def _ended(self, seat: Seat, line: "asyncio.Future[None]") -> None:
        if seat is self.seat and not line.cancelled() and (error := line.exception()) is not None:
            self.around.crashed(self, error)

    async def start(self, generation: Generation) -> None:
        """Start with a generation."""
        async with self.changing:
            self.admission.turn("starting")
            try:
                self.seat, resident = await self._seated(generation)
            except BaseException:
                self.admission.turn("down")
                raise
            self.generation = generation
            self.admission.move(resident)
            self.admission.turn("up")

    async def swap(self, generation: Generation) -> None:
        """Replace the generation under load.

        The new one starts, memory is handed over while calls wait, calls move at once, the old one drains and is closed.

        Raises:
            SwapFailed: PLN-L106; the old generation is untouched.
        """
        async with self.changing:
            before, current = self.seat, self.generation
            if before is None or current is None or self.admission.state != "up":
                raise SwapFailed(cell=self.plan.name, current="none", candidate=generation.digest[:12], text=f"the cell is {self.admission.state}")
            try:
                seat, resident = await self._seated(generation)
            except Exception as error:
                raise self._failed(current, generation, error) from error
            try:
                if type(before).hand_over is not InProcessSeat.hand_over or self._hands_over(before):
                    await self._hand_over(before, seat)
                self.seat, self.generation = seat, generation
                leaving = self.admission.move(resident)
            except Exception as error:
                await self._close(seat)
                raise self._failed(current, generation, error) from error
            finally:
                self.admission.hold(on=False)
            await self._drain(leaving)
            await self._close(before)

    def _failed(self, current: Generation, candidate: Generation, error: Exception) -> SwapFailed:
        text = f"{type(error).__name__}: {error}"
        return SwapFailed(cell=self.plan.name, current=current.digest[:12], candidate=candidate.digest[:12], text=text)

    def _hands_over(self, seat: Seat) -> bool:
        return isinstance(seat, InProcessSeat) and type(seat.instance).hand_over is not Contract.hand_over

    async def _hand_over(self, before: Seat, seat: Seat) -> None:
        self.admission.hold(on=True)
        async with asyncio.timeout(self.plan.drain_s):
            await self.admission.drained(self.admission.resident, self.plan.drain_s)
            await seat.take_over(await before.hand_over())

    async def _drain(self, resident: Resident) -> None:
        """Wait for the calls in a resident; cancel those that do not end in time, their outcome is unknown."""
        if not await self.admission.drained(resident, self.plan.drain_s):
            resident.lost = True
            for task in tasks_inside(resident):
                task.cancel()
            await self.admission.drained(resident, self.plan.drain_s)

    async def _close(self, seat: Seat) -> None:
        try:
            async with asyncio.timeout(START_S):
                await seat.stop()
        except Exception as error:  # noqa: BLE001 - what is being thrown away cannot hold up the rest
            self.around.complain(f"cell '{self.plan.name}' did not stop cleanly: {type(error).__name__}: {error}")

    def may_restart(self, now: float) -> bool:
        """Count a crash; false when there were more than the plan allows in its window."""
        self.crashes.append(now)
        while self.crashes[0] < now - self.plan.restarts_within_s:
            self.crashes.popleft()
        return len(self.crashes) <= self.plan.restarts

    async def restart(self) -> None:
        """Start the same generation anew after a crash, each time after a longer pause; calls wait meanwhile."""
        async with self.changing:
            generation, before = self.generation, self.seat
            if generation is None or before is None:
                return
            self.admission.turn("restarting")
            await self._close(before)
            await asyncio.sleep(min(DELAY_MAX_S, 0.1 * 2 ** (len(self.crashes) - 1)))
            self.seat, resident = await self._seated(generation)
            leaving = self.admission.move(resident)
            self.admission.turn("up")
            await self._drain(leaving)

    async def stop(self) -> None:
        """Take no more calls, drain, and close."""
        async with self.changing:
            self.admission.turn("stopping")
            await self._drain(self.admission.resident)
            if self.seat is not None:
                await self._close(self.seat)
            self.seat = None
            self.admission.turn("stopped")
