"""The seat of a component: a pool of instances behind the operations of a contract.

Why: an instance does one call at a time, so calls that overlap need several; the same component in each.
Decision D-105: memory lives as long as its instance, so what must last is kept in the cell's state, and `reset="call"`
gives every call a fresh instance. Because calls land on any instance of the pool. Revisit when a component must be one.
Not here: instances (`instance`), the check of exports (`conformity`), which generations are components (`opening`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from planaria.kernel.contract import Contract, operations
from planaria.kernel.port import SeatOrder
from planaria.kernel.request import chain
from planaria.kernel.system import cell_name
from planaria.placement.right import Rights, rights_of
from planaria.placement.usage import Usage
from planaria.placement.wasm.component.instance import Call, Instance
from planaria.placement.wasm.component.linker import Given, define
from planaria.placement.wasm.component.opening import ComponentProblems, open_component, ungiven
from planaria.placement.wasm.component.store import ComponentStore, Plan
from planaria.placement.wasm.engine import Engine
from planaria.placement.wasm.name import kebab
from planaria.placement.wasm.wit import world_of

OWN = ("fuel_per_call", "pool", "reset")
POOL = 4
RESETS = ("never", "call")
DEFAULTS = (("fuel_per_call", None), ("pool", POOL), ("reset", RESETS[0]))


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
        fuel, pool, self.reset = _limits(order.cell, rights)
        world = world_of(order.contract, order.uses)
        found = open_component(order.generation.directory, cell=order.cell, world=world, engine=engine, cache=cache, say=order.complain)
        linker = Linker(engine.engine)
        wanted = found.type.imports(engine.engine)
        imported = tuple(one for one in (*world.cells, *world.host) if one.path in wanted)
        self.kept = define(linker, imported, self._given(order, now, chance))
        self.functions = {(one.operation, one.step): Call.of(one) for one in world.exports.functions}
        plan = Plan(
            cell=order.cell, engine=engine.engine, component=found, linker=linker, path=world.exports.path,
            functions=tuple(one.name for one in world.exports.functions), memory_mb=rights.memory_mb, fuel_per_call=fuel,
        )  # fmt: skip
        self.fresh, self.cpu_s_per_call = partial(ComponentStore, plan), rights.cpu_s_per_call
        self.instances: list[Instance] = []
        self.free: list[Instance] = []
        self.places = asyncio.Semaphore(pool)
        self.closing: set[asyncio.Task[None]] = set()
        self.lifeline: asyncio.Future[None] | None = None
        self.calls, self.closed = 0, False

    def _given(self, order: SeatOrder, now: Callable[[], float], chance: Callable[[], int]) -> Given:
        names = {cell_name(one): one for one in order.uses}
        wires = order.wires({**{name: name for name in names}, "state": None})
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
            return await instance.run(self.functions[operation, ""], arguments)
        finally:
            await self._give(instance)

    async def _stream(self, operation: str, *arguments: Any) -> AsyncIterator[Any]:
        instance = await self._take()
        try:
            number = await instance.run(self.functions[operation, "open"], arguments)
            try:
                while items := await instance.run(self.functions[operation, "next"], (number,), first=False):
                    for one in items:
                        yield one
            finally:
                if instance.idle.is_set() and instance.guest is not None:
                    await instance.run(self.functions[operation, "close"], (number,), first=False)
        finally:
            await self._give(instance)

    async def _take(self) -> Instance:
        self.calls += 1
        if self.places.locked() and chain().count(self.order.cell) > 1:  # it is inside itself: waiting could last for ever
            return self._instance(extra=True)
        await self.places.acquire()
        return self.free.pop() if self.free else self._instance(extra=False)

    def _instance(self, *, extra: bool) -> Instance:
        name = f"planaria-wasm-{self.order.cell}-{len(self.instances)}"
        made = Instance(self.fresh, cpu_s_per_call=self.cpu_s_per_call, name=name, extra=extra)
        self.instances.append(made)
        return made

    async def _give(self, instance: Instance) -> None:
        """Put an instance back once its thread is at rest; a call that was cancelled need not wait for that."""
        if instance.idle.is_set() and not instance.streams and not instance.extra and self.reset == "never":
            self._put(instance)
            return
        task = asyncio.get_running_loop().create_task(self._settle(instance))
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)

    async def _settle(self, instance: Instance) -> None:
        try:
            await instance.idle.wait()
            await instance.forget()
            if instance.extra:
                self.instances.remove(instance)
                await instance.close()
            elif self.reset == "call":
                await instance.renew()
        finally:
            if not instance.extra:
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
        if self.lifeline is None or self.closed:
            return
        self.closed = True
        for one in self.instances:
            await one.close()
        for task in list(self.closing):
            task.cancel()
        self.engine.ticker.__exit__(None, None, None)
        self.lifeline.cancel()

    def usage(self) -> Usage:
        """Return what it used."""
        return Usage(
            cell=self.order.cell, placement="wasm", seats=len(self.instances), calls=self.calls,
            fuel=sum(one.fuel_used for one in self.instances), cpu_s=sum(one.cpu_used_s for one in self.instances),
        )  # fmt: skip

    async def settled(self) -> None:
        """Wait until no instance is busy with what is over, such as a cancelled call."""
        while self.closing:
            await asyncio.wait(self.closing)

    async def hand_over(self) -> Any:
        """Return nothing: what must last is in the cell's state."""

    async def take_over(self, handed: Any) -> None:
        """Take nothing."""


def _limits(cell: str, rights: Rights) -> tuple[int | None, int, str]:
    fuel, pool, reset = (
        rights.extra.get(name, default) for name, default in (("fuel_per_call", None), ("pool", POOL), ("reset", RESETS[0]))
    )
    problems = [
        f"{name} is {value!r}: a whole number of at least 1 is needed"
        for name, value in (("fuel_per_call", fuel), ("pool", pool))
        if not (name == "fuel_per_call" and value is None) and (isinstance(value, bool) or not isinstance(value, int) or value < 1)
    ]
    problems += [] if reset in RESETS else [f"reset is {reset!r}: use one of {', '.join(RESETS)}"]
    problems += ungiven(rights)
    if problems:
        raise ComponentProblems.of(f"the placement of cell '{cell}'", problems)
    return fuel, pool, reset
