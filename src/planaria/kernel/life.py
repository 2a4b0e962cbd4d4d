"""Life: a running system; it starts cells in order, watches over them, and stops them in reverse.

Why: the kernel never hides trouble: a cell that crashes too often brings the system down with its name.
Not here: adapters (given as `Ports`), where generations are kept (given as a function), the watchdog (`record`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from planaria.kernel.call import Observer, Operation, enter
from planaria.kernel.cell import RunningCell
from planaria.kernel.contract import Contract, EventDeclaration
from planaria.kernel.error import NoSuchCell, NoSuchOperation, PlanariaError
from planaria.kernel.event import Outbox, Subscription
from planaria.kernel.loader import Generation
from planaria.kernel.port import Ports, Seat
from planaria.kernel.request import Delivery, task_factory
from planaria.kernel.state import State
from planaria.kernel.system import CellPlan, System, SystemProblems

C = TypeVar("C", bound=Contract)
Current = Callable[[CellPlan], Generation]


class TooManyCrashes(PlanariaError):
    """A cell crashed more often than its plan allows."""

    code = "PLN-L107"
    what = "cell '{cell}' crashed {crashes} times within {within_s} s: {text}"
    why = "restarting does not help it, and half a system would hide that"
    fix = "roll it back with `planaria rollback {cell}`, or mend it; then start the system again"


class Life:
    """Run a system: `async with Life(system, ports=…, current=…) as life: await life.handle(Cart).add(…)`."""

    def __init__(self, system: System, *, ports: Ports, current: Current, complain: Callable[[str], None] | None = None) -> None:
        self.system, self.ports, self.current = system, ports, current
        self.complain = complain or logging.getLogger("planaria").warning
        self.cells = {name: RunningCell(plan, self) for name, plan in system.cells.items()}
        self.operations = [one for cell in self.cells.values() for one in cell.operations.values()]
        self.outbox = Outbox(ports, complain=self.complain)
        self.restarts: set[asyncio.Task[None]] = set()
        self.ended: asyncio.Future[None] | None = None
        self.started: list[RunningCell] = []

    def wire(self, plan: CellPlan, used: str | None) -> Any:
        """Give a cell its state, or a handle to a cell it may use."""
        return State(plan.name, self.ports.store, self.outbox) if used is None else self.cells[used].handle

    def handle(self, contract: type[C]) -> C:
        """Return a handle to a cell, typed as its contract.

        Raises:
            NoSuchCell: PLN-C105.
        """
        return cast("C", self.cells[self.system.plan(contract).name].handle)

    def operation(self, cell: str, operation: str) -> Operation:
        """Return an operation by names, for callers from outside.

        Raises:
            NoSuchCell, NoSuchOperation: PLN-C105, PLN-C104.
        """
        if cell not in self.cells:
            raise NoSuchCell(cell=cell, known=", ".join(self.cells))
        found = self.cells[cell].operations.get(operation)
        if found is None or found.description.handles is not None:
            known = ", ".join(name for name, one in self.cells[cell].operations.items() if one.description.handles is None)
            raise NoSuchOperation(cell=cell, operation=operation, known=known)
        return found

    async def call(self, cell: str, operation: str, arguments: tuple[Any, ...], *, caller: str) -> Any:
        """Call an operation by names, as a new request of `caller`."""
        return await enter(self.operation(cell, operation), arguments, caller=caller, id=self.ports.ids.new())

    def observe(self, *observers: Observer) -> None:
        """Attach observers to every operation; they see every call and cannot change it."""
        for one in self.operations:
            one.observe(observers)

    async def start(self) -> None:
        """Start every cell, what a cell uses before it; on a failure stop what was started, and raise."""
        asyncio.get_running_loop().set_task_factory(task_factory)
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

    def _subscribe(self) -> None:
        emitted: dict[type[Any], EventDeclaration] = {}
        for name, plan in self.system.cells.items():
            self.outbox.declared[name] = {one.type: one for one in plan.contract.events}
            emitted |= self.outbox.declared[name]
        problems, self.outbox.subscriptions = [], []
        for one in self.operations:
            event_type = one.description.handles
            if event_type in emitted:
                handler, call = f"{one.cell}.{one.name}", self._delivering(one)
                self.outbox.subscriptions.append(Subscription(handler=handler, event=emitted[event_type], call=call))
            elif event_type is not None:
                problems.append(f"'{one.cell}.{one.name}' handles {event_type.__qualname__}, which no cell of the system emits")
        if problems:
            raise SystemProblems.of(f"system '{self.system.name}'", problems)

    def _delivering(self, operation: Operation) -> Callable[[Any, Delivery], Awaitable[Any]]:
        return lambda fact, delivery: enter(operation, (fact,), caller="outbox", id=f"event-{delivery.event}", delivery=delivery)

    async def stop(self) -> None:
        """Stop deliveries, then every cell in reverse order: no new calls, drain, close."""
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

    def crashed(self, cell: RunningCell, seat: Seat, error: BaseException) -> None:
        """Restart a cell that crashed; end the life when it did so too often."""
        self.complain(f"cell '{cell.plan.name}' crashed: {type(error).__name__}: {error}")
        task = asyncio.get_running_loop().create_task(self._restart(cell, seat, error))
        self.restarts.add(task)
        task.add_done_callback(self.restarts.discard)

    async def _restart(self, cell: RunningCell, seat: Seat, error: BaseException) -> None:
        while cell.may_restart(asyncio.get_running_loop().time()):
            try:
                await cell.restart(seat)
            except Exception as again:  # noqa: BLE001 - a start that fails counts as a crash
                error = again
            else:
                return
        cell.admission.turn("down")
        facts = {"cell": cell.plan.name, "crashes": len(cell.crashes), "within_s": cell.plan.restarts_within_s}
        if self.ended is not None and not self.ended.done():
            self.ended.set_exception(TooManyCrashes(text=f"{type(error).__name__}: {error}", **facts))
