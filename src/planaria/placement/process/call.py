"""Calls into a worker, in the host: each is inside until it is answered, cancelled in vain, or its worker ends.

Why: the worker may be taken over at any moment, so numbers must be of calls that are inside and values of their types; and
every call has an end. What a call asks for meanwhile (other cells, transactions) is begun in the call's own coroutine, so
that the kernel sees it as part of that call: its deadline, its rights, its place in the chain.
Not here: what is asked (`question`), the worker's end (`seat`).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from planaria.kernel.contract import OperationDescription
from planaria.kernel.error import Raised, Unknown
from planaria.placement.process.channel import Channel
from planaria.placement.process.error import WorkerCrashed, WorkerGone
from planaria.placement.process.frame import CALL, CANCEL, HEAD, HOOK, NUMBER_MAX, Violation, sealed
from planaria.placement.process.message import Trouble, declared_error, read_trouble
from planaria.placement.process.question import Question
from planaria.placement.process.service import Form, Inflow, form_of, message
from planaria.placement.process.turn import Turn

GRACE_S, LOOK_S = 1.0, 0.01
ASKED = object()
HOOKED = "a hook"


class Call:
    """One call that is inside; `wake` lets its coroutine look at what it asks for."""

    __slots__ = ("asks", "begun", "future", "inflow", "late", "operation", "turn", "unpack")

    def __init__(self, turn: Turn, operation: str, unpack: Callable[[Any], Any], inflow: Inflow | None = None) -> None:
        self.turn, self.operation, self.unpack, self.inflow = turn, operation, unpack, inflow
        self.future: asyncio.Future[Any] = turn.loop.create_future()
        self.asks: list[Question] = []
        self.begun: list[Question] = []
        self.late: tuple[Any, BaseException | None] | None = None

    def ask(self, question: Question) -> None:
        """Have a question begun by the call's coroutine."""
        self.asks.append(question)
        if self.inflow is not None:
            self.inflow.arrived.set()
        elif not self.future.done():
            self.future.set_result(ASKED)

    def begin(self) -> None:
        """Begin what is asked; called in the call's coroutine alone."""
        asks, self.asks = self.asks, []
        self.begun = [one for one in self.begun if one.task is not None and not one.task.done()] + asks
        for one in asks:
            one.begin()

    def end(self, value: Any, error: BaseException | None) -> None:
        """End it with a value or an error."""
        if self.inflow is not None:
            self.inflow.end(error)
        elif self.future.done():
            self.late = (value, error)
        elif error is None:
            self.turn.now(self.future.set_result, value)
        else:
            self.future.set_exception(error)


class Calls:
    """The calls of one worker; `stuck` is told of one that does not end after it was cancelled, `orphan` gets questions without a call."""

    def __init__(self, cell: str, channel: Channel, *, stuck: Callable[[str], None], orphan: Callable[[Question], None]) -> None:
        self.cell, self.channel, self.stuck, self.orphan = cell, channel, stuck, orphan
        self.loop = asyncio.get_running_loop()
        self.turn = Turn(self.loop)
        self.inside: dict[int, Call] = {}
        self.abandoned: dict[int, asyncio.TimerHandle] = {}
        self.descriptions: dict[str, OperationDescription] = {}
        self.made, self.gone = 0, ""

    def method(self, index: int, description: OperationDescription) -> Callable[..., Any]:
        """Return what calls an operation."""
        form = form_of(description)
        self.descriptions[description.name] = description
        return self._flow(index, form) if description.streams else self._call(index, form)

    def _call(self, index: int, form: Form) -> Callable[..., Any]:
        inside, channel, turn, size_max = self.inside, self.channel, self.turn, self.channel.assembly.size_max

        async def call(*arguments: Any) -> Any:
            number = self._next(form.name)
            data = message(form.pack, arguments, CALL, number, size_max=size_max, index=index)
            one = inside[number] = Call(turn, form.name, form.unpack_result)
            channel.send(data, number)
            try:
                answer = await one.future
                while answer is ASKED:
                    answer = await self._attend(one)
                return answer
            finally:
                if number in inside or one.asks:
                    self._abandon(number, one)

        return call

    def _flow(self, index: int, form: Form) -> Callable[..., Any]:
        async def flow(*arguments: Any) -> AsyncGenerator[Any, None]:
            number = self._next(form.name)
            data = message(form.pack, arguments, CALL, number, size_max=self.channel.assembly.size_max, index=index)
            inflow = Inflow(self.channel, number)
            one = self.inside[number] = Call(self.turn, form.name, form.unpack_result, inflow)
            self.channel.send(data, number)
            try:
                while not inflow.over or inflow.items:
                    while inflow.items:
                        yield inflow.take()
                    one.begin()
                    inflow.arrived.clear()
                    if not inflow.over:
                        await inflow.arrived.wait()
                if inflow.ended is not None:
                    raise inflow.ended
            finally:
                self._abandon(number, one)

        return flow

    async def hook(self, index: int, payload: bytes, unpack: Callable[[Any], Any], *, number: int | None = None) -> Any:
        """Call a hook of the seat inside; its questions are nobody's call."""
        number = self._next(HOOKED) if number is None else number
        one = self.inside[number] = Call(self.turn, HOOKED, unpack)
        self.channel.send(sealed(bytearray(HEAD) + payload, HOOK, number, index=index), number)
        try:
            return await one.future
        finally:
            self.inside.pop(number, None)

    async def drained(self) -> None:
        """Wait until no call is inside."""
        while self.inside:  # noqa: ASYNC110 - a call must not pay for an announcement that only a stop listens to
            await asyncio.sleep(LOOK_S)

    def _next(self, operation: str) -> int:
        if self.gone:
            raise WorkerGone(cell=self.cell, operation=operation, text=self.gone)
        self.made += 1
        return self.made & NUMBER_MAX

    async def _attend(self, one: Call) -> Any:
        """Begin what a call asks for, and wait on."""
        one.future = self.loop.create_future()
        one.begin()
        if one.late is None:
            return await one.future
        value, error = one.late
        if error is not None:
            raise error
        return value

    def _abandon(self, number: int, one: Call) -> None:
        """Let go of a call. Where it was not answered, what it asked for is cancelled, and the worker is told and watched."""
        asks, one.asks = one.asks, []
        if self.inside.pop(number, None) is None:
            for question in asks:
                self.orphan(question)
            return
        for question in (*one.begun, *asks):
            question.cancel()
        if not self.gone:
            text = f"'{one.operation}' did not end within {GRACE_S} s after it was cancelled"
            self.abandoned[number] = self.loop.call_later(GRACE_S, self.stuck, text)
            self.channel.follow(sealed(bytearray(HEAD), CANCEL, number), number)

    def on_result(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take an answer."""
        one = self._answered(number)
        if one is None:
            return
        try:
            one.end(None if one.inflow else one.unpack(payload), None)
        except Exception as error:  # noqa: BLE001 - a value may raise anything while it is made
            one.end(None, Raised(error=type(error).__name__, text=str(error)))

    def on_raised(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take an error for an answer."""
        try:
            said = read_trouble(payload)
        except ValueError as error:
            raise Violation(str(error)) from error
        one = self._answered(number)
        if one is not None:
            one.end(None, self._error(one.operation, said))

    def on_item(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take an item of a stream."""
        one = self.inside.get(number)
        if one is None and number in self.abandoned:
            return
        if one is None or one.inflow is None:
            raise Violation("an item of no stream")
        if one.inflow.over:  # it was under way when an item before it could not be read
            return
        try:
            item = one.unpack(payload)
        except Exception as error:  # noqa: BLE001 - a value may raise anything while it is made
            one.inflow.end(Raised(error=type(error).__name__, text=str(error)))
        else:
            one.inflow.put(item, len(payload))

    def _answered(self, number: int) -> Call | None:
        """Return the call that an answer is for, or None for one that nobody waits for any more."""
        one = self.inside.pop(number, None)
        if one is None:
            timer = self.abandoned.pop(number, None)
            if timer is None:
                raise Violation("an answer to no call")
            timer.cancel()
        return one

    def _error(self, operation: str, said: Trouble) -> BaseException:
        description = self.descriptions.get(operation)
        declared = declared_error(said, description.errors) if description is not None else None
        if declared is not None:
            return declared
        if said.outcome == "unknown":
            return Unknown(cell=self.cell, operation=operation, text=said.text)
        return Raised(error=said.error, text=said.text)

    def end(self, text: str) -> None:
        """End every call: refused where nothing of it was sent, unknown otherwise."""
        unsent, self.gone = self.channel.unsent(), text
        for timer in self.abandoned.values():
            timer.cancel()
        self.abandoned.clear()
        inside = dict(self.inside)
        self.inside.clear()
        for number, one in inside.items():
            kind = WorkerGone if number in unsent else WorkerCrashed
            one.end(None, kind(cell=self.cell, operation=one.operation, text=text))
