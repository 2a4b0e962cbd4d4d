"""Relaying: bytes both ways between a worker and a source, within limits.

Why: the limits hold for what a worker does with a line, not for what it says it will do, so every byte passes here.
Not here: opening a line (`broker`).
"""

import asyncio
import select
import socket
from contextlib import suppress
from dataclasses import dataclass

CHUNK_BYTES = 65_536
MIB = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the broker allows one cell: lines at once, and for each line its seconds and bytes.

    >>> Limits().lines
    16
    """

    lines: int = 16
    connect_s: float = 10.0
    idle_s: float = 60.0
    total_s: float = 600.0
    sent_bytes: int = 16 * MIB
    received_bytes: int = 256 * MIB


class Cut(Exception):
    """A limit was reached; the text says which."""


class Relay:
    """One connection: `near` is the worker's side, `far` the source's; the counts are as the worker sees them."""

    def __init__(self, near: socket.socket, far: socket.socket, limits: Limits) -> None:
        self.near, self.far, self.limits = near, far, limits
        self.sent_bytes = self.received_bytes = 0
        self._idle: asyncio.Timeout = asyncio.timeout(None)

    async def run(self) -> None:
        """Carry bytes until both ends are done; half-closed ends are passed on.

        Raises:
            Cut: at a limit; the one who made the line closes both sockets.
        """
        whole = asyncio.timeout(self.limits.total_s)
        try:
            async with whole, asyncio.timeout(self.limits.idle_s) as self._idle:
                await self._both()
        except TimeoutError:
            if whole.expired():
                raise Cut(f"it was open for {self.limits.total_s:g} s") from None
            if self._idle.expired():
                raise Cut(f"nothing moved for {self.limits.idle_s:g} s") from None
            raise

    async def _both(self) -> None:
        pumps = [asyncio.create_task(self._send()), asyncio.create_task(self._receive())]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_EXCEPTION)
            for one in done:
                one.result()
        except (BrokenPipeError, ConnectionResetError):
            if not _left(self.near):
                raise
        finally:
            for one in pumps:
                one.cancel()
            await asyncio.wait(pumps)

    async def _send(self) -> None:
        await self._pump(self.near, self.far)
        if _left(self.near):  # not half-closed but gone: nobody waits for what the source may still say
            raise BrokenPipeError

    async def _receive(self) -> None:
        await self._pump(self.far, self.near)

    async def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        buffer = bytearray(CHUNK_BYTES)
        view = memoryview(buffer)
        while size := await loop.sock_recv_into(source, buffer):
            self._count(source, size)
            await loop.sock_sendall(sink, view[:size])
            self._idle.reschedule(loop.time() + self.limits.idle_s)
            await asyncio.sleep(0)  # sockets that are always ready would never let another task run
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _count(self, source: socket.socket, size: int) -> None:
        if source is self.near:
            self.sent_bytes += size
            if self.sent_bytes > self.limits.sent_bytes:
                raise Cut(f"it sent more than {self.limits.sent_bytes:,} bytes")
        else:
            self.received_bytes += size
            if self.received_bytes > self.limits.received_bytes:
                raise Cut(f"it received more than {self.limits.received_bytes:,} bytes")


def _left(near: socket.socket) -> bool:
    poll = select.poll()
    poll.register(near, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))
