"""Channels: messages over a socket on an event loop, the same on both sides.

Why: a call to another process costs two messages, so a message is one `send` where the socket takes it, one `recv_into`
where it arrives, and is read in place. What does not fit waits here; small messages pass large ones between their chunks.
Decision D-074: readers and writers of the loop rather than a transport and a protocol. Because that is the same work with
fewer calls, and one more fifth of the round trip otherwise. Revisit when the loop is not a selector loop.
Not here: what messages mean (`seat` in the host, `worker` in the worker).
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from planaria.placement.process.frame import CHUNK, HEAD, HEADER, KINDS, MORE, Assembly, Violation, chunks

BUFFER = 2 * (CHUNK + HEAD)
SMALL = CHUNK + HEAD
SOCKET_BYTES = 1 << 20
Handler = Callable[[int, int, int, Any], None]
Lost = Callable[[BaseException | None], None]


class Channel:
    """Send and receive messages; `handlers`, by kind, take index, number, parent and payload (valid only while they run).

    `lost` is told once why the channel ended: a `Violation`, an `OSError`, or None at the other side's end.
    """

    def __init__(self, sock: socket.socket, handlers: Sequence[Handler], *, lost: Lost, size_max: int) -> None:
        assert len(handlers) == KINDS, "there is a handler for each kind"
        sock.settimeout(0)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BYTES)
        self.sock, self.handlers, self.lost = sock, tuple(handlers), lost
        self.loop, self.assembly = asyncio.get_running_loop(), Assembly(size_max)
        self.small: deque[tuple[int, bytearray]] = deque()
        self.large: deque[_Large] = deque()
        self.rest: memoryview | None = None
        self.waiting_bytes, self.writing, self.closed = 0, False, False
        self._turn = False
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._first, self._end = 0, 0
        self.loop.add_reader(sock.fileno(), self._readable)

    def send(self, message: bytearray, number: int = 0) -> None:
        """Send a sealed message; what the socket does not take now follows when it does."""
        if self.writing or self.closed or len(message) > SMALL:
            self._queue(message, number)
            return
        try:
            sent = self.sock.send(message)
        except (BlockingIOError, InterruptedError):
            self._queue(message, number)
            return
        except OSError as error:
            self.loop.call_soon(self._lose, error)
            return
        if sent < len(message):
            self.rest = memoryview(message)[sent:]
            self._write_later()

    def follow(self, message: bytearray, number: int) -> None:
        """Send a sealed message that must not pass the large one of the same number, should that still wait."""
        if any(one.number == number for one in self.large):
            self.waiting_bytes += len(message)
            self.large.append(_Large(message, number))
        else:
            self.send(message)

    def unsent(self) -> set[int]:
        """Return the numbers of the messages of which nothing was sent."""
        return {number for number, _ in self.small} | {one.number for one in self.large if not one.begun}

    def close(self) -> None:
        """Take the socket from the loop and close it; nobody is told. Safe to call twice."""
        if not self.closed:
            self.closed = True
            self.loop.remove_reader(self.sock.fileno())
            self.loop.remove_writer(self.sock.fileno())
            self.sock.close()
            self.assembly.whole = None

    def _queue(self, message: bytearray, number: int) -> None:
        if self.closed:
            return
        self.waiting_bytes += len(message)
        if len(message) <= SMALL:
            self.small.append((number, message))
        else:
            self.large.append(_Large(message, number))
        if not self.writing:
            self._write_later()
            self._writable()

    def _write_later(self) -> None:
        self.writing = True
        self.loop.add_writer(self.sock.fileno(), self._writable)

    def _next(self) -> memoryview | None:
        """Take the next frame: small messages and the chunks of a large one in turn, large ones one after another."""
        self._turn = not self._turn
        if self.small and (self._turn or not self.large):
            message = self.small.popleft()[1]
            self.waiting_bytes -= len(message)
            return memoryview(message)
        if not self.large:
            return None
        one = self.large[0]
        frame = one.next()
        if not one.left:
            self.large.popleft()
            self.waiting_bytes -= one.size
        return memoryview(frame)

    def _writable(self) -> None:
        while not self.closed:
            rest = self.rest or self._next()
            if rest is None:
                self.writing = False
                self.loop.remove_writer(self.sock.fileno())
                return
            self.rest = rest
            try:
                sent = self.sock.send(rest)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._lose(error)
                return
            self.rest = rest[sent:] if sent < len(rest) else None

    def _readable(self) -> None:
        try:
            count = self.sock.recv_into(self._view[self._end :])
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if not count:
            self._lose(None)
            return
        self._end += count
        try:
            self._take()
        except Violation as error:
            self._lose(error)
            return
        if self._first == self._end:
            self._first = self._end = 0
        elif BUFFER - self._end < SMALL:
            rest = self._buffer[self._first : self._end]
            self._buffer[: len(rest)] = rest
            self._first, self._end = 0, len(rest)

    def _take(self) -> None:
        """Hand over every whole frame that is there."""
        unpack, buffer, view, handlers = HEADER.unpack_from, self._buffer, self._view, self.handlers
        while self._end - self._first >= HEAD and not self.closed:
            length, kind, flags, index, number, parent = unpack(buffer, self._first)
            if length > CHUNK or kind >= KINDS or flags > MORE:
                raise Violation(f"a frame of {length} bytes, kind {kind}, flags {flags}")
            start = self._first + HEAD
            if self._end - start < length:
                return
            self._first = start + length
            payload: Any = view[start : self._first]
            if flags or self.assembly.whole is not None:
                payload = self._whole(kind, number, payload, more=bool(flags))
                if payload is None:
                    continue
            handlers[kind](index, number, parent, payload)

    def _whole(self, kind: int, number: int, part: memoryview, *, more: bool) -> Any:
        if more or self.assembly.key == (kind, number):
            return self.assembly.add(kind, number, part, more=more)
        return part

    def _lose(self, error: BaseException | None) -> None:
        if not self.closed:
            self.close()
            self.lost(error)


class _Large:
    """A message that is sent in chunks."""

    def __init__(self, message: bytearray, number: int) -> None:
        self.number, self.size, self.left, self.begun = number, len(message), len(message) - HEAD, False
        self.chunks: Iterator[bytes] = chunks(message)

    def next(self) -> bytes:
        self.begun = True
        frame = next(self.chunks)
        self.left -= len(frame) - HEAD
        return frame
