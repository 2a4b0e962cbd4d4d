"""Questions of a worker, answered in the host: calls of other cells, and transactions.

Why: what a worker may ask for was granted when it was wired; whatever else it sends breaks the protocol. How much it may
ask at once is bounded, so that it fills no queue.
Not here: when a question begins (`call`: in the call that asks), the statements of a transaction (`exchange`).
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from planaria.kernel.contract import Contract, operations
from planaria.kernel.state import State
from planaria.placement.process.channel import Channel
from planaria.placement.process.exchange import Exchange, Undone
from planaria.placement.process.frame import HEAD, READ, RESULT, Violation, sealed
from planaria.placement.process.service import Form, Outflow, answer, form_of, refuse

QUESTIONS_MAX = 256
STRAYS_MAX = 1024
WAITING_MAX = 8


class Question:
    """One question, not yet begun or under way; `over` is told once when it ends, begun or not."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], over: Callable[[], None]) -> None:
        self.work, self.over = work, over
        self.task: asyncio.Task[None] | None = None
        self.cancelled = False

    def begin(self) -> "asyncio.Task[None] | None":
        """Begin it in a task that belongs to whoever calls this, unless it was cancelled before."""
        if not self.cancelled:
            self.task = asyncio.get_running_loop().create_task(self.work())
            self.task.add_done_callback(lambda _: self.over())
        return self.task

    def cancel(self) -> None:
        """End it, or see that it never begins."""
        if self.task is not None:
            self.task.cancel()
        elif not self.cancelled:
            self.cancelled = True
            self.over()


class Answers:
    """Answer the questions of one worker; `attach` has each begun where it belongs, given the call that it is asked in."""

    def __init__(self, channel: Channel, attach: Callable[[int, Question], None]) -> None:
        self.channel, self.attach = channel, attach
        self.granted: list[tuple[Callable[..., Any], Form]] = []
        self.state: State | None = None
        self.exchanges: tuple[Exchange, ...] = ()
        self.reading = asyncio.Lock()
        self.running: dict[int, Question] = {}
        self.flows: dict[int, Outflow] = {}
        self.strays = 0

    def grant(self, wires: Mapping[str, Any], contracts: Mapping[str, type[Contract]], asked: Mapping[str, str | None]) -> None:
        """Let the worker use what it was given; indexes count operations in the order of the wires, as in the worker."""
        for name, used in asked.items():
            if used is None:
                self.state = wires[name]
            else:
                for operation, described in operations(contracts[used]).items():
                    self.granted.append((getattr(wires[name], operation), form_of(described)))

    def end(self) -> None:
        """End everything that is under way."""
        for one in list(self.running.values()):
            one.cancel()

    def on_ask(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take a call of another cell."""
        if index >= len(self.granted):
            raise Violation("a question that was not granted")
        method, form = self.granted[index]
        try:
            arguments = form.unpack(payload)
        except Exception as error:  # noqa: BLE001 - a value may raise anything while it is made; the worker is told
            self._admit(number)
            refuse(self.channel, number, error)
            return
        self._take(number, parent, partial(self._pour if form.streams else self._answer, number, method, form, arguments))

    def on_state(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take a transaction."""
        if self.state is None or index >= len(self.exchanges):
            raise Violation("a transaction that was not granted")
        self._take(number, parent, partial(self._transact, index, number))

    def on_cancel(self, index: int, number: int, parent: int, payload: Any) -> None:
        """End a question that nobody waits for; one that has just been answered is passed over."""
        one = self.running.get(number)
        if one is not None:
            one.cancel()
            return
        self.strays += 1
        if self.strays > STRAYS_MAX:
            raise Violation("it cancels what it did not ask")

    def on_credit(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Let a stream flow on."""
        if (flow := self.flows.get(number)) is not None:
            flow.taken(index)
            return
        self.strays += 1
        if self.strays > STRAYS_MAX:
            raise Violation("it takes items of no stream")

    def _admit(self, number: int) -> None:
        self.strays = 0
        if len(self.running) >= QUESTIONS_MAX or number in self.running or not number:
            raise Violation(f"question {number} beside {len(self.running)} others")
        if self.channel.waiting_bytes > WAITING_MAX * self.channel.assembly.size_max:
            raise Violation("it asks, and does not read the answers")

    def _take(self, number: int, parent: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._admit(number)
        question = self.running[number] = Question(work, partial(self._over, number))
        self.attach(parent, question)

    async def _answer(self, number: int, method: Callable[..., Any], form: Form, arguments: tuple[Any, ...]) -> None:
        try:
            value = await method(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            refuse(self.channel, number, error)
        else:
            answer(self.channel, number, form.pack_result, value)

    async def _pour(self, number: int, method: Callable[..., Any], form: Form, arguments: tuple[Any, ...]) -> None:
        flow = self.flows[number] = Outflow(self.channel, number)
        try:
            await flow.pour(method(*arguments), form.pack_result)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            refuse(self.channel, number, error)
        else:
            self.channel.send(sealed(bytearray(HEAD), RESULT, number), number)

    async def _transact(self, kind: int, number: int) -> None:
        assert self.state is not None, "it was granted"
        body = self.exchanges[kind].body(number)
        try:
            if kind == READ:
                async with self.reading:
                    await self.state.read(body)
            else:
                await self.state.write(body)
        except Undone:
            pass  # the worker has the error that its body raised
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            refuse(self.channel, number, error)
            return
        self.channel.send(sealed(bytearray(HEAD), RESULT, number), number)

    def _over(self, number: int) -> None:
        self.running.pop(number, None)
        self.flows.pop(number, None)
