"""The link to one worker, in the host: what comes from it, what it may ask for, and how it ends.

Why: a worker can end at any moment and for any reason; then every call gets its outcome, and the kernel is told, once.
Not here: calls (`call`), questions (`question`), limits (`supervision`).
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from planaria.kernel.error import Raised
from planaria.kernel.port import SeatOrder
from planaria.kernel.system import cell_name
from planaria.placement.egress.broker import Broker
from planaria.placement.process.call import HOOKED, Calls
from planaria.placement.process.channel import Channel
from planaria.placement.process.error import WorkerEnded, WorkerNotStarted
from planaria.placement.process.exchange import Exchange
from planaria.placement.process.frame import (
    ASK,
    BROKEN,
    CANCEL,
    CREDIT,
    HEAD,
    HOOK,
    ITEM,
    KINDS,
    RAISED,
    RESULT,
    STATE,
    WIRES,
    Violation,
    sealed,
)  # fmt: skip
from planaria.placement.process.line import Line
from planaria.placement.process.message import read_trouble
from planaria.placement.process.nursery import Child
from planaria.placement.process.output import Output
from planaria.placement.process.question import Answers, Question
from planaria.placement.process.service import refuse
from planaria.placement.process.supervision import Supervision
from planaria.placement.sandbox.policy import Policy

BIRTH = 0
GONE_S = 10.0
SPOKEN = {-9: "it was killed", -11: "it crashed (segmentation fault)", -6: "it aborted", -31: "it made a forbidden system call"}
_read_wires = msgspec.msgpack.Decoder(dict[str, str | None]).decode
_read_started = msgspec.msgpack.Decoder(dict[str, bool]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a worker runs: what confines it, what it is given, and the limits that the host watches."""

    policy: Policy
    secrets: dict[str, str]
    cpu_s_per_call: float | None
    size_max: int
    egress: Broker | None = None


class Link:
    """One worker. `lifeline` ends when the worker does: with an exception, unless it was asked to stop."""

    def __init__(self, order: SeatOrder, terms: Terms, child: Child, gone: "asyncio.Future[int | None]", ends: Sequence[int]) -> None:
        self.order, self.child, self.gone = order, child, gone
        self.loop = asyncio.get_running_loop()
        self.lifeline: asyncio.Future[None] = self.loop.create_future()
        self.lifeline.add_done_callback(lambda one: one.cancelled() or one.exception())
        self.reason, self.wired = "", False
        self.refusal: Exception | None = None
        output, channel, *lines = ends
        self.output = Output(output, order.complain, prefix=f"cell '{order.cell}'")
        handlers = [self._wrong] * KINDS
        self.channel = Channel(socket.socket(fileno=channel), handlers, lost=self._lost, size_max=terms.size_max)
        self.calls = Calls(order.cell, self.channel, stuck=self.end, orphan=self._orphan)
        self.answers = Answers(self.channel, self._attach)
        calls, answers = self.calls, self.answers
        for kind, handler in {
            RESULT: calls.on_result, RAISED: calls.on_raised, ITEM: calls.on_item, ASK: answers.on_ask, STATE: answers.on_state,
            CANCEL: answers.on_cancel, CREDIT: answers.on_credit, HOOK: self._wires, BROKEN: self._broke,
        }.items():  # fmt: skip
            handlers[kind] = handler
        self.channel.handlers = tuple(handlers)
        self.lines = [Line(socket.socket(fileno=one), size_max=terms.size_max) for one in lines[:2]]
        answers.exchanges = tuple(Exchange(order.cell, order.contract.events, one, broken=self._broken) for one in self.lines)
        self.supervision = Supervision(
            child.pid, calls.inside, lambda: calls.made, memory_bytes=terms.policy.memory_bytes, cpu_s_per_call=terms.cpu_s_per_call,
            fail=self.end,
        )  # fmt: skip
        self.orphans: asyncio.Queue[Question] = asyncio.Queue()
        self.tasks = [self.loop.create_task(self._serve_orphans())]
        self.egress = socket.socket(fileno=lines[2]) if terms.egress is not None else None
        if terms.egress is not None and self.egress is not None:
            self.tasks.append(self.loop.create_task(terms.egress.serve(self.egress)))
        gone.add_done_callback(self._exited)

    async def begin(self, birth: bytes) -> bool:
        """Tell the worker what it is; return whether its cell has memory to hand over.

        Raises:
            WorkerNotStarted: PLN-P503; RightMissing: PLN-L104.
        """
        try:
            started: dict[str, bool] = await self.calls.hook(BIRTH, birth, _read_started, number=BIRTH)
        except Exception as error:
            if self.refusal is not None:
                raise self.refusal from error
            name = str(error.facts["error"]) if isinstance(error, Raised) else type(error).__name__
            text = str(error.facts["text"]) if isinstance(error, Raised) else self.reason or str(error)
            raise WorkerNotStarted(cell=self.order.cell, error=name, text=text) from error
        return started.get("remembers", False)

    def end(self, reason: str) -> None:
        """End the worker, for a reason that is told."""
        self.reason = self.reason or reason
        self.child.kill()

    async def close(self) -> None:
        """End the worker, wait until it is gone, and let go of everything."""
        if not self.lifeline.done():
            self.lifeline.set_result(None)
        self.child.kill()
        self._let_go("it was stopped")
        for task in self.tasks:
            task.cancel()
        async with asyncio.timeout(GONE_S):
            await asyncio.wait(self.tasks)
            await asyncio.shield(self.gone)

    def usage(self) -> tuple[int, float]:
        """Return the memory in bytes and the processor time in seconds that it uses."""
        return self.supervision.usage()

    def _let_go(self, text: str) -> None:
        if self.child.pidfd < 0:
            return
        os.close(self.child.pidfd)
        self.child.pidfd = -1
        self.supervision.stop()
        self.channel.close()
        self.calls.end(text)
        self.answers.end()
        for line in self.lines:
            line.close()
        self.output.close()
        if self.egress is not None:
            self.egress.close()

    def _exited(self, gone: "asyncio.Future[int | None]") -> None:
        """Give every call its outcome, and tell the kernel."""
        code = None if gone.cancelled() else gone.result()
        said = (
            SPOKEN.get(code, f"it ended by signal {-code}" if code < 0 else f"it ended with exit code {code}") if code is not None else ""
        )
        text = self.reason or said or "its zygote ended"
        if not self.lifeline.done():  # before the calls are told, so that the next finds the door shut
            self.lifeline.set_exception(WorkerEnded(cell=self.order.cell, text=text))
        self._let_go(text)

    def _lost(self, error: BaseException | None) -> None:
        self.end(f"it broke the protocol: {error}" if isinstance(error, Violation) else "")

    def _broken(self, reason: str) -> None:
        """End the worker from any thread."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.end, reason)

    def _broke(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take the end of the cell's work in the background."""
        try:
            said = read_trouble(payload)
        except ValueError as error:
            raise Violation(str(error)) from error
        if not self.lifeline.done():
            self.lifeline.set_exception(Raised(error=said.error, text=said.text))

    def _wires(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Give the worker what its implementation may have of what it asks for."""
        if index != WIRES or self.wired or BIRTH not in self.calls.inside:
            raise Violation("it asks for wires at the wrong time")
        self.wired = True
        try:
            asked = _read_wires(payload)
            contracts = {cell_name(one): one for one in self.order.uses}
            self.answers.grant(self.order.wires(asked), contracts, asked)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise Violation(str(error)) from error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why the start fails
            self.refusal = error
            refuse(self.channel, 0, error)
            return
        self.channel.send(sealed(bytearray(HEAD), RESULT, 0))

    def _attach(self, parent: int, question: Question) -> None:
        call = self.calls.inside.get(parent)
        if call is None or parent == BIRTH or call.operation == HOOKED:
            self._orphan(question)
        else:
            call.ask(question)

    def _orphan(self, question: Question) -> None:
        self.orphans.put_nowait(question)

    async def _serve_orphans(self) -> None:
        """Begin the questions of no call: those of hooks and of work in the background."""
        while True:
            (await self.orphans.get()).begin()

    def _wrong(self, index: int, number: int, parent: int, payload: Any) -> None:
        raise Violation("a worker sends no such message")
