"""Lines: what a worker and the broker say to each other before the bytes of a connection flow.

The channel is one pair of packet sockets, made by the host. A packet from the worker, whatever it holds, asks for a line;
the answer is a packet with two descriptors, or with a refusal. The first descriptor is one end of a stream socket, on which
the worker then names host and port, and is answered, each as one frame; after that it carries the connection. The second is
the reading end of a pipe that stays empty, unless a limit cuts the line: then it says so.

Why: descriptors of lines that no one has used yet are all alike, so that any thread may take any, and a slow
connection makes no other wait; and an end of data that a limit made must not be taken for the whole.
Not here: the broker (`broker`) and the worker's side (`client`).
"""

import asyncio
import json
import os
import socket
from contextlib import ExitStack, suppress
from typing import Any

from planaria.placement.egress.error import (
    AddressDisguised,
    AddressInside,
    BrokerGone,
    EgressRefused,
    HostNotNamed,
    LineCut,
    TooManyLines,
)

ASK = b"line"
PACKET_BYTES_MAX = FRAME_BYTES_MAX = 4_000
LENGTH_BYTES = 2
HOST_CHARACTERS_MAX = 300
REFUSALS: dict[str, type[EgressRefused]] = {
    one.code: one for one in (EgressRefused, HostNotNamed, AddressDisguised, AddressInside, TooManyLines, LineCut, BrokerGone)
}


def channel() -> tuple[socket.socket, socket.socket]:
    """Make the channel of one worker: the broker's end, and the end that the worker inherits.

    >>> ends = channel()
    >>> [end.type.name for end in ends], [end.close() for end in ends]
    (['SOCK_SEQPACKET', 'SOCK_SEQPACKET'], [None, None])
    """
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def frame(value: dict[str, Any]) -> bytes:
    r"""Write one frame: two bytes of length, then JSON.

    >>> frame({"port": 1})
    b'\x00\x0b{"port": 1}'
    """
    body = json.dumps(value).encode()
    assert len(body) <= FRAME_BYTES_MAX, "texts in a frame are cut before"
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def told(error: OSError) -> dict[str, Any]:
    """Return an error as what the other side can make one of again.

    >>> told(ConnectionRefusedError(111, "Connection refused"))
    {'errno': 111, 'text': 'Connection refused'}
    """
    if isinstance(error, EgressRefused):
        return {"code": error.code, "facts": {name: _short(value) for name, value in error.facts.items()}}
    if isinstance(error, socket.gaierror):
        return {"unresolved": error.errno or socket.EAI_FAIL, "text": _short(error.strerror)}
    return {"errno": error.errno or 0, "text": _short(error.strerror or str(error) or type(error).__name__)}


def meant(value: dict[str, Any]) -> OSError | None:
    """Return the error that an answer tells of, or None.

    >>> str(meant({"code": "PLN-P602", "facts": {"cell": "a", "host": "b", "port": 1}})).splitlines()[0]
    "PLN-P602: cell 'a' may not reach b:1"
    >>> meant({"errno": 111, "text": "Connection refused"}), meant({})
    (ConnectionRefusedError(111, 'Connection refused'), None)
    """
    if "code" in value:
        return REFUSALS.get(value["code"], EgressRefused)(**value["facts"])
    if "unresolved" in value:
        return socket.gaierror(value["unresolved"], value["text"])
    if "errno" in value:
        return OSError(value["errno"], value["text"])
    return None


def _short(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)[:HOST_CHARACTERS_MAX]


class End:
    """The broker's end of one line; `given` are the two descriptors of the other, until they were given away.

    Raises `OSError` where this process may have no more descriptors.
    """

    def __init__(self) -> None:
        with ExitStack() as undo:
            self.near, theirs = (undo.enter_context(one) for one in socket.socketpair())
            verdict, self._verdict = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            undo.pop_all()
        self.near.settimeout(0)
        self.given = (theirs.detach(), verdict)

    def taken(self) -> tuple[int, int]:
        """Return the two descriptors, which are the caller's to close from now on."""
        given, self.given = self.given, (-1, -1)
        return given

    def gave(self) -> None:
        """Close the copies of what another process holds by now."""
        for one in self.taken():
            if one >= 0:
                os.close(one)

    async def asked(self) -> dict[str, Any]:
        """Return what the worker asks for; `ValueError` where it is not said as it must be."""
        size = int.from_bytes(await self._exactly(LENGTH_BYTES), "big")
        if size > FRAME_BYTES_MAX:
            raise ValueError("too long")
        try:
            value = json.loads(await self._exactly(size))
        except RecursionError:
            raise ValueError("too deep") from None
        if not isinstance(value, dict):
            raise ValueError("no object")  # noqa: TRY004 - it is what a stranger wrote that is wrong, not a call
        return value

    async def say(self, value: dict[str, Any]) -> None:
        """Answer; whoever left meanwhile is found out by the relay."""
        with suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self.near, frame(value))

    def cut(self, error: OSError) -> None:
        """Leave word why the line ends."""
        with suppress(OSError):
            os.write(self._verdict, json.dumps(told(error)).encode())

    def close(self) -> None:
        """Close everything that is still here; may be called again."""
        self.gave()
        self.near.close()
        verdict, self._verdict = self._verdict, -1
        if verdict >= 0:
            os.close(verdict)

    async def _exactly(self, size: int) -> bytes:
        loop, found = asyncio.get_running_loop(), b""
        while len(found) < size:
            piece = await loop.sock_recv(self.near, size - len(found))
            if not piece:
                raise ValueError("it ended")
            found += piece
        return found
