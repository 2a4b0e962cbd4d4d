"""The application: one request from its head to the last byte of its answer.

Why: this is the path that every user waits for, so it is plain ASGI without middleware, and everything rare (other
addresses, refusals, faults) stands beside it.
Not here: limits of a connection (`connection`), the checks (`admission`), the shape of refusals (`problem`).
"""

import asyncio
import json
import math
import re
import traceback
from collections.abc import Callable, Iterable, Sized
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from planaria.gateway.admission import Admission, Guest, Headers, deadline_of
from planaria.gateway.connection import Connection, Gone, all_received, body_at_hand, leave_unanswered
from planaria.gateway.error import BodyTooLarge, NoSuchPage, WrongMethod
from planaria.gateway.metrics import CONTENT_TYPE, Traffic, metrics_text
from planaria.gateway.page import Pages, Receive, Scope, Send
from planaria.gateway.problem import problem_of
from planaria.gateway.route import Route
from planaria.gateway.stream import lines_of, send_lines
from planaria.kernel.call import enter
from planaria.kernel.error import Failed, NoSuchCell, NoSuchOperation, PlanariaError, Raised, Unknown
from planaria.kernel.life import Life
from planaria.kernel.request import Request
from planaria.kernel.stream import flow
from planaria.placement.codec import MsgspecCodec
from planaria.placement.usage import Usage
from planaria.record.meter import Meter
from planaria.record.status import measures_of, status_of

SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}").fullmatch
JSON = (b"content-type", b"application/json")
ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
HEAD_OF_200 = b"".join([b"HTTP/1.1 200 OK\r\n", *(b"%b: %b\r\n" % header for header in (JSON, *ALWAYS)), b"x-request-id: "])
CLOSE = (b"connection", b"close")
HEALTH, METRICS, OPENAPI, PLACEMENTS, CELLS = "/health", "/metrics", "/openapi.json", "/placements", "/cells/"
PACKAGE = str(Path(__file__).parents[1]) + "/"
Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the application is made of."""

    life: Life
    codec: MsgspecCodec
    admission: Admission
    routes: dict[str, Route]
    pages: Pages
    openapi: Callable[[], bytes]
    connections: Sized
    usages: Callable[[], Iterable[Usage]] = tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that is no problem."""

    status: int
    kind: Header
    body: bytes


class Application:
    """The ASGI application of the gateway."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.life, self.admission, self.routes = parts, parts.life, parts.admission, parts.routes
        self.body_bytes = parts.admission.limits.body_bytes
        self.encode = parts.codec.encode
        self.new_id = parts.life.ports.ids.new
        self.traffic, self.meter = Traffic(), Meter(parts.codec.encode)
        self.meter.attach(self.life)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = self.routes.get(scope["path"])
        headers: dict[bytes, bytes] = dict(scope["headers"])
        given = headers.get(b"x-request-id")
        request_id = self.new_id() if given is None or SANE_ID(given) is None else given.decode()
        connection: Connection = scope["state"]["connection"]
        try:
            if route is not None and scope["method"] == "POST" and route.operation.description.streams:
                await self._stream(route, headers, receive, send, connection=connection, request_id=request_id)
                return
            if route is not None and scope["method"] == "POST":
                answer = await self._call(route, headers, receive, connection, request_id)
            else:
                found = await self._elsewhere(scope, headers, receive, send)
                if found is None:
                    return
                connection.sending()
                await self._send(send, found.status, (found.kind, *ALWAYS), found.body, request_id)
                connection.resting()
                return
        except Gone:
            leave_unanswered(receive)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the rest
            connection.sending()
            await self._refuse(error, receive, send, request_id)
            connection.resting()
            return
        connection.sending()
        await connection.answer(receive, HEAD_OF_200 + request_id.encode() + b"\r\ncontent-length: ", answer)
        self.traffic.count(200, len(answer))
        connection.resting()

    async def _call(self, route: Route, headers: Headers, receive: Receive, connection: Connection, request_id: str) -> bytes:
        guest = self.admission.enter(headers, route.cell)
        try:
            arguments = await self._arguments(route, receive, connection)
            result = await enter(route.operation, arguments, caller=guest.caller, id=request_id, deadline_s=deadline_of(headers))
            return self.encode(result)
        except asyncio.CancelledError as cancelled:
            raise connection.why(cancelled) from cancelled
        finally:
            self.admission.leave(guest)

    async def _arguments(self, route: Route, receive: Receive, connection: Connection) -> tuple[Any, ...]:
        connection.reading()
        body = body_at_hand(receive)
        if body is None or len(body) > self.body_bytes:
            body = await self._body(receive)
        self.traffic.received_bytes += len(body)
        arguments = route.decode(body or b"{}")
        connection.calling(route.deadline_s)
        return arguments

    async def _stream(
        self, route: Route, headers: Headers, receive: Receive, send: Send, *, connection: Connection, request_id: str
    ) -> None:
        """Run a stream; its client's leaving ends it."""
        guest = self.admission.enter(headers, route.cell)
        try:
            arguments, within_s = await self._arguments(route, receive, connection), deadline_of(headers)
            deadline = math.inf if within_s is None else asyncio.get_running_loop().time() + within_s
            request = Request(id=request_id, caller=guest.caller, deadline=deadline)
            items = flow(route.operation.function, arguments, request)
            self.traffic.count(200, await send_lines(lines_of(items, self.encode, request_id), send, request_id))
            connection.resting()
        except asyncio.CancelledError as cancelled:
            raise connection.why(cancelled) from cancelled
        finally:
            self.admission.leave(guest)

    async def _body(self, receive: Receive) -> bytes:
        """Read a body as it comes, and no more of it than the limit."""
        parts, size, more = [b""], 0, True
        while more and size <= self.body_bytes:
            part, more = await part_of_body(receive)
            parts.append(part)
            size += len(part)
        if size > self.body_bytes:
            raise BodyTooLarge(limit_bytes=self.body_bytes)
        return b"".join(parts)

    async def _elsewhere(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> Answer | None:
        """Answer what is no call of an operation; None where a page has answered."""
        path: str = scope["path"]
        if path == HEALTH:
            only(scope, "GET, HEAD")
            return self._health()
        page = self.parts.pages.find(path)
        if page is None or not page.public:
            guest = self.admission.guest(headers)
        if page is not None:
            await self.parts.pages.serve(scope, receive, send)
            return None
        if path == METRICS:
            only(scope, "GET, HEAD")
            return Answer(status=200, kind=(b"content-type", CONTENT_TYPE), body=self._metrics())
        if path == OPENAPI:
            only(scope, "GET, HEAD")
            return Answer(status=200, kind=JSON, body=self.parts.openapi())
        if path == PLACEMENTS:
            only(scope, "GET, HEAD")
            return Answer(status=200, kind=JSON, body=self._placements(guest))
        raise self._no_such(path, scope["method"], guest)

    def _no_such(self, path: str, method: str, guest: Guest) -> Exception:
        """Say what is wrong with an address, naming only what the key may know of."""
        if not path.startswith(CELLS):
            return NoSuchPage(path=path)
        cell, _, operation = path.removeprefix(CELLS).partition("/")
        mine = {route.cell: route for route in self.routes.values() if guest.may_call(route.cell)}
        if cell not in mine:
            return NoSuchCell(cell=cell, known=", ".join(mine))
        if path in self.routes:
            return WrongMethod(path=path, method=method, allow="POST")
        known = ", ".join(route.operation.name for route in self.routes.values() if route.cell == cell)
        return NoSuchOperation(cell=cell, operation=operation, known=known)

    def _health(self) -> Answer:
        cells = [asdict(one) for one in status_of(self.life)]
        well = all(one["state"] == "up" for one in cells)
        body = json.dumps({"ok": well, "system": self.life.system.name, "cells": cells}).encode()
        return Answer(status=200 if well else 503, kind=JSON, body=body)

    def _metrics(self) -> bytes:
        gauges = {"requests": self.admission.running, "connections": len(self.parts.connections)}
        told = (measures_of(self.life), self.meter.timings, status_of(self.life), self.traffic, gauges)
        return metrics_text(*told, usages=self.parts.usages())

    def _placements(self, guest: Guest) -> bytes:
        """Say what each cell uses where it runs, of those that the key may call."""
        told = [one for one in self.parts.usages() if guest.may_call(one.cell)]
        return json.dumps([{**one.plain(), "operations": self._latencies(one.cell)} for one in told]).encode()

    def _latencies(self, cell: str) -> dict[str, dict[str, float]]:
        timed = {name: one.latency_s for (of, name), one in self.meter.timings.items() if of == cell and one.latency_s.total}
        return {name: {"timed": one.total, "mean_ms": one.sum_s / one.total * 1000} for name, one in timed.items()}

    async def _refuse(self, error: Exception, receive: Receive, send: Send, request_id: str) -> None:
        problem = problem_of(error, request_id)
        if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.life.complain(fault_text(error, request_id))
        closing = () if all_received(receive) else (CLOSE,)
        await self._send(send, problem.status, (*problem.headers, *ALWAYS, *closing), problem.body, request_id)

    async def _send(self, send: Send, status: int, headers: tuple[Header, ...], body: bytes, request_id: str) -> None:
        head = [*headers, (b"content-length", b"%d" % len(body)), (b"x-request-id", request_id.encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})
        self.traffic.count(status, len(body))


async def part_of_body(receive: Receive) -> tuple[bytes, bool]:
    """Return the next part of a body, and whether more follows.

    Raises:
        Gone: the client has left.
    """
    message = await receive()
    if message["type"] != "http.request":
        raise Gone
    return message["body"], message["more_body"]


def only(scope: Scope, allow: str) -> None:
    """Refuse methods that an address does not take.

    Raises: `PLN-G205`.

    >>> only({"method": "GET", "path": "/health"}, "GET, HEAD")
    """
    if scope["method"] not in allow.split(", "):
        raise WrongMethod(path=scope["path"], method=scope["method"], allow=allow)


def fault_text(error: BaseException, request_id: str) -> str:
    """Return what the log says of a fault: the request, the error, and the innermost line it came from, a cell's where there is one.

    >>> fault_text(ValueError("no"), "r1")
    'request r1: ValueError: no'
    """
    cause = error.__cause__ if isinstance(error, Failed | Unknown) and error.__cause__ else error
    name = cause.code if isinstance(cause, PlanariaError) else type(cause).__name__
    text = cause.plain()["what"] if isinstance(cause, PlanariaError) else str(cause)
    frames = traceback.extract_tb(cause.__traceback__)
    theirs = [one for one in frames if not one.filename.startswith(PACKAGE)] or ([] if isinstance(cause, Raised) else frames)
    place = f" ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else ""
    return f"request {request_id}: {name}: {text}{place}"
