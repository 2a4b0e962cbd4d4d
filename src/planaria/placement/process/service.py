"""Service: what both sides do with an operation: read arguments, write answers, and let items flow no faster than they are taken.

Why: a host calls into a worker, and a worker asks its host for other cells; the two are one thing in two directions.
Not here: who may call what (`seat`, `proxy`).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from planaria.kernel.contract import OperationDescription
from planaria.placement.packing import MsgpackCodec, Pack, Unpack
from planaria.placement.process.channel import Channel
from planaria.placement.process.error import TooBig
from planaria.placement.process.frame import CREDIT, HEAD, ITEM, RAISED, RESULT, Violation, sealed
from planaria.placement.process.message import trouble

WINDOW, WINDOW_BYTES = 16, 1 << 20
CODEC = MsgpackCodec()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the arguments and the result (or the items) of one operation are written and read."""

    name: str
    streams: bool
    pack: Pack
    unpack: Unpack
    pack_result: Pack
    unpack_result: Unpack


def form_of(operation: OperationDescription) -> Form:
    """Return the form of an operation; packers are kept by type.

    Raises: `PLN-P103` for a type that cannot travel.
    """
    arguments: Any = tuple.__class_getitem__(tuple(one.type for one in operation.parameters))
    return Form(
        name=operation.name, streams=operation.streams, pack=CODEC.packer(arguments), unpack=CODEC.unpacker(arguments),
        pack_result=CODEC.packer(operation.returns), unpack_result=CODEC.unpacker(operation.returns),
    )  # fmt: skip


def message(pack: Pack, value: Any, kind: int, number: int, *, size_max: int, index: int = 0, parent: int = 0) -> bytearray:
    """Write one message.

    Raises:
        TooBig, Unwritable: PLN-P507, PLN-P104.
    """
    buffer = bytearray(HEAD)
    pack(value, buffer, HEAD)
    if len(buffer) > size_max:
        raise TooBig(size=len(buffer), size_max=size_max, place="the placement 'process'")
    return sealed(buffer, kind, number, index=index, parent=parent)


def answer(channel: Channel, number: int, pack: Pack, value: Any) -> None:
    """Send a result, or what is wrong with it."""
    try:
        channel.send(message(pack, value, RESULT, number, size_max=channel.assembly.size_max), number)
    except Exception as error:  # noqa: BLE001 - whatever cannot be written, there must be an answer
        refuse(channel, number, error)


def refuse(channel: Channel, number: int, error: BaseException) -> None:
    """Send an error in place of a result."""
    channel.send(sealed(bytearray(HEAD) + trouble(error), RAISED, number), number)


class Outflow:
    """Items on their way out: at most `WINDOW` of them and about `WINDOW_BYTES` that nobody has taken."""

    def __init__(self, channel: Channel, number: int) -> None:
        self.channel, self.number = channel, number
        self.sizes: deque[int] = deque()
        self.bytes = 0
        self.room = asyncio.Event()

    async def send(self, pack: Pack, item: Any) -> None:
        """Send one item, when there is room.

        Raises:
            TooBig, Unwritable: PLN-P507, PLN-P104.
        """
        data = message(pack, item, ITEM, self.number, size_max=self.channel.assembly.size_max)
        while len(self.sizes) >= WINDOW or (self.sizes and self.bytes + len(data) > WINDOW_BYTES):
            self.room.clear()
            await self.room.wait()
        self.sizes.append(len(data))
        self.bytes += len(data)
        self.channel.send(data, self.number)

    def taken(self, count: int) -> None:
        """Note that the other side took some items; more than were sent are no reason to send more."""
        for _ in range(min(count, len(self.sizes))):
            self.bytes -= self.sizes.popleft()
        self.room.set()

    async def pour(self, items: AsyncIterator[Any], pack: Pack) -> None:
        """Send every item; the end is the result of the call."""
        async with aclosing(items) as each:  # type: ignore[type-var]  # a generator, as contracts demand
            async for item in each:
                await self.send(pack, item)


class Inflow:
    """Items that came in and wait to be taken; a sender that ignores the window breaks the protocol."""

    def __init__(self, channel: Channel, number: int) -> None:
        self.channel, self.number = channel, number
        self.items: deque[tuple[Any, int]] = deque()
        self.bytes, self.unsaid = 0, 0
        self.ended: BaseException | None = None
        self.over = False
        self.arrived = asyncio.Event()

    def put(self, item: Any, size: int) -> None:
        """Take an item in.

        Raises:
            Violation: it did not wait for its turn.
        """
        if len(self.items) + self.unsaid >= WINDOW or (self.items and self.bytes + size > WINDOW_BYTES):
            raise Violation("items that nobody asked for")
        self.items.append((item, size))
        self.bytes += size
        self.arrived.set()

    def end(self, error: BaseException | None = None) -> None:
        """End it, after what has come in; the first end counts."""
        if not self.over:
            self.over, self.ended = True, error
        self.arrived.set()

    def take(self) -> Any:
        """Return the first item and say that it was taken."""
        item, size = self.items.popleft()
        self.bytes -= size
        self.unsaid += 1
        if not self.over and (self.unsaid >= WINDOW // 2 or not self.items):
            self.channel.send(sealed(bytearray(HEAD), CREDIT, self.number, index=self.unsaid))
            self.unsaid = 0
        return item

    async def each(self) -> AsyncGenerator[Any, None]:
        """Yield the items as they come; then raise the error it ended with, if any."""
        while True:
            while self.items:
                yield self.take()
            if self.over:
                break
            self.arrived.clear()
            await self.arrived.wait()
        if self.ended is not None:
            raise self.ended
