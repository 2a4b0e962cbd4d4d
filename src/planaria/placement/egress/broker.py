"""The broker: opens lines to the hosts that a cell may reach, and to nothing else.

Why: names are resolved, judged and connected to in one place that the cell cannot touch, and the connection goes to the very
address that was judged, so that a name which changes its address in between gains nothing.
Not here: carrying the bytes (`relay`), and what both sides say (`line`).
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planaria.kernel.port import Clock
from planaria.placement.egress.access import Access, Outcome
from planaria.placement.egress.connection import Connection
from planaria.placement.egress.destination import Destination, Named, shown
from planaria.placement.egress.error import AddressInside, EgressRefused, LineCut, TooManyLines
from planaria.placement.egress.line import ASK, PACKET_BYTES_MAX, End, told
from planaria.placement.egress.reach import connected, judged, timed_out
from planaria.placement.egress.relay import Cut, Limits, Relay
from planaria.placement.egress.resolver import Resolver, SystemResolver
from planaria.placement.right import PORT_MAX, Host

if TYPE_CHECKING:
    import ssl

ASKING_S = 5.0
REFUSAL_PAUSE_S = 0.1
STOPPED = "the cell was stopped"


@dataclass(frozen=False, slots=True, kw_only=True)
class _Draft:
    """An access that is not over."""

    host: str
    port: int
    at: float
    began: float
    address: str = ""


class Broker:
    """The way out of one cell.

    `record` is called once for each access when it is over, in the host's loop; `clock` says when it began.
    """

    def __init__(
        self,
        cell: str,
        hosts: Iterable[Host],
        *,
        record: Callable[[Access], None],
        clock: Clock,
        limits: Limits | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """Take the hosts from the cell's rights.

        Raises:
            HostsWrong: PLN-P600, with every name that cannot be one.
        """
        self.cell, self.named = cell, Named(cell, hosts)
        self.record, self.clock = record, clock
        self.limits = limits or Limits()
        self.resolver: Resolver = resolver or SystemResolver()
        self._lines: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext | None = None

    async def serve(self, channel: socket.socket) -> None:
        """Serve one worker on the broker's end of its channel, until the worker's end closes or this is cancelled.

        Then every line of that worker is closed, and the channel too; a task that is cancelled before it began has
        closed nothing, so whoever cancels closes the channel as well.
        """
        channel.settimeout(0)
        mine: set[asyncio.Task[None]] = set()
        try:
            while await _asked_again(channel):  # noqa: ASYNC110 - what it waits for is a packet
                # The pause keeps a worker that asks without end from keeping the loop of everyone.
                await asyncio.sleep(0 if self._give(channel, mine) else REFUSAL_PAUSE_S)
        finally:
            channel.close()
            await _ended(mine)

    async def open(
        self, host: str, port: int, *, tls: "bool | ssl.SSLContext" = False
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a line for someone in this process, such as the host of a WebAssembly guest; `tls` as asyncio's `ssl`.

        Raises:
            EgressRefused: PLN-P602 to PLN-P606.
            OSError: what the source did, as a plain connection would have it.
        """
        if self._is_full():
            await asyncio.sleep(REFUSAL_PAUSE_S)
            raise self._too_many()
        opened: asyncio.Future[_Draft] = asyncio.get_running_loop().create_future()
        end = End()
        mine = Connection(*end.taken())
        mine.settimeout(0)
        task = self._keep(self._bring(end, host, port, opened))
        try:
            draft = await opened
            mine.peer = (draft.address, draft.port)
            context = await self._context() if tls is True else tls or None
            return await asyncio.open_connection(sock=mine, ssl=context, server_hostname=draft.host if context else None)
        except BaseException as error:
            mine.close()
            if not isinstance(error, EgressRefused):  # a refusal ends by itself, a little later
                task.cancel()
            raise

    async def close(self) -> None:
        """Close every line."""
        await _ended(self._lines)

    def _is_full(self) -> bool:
        return len(self._lines) >= self.limits.lines

    def _too_many(self) -> TooManyLines:
        refusal = TooManyLines(cell=self.cell, limit=self.limits.lines)
        self._record(self._draft("", 0), "refused", error=refusal)
        return refusal

    def _give(self, channel: socket.socket, mine: "set[asyncio.Task[None]]") -> bool:
        """Give one line away, or say why not; an answer that the worker does not take is lost."""
        end = None
        try:
            if self._is_full():
                raise self._too_many()
            end = End()
            socket.send_fds(channel, [ASK], list(end.given))
        except OSError as error:
            if end is not None:
                end.close()
            with suppress(OSError):
                channel.send(json.dumps(told(error)).encode())
            return False
        end.gave()
        task = self._keep(self._line(end))
        mine.add(task)
        task.add_done_callback(mine.discard)
        return True

    async def _line(self, end: End) -> None:
        """Serve one line of a worker, from its question to its end."""

        async def tell(outcome: _Draft | OSError) -> None:
            if isinstance(outcome, _Draft):
                await end.say({"address": outcome.address, "port": outcome.port})
                return
            await end.say(told(outcome))
            await _pause(outcome)

        with closing(end):
            try:
                async with asyncio.timeout(ASKING_S):
                    asked = await end.asked()
            except (OSError, ValueError):  # it asks for nothing, or not as it must
                return
            await self._carry(end, asked.get("host"), asked.get("port"), tell)

    async def _bring(self, end: End, host: str, port: int, opened: "asyncio.Future[_Draft]") -> None:
        """Serve one line of someone in this process."""

        async def tell(outcome: _Draft | OSError) -> None:
            if isinstance(outcome, _Draft):
                opened.set_result(outcome)
            else:
                opened.set_exception(outcome)
                await _pause(outcome)

        with closing(end):
            await self._carry(end, host, port, tell)

    async def _carry(self, end: End, host: object, port: object, tell: Callable[[_Draft | OSError], Awaitable[None]]) -> None:
        draft = self._draft(shown(host), port if isinstance(port, int) and 0 <= port <= PORT_MAX else 0)
        try:
            far = await self._reach(draft, host, port)
        except asyncio.CancelledError:
            self._record(draft, "failed", text=STOPPED)
            raise
        except OSError as problem:
            self._record(draft, "refused" if isinstance(problem, EgressRefused) else "failed", error=problem)
            await tell(problem)
            return
        relay = Relay(end.near, far, self.limits)
        outcome: Outcome = "completed"
        error: OSError | None = None
        text = ""
        with closing(far):
            try:
                await tell(draft)
                await relay.run()
            except Cut as cut:
                outcome, error = "cut", LineCut(host=draft.host, port=draft.port, text=str(cut))
            except OSError as broken:
                outcome, error = "failed", broken
            except asyncio.CancelledError:
                outcome, text = "cut", STOPPED
                raise
            finally:
                if error is not None:
                    end.cut(error)
                self._record(draft, outcome, error=error, text=text, relay=relay)

    async def _reach(self, draft: _Draft, host: object, port: object) -> socket.socket:
        """Resolve, judge and connect; fill in what is found on the way."""
        asked = Destination.of(host, port)
        draft.host = asked.host
        self.named.check(asked)
        try:
            async with asyncio.timeout(self.limits.connect_s):
                addresses = await judged(asked, self.named, self.resolver)
                draft.address, far = await connected(addresses, asked.port, connect_s=self.limits.connect_s)
        except AddressInside as refusal:
            draft.address = refusal.facts["address"]
            raise
        except TimeoutError:
            raise timed_out() from None
        return far

    def _draft(self, host: str, port: int) -> _Draft:
        return _Draft(host=host, port=port, at=self.clock.now(), began=asyncio.get_running_loop().time())

    def _record(self, draft: _Draft, outcome: Outcome, *, error: OSError | None = None, text: str = "", relay: Relay | None = None) -> None:
        if isinstance(error, EgressRefused):
            text = error.plain()["what"]
        elif error is not None:
            text = error.strerror or type(error).__name__
        access = Access(
            cell=self.cell, host=draft.host, port=draft.port, address=draft.address, outcome=outcome, at=draft.at, text=text,
            code=error.code if isinstance(error, EgressRefused) else "",
            sent_bytes=relay.sent_bytes if relay else 0, received_bytes=relay.received_bytes if relay else 0,
            seconds=asyncio.get_running_loop().time() - draft.began,
        )  # fmt: skip
        self.record(access)

    def _keep(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)
        return task

    async def _context(self) -> "ssl.SSLContext":
        if self._tls is None:
            import ssl

            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls


async def _pause(outcome: OSError) -> None:
    if isinstance(outcome, EgressRefused):
        await asyncio.sleep(REFUSAL_PAUSE_S)  # the line counts meanwhile, so that refusals stay few


async def _asked_again(channel: socket.socket) -> bool:
    try:
        return bool(await asyncio.get_running_loop().sock_recv(channel, PACKET_BYTES_MAX))
    except ConnectionError:
        return False


async def _ended(tasks: "set[asyncio.Task[None]]") -> None:
    for one in tasks:
        one.cancel()
    if tasks:
        await asyncio.wait(tasks)
