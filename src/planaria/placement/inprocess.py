"""The placement `inprocess`: a plain instance in this process; no isolation, no cost.

Why: most cells are trusted, and a call to them should cost about as much as a method call.
Not here: the supervision of a seat (the kernel's `cell`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.loader import load
from planaria.kernel.port import Seat, SeatOrder
from planaria.kernel.system import wires_of


class InProcessSeat:
    """A seat in this process: an instance of the class, with its wires set."""

    def __init__(self, order: SeatOrder) -> None:
        implementation = load(order.generation, order.contract)
        wires = order.wires(wires_of(implementation))
        self.instance: Contract = implementation()
        for name, wire in wires.items():
            setattr(self.instance, name, wire)
        self.remembers = type(self.instance).hand_over is not Contract.hand_over
        self.work: asyncio.Task[None] | None = None

    def method(self, operation: str) -> Callable[..., Awaitable[Any]]:
        """Return the bound method."""
        found: Callable[..., Awaitable[Any]] = getattr(self.instance, operation)
        return found

    async def start(self) -> "asyncio.Future[None]":
        """Prepare it and begin its background work."""
        await self.instance.on_start()
        self.work = asyncio.create_task(self.instance.background())
        return self.work

    async def stop(self) -> None:
        """End its background work and release what it took."""
        if self.work is not None:
            self.work.cancel()
            await asyncio.wait([self.work])
        await self.instance.on_stop()

    async def hand_over(self) -> Any:
        """Return the memory that its successor needs."""
        return await self.instance.hand_over()

    async def take_over(self, handed: Any) -> None:
        """Take a predecessor's memory."""
        await self.instance.take_over(handed)


class InProcess:
    """The default placement: no isolation, no cost."""

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat in this process."""
        return InProcessSeat(order)
