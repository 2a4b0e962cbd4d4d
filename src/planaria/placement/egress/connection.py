"""Connections: the worker's end of a line, as a socket that code for the internet can use.

Why: the stream is a pair of local sockets, which know nothing of TCP's options and of the limits behind them; asked for the
former it agrees, and an end that a limit made is an error and not the end of the data.
Not here: how a line is asked for (`client`).
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from planaria.placement.egress.line import FRAME_BYTES_MAX, meant

OF_THE_INTERNET = frozenset({socket.IPPROTO_TCP, socket.IPPROTO_IP, socket.IPPROTO_IPV6})


class Connection(socket.socket):
    """A stream socket to a source, through the broker; it owns both descriptors.

    >>> near, (stream, verdict) = socket.socketpair(), os.pipe()
    >>> one = Connection(near[0].detach(), stream, peer=("192.0.2.1", 80))
    >>> one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), one.getpeername()
    (None, ('192.0.2.1', 80))
    >>> one.close(), near[1].close(), os.close(verdict)
    (None, None, None)
    """

    def __init__(self, stream: int, verdict: int, *, peer: tuple[str, int] = ("", 0)) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM, 0, stream)
        os.set_blocking(verdict, False)
        self.peer = peer
        self._verdict, self._cut = verdict, OSError()

    def recv(self, *given: Any) -> bytes:
        """Receive; an end that was not the source's is an error."""
        with self._judged():
            data = super().recv(*given)
        if not data:
            self._judge()
        return data

    def recv_into(self, *given: Any) -> int:
        """Receive into a buffer; as above."""
        with self._judged():
            size = super().recv_into(*given)
        if not size:
            self._judge()
        return size

    def send(self, *given: Any) -> int:
        """Send; says why where nobody takes it any more."""
        with self._judged():
            return super().send(*given)

    def sendall(self, *given: Any) -> None:
        """Send everything; as above."""
        with self._judged():
            super().sendall(*given)

    def setsockopt(self, level: int, *given: Any) -> None:
        """Set an option; those of the internet are the broker's."""
        if level not in OF_THE_INTERNET:
            super().setsockopt(level, *given)

    def getsockopt(self, level: int, *given: Any) -> Any:
        """Return an option; those of the internet are 0."""
        return 0 if level in OF_THE_INTERNET else super().getsockopt(level, *given)

    def getpeername(self) -> tuple[str, int]:
        """Return the address that the broker connected to."""
        return self.peer

    def detach(self) -> int:
        """Give the stream away, to TLS for one, which notices by itself where data was cut."""
        self._drop()
        return super().detach()

    def _real_close(self) -> None:
        self._drop()
        super()._real_close()  # type: ignore[misc]  # the hook of the standard library for when the last file is closed

    def _drop(self) -> None:
        verdict, self._verdict = self._verdict, -1
        if verdict >= 0:
            os.close(verdict)

    @contextmanager
    def _judged(self) -> Iterator[None]:
        try:
            yield
        except (BrokenPipeError, ConnectionResetError):
            self._judge()
            raise

    def _judge(self) -> None:
        if self._cut.errno is None and self._verdict >= 0:
            try:
                said = os.read(self._verdict, FRAME_BYTES_MAX)
            except BlockingIOError:
                return  # the source has said all it will, and still listens
            self._cut = (meant(json.loads(said)) if said else None) or self._cut
        if self._cut.errno is not None:
            raise self._cut
