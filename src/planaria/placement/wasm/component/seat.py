"""The seat of a component: a pool of instances behind the operations of a contract.

Why: an instance does one call at a time, so calls that overlap need several; the same component in each.
Decision D-105: memory lives as long as its instance, so what must last is kept in the cell's state, and `reset="call"`
gives every call a fresh instance. Because calls land on any instance of the pool. Revisit when a component must be one.
Not here: instances (`instance`), the check of exports (`conformity`), which generations are components (`found_in`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from planaria.kernel.contract import Contract, operations
from planaria.kernel.error import Several
from planaria.kernel.loader import files_of
from planaria.kernel.port import SeatOrder
from planaria.kernel.system import cell_name
from planaria.placement.right import rights_of
from planaria.placement.wasm.component.conformity import problems_of
from planaria.placement.wasm.component.instance import Call, Instance
from planaria.placement.wasm.component.linker import Given, define
from planaria.placement.wasm.component.store import ComponentStore, Plan
from planaria.placement.wasm.engine import Engine
from planaria.placement.wasm.wit import World, world_of

OWN = ("fuel_per_call", "pool", "reset")
POOL = 4


class ComponentProblems(Several):
    """A component that is not what its contract says."""

    code = "PLN-P806"
    why = "a component is checked when it is opened, so that no call meets a surprise"


def component_in(directory: Path) -> Path | None:
    """Return the component that a generation's directory holds instead of Python, or None.

    >>> component_in(Path("nowhere")) is None
    True
    """
    found = sorted(directory.glob("*.wasm"))
    return found[0] if found and not (directory / "__init__.py").exists() else None


class ComponentSeat:
    """A seat whose cell is a component in any language.

    Raises:
        ComponentProblems: PLN-P806, with every difference from the contract; RightProblems: PLN-P301.
    """

    remembers = False

    def __init__(self, order: SeatOrder, *, engine: Engine, cache: Path, now: Callable[[], float], chance: Callable[[], int]) -> None:
        from wasmtime.component import Linker

        self.order, self.engine = order, engine
        rights = rights_of(order.cell, order.contract, order.limits, own=OWN)
        pool, self.reset = rights.extra.get("pool", POOL), rights.extra.get("reset", "never")
        world = world_of(order.contract, order.uses)
        content = self._content(order, pool)
        component = engine.compiled(content, f"component-{order.generation.digest[:32]}", cache=cache, progress=order.complain)
        problems = problems_of(component, engine.engine, world, order.cell)
        if problems:
            raise ComponentProblems.of(_subject(order), problems)
        linker = Linker(engine.engine)
        self.kept = define(linker, _wanted(component, engine, world), self._given(order, now, chance))
        self.calls = {(one.operation, one.step): Call.of(one) for one in world.exports.functions}
        plan = Plan(
            cell=order.cell, engine=engine.engine, component=component, linker=linker, path=world.exports.path,
            functions=tuple(one.name for one in world.exports.functions), memory_mb=rights.memory_mb,
            fuel_per_call=rights.extra.get("fuel_per_call"),
        )  # fmt: skip
        self.fresh, self.cpu_s_per_call = partial(ComponentStore, plan), rights.cpu_s_per_call
        self.instances: list[Instance] = []
        self.free: list[Instance] = []
        self.places = asyncio.Semaphore(pool)
        self.closing: set[asyncio.Task[None]] = set()
        self.lifeline: asyncio.Future[None] | None = None

    def _content(self, order: SeatOrder, pool: Any) -> bytes:
        names = [name for name in files_of(order.generation.directory) if name.endswith(".wasm")]
        problems = [f"it holds {len(names)} components ({', '.join(names) or 'none'}), and must hold one"] if len(names) != 1 else []
        if isinstance(pool, bool) or not isinstance(pool, int) or pool < 1:
            problems.append(f"pool is {pool!r}: the number of instances, at least 1, is needed")
        if self.reset not in ("never", "call"):
            problems.append(f"reset is {self.reset!r}: 'never' or 'call' is needed")
        if problems:
            raise ComponentProblems.of(_subject(order), problems)
        return (order.generation.directory / names[0]).read_bytes()

    def _given(self, order: SeatOrder, now: Callable[[], float], chance: Callable[[], int]) -> Given:
        names = {cell_name(one): one for one in order.uses}
        wires = order.wires({**dict.fromkeys(()), **{name: name for name in names}, "state": None})
        from planaria.placement.wasm.name import kebab

        cells: dict[str, Contract] = {kebab(name): wires[name] for name in names}
        return Given(cells=cells, state=wires["state"], now=now, chance=chance, log=lambda line: order.complain(f"{order.cell}: {line}"))

    def method(self, operation: str) -> Callable[..., Any]:
        """Return the operation; a stream where it is one."""
        described = operations(self.order.contract).get(operation)
        if described is None:
            raise AttributeError(operation)
        return partial(self._stream if described.streams else self._one, operation)

    async def _one(self, operation: str, *arguments: Any) -> Any:
        instance = await self._take()
        try:
            return await instance.run(self.calls[operation, ""], arguments)
        finally:
            await self._give(instance)

    async def _stream(self, operation: str, *arguments: Any) -> AsyncIterator[Any]:
        instance = await self._take()
        try:
            number = await instance.run(self.calls[operation, "open"], arguments)
            try:
                while items := await instance.run(self.calls[operation, "next"], (number,), first=False):
                    for one in items:
                        yield one
            finally:
                if instance.idle.is_set() and instance.guest is not None:
                    await instance.run(self.calls[operation, "close"], (number,), first=False)
        finally:
            await self._give(instance)

    async def _take(self) -> Instance:
        await self.places.acquire()
        if self.free:
            return self.free.pop()
        name = f"planaria-wasm-{self.order.cell}-{len(self.instances)}"
        self.instances.append(Instance(self.fresh, cpu_s_per_call=self.cpu_s_per_call, name=name))
        return self.instances[-1]

    async def _give(self, instance: Instance) -> None:
        """Put an instance back once its thread is at rest; a call that was cancelled need not wait for that."""
        if instance.idle.is_set() and not instance.streams and self.reset == "never":
            self._put(instance)
            return
        task = asyncio.get_running_loop().create_task(self._settle(instance))
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)

    async def _settle(self, instance: Instance) -> None:
        try:
            await instance.idle.wait()
            await instance.forget()
            if self.reset == "call":
                await instance.renew()
        finally:
            self._put(instance)

    def _put(self, instance: Instance) -> None:
        self.free.append(instance)
        self.places.release()

    async def start(self) -> "asyncio.Future[None]":
        """Make the first instance."""
        self.engine.ticker.__enter__()
        self.lifeline = asyncio.get_running_loop().create_future()
        instance = await self._take()
        try:
            await instance.ready()
        finally:
            await self._give(instance)
        return self.lifeline

    async def stop(self) -> None:
        """End every instance; a call that still runs is stopped at its next tick."""
        if self.lifeline is None:
            return
        for one in self.instances:
            await one.close()
        for task in list(self.closing):
            task.cancel()
        self.engine.ticker.__exit__(None, None, None)
        self.lifeline.cancel()

    async def hand_over(self) -> Any:
        """Return nothing: what must last is in the cell's state."""

    async def take_over(self, handed: Any) -> None:
        """Take nothing."""


def _subject(order: SeatOrder) -> str:
    return f"the component of cell '{order.cell}', generation {order.generation.digest[:12]}"


def _wanted(component: Any, engine: Engine, world: World) -> tuple[Any, ...]:
    imported = component.type.imports(engine.engine)
    return tuple(one for one in (*world.cells, *world.host) if one.path in imported)


Method = Callable[..., Awaitable[Any]]
