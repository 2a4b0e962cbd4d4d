"""The worker's side: connections are asked of the broker, under the names that the standard library gives them.

Why: a cell is the same code in every place; where it runs without a network, `asyncio.open_connection`,
`loop.create_connection`, `socket.create_connection` and all that is built on them still connect, to what it may reach.
Not here: what it may reach, which the broker alone decides; a process that leaves this out gains nothing.
"""

import array
import asyncio
import json
import os
import select
import socket
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from planaria.placement.egress.connection import Connection
from planaria.placement.egress.error import AddressDisguised, BrokerGone
from planaria.placement.egress.line import ASK, HOST_CHARACTERS_MAX, LENGTH_BYTES, PACKET_BYTES_MAX, frame, meant
from planaria.placement.egress.plain import PlainSockets
from planaria.placement.egress.standin import Info, StandIns

STALE_MAX = 100
DESCRIPTORS = 2
UNSET: Any = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]  # noqa: SLF001 - the mark that create_connection compares with
OF_THE_BROKER = ("family", "proto", "flags", "local_addr", "happy_eyeballs_delay", "interleave", "all_errors")

T = TypeVar("T")
Talk = Generator[tuple[int, int], None, T]
"""Work that yields (descriptor, what to wait for) wherever it would block."""


class Client:
    """Asks the broker for connections; one for each process, used by any thread and any loop."""

    def __init__(self, channel: socket.socket) -> None:
        channel.settimeout(0)
        self.channel, self.names = channel, StandIns()

    def connect(self, host: Any, port: Any, timeout_s: float | None = None) -> Connection:
        """Return a connection, as a blocking socket.

        Raises:
            EgressRefused: PLN-P602 to PLN-P607.
            OSError: what the source did, or `TimeoutError`.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        talk = self._talk(host, port)
        try:
            while True:
                _wait(*next(talk), until)
        except StopIteration as done:
            taken: Connection = done.value
            taken.settimeout(timeout_s)
            return taken
        finally:
            talk.close()

    async def reach(self, host: Any, port: Any) -> Connection:
        """Return a connection for the running loop; raises as `connect`."""
        talk = self._talk(host, port)
        try:
            while True:
                await _ready(*next(talk))
        except StopIteration as done:
            taken: Connection = done.value
            return taken
        finally:
            talk.close()

    def _talk(self, host: Any, port: Any) -> Talk[Connection]:
        host = self.names.name(host)
        question = _question(host, port)
        for _ in range(STALE_MAX):
            try:
                yield from _retried(self.channel, select.POLLOUT, lambda: self.channel.send(ASK))
                line = yield from _retried(self.channel, select.POLLIN, self._take)
            except (BrokenPipeError, ConnectionResetError):
                raise BrokerGone(host=host, port=port) from None
            if line is None:
                raise BrokerGone(host=host, port=port)
            try:
                line.send(question)
                size = int.from_bytes((yield from _exactly(line, LENGTH_BYTES)), "big")
                answer = json.loads((yield from _exactly(line, size)))
            except (BrokenPipeError, ConnectionResetError, EOFError):
                line.close()  # asked for by someone who gave up, and given up by the broker meanwhile
                continue
            except BaseException:
                line.close()
                raise
            error = meant(answer)
            if error is not None:
                line.close()
                raise error
            line.peer = (answer["address"], answer["port"])
            return line
        raise BrokerGone(host=host, port=port)

    def _take(self) -> Connection | None:
        """Take any line that was given to this process, or raise why there is none."""
        space = socket.CMSG_SPACE(DESCRIPTORS * array.array("i").itemsize)
        said, attached, _, _ = self.channel.recvmsg(PACKET_BYTES_MAX, space, socket.MSG_CMSG_CLOEXEC)
        numbers = array.array("i")
        for _, _, data in attached:
            numbers.frombytes(data)
        if len(numbers) == DESCRIPTORS:
            line = Connection(numbers[0], numbers[1])
            line.settimeout(0)
            return line
        error = meant(json.loads(said)) if said else None
        if error is not None:
            raise error
        return None


def _question(host: Any, port: Any) -> bytes:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    number = int(port) if isinstance(port, (str, bytes)) and port.isdigit() else port
    if not isinstance(name, str) or len(name) > HOST_CHARACTERS_MAX or not isinstance(number, int):
        raise AddressDisguised(host=str(name)[:HOST_CHARACTERS_MAX], port=str(port), text="that is no name and no number")
    return frame({"host": name, "port": number})


def _retried(over: socket.socket, event: int, attempt: Callable[[], T]) -> Talk[T]:
    while True:
        try:
            return attempt()
        except BlockingIOError:
            yield over.fileno(), event


def _exactly(line: socket.socket, size: int) -> Talk[bytes]:
    found = b""
    while len(found) < size:
        piece = yield from _retried(line, select.POLLIN, lambda: line.recv(size - len(found)))  # noqa: B023 - called at once
        if not piece:
            raise EOFError
        found += piece
    return found


def _wait(descriptor: int, event: int, until: float | None) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    left = None if until is None else max(0.0, until - time.monotonic()) * 1000
    if not poll.poll(left):
        raise TimeoutError("timed out")


async def _ready(descriptor: int, event: int) -> None:
    loop = asyncio.get_running_loop()
    watched = os.dup(descriptor)  # several tasks may wait for one channel, and a loop watches a descriptor once
    seen: asyncio.Future[None] = loop.create_future()
    add, remove = (loop.add_reader, loop.remove_reader) if event == select.POLLIN else (loop.add_writer, loop.remove_writer)
    add(watched, _settle, seen)
    try:
        await seen
    finally:
        remove(watched)
        os.close(watched)


def _settle(seen: "asyncio.Future[None]") -> None:
    if not seen.done():
        seen.set_result(None)


def install(channel: socket.socket) -> Callable[[], None]:
    """Make this process connect through the broker at the other end of `channel`; returns what undoes it.

    Call it once, before the cell is loaded; loops and threads may be made before or after.
    """
    client = Client(channel)
    sockets = PlainSockets(client.connect, client.reach)
    kept = {name: getattr(socket, name) for name in ("create_connection", "getaddrinfo", "gethostbyname")}
    looped = asyncio.BaseEventLoop.create_connection

    def undo() -> None:
        for name, function in kept.items():
            setattr(socket, name, function)
        asyncio.BaseEventLoop.create_connection = looped  # type: ignore[method-assign]  # what it was
        sockets.undo()

    for function in _functions(client, kept["getaddrinfo"]):
        setattr(socket, function.__name__, function)
    asyncio.BaseEventLoop.create_connection = _method(client, looped)  # type: ignore[method-assign]  # its parameters, without their types
    sockets.install()
    return undo


def _functions(client: Client, plain: Callable[..., list[Info]]) -> tuple[Callable[..., Any], ...]:
    def create_connection(address: Any, timeout: Any = UNSET, *_others: Any, **_more: Any) -> socket.socket:
        return client.connect(address[0], address[1], socket.getdefaulttimeout() if timeout is UNSET else timeout)

    def getaddrinfo(host: Any, port: Any, *given: int, **more: int) -> list[Info]:
        return plain(host, port, *given, **more) if host is None else client.names.infos(host, port, *given, **more)

    def gethostbyname(hostname: str) -> str:
        return str(client.names.infos(hostname, 0, socket.AF_INET)[0][4][0])

    return create_connection, getaddrinfo, gethostbyname


def _method(client: Client, looped: Callable[..., Any]) -> Any:
    async def create_connection(loop: Any, protocol_factory: Any, host: Any = None, port: Any = None, **given: Any) -> Any:
        if given.get("sock") is not None or (host is None and port is None):
            return await looped(loop, protocol_factory, host, port, **given)
        line = await client.reach(host, port)
        more = {name: value for name, value in given.items() if name not in OF_THE_BROKER}
        if more.get("ssl") and more.get("server_hostname") is None:
            more["server_hostname"] = host
        try:
            return await looped(loop, protocol_factory, sock=line, **more)
        except BaseException:
            line.close()
            raise

    return create_connection
