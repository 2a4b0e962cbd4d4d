"""Placement `copying`: in this process, but every value is copied through the codec, idempotent calls run twice, and faults come.

Why: a cell that leans on shared memory, on a value that is none, on being called only once, or on calls that never fail,
works until the day it moves; so its tests run here, and the move holds no surprise.
Decision D-035: two runs are compared only while no other call was under way, because a change by somebody else says
nothing about this operation. Revisit when a cell's background work must be judged too.
Decision D-132: a value that is changed while it travels, by the cell or by its caller, is a failure of the call and not
only a copy that hides it. Because in one process the other side would see the change, and anywhere else it would not.
Revisit when values cannot be changed at all.
Not here: which faults there are (`fault`); what a hand-over carries: it has no declared type, and stays in this process.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any

from planaria.kernel.contract import OperationDescription, describe, operations
from planaria.kernel.error import PlanariaError
from planaria.kernel.port import Codec, Placement, Seat, SeatOrder
from planaria.placement.fault import Faults, Injection
from planaria.placement.inprocess import InProcess

SHOWN = 200
UNSTEADY = frozenset({"clock", "chance"})
BEFORE = frozenset({"refused", "failed", "unknown_before"})
ROOT: ContextVar[object | None] = ContextVar("planaria_copying_root", default=None)


class NotRepeatable(PlanariaError):
    """An operation that is declared idempotent gave two different answers."""

    code = "PLN-P201"
    what = "'{operation}' of cell '{cell}' is declared idempotent, and gave {first} and then {second}"
    why = "an idempotent call may be repeated by the kernel, so a repetition must change nothing that its caller sees"
    fix = "make the repetition harmless, declare Clock() or Chance() where the answer hangs on them, or drop idempotent=True"


class Altered(PlanariaError):
    """A value that one side changed after the other side had it."""

    code = "PLN-P206"
    what = "{subject} of '{operation}' of cell '{cell}' was changed by {who} when the other side had it: it was {before}, and is {after}"
    why = "a value is the same for both sides only while they share memory; anywhere else the change is lost"
    fix = "change a copy, such as dict(…), and give back what is new"


class Copying:
    """Wrap the seats of another placement so that they behave as if they were far away, and where `faults` say so, badly.

    What was injected is in `injected`, in order.

    >>> from planaria.placement.codec import MsgspecCodec
    >>> Copying(MsgspecCodec(), faults=Faults(seed=7, share=0.1)).injected
    []
    """

    def __init__(self, codec: Codec, inner: Placement | None = None, *, faults: Faults | None = None) -> None:
        self.codec, self.inner, self.faults = codec, inner or InProcess(), faults or Faults()
        self.under_way: set[object] = set()
        self.begun = 0
        self.called: Counter[tuple[str, str]] = Counter()
        self.injected: list[Injection] = []

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat that copies.

        Raises:
            FaultsWrong: PLN-P202, where the faults name an operation that the cell does not have.
        """
        return CopyingSeat(self, order)

    def fault(self, cell: str, operation: str) -> Injection | None:
        """Count a call, and return the fault that it meets."""
        number = self.called[cell, operation]
        self.called[cell, operation] += 1
        fault = self.faults.of(cell, operation, number)
        self.injected += [fault] if fault else []
        return fault

    async def alone(self, call: Callable[[], Awaitable[Any]]) -> tuple[Any, bool]:
        """Run a call and say whether no other call was under way meanwhile; calls made inside it are its own."""
        mark = ROOT.get()
        if mark is not None:
            before, undisturbed = self.begun, len(self.under_way) == 1
            result = await call()
            return result, undisturbed and self.begun == before
        mark = object()
        self.begun += 1
        self.under_way.add(mark)
        token = ROOT.set(mark)
        try:
            return await self.alone(call)
        finally:
            ROOT.reset(token)
            self.under_way.discard(mark)


class CopyingSeat:
    """A seat whose arguments, results, items and declared errors are copies."""

    def __init__(self, placement: Copying, order: SeatOrder) -> None:
        self.placement, self.cell = placement, order.cell
        self.described = operations(order.contract)
        placement.faults.fit(order.cell, self.described)
        self.inner = placement.inner.open(order)
        self.remembers = self.inner.remembers
        self.handlers = {one.name for one in describe(order.contract).handlers}
        self.given: dict[str, tuple[Any, bytes]] = {}

    def method(self, operation: str) -> Callable[..., Any]:
        """Return the operation with copies at its border."""
        inner, described = self.inner.method(operation), self.described[operation]
        if described.streams:
            return lambda *arguments: self._items(described, inner, arguments)
        steady = not UNSTEADY & {one.kind for one in described.effects}
        twice = described.idempotent and operation not in self.handlers and steady

        async def call(*arguments: Any) -> Any:
            async def runs() -> list[_Answer]:
                first = await self._answer(described, inner, arguments)
                return [first, await self._answer(described, inner, arguments)] if twice else [first]

            fault = self.placement.fault(self.cell, operation)
            if fault is not None and fault.kind in BEFORE:
                raise fault.error
            answers, alone = await (self.placement.alone(runs) if fault is None or fault.kind != "cancelled" else _cut(fault, runs))
            if fault is not None:
                raise fault.error
            if alone and not answers[0].agrees(answers[-1]):
                first, second = (one.text for one in answers)
                raise NotRepeatable(cell=self.cell, operation=described.name, first=first, second=second)
            return answers[0].give()

        return call

    async def _answer(self, described: OperationDescription, inner: Callable[..., Awaitable[Any]], arguments: tuple[Any, ...]) -> "_Answer":
        codec, sent = self.placement.codec, _Sent(self.placement.codec, described, arguments)
        try:
            value = await inner(*sent.copies)
            self._check_given()
            data = codec.encode(value)
            self.given[described.name] = value, data
            answer = _Answer(data, value=codec.decode(data, described.returns))
        except described.errors as error:
            data = codec.encode(error.facts)
            answer = _Answer(data, error=type(error)(**codec.decode(data, dict[str, Any])))
        sent.check(self.cell)
        return answer

    def _check_given(self) -> None:
        """Refuse to go on where the cell changed what it gave last: who has it, has it changed, and only in one memory."""
        for name, (value, before) in list(self.given.items()):
            del self.given[name]
            _same("the result", before, self.placement.codec.encode(value), who="its cell", operation=name, cell=self.cell)
            self.given[name] = value, before

    async def _items(self, described: OperationDescription, inner: Callable[..., Any], arguments: tuple[Any, ...]) -> AsyncIterator[Any]:
        codec, sent = self.placement.codec, _Sent(self.placement.codec, described, arguments)
        fault, count = self.placement.fault(self.cell, described.name), 0
        if fault is not None and fault.kind in BEFORE:
            raise fault.error
        try:
            async with aclosing(inner(*sent.copies)) as items:
                async for item in items:
                    if fault is not None and fault.kind == "cancelled" and count == fault.pauses:
                        raise fault.error
                    count += 1
                    yield codec.decode(codec.encode(item), described.returns)
        except described.errors as error:
            raise type(error)(**codec.decode(codec.encode(error.facts), dict[str, Any])) from error
        sent.check(self.cell)
        if fault is not None:
            raise fault.error

    async def start(self) -> Any:
        """Start the seat inside."""
        return await self.inner.start()

    async def stop(self) -> None:
        """Stop the seat inside."""
        await self.inner.stop()

    async def hand_over(self) -> Any:
        """Hand over as the seat inside does."""
        return await self.inner.hand_over()

    async def take_over(self, handed: Any) -> None:
        """Take over as the seat inside does."""
        await self.inner.take_over(handed)


async def _cut(fault: Injection, runs: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a call, cancel it at one of its pauses, and wait until it is over; what it gave is lost."""
    task: asyncio.Task[Any] = asyncio.create_task(runs())
    try:
        for _ in range(fault.pauses):
            await asyncio.sleep(0)
    finally:
        task.cancel()
        await asyncio.wait([task])
    _ = task.cancelled() or task.exception()
    raise fault.error


class _Sent:
    """Arguments on their way: what the caller has, and the copies that the cell got."""

    def __init__(self, codec: Codec, described: OperationDescription, arguments: tuple[Any, ...]) -> None:
        self.codec, self.described, self.arguments = codec, described, arguments
        self.data = [codec.encode(value) for value in arguments]
        self.copies = [codec.decode(data, one.type) for one, data in zip(described.parameters, self.data, strict=True)]
        self.copied = [codec.encode(value) for value in self.copies]

    def check(self, cell: str) -> None:
        """Refuse an argument that either side changed meanwhile."""
        for who, values, known in (("its cell", self.copies, self.copied), ("its caller", self.arguments, self.data)):
            for one, value, before in zip(self.described.parameters, values, known, strict=True):
                _same(f"argument '{one.name}'", before, self.codec.encode(value), who=who, operation=self.described.name, cell=cell)


def _same(subject: str, before: bytes, after: bytes, **facts: str) -> None:
    if before != after:
        raise Altered(subject=subject, before=_shown(before), after=_shown(after), **facts)


def _shown(data: bytes) -> str:
    return f"{data.decode(errors='replace'):.{SHOWN}}"


class _Answer:
    """What one run gave: a value, or an error that the contract declares."""

    def __init__(self, data: bytes, *, value: Any = None, error: PlanariaError | None = None) -> None:
        self.data, self.value, self.error = data, value, error
        self.text = f"{value!r:.{SHOWN}}" if error is None else f"{type(error).__name__}({error.facts!r:.{SHOWN}})"

    def agrees(self, other: "_Answer") -> bool:
        """Compare by value, and by bytes where a value is not equal to itself."""
        return type(self.error) is type(other.error) and (self.data == other.data or (self.error is None and self.value == other.value))

    def give(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value
