"""The seat of a cell in a worker: how it is born, asked and ended, as the kernel's port demands.

Why: a start either gives a confined worker with its cell, or nothing at all; and whatever happened, a stop leaves nothing:
no process, no descriptor, no user number.
Not here: what goes on between (`link`), what a worker may do (`placement`).
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec

from planaria.kernel.contract import operations
from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import files_of
from planaria.kernel.port import SeatOrder
from planaria.placement.egress import line as egress_line
from planaria.placement.process.frame import HAND_OVER, STOP, TAKE_OVER
from planaria.placement.process.link import Link, Terms
from planaria.placement.process.message import Birth, name_of
from planaria.placement.process.nursery import Nursery

DRAIN_S, STOP_S = 2.0, 10.0
_encode = msgspec.msgpack.Encoder().encode


class ProcessSeat:
    """One generation of one cell, in a worker of its own; `over` is told when it is stopped."""

    def __init__(self, order: SeatOrder, nursery: Nursery, terms: Terms, *, over: Callable[["ProcessSeat"], None]) -> None:
        self.order, self.nursery, self.terms, self.over = order, nursery, terms, over
        self.remembers = self.born = self.up = False
        self.link: Link | None = None
        self.described = operations(order.contract)
        self.indexes = {name: index for index, name in enumerate(self.described)}

    def method(self, operation: str) -> Callable[..., Awaitable[Any]]:
        """Return what calls an operation in the worker; raises `AttributeError` where there is none."""
        if operation not in self.indexes:
            raise AttributeError(operation)
        assert self.link is not None, "a seat is asked for its methods when it has started"
        return self.link.calls.method(self.indexes[operation], self.described[operation])

    async def start(self) -> "asyncio.Future[None]":
        """Fork a worker, confine it, and have it load and start the cell; the future ends with an exception when it is gone.

        Raises:
            ZygoteFailed, WorkerNotStarted: PLN-P502, PLN-P503.
            RightMissing: PLN-L104, where the implementation asks for more than it was granted.
        """
        order, contracts = self.order, (self.order.contract, *self.order.uses)
        gone: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        ours, theirs = _ends(egress=self.terms.egress is not None)
        try:
            modules = tuple(dict.fromkeys(one.__module__ for one in contracts))
            child = await self.nursery.spawn(modules, self.terms.policy, theirs, _once(gone))
        except BaseException:
            for one in ours:
                os.close(one)
            raise
        finally:
            for one in theirs:
                os.close(one)
        self.born = True
        self.link = Link(order, self.terms, child, gone, ours)
        gone.add_done_callback(lambda _: self.over(self))
        generation = order.generation
        birth = Birth(
            cell=order.cell, contract=name_of(order.contract), uses=tuple(map(name_of, order.uses)), digest=generation.digest,
            directory=str(generation.directory), files=files_of(generation.directory), secrets=self.terms.secrets,
            size_max=self.terms.size_max,
        )  # fmt: skip
        self.remembers = await self.link.begin(_encode(birth))
        self.up = True
        return self.link.lifeline

    async def stop(self) -> None:
        """Let the cell stop, and end its worker; calls that are still inside may end first. Safe to call at any time."""
        link, self.link = self.link, None
        if link is None:
            if not self.born:
                self.over(self)
            return
        try:
            with suppress(PlanariaError, TimeoutError):  # a worker that is gone has nothing to stop
                if self.up:
                    async with asyncio.timeout(DRAIN_S):
                        await link.calls.drained()
                    async with asyncio.timeout(STOP_S):
                        await link.calls.hook(STOP, b"", lambda _: None)
        finally:
            await link.close()

    async def hand_over(self) -> Any:
        """Return the memory that its successor needs, as the worker wrote it."""
        assert self.link is not None, "only a seat that runs hands over"
        return await self.link.calls.hook(HAND_OVER, b"", _unread)

    async def take_over(self, handed: Any) -> None:
        """Take a predecessor's memory."""
        assert self.link is not None, "only a seat that runs takes over"
        await self.link.calls.hook(TAKE_OVER, _encode(handed), lambda _: None)


def _ends(*, egress: bool) -> tuple[list[int], list[int]]:
    """Return our ends and the worker's: output first, then the channel, the lines to read and to write, and the broker's."""
    output, theirs_output = os.pipe2(os.O_CLOEXEC)
    ours, theirs = [output], [theirs_output]
    for make in (socket.socketpair,) * 3 + (egress_line.channel,) * egress:
        mine, other = make()
        ours.append(mine.detach())
        theirs.append(other.detach())
    return ours, theirs


def _once(gone: "asyncio.Future[int | None]") -> Callable[[int | None], None]:
    def ended(code: int | None) -> None:
        if not gone.done():
            gone.set_result(code)

    return ended


def _unread(payload: Any) -> msgspec.Raw:
    """Keep what is handed over as it came: only the next worker reads it."""
    return msgspec.Raw(bytes(payload))
