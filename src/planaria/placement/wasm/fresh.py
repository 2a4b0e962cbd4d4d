"""A seat that forgets: each call has a guest of its own, which is thrown away when the call is over.

Why: what one caller's data does to a guest must not reach the next caller; a cell whose line in system.py says
`reset="call"` has that by construction. One guest is always ready, so a call does not wait for a start.
Not here: a seat whose calls share a guest (`seat`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from planaria.kernel.port import SeatOrder
from planaria.placement.usage import Usage
from planaria.placement.wasm.seat import WasmSeat


class FreshSeat:
    """A seat with a new guest for each call."""

    remembers = False

    def __init__(self, order: SeatOrder, make: Callable[[], WasmSeat]) -> None:
        self.order, self.make = order, make
        self.closed, self.calls, self.fuel, self.cpu_s = False, 0, 0, 0.0
        self.used: set[WasmSeat] = set()
        self.next: asyncio.Task[WasmSeat] | None = None
        self.lifeline: asyncio.Future[None] | None = None

    def method(self, operation: str) -> Callable[..., Any]:
        """Return what runs an operation in a guest of its own."""
        described = self.make().described
        if operation not in described:
            raise AttributeError(operation)
        return self._flow(operation) if described[operation].streams else self._call(operation)

    def _call(self, operation: str) -> Callable[..., Any]:
        async def call(*arguments: Any) -> Any:
            seat = await self._take()
            try:
                return await seat.method(operation)(*arguments)
            finally:
                await self._leave(seat)

        return call

    def _flow(self, operation: str) -> Callable[..., AsyncIterator[Any]]:
        async def flow(*arguments: Any) -> AsyncIterator[Any]:
            seat = await self._take()
            try:
                async with aclosing(seat.method(operation)(*arguments)) as items:
                    async for one in items:
                        yield one
            finally:
                await self._leave(seat)

        return flow

    async def _made(self) -> WasmSeat:
        seat = self.make()
        self.used.add(seat)
        try:
            _ = await seat.start()
        except BaseException:
            await self._leave(seat)
            raise
        return seat

    async def _take(self) -> WasmSeat:
        self.calls += 1
        ready, self.next = self.next, None
        seat = await ready if ready is not None else await self._made()
        self._prepare()
        return seat

    def _prepare(self) -> None:
        if self.next is None and not self.closed:
            self.next = asyncio.create_task(self._made())

    async def _leave(self, seat: WasmSeat) -> None:
        self.used.discard(seat)
        usage = seat.usage()
        self.fuel += usage.fuel or 0
        self.cpu_s += usage.cpu_s or 0.0
        await seat.discard()

    async def start(self) -> "asyncio.Future[None]":
        """Make the first guest, so that a cell which cannot start is told now."""
        self._prepare()
        assert self.next is not None, "it was made a line above"
        await asyncio.shield(self.next)
        self.lifeline = asyncio.get_running_loop().create_future()
        return self.lifeline

    async def stop(self) -> None:
        """Throw every guest away."""
        self.closed = True
        if self.next is not None:
            self.next.cancel()
            await asyncio.wait([self.next])
            if not self.next.cancelled():
                self.next.exception()
        for seat in list(self.used):
            await self._leave(seat)

    async def hand_over(self) -> None:
        """Return nothing; it forgets."""

    async def take_over(self, handed: Any) -> None:
        """Take nothing; it forgets."""

    def usage(self) -> Usage:
        """Return what it used."""
        inside = [one.usage() for one in self.used]
        return Usage(
            cell=self.order.cell, placement="wasm", seats=len(inside), calls=self.calls,
            fuel=self.fuel + sum(one.fuel or 0 for one in inside), cpu_s=self.cpu_s + sum(one.cpu_s or 0.0 for one in inside),
        )  # fmt: skip
