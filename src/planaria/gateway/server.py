"""The server: the port, from its opening to the last answer.

Why: uvicorn's own start takes over signals and prints; embedded like this, the gateway lives and ends with the system
that it belongs to.
Not here: what a connection may do (`connection`), what a request gets (`application`).
"""

import asyncio
import ipaddress
import json
from collections.abc import Callable, Iterable
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from uvicorn.config import Config
from uvicorn.server import ServerState

from planaria.gateway.admission import Admission, Limits
from planaria.gateway.application import Application, Parts
from planaria.gateway.connection import CoarseClock, Connection, Surroundings
from planaria.gateway.error import KeysUnreadable, NotLoopback, PortTaken
from planaria.gateway.keys import Keys
from planaria.gateway.page import Page, Pages
from planaria.gateway.route import routes_of
from planaria.kernel.life import Life
from planaria.placement.codec import MsgspecCodec
from planaria.placement.usage import Usage

TICK_S = 0.25
NO_DOCUMENT = json.dumps({"openapi": "3.1.0", "info": {"title": "planaria", "version": "0"}, "paths": {}}).encode()


class Gateway:
    """The only way into a running system: `async with Gateway(life, keys, codec=codec) as gateway: gateway.port`."""

    def __init__(
        self,
        life: Life,
        keys: Keys,
        *,
        codec: MsgspecCodec,
        host: str = "127.0.0.1",
        port: int = 0,
        expose: bool = False,
        limits: Limits | None = None,
        openapi: Callable[[], bytes] = lambda: NO_DOCUMENT,
        pages: Iterable[Page] = (),
        usages: Callable[[], Iterable[Usage]] = tuple,
    ) -> None:
        if not (expose or _is_loopback(host)):
            raise NotLoopback(host=host)
        self.host, self.port, self.keys, self.limits = host, port, keys, limits or Limits()
        self.admission, self.state = Admission(keys, self.limits), ServerState()
        parts = Parts(
            life=life, codec=codec, admission=self.admission, routes=routes_of(life, codec), pages=Pages(pages),
            openapi=openapi, connections=self.state.connections, usages=usages,
        )  # fmt: skip
        self.application = Application(parts)
        self.clock = CoarseClock()
        self.empty = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._trouble = ""

    @property
    def url(self) -> str:
        """Return the address to which paths are added."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Open the port.

        Raises: `PLN-G101`.
        """
        loop = asyncio.get_running_loop()
        config = _config(self.application, self.limits)
        self._tick(loop.time())
        around = Surroundings(limits=self.limits, clock=self.clock, lost=self._lost)
        try:
            self._server = await loop.create_server(
                lambda: Connection(around, config=config, server_state=self.state),
                self.host, self.port, backlog=self.limits.backlog,
            )  # fmt: skip
        except OSError as error:
            raise PortTaken(host=self.host, port=self.port, text=error.strerror or str(error)) from error
        self.port = self._server.sockets[0].getsockname()[1]
        self._ticking = asyncio.create_task(self._keep_time())

    async def stop(self) -> None:
        """Take no more connections, answer what runs, and close; what does not end in time is cut off."""
        if self._server is None or self._ticking is None:
            return
        self._server.close()
        for connection in list(self.state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.limits.drain_s):
                await self._emptied()
        except TimeoutError:
            for connection in list(self.state.connections):
                connection.transport.abort()
            await self._emptied()
        self._ticking.cancel()
        await self._server.wait_closed()
        self._server = self._ticking = None

    async def _emptied(self) -> None:
        while self.state.connections or self.state.tasks:
            self.empty.clear()
            if self.state.connections:
                await self.empty.wait()
            else:
                await asyncio.wait(self.state.tasks)

    def _lost(self) -> None:
        self.empty.set()

    async def _keep_time(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            self._tick(loop.time())

    def _tick(self, now_s: float) -> None:
        """Set the coarse clock, look for what is overdue, and for keys that another process has changed."""
        self.clock.now_s = now_s
        self.clock.date = formatdate(usegmt=True).encode()
        self.state.default_headers = [(b"date", self.clock.date)]
        for connection in list(self.state.connections):
            if isinstance(connection, Connection) and connection.deadline_s <= now_s:
                connection.overdue()
        self._look_at_keys()

    def _look_at_keys(self) -> None:
        """Read changed keys; a file that cannot be read opens nothing, is told once, and stops no clock."""
        trouble = ""
        try:
            self.keys.refresh()
        except KeysUnreadable as error:
            trouble = str(error)
        if trouble not in ("", self._trouble):
            self.application.life.complain(trouble)
        self._trouble = trouble

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()


def _config(application: Any, limits: Limits) -> Config:
    config = Config(
        application, loop="none", http="httptools", ws="none", lifespan="off", interface="asgi3", log_config=None,
        log_level="error", access_log=False, proxy_headers=False, server_header=False, date_header=False,
        timeout_keep_alive=int(limits.idle_s),
    )  # fmt: skip
    config.load()
    return config


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
