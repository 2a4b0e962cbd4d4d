"""Placement `copying`: in this process, but every value is copied through the codec and idempotent calls run twice.

Why: a cell that leans on shared memory, on a value that is none, or on being called only once, works until the day it
moves; so its tests run here, and the move holds no surprise.
Decision D-035: two runs are compared only while no other call was under way, because a change by somebody else says
nothing about this operation. Revisit when a cell's background work must be judged too.
Not here: what a hand-over carries; it has no declared type, and stays in this process.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from planaria.kernel.contract import OperationDescription, describe, operations
from planaria.kernel.error import PlanariaError
from planaria.kernel.port import Codec, Placement, Seat, SeatOrder
from planaria.placement.inprocess import InProcess

SHOWN = 200
UNSTEADY = frozenset({"clock", "chance"})
ROOT: ContextVar[object | None] = ContextVar("planaria_copying_root", default=None)


class NotRepeatable(PlanariaError):
    """An operation that is declared idempotent gave two different answers."""

    code = "PLN-P201"
    what = "'{operation}' of cell '{cell}' is declared idempotent, and gave {first} and then {second}"
    why = "an idempotent call may be repeated by the kernel, so a repetition must change nothing that its caller sees"
    fix = "make the repetition harmless, declare Clock() or Chance() where the answer hangs on them, or drop idempotent=True"


class Copying:
    """Wrap the seats of another placement so that they behave as if they were far away.

    >>> from planaria.placement.codec import MsgspecCodec
    >>> Copying(MsgspecCodec()).under_way
    set()
    """

    def __init__(self, codec: Codec, inner: Placement | None = None) -> None:
        self.codec, self.inner = codec, inner or InProcess()
        self.under_way: set[object] = set()
        self.begun = 0

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat that copies."""
        return CopyingSeat(self, order)

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
    """A seat whose arguments, results and declared errors are copies."""

    def __init__(self, placement: Copying, order: SeatOrder) -> None:
        self.placement, self.cell = placement, order.cell
        self.inner = placement.inner.open(order)
        contract = order.contract
        self.described, self.remembers = operations(contract), self.inner.remembers
        self.handlers = {one.name for one in describe(contract).handlers}

    def method(self, operation: str) -> Callable[..., Awaitable[Any]]:
        """Return the operation with copies at its border."""
        inner, described = self.inner.method(operation), self.described[operation]
        steady = not UNSTEADY & {one.kind for one in described.effects}
        twice = described.idempotent and operation not in self.handlers and steady

        async def call(*arguments: Any) -> Any:
            async def runs() -> list[_Answer]:
                first = await self._answer(described, inner, arguments)
                return [first, await self._answer(described, inner, arguments)] if twice else [first]

            answers, alone = await self.placement.alone(runs)
            if alone and not answers[0].agrees(answers[-1]):
                first, second = (one.text for one in answers)
                raise NotRepeatable(cell=self.cell, operation=described.name, first=first, second=second)
            return answers[0].give()

        return call

    async def _answer(self, described: OperationDescription, inner: Callable[..., Awaitable[Any]], arguments: tuple[Any, ...]) -> "_Answer":
        codec = self.placement.codec
        copies = [codec.decode(codec.encode(value), one.type) for one, value in zip(described.parameters, arguments, strict=True)]
        try:
            data = codec.encode(await inner(*copies))
            return _Answer(data, value=codec.decode(data, described.returns))
        except described.errors as error:
            data = codec.encode(error.facts)
            return _Answer(data, error=type(error)(**codec.decode(data, dict[str, Any])))

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
