"""Lines: a socket beside the channel on which one transaction at a time exchanges its statements, blocking, between two threads.

Why: a body of a transaction is synchronous code that runs in a thread of the worker, and the session it speaks to lives in
a thread of the store in the host. Neither loop has to be asked for a statement, so none waits for the other.
Layout: length of the data (u32), kind (u8), number of the transaction (u32), little-endian; then msgpack data.
Not here: what a statement may do (the store decides).
"""

import socket
from contextlib import suppress
from struct import Struct
from time import monotonic

FRAME = Struct("<IBI")
BEGIN, ROWS, CHANGE, EMIT, END, UNDO, DONE, FAILED = range(8)


class LineLost(Exception):
    """The other side is gone, too slow, or breaks the protocol."""


class Line:
    """One end of a line; used by one thread at a time."""

    def __init__(self, sock: socket.socket, *, size_max: int) -> None:
        sock.settimeout(None)
        self.sock, self.size_max = sock, size_max

    def send(self, kind: int, number: int, data: bytes = b"", *, until: float | None = None) -> None:
        """Send one message, before `until` (of the monotonic clock).

        Raises:
            LineLost: the other side is gone, or does not read.
        """
        try:
            self._limit(until)
            self.sock.sendall(FRAME.pack(len(data), kind, number) + data)
        except OSError as error:
            raise LineLost(str(error) or "it is gone") from error

    def receive(self, *, until: float | None = None) -> tuple[int, int, bytes]:
        """Return kind, number and data of the next message, before `until`.

        Raises:
            LineLost: the other side is gone, too slow, or sends too much.
        """
        length, kind, number = FRAME.unpack(self._exactly(FRAME.size, until))
        if length > self.size_max:
            raise LineLost(f"a message of {length} bytes")
        return kind, number, self._exactly(length, until)

    def close(self) -> None:
        """End the line; a thread that waits on it is told."""
        with suppress(OSError):  # the other side has ended it
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def _exactly(self, size: int, until: float | None) -> bytes:
        whole = b""
        try:
            while len(whole) < size:
                self._limit(until)
                part = self.sock.recv(min(size - len(whole), 1 << 20))
                if not part:
                    raise LineLost("it is gone")
                whole = whole + part if whole else part
        except OSError as error:
            raise LineLost(str(error) or "it is gone") from error
        return whole

    def _limit(self, until: float | None) -> None:
        if until is not None:
            left_s = until - monotonic()
            if left_s <= 0:
                raise LineLost("it took too long")
            self.sock.settimeout(left_s)
