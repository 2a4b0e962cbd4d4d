"""Connections: what `asyncio.open_connection` gives in a guest; the bytes come and go by the host.

Why: a cell that reads a page uses asyncio's streams everywhere; here the host opens the line, judges its address, and keeps
the secrets of TLS, and the guest sees only bytes.
Not here: whether the line may be opened (the host's broker).
"""

import asyncio
from types import ModuleType
from typing import Any

from planaria.placement.wasm.guest.codec import encode
from planaria.placement.wasm.guest.turn import Turn

FULL_BYTES = 65_536


class SSLError(OSError):
    """TLS went wrong; the text says what."""


class SSLContext:
    """Asks for TLS; the host verifies the certificate and the name, and that cannot be switched off."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.check_hostname, self.verify_mode = True, 2

    def __setattr__(self, name: str, value: Any) -> None:
        if (name == "check_hostname" and not value) or (name == "verify_mode" and value != 2):  # noqa: PLR2004 - CERT_REQUIRED
            raise SSLError(1, "a guest's host always verifies certificates")
        object.__setattr__(self, name, value)


def ssl_module() -> ModuleType:
    """Return what stands in the guest where `ssl` stands elsewhere.

    >>> ssl_module().create_default_context().check_hostname
    True
    """
    module = ModuleType("ssl")
    vars(module).update(
        SSLContext=SSLContext, SSLError=SSLError, SSLCertVerificationError=SSLError, CertificateError=SSLError, CERT_REQUIRED=2,
        create_default_context=SSLContext,
    )  # fmt: skip
    return module


class Line(asyncio.Transport):
    """One connection, as a transport; it reads while its protocol lets it, and writes in order."""

    def __init__(self, turn: Turn, name: str, protocol: Any, place: tuple[str, int]) -> None:
        super().__init__({"peername": place})
        self.turn, self.name, self.protocol = turn, name, protocol
        self.closing = self.paused = self.slow = self.over = False
        self.pieces: list[bytes] = []
        self.size = 0
        self.more, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()
        protocol.connection_made(self)
        self.tasks = [turn.loop.create_task(self._reading()), turn.loop.create_task(self._writing())]

    async def _reading(self) -> None:
        try:
            while True:
                await self.go.wait()
                data = await self.turn.ask(f"receive {self.name}", "", _bytes)
                if not data:
                    break
                self.protocol.data_received(data)
            if not self.protocol.eof_received():
                self.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the line is over
            self._lost(error)

    async def _writing(self) -> None:
        try:
            while True:
                await self.more.wait()
                self.more.clear()
                while self.pieces:
                    data = b"".join(self.pieces)
                    self.pieces.clear()
                    await self.turn.ask(f"send {self.name}", encode(data.decode("latin-1")))
                    self.size -= len(data)
                    if self.slow and self.size < FULL_BYTES // 4:
                        self.slow = False
                        self.protocol.resume_writing()
                if self.over:
                    await self.turn.ask(f"eof {self.name}", "")
                    self.over = False
                if self.closing:
                    self._lost(None)
                    return
        except Exception as error:  # noqa: BLE001 - as above
            self._lost(error)

    def _lost(self, error: BaseException | None) -> None:
        if self.name:
            self.turn.post("d", self.name, "")
            self.name = ""
            for task in self.tasks:
                if task is not asyncio.current_task():
                    task.cancel()
            self.protocol.connection_lost(error)

    def write(self, data: Any) -> None:
        """Send bytes after those before."""
        if self.closing or not data:
            return
        self.pieces.append(bytes(data))
        self.size += len(data)
        self.more.set()
        if not self.slow and self.size > FULL_BYTES:
            self.slow = True
            self.protocol.pause_writing()

    def write_eof(self) -> None:
        """Say that nothing more will be sent."""
        self.over = True
        self.more.set()

    def can_write_eof(self) -> bool:
        """Say that it can."""
        return True

    def close(self) -> None:
        """Close it after what is written."""
        if not self.closing:
            self.closing = True
            self.more.set()

    def abort(self) -> None:
        """Close it at once."""
        self.closing = True
        self._lost(None)

    def is_closing(self) -> bool:
        """Say whether it is being closed."""
        return self.closing

    def pause_reading(self) -> None:
        """Read no more for now."""
        self.go.clear()

    def resume_reading(self) -> None:
        """Read on."""
        self.go.set()

    def is_reading(self) -> bool:
        """Say whether it reads."""
        return self.go.is_set()

    def get_protocol(self) -> Any:
        """Return who hears of it."""
        return self.protocol

    def set_protocol(self, protocol: Any) -> None:
        """Let another hear of it."""
        self.protocol = protocol

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait."""
        return self.size

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Keep the limits as they are."""


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def attach(turn: Turn) -> None:
    """Let `create_connection` ask the host."""

    async def connect(factory: Any, host: Any, port: Any, **given: Any) -> Any:
        if host is None or given.get("sock") is not None:
            raise PermissionError(1, "a guest has no sockets")
        tls = given.get("ssl") not in (None, False)
        name = await turn.ask("connect", encode((str(host), int(port), tls)))
        protocol = factory()
        return Line(turn, str(name), protocol, (str(host), int(port))), protocol

    turn.loop.connect = connect
