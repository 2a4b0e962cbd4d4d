"""One connection: its limits in time and bytes, and what becomes of its request when the client leaves.

Why: uvicorn bounds none of a slow head, a slow body, a client that does not read, or a call whose client has left; a
timer per request would cost more than the request, so one coarse clock looks at all connections a few times a second.
Not here: the limits' values (`admission`), the clock's rhythm (`server`).
"""

import asyncio
import math
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from planaria.gateway.admission import RETRY_AFTER_S, Limits
from planaria.gateway.error import AnswerTooSlow, BodyTooSlow, HeadTooLarge, Malformed, TooManyConnections
from planaria.gateway.page import Receive
from planaria.gateway.problem import problem_of
from planaria.kernel.error import PlanariaError

HEAD, BODY, CALL, SEND, REST = "head", "body", "call", "send", "rest"


class Gone(Exception):
    """The client has left: nobody waits for an answer."""


@dataclass(frozen=False, slots=True)
class CoarseClock:
    """The loop's time and the date of answers, as exact as the rhythm in which they are set.

    >>> CoarseClock(2.0).now_s
    2.0
    """

    now_s: float = 0.0
    date: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every connection shares."""

    limits: Limits
    clock: CoarseClock
    lost: Callable[[], None]


class Connection(HttpToolsProtocol):
    """A connection that is always in one phase with a deadline."""

    def __init__(self, around: Surroundings, *, config: Any, server_state: Any) -> None:
        super().__init__(config, server_state, {"connection": self})
        self.around = around
        self.begun: asyncio.Task[Any] | None = None
        self.task: asyncio.Task[Any] | None = None
        self.phase, self.deadline_s = HEAD, around.clock.now_s + around.limits.head_s
        self.head_bytes = 0
        self.reading_head = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, or say that there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type] # a TCP server makes no other transport
        if len(self.connections) > self.around.limits.connections:
            self.refuse(TooManyConnections(connections=len(self.connections) - 1, retry_after_s=RETRY_AFTER_S))

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the call of a client that has left."""
        super().connection_lost(exc)
        if self.task is not None:
            self.task.cancel()
        self.around.lost()

    def data_received(self, data: bytes) -> None:
        """Read, and bound the head."""
        super().data_received(data)
        if self.reading_head:
            self.head_bytes += len(data)
            if self.head_bytes > self.around.limits.head_bytes and not self.transport.is_closing():
                self.refuse(HeadTooLarge(limit_bytes=self.around.limits.head_bytes))

    def on_message_begin(self) -> None:
        """Begin the head of a request."""
        super().on_message_begin()
        self.reading_head, self.head_bytes = True, 0
        if self.phase is REST:
            self.phase, self.deadline_s = HEAD, self.around.clock.now_s + self.around.limits.head_s

    def on_headers_complete(self) -> None:
        """End the head of a request."""
        super().on_headers_complete()
        self.reading_head = False
        if self.phase is HEAD:
            self.phase, self.deadline_s = REST, math.inf

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin a request in a context of its own; the loop's task factory has no chain of cells to remember here."""
        self.begun = task = asyncio.Task(cycle.run_asgi(app), loop=self.loop, context=Context())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def on_response_complete(self) -> None:
        """Go on with the connection; its idle time is bounded by the coarse clock, not by a timer per answer."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
        else:
            self.flow.resume_reading()

    async def answer(self, receive: Receive, head: bytes, body: bytes) -> None:
        """Send a whole answer in one piece: a system call costs as much as a call, and uvicorn's `send` makes two."""
        cycle: RequestResponseCycle = receive.__self__  # type: ignore[attr-defined] # the server is uvicorn
        if self.flow.write_paused:
            await self.flow.drain()
        if cycle.disconnected:
            return
        closing = b"" if cycle.keep_alive else b"connection: close\r\n"
        self.transport.write(b"%b%d\r\ndate: %b\r\n%b\r\n%b" % (head, len(body), self.around.clock.date, closing, body))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def reading(self) -> None:
        """Note that the body is being read, by the task that was begun last: one request of a connection runs at a time."""
        self.task = self.begun
        self.phase, self.deadline_s = BODY, self.around.clock.now_s + self.around.limits.body_s

    def calling(self, deadline_s: float) -> None:
        """Note that the operation runs, and how long it may."""
        self.phase, self.deadline_s = CALL, self.around.clock.now_s + deadline_s + self.around.limits.grace_s

    def sending(self) -> None:
        """Note that the answer is being sent; from now on the request is not cancelled."""
        self.task = None
        self.phase, self.deadline_s = SEND, self.around.clock.now_s + self.around.limits.send_s

    def resting(self) -> None:
        """Note that the answer was sent."""
        self.phase, self.deadline_s = REST, self.around.clock.now_s + self.around.limits.idle_s

    def overdue(self) -> None:
        """End what has gone on for too long: the request where one runs, else the connection."""
        if self.task is not None:
            self.deadline_s = math.inf
            self.task.cancel()
        else:
            self.transport.abort()

    def why(self, cancelled: asyncio.CancelledError) -> BaseException:
        """Return why the request was cancelled, as an error to raise."""
        task = self.task
        self.task = None
        if self.transport.is_closing() or task is None:
            return Gone()
        if self.deadline_s != math.inf:
            return cancelled
        task.uncancel()
        limits = self.around.limits
        return BodyTooSlow(limit_s=limits.body_s) if self.phase is BODY else AnswerTooSlow(limit_s=limits.grace_s)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP."""
        self.refuse(Malformed())

    def refuse(self, error: PlanariaError) -> None:
        """Answer without the application, and close."""
        problem = problem_of(error, "")
        lines = [b"HTTP/1.1 %d Refused" % problem.status, *(b"%b: %b" % header for header in problem.headers)]
        lines += [b"content-length: %d" % len(problem.body), b"connection: close", b"", problem.body]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()


def all_received(receive: Receive) -> bool:
    """Say whether a request's body has arrived whole, so that the connection can be used again."""
    return not receive.__self__.more_body  # type: ignore[attr-defined] # the server is uvicorn


def body_at_hand(receive: Receive) -> bytes | None:
    """Return a body that has arrived whole with its head, as most do; None where it must be waited for."""
    cycle: RequestResponseCycle = receive.__self__  # type: ignore[attr-defined] # the server is uvicorn
    return None if cycle.more_body else bytes(cycle.body)


def leave_unanswered(receive: Receive) -> None:
    """Let uvicorn know that a request gets no answer, because its client has left."""
    receive.__self__.disconnected = True  # type: ignore[attr-defined] # the server is uvicorn
