"""Life: a running system; it starts cells in order, watches over them, and stops them in reverse.

Why: the kernel never hides trouble: a cell that crashes too often brings the system down with its name, and a cell that
blocks the loop is named by the watchdog.
Not here: adapters (given as `Ports`), where generations are kept (given as a function).
"""

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from planaria.kernel.call import Observer, Operation, enter
from planaria.kernel.cell import RunningCell
from planaria.kernel.contract import Contract, EventDeclaration
from planaria.kernel.error import NoSuchCell, NoSuchOperation, PlanariaError
from planaria.kernel.event import Outbox, Subscription
from planaria.kernel.loader import PREFIX, Generation
from planaria.kernel.measure import Measure
from planaria.kernel.port import Ports
from planaria.kernel.request import REQUEST, Delivery, Request, task_factory
from planaria.kernel.state import State
from planaria.kernel.system import CellPlan, System, SystemProblems, Use

C = TypeVar("C", bound=Contract)
BLOCKED_S = 0.25


class TooManyCrashes(PlanariaError):
    """A cell crashed more often than its plan allows."""

    code = "PLN-L107"
    what = "cell '{cell}' crashed {crashes} times within {within_s} s: {text}"
    why = "restarting does not help it, and half a system would hide that"
    fix = "roll it back with `planaria rollback {cell}`, or mend it; then start the system again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStatus:
    """How one cell is."""

    cell: str
    state: str
    generation: str
    placement: str
    running: int
    queued: int
    crashes: int


@dataclass(slots=True)
class _Log:
    """What the kernel complained of, newest last, and whom to tell."""

    tell: Callable[[str], None] | None = None
    lines: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        del self.lines[:-99]
        self.lines.append(text)
        if self.tell is not None:
            self.tell(text)


class Life:
    """Run a system: `async with Life(system, ports=…, current=…) as life: await life.handle(Cart).add(…)`."""

    def __init__(
        self, system: System, *, ports: Ports, current: Callable[[CellPlan], Generation], complain: Callable[[str], None] | None = None
    ) -> None:
        self.system, self.ports, self.current = system, ports, current
        self.log = _Log(complain)
        self.cells = {name: RunningCell(plan, self) for name, plan in system.cells.items()}
        self.outbox = Outbox(ports, complain=self.complain)
        self.watchdog = Watchdog(self.complain)
        self.restarts: set[asyncio.Task[None]] = set()
        self.ended: asyncio.Future[None] | None = None
        self.started: list[RunningCell] = []

    def complain(self, text: str) -> None:
        """Note something that went wrong and concerns no caller."""
        self.log.add(text)

    def wire(self, plan: CellPlan, use: Use | None) -> Any:
        """Give a cell its state, or a handle to a cell it may use."""
        return State(plan.name, self.ports.store, self.outbox) if use is None else self.handle(use.contract)

    def handle(self, contract: type[C]) -> C:
        """Return a handle to a cell, typed as its contract.

        Raises:
            NoSuchCell: PLN-C105.
        """
        found: C = self.cells[self.system.plan(contract).name].handle
        return found

    def operation(self, cell: str, operation: str) -> Operation:
        """Return an operation by names, for callers from outside.

        Raises:
            NoSuchCell, NoSuchOperation: PLN-C105, PLN-C104.
        """
        if cell not in self.cells:
            raise NoSuchCell(cell=cell, known=", ".join(self.cells))
        found = self.cells[cell].operations.get(operation)
        if found is None or found.description.mark.handles is not None:
            known = ", ".join(name for name, one in self.cells[cell].operations.items() if one.description.mark.handles is None)
            raise NoSuchOperation(cell=cell, operation=operation, known=known)
        return found

    async def call(self, cell: str, operation: str, arguments: tuple[Any, ...], *, caller: str) -> Any:
        """Call an operation by names, as a new request of `caller`."""
        return await enter(self.operation(cell, operation), arguments, caller=caller, request_id=self.ports.ids.new())

    def observe(self, *observers: Observer) -> None:
        """Attach observers to every operation; they see every call and cannot change it."""
        for one in self._operations():
            one.observe(observers)

    def _operations(self) -> Iterator[Operation]:
        return (one for cell in self.cells.values() for one in cell.operations.values())

    async def start(self) -> None:
        """Start every cell, what a cell uses before it; on a failure stop what was started, and raise."""
        asyncio.get_running_loop().set_task_factory(task_factory)  # type: ignore[arg-type]
        self.ended = asyncio.get_running_loop().create_future()
        self._subscribe()
        await self.outbox.prepare()
        try:
            for plan in self.system.start_order():
                self.started.append(self.cells[plan.name])
                await self.cells[plan.name].start(self.current(plan))
        except BaseException:
            await self.stop()
            raise
        self.outbox.start()
        self.watchdog.start()

    def _subscribe(self) -> None:
        emitted: dict[type[Any], EventDeclaration] = {}
        for name, plan in self.system.cells.items():
            self.outbox.declared[name] = {one.type: one for one in plan.contract.events}
            emitted |= self.outbox.declared[name]
        problems = []
        for one in self._operations():
            event_type = one.description.mark.handles
            if event_type in emitted:
                self.outbox.subscriptions.append(
                    Subscription(handler=f"{one.cell}.{one.name}", event=emitted[event_type], call=self._delivering(one))
                )
            elif event_type is not None:
                problems.append(f"'{one.cell}.{one.name}' handles {event_type.__qualname__}, which no cell of the system emits")
        if problems:
            raise SystemProblems.of(f"system '{self.system.name}'", problems)

    def _delivering(self, operation: Operation) -> Callable[[Any, Delivery], Any]:
        async def deliver(fact: Any, delivery: Delivery) -> None:
            token = REQUEST.set(Request(id=f"event-{delivery.event}", caller="outbox", delivery=delivery))
            try:
                await operation.function(None, fact)
            finally:
                REQUEST.reset(token)

        return deliver

    async def stop(self) -> None:
        """Stop deliveries, then every cell in reverse order: no new calls, drain, close."""
        self.watchdog.stop()
        for task in self.restarts:
            task.cancel()
        await self.outbox.stop()
        for cell in reversed(self.started):
            await cell.stop()
        self.started = []
        if self.ended is not None and not self.ended.done():
            self.ended.set_result(None)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def swap(self, cell: str, generation: Generation) -> None:
        """Replace a cell's generation under load.

        Raises:
            NoSuchCell: PLN-C105.
            SwapFailed: PLN-L106; the generation before is untouched.
        """
        await self.cells[self.system.plan(cell).name].swap(generation)

    def crashed(self, cell: RunningCell, error: BaseException) -> None:
        """Restart a cell that crashed; end the life when it did so too often."""
        self.complain(f"cell '{cell.plan.name}' crashed: {type(error).__name__}: {error}")
        task = asyncio.get_running_loop().create_task(self._restart(cell, error))
        self.restarts.add(task)
        task.add_done_callback(self.restarts.discard)

    async def _restart(self, cell: RunningCell, error: BaseException) -> None:
        while cell.may_restart(asyncio.get_running_loop().time()):
            try:
                return await cell.restart()
            except Exception as again:  # noqa: BLE001 - a start that fails counts as a crash
                error = again
        cell.admission.turn("down")
        facts = {"cell": cell.plan.name, "crashes": len(cell.crashes), "within_s": cell.plan.restarts_within_s}
        if self.ended is not None and not self.ended.done():
            self.ended.set_exception(TooManyCrashes(text=f"{type(error).__name__}: {error}", **facts))

    def measures(self) -> list[Measure]:
        """Return the measures of every operation."""
        return [one.measure() for one in self._operations()]

    def status(self) -> list[CellStatus]:
        """Return how every cell is."""
        return [
            CellStatus(
                cell=name, state=cell.admission.state, generation=cell.generation.digest if cell.generation else "",
                placement=cell.plan.placement, running=cell.admission.resident.running, queued=len(cell.admission.waiting), crashes=len(cell.crashes),
            )
            for name, cell in self.cells.items()
        ]  # fmt: skip


class Watchdog:
    """Names the cell that blocks the loop for longer than `BLOCKED_S`."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self.complain = complain
        self.beat, self.ending = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Watch the running loop."""
        loop, thread = asyncio.get_running_loop(), threading.get_ident()
        self.thread = threading.Thread(target=self._watch, args=(loop, thread), name="planaria-watchdog", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self.ending.set()

    def _watch(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        while not self.ending.wait(BLOCKED_S) and not loop.is_closed():
            self.beat.clear()
            try:
                loop.call_soon_threadsafe(self.beat.set)
            except RuntimeError:
                return
            if not self.beat.wait(BLOCKED_S) and not self.ending.is_set():
                frame = sys._current_frames().get(thread)  # noqa: SLF001 - another thread's frames have no other door
                text = f"{who_blocks(frame)} has blocked the loop for over {BLOCKED_S} s"
                loop.call_soon_threadsafe(self.complain, text)
                self.beat.wait()


def who_blocks(frame: FrameType | None) -> str:
    """Name the cell whose code is running in a frame, and where.

    >>> who_blocks(None)
    'code outside every cell'
    """
    for one, line in traceback.walk_stack(frame):
        parts = one.f_globals.get("__name__", "").split(".")
        if parts[0] == PREFIX and len(parts) > 1:
            return f"cell '{parts[1]}' ({one.f_code.co_filename}:{line})"
    return "code outside every cell"
