"""Plain sockets: those that a library makes and connects itself, in a process that may make none for the internet.

Why: `requests` and others make a socket, set its options, and connect it to an address. Here such a socket is a closed
stand-in until it is connected; then the broker's line takes its place, under the same descriptor.
Not here: connections as the standard library makes them (`client`).
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from planaria.placement.egress.connection import OF_THE_INTERNET

Peer = tuple[Any, ...]
FAMILIES = (-1, socket.AF_INET, socket.AF_INET6)
KINDS = (-1, 0, socket.SOCK_STREAM)
FLAGS = socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
METHODS = ("__init__", "bind", "connect", "connect_ex", "setsockopt", "getsockopt", "getpeername")


class PlainSockets:
    """What `socket.socket` does for streams of the internet, while this is installed.

    `connect` makes a connection for a thread, `reach` one for a loop.
    """

    def __init__(self, connect: Callable[[Any, Any, float | None], socket.socket], reach: Callable[[Any, Any], Any]) -> None:
        self.connect, self.reach = connect, reach
        self.peers: WeakKeyDictionary[socket.socket, Peer | None] = WeakKeyDictionary()
        self.kept = {name: getattr(socket.socket, name) for name in METHODS}
        self.kept_loop = asyncio.selector_events.BaseSelectorEventLoop.sock_connect

    def install(self) -> None:
        """Take the place of the methods."""
        for name in METHODS:
            setattr(socket.socket, name, _method(getattr(self, f"_{name.strip('_')}")))
        asyncio.selector_events.BaseSelectorEventLoop.sock_connect = _method(self._sock_connect)  # type: ignore[method-assign]  # as below

    def undo(self) -> None:
        """Give the methods back."""
        for name in METHODS:
            setattr(socket.socket, name, self.kept[name])
        asyncio.selector_events.BaseSelectorEventLoop.sock_connect = self.kept_loop  # type: ignore[method-assign]  # what it was

    def _init(self, one: socket.socket, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: A002 - as socket has it
        if fileno is not None or family not in FAMILIES or (type if type < 0 else type & ~FLAGS) not in KINDS:
            self.kept["__init__"](one, family, type, proto, fileno)
            if fileno is not None and any(self._waits(other) and other.fileno() == fileno for other in list(self.peers)):
                self.peers[one] = None  # TLS, which is put around a socket before it is connected
            return
        ours, theirs = socket.socketpair()
        theirs.close()
        self.kept["__init__"](one, socket.AF_UNIX, socket.SOCK_STREAM, 0, ours.detach())
        if type > 0 and type & socket.SOCK_NONBLOCK:
            one.settimeout(0)
        self.peers[one] = None

    def _bind(self, one: socket.socket, address: Any) -> None:
        if one in self.peers:
            raise PermissionError(errno.EPERM, "no one may be let in here")
        self.kept["bind"](one, address)

    def _connect(self, one: socket.socket, address: Any) -> None:
        if not self._waits(one):
            self.kept["connect"](one, address)
            return
        left = one.gettimeout()
        if left == 0:
            raise OSError(errno.EOPNOTSUPP, "use loop.sock_connect, or a timeout: a line cannot be opened in passing")
        self._become(one, self.connect(address[0], address[1], left))

    def _connect_ex(self, one: socket.socket, address: Any) -> int:
        if not self._waits(one):
            return int(self.kept["connect_ex"](one, address))
        try:
            self._connect(one, address)
        except OSError as error:
            return error.errno or errno.ETIMEDOUT
        return 0

    async def _sock_connect(self, loop: Any, one: socket.socket, address: Any) -> None:
        if self._waits(one):
            self._become(one, await self.reach(address[0], address[1]))
        else:
            await self.kept_loop(loop, one, address)

    def _become(self, one: socket.socket, line: Any) -> None:
        with line:
            os.dup2(line.fileno(), one.fileno(), inheritable=False)
            self.peers[one] = line.getpeername()

    def _setsockopt(self, one: socket.socket, level: int, *given: Any) -> None:
        if one not in self.peers or level not in OF_THE_INTERNET:
            self.kept["setsockopt"](one, level, *given)

    def _getsockopt(self, one: socket.socket, level: int, *given: Any) -> Any:
        return 0 if one in self.peers and level in OF_THE_INTERNET else self.kept["getsockopt"](one, level, *given)

    def _getpeername(self, one: socket.socket) -> Any:
        if self._waits(one):
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self.peers.get(one) or self.kept["getpeername"](one)

    def _waits(self, one: socket.socket) -> bool:
        return self.peers.get(one, ()) is None


def _method(bound: Callable[..., Any]) -> Callable[..., Any]:
    if asyncio.iscoroutinefunction(bound):

        async def looped(one: Any, *given: Any, **more: Any) -> Any:
            return await bound(one, *given, **more)

        return looped

    def method(one: Any, *given: Any, **more: Any) -> Any:
        return bound(one, *given, **more)

    return method
