"""Proxies: what an implementation in a worker sees of the world: handles to other cells, and its state.

Why: the code of a cell does not change with its place, so a handle here is typed as its contract, too, and state has the
same two methods. A body of a transaction runs here, in a thread; its statements run in the host, where the store is.
Not here: the rights (the host checks each of them again), the loop (`worker`).
"""

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextvars import ContextVar
from types import CoroutineType
from typing import Any

import msgspec

from planaria.kernel.contract import Contract, EventDeclaration, operations
from planaria.kernel.event import NotEmittedHere
from planaria.placement.process.channel import Channel
from planaria.placement.process.error import BodyAwaits, TooBig, TransactionOver
from planaria.placement.process.frame import ASK, CANCEL, HEAD, NUMBER_MAX, READ, STATE, WRITE, sealed
from planaria.placement.process.line import CHANGE, DONE, EMIT, END, ROWS, UNDO, Line, LineLost
from planaria.placement.process.message import as_error, read_trouble
from planaria.placement.process.service import CODEC, Form, Inflow, form_of, message

ASKS_MAX = 128
CURRENT: ContextVar[int] = ContextVar("planaria_process_call", default=0)
SHAPE = """
{kind} {name}(_handle{parameters}):
    return {wait} _ask(_index, ({arguments}))
"""
STORABLE = (type(None), bool, int, float, str, bytes)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Questions:
    """What this worker has asked its host: calls of other cells, and transactions."""

    def __init__(self) -> None:
        self.channel: Channel | None = None
        self.wired = False
        self.forms: list[Form] = []
        self.waiting: dict[int, tuple[asyncio.Future[Any], Callable[[Any], Any]]] = {}
        self.flows: dict[int, tuple[Inflow, Callable[[Any], Any]]] = {}
        self.places = asyncio.Semaphore(ASKS_MAX)
        self.numbers = itertools.count(1)

    def handle(self, contract: type[Contract]) -> Any:
        """Make a handle, and give its operations the next indexes; the host does the same."""
        methods: dict[str, Any] = {}
        for name, described in operations(contract).items():
            defaults = {f"_default_{one.name}": one.default for one in described.parameters if not one.required}
            names = [one.name for one in described.parameters]
            parameters = "".join(f", {one}=_default_{one}" if f"_default_{one}" in defaults else f", {one}" for one in names)
            ways = {"kind": "def", "wait": ""} if described.streams else {"kind": "async def", "wait": "await"}
            source = SHAPE.format(name=name, parameters=parameters, arguments="".join(f"{one}, " for one in names), **ways)
            namespace: dict[str, Any] = {"_ask": self.flow if described.streams else self.ask, "_index": len(self.forms), **defaults}
            exec(compile(source, "<planaria handle>", "exec"), namespace)  # noqa: S102 - a fixed shape; the names come from a checked signature
            methods[name] = namespace[name]
            self.forms.append(form_of(described))
        return type(f"{contract.__name__}Handle", (contract,), methods)()

    async def ask(self, index: int, arguments: tuple[Any, ...]) -> Any:
        """Call an operation of another cell."""
        form, number = self.forms[index], self.next()
        size_max = self.connected().assembly.size_max
        data = message(form.pack, arguments, ASK, number, size_max=size_max, index=index, parent=CURRENT.get())
        return await self.asked(data, number, form.unpack_result)

    async def flow(self, index: int, arguments: tuple[Any, ...]) -> AsyncGenerator[Any, None]:
        """Call an operation of another cell that streams."""
        form, number = self.forms[index], self.next()
        inflow = Inflow(self.connected(), number)
        self.flows[number] = (inflow, form.unpack_result)
        data = message(form.pack, arguments, ASK, number, size_max=inflow.channel.assembly.size_max, index=index, parent=CURRENT.get())
        inflow.channel.send(data, number)
        try:
            async for item in inflow.each():
                yield item
        finally:
            if self.flows.pop(number, None) is not None:
                inflow.channel.follow(sealed(bytearray(HEAD), CANCEL, number), number)

    async def asked(self, data: bytearray, number: int, unpack: Callable[[Any], Any]) -> Any:
        """Send a question and wait for its answer."""
        async with self.places:
            channel, future = self.connected(), asyncio.get_running_loop().create_future()
            self.waiting[number] = (future, unpack)
            channel.send(data, number)
            try:
                return await future
            except asyncio.CancelledError:
                if self.waiting.pop(number, None) is not None:
                    channel.follow(sealed(bytearray(HEAD), CANCEL, number), number)
                raise

    def connected(self) -> Channel:
        """Return the channel to the host."""
        assert self.channel is not None, "a cell begins to ask when its worker is connected"
        return self.channel

    def next(self) -> int:
        """Return the next number for a question."""
        return next(self.numbers) & NUMBER_MAX or next(self.numbers) & NUMBER_MAX

    def on_result(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take an answer."""
        if (flowing := self.flows.pop(number, None)) is not None:
            flowing[0].end()
        elif (waiting := self.waiting.pop(number, None)) is not None and not waiting[0].done():
            try:
                waiting[0].set_result(waiting[1](payload))
            except Exception as error:  # noqa: BLE001 - what cannot be read is the outcome
                waiting[0].set_exception(error)

    def on_raised(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take an error for an answer."""
        error = as_error(read_trouble(payload))
        if (flowing := self.flows.pop(number, None)) is not None:
            flowing[0].end(error)
        elif (waiting := self.waiting.pop(number, None)) is not None and not waiting[0].done():
            waiting[0].set_exception(error)

    def on_item(self, index: int, number: int, parent: int, payload: Any) -> None:
        """Take an item of a stream."""
        if (flowing := self.flows.get(number)) is not None:
            flowing[0].put(flowing[1](payload), len(payload))


class RemoteState:
    """A cell's own durable state, as `kernel.state.State` offers it; bodies run in a thread of this worker."""

    def __init__(self, cell: str, contract: type[Contract], questions: Questions, lines: tuple[Line, Line]) -> None:
        self.cell, self.events, self.questions, self.lines = cell, contract.events, questions, lines
        self.bodies: dict[int, Callable[[Any], Any]] = {}
        self.results: dict[int, tuple[Any, BaseException | None]] = {}
        self.threads: dict[int, threading.Thread] = {}

    async def read(self, body: "Callable[[RemoteTransaction], Any]") -> Any:
        """Run `body` on one snapshot of the state."""
        return await self._run(READ, body)

    async def write(self, body: "Callable[[RemoteTransaction], Any]") -> Any:
        """Run `body` atomically; what it wrote and emitted is durable when this returns."""
        return await self._run(WRITE, body)

    async def _run(self, kind: int, body: "Callable[[RemoteTransaction], Any]") -> Any:
        if kind not in self.threads:
            self.threads[kind] = threading.Thread(target=self.serve, args=(self.lines[kind],), daemon=True, name=f"planaria-state-{kind}")
            self.threads[kind].start()
        number = self.questions.next()
        self.bodies[number] = body
        try:
            asked = sealed(bytearray(HEAD), STATE, number, index=kind, parent=CURRENT.get())
            await self.questions.asked(asked, number, lambda _: None)
            value, error = self.results.pop(number)
        finally:
            self.bodies.pop(number, None)
            self.results.pop(number, None)
        if error is not None:
            raise error
        return value

    def serve(self, line: Line) -> None:
        """Run bodies as the host begins them, until the line ends."""
        try:
            while True:
                _, number, _ = line.receive()
                body = self.bodies.get(number)
                if body is None:  # whoever asked for it was cancelled
                    line.send(UNDO, number)
                    continue
                value, error = self._carry_out(body, RemoteTransaction(self.cell, self.events, line, number))
                if isinstance(error, LineLost):
                    return
                self.results[number] = (value, error)
                line.send(END if error is None else UNDO, number)
        except LineLost:
            return

    def _carry_out(self, body: Callable[[Any], Any], transaction: "RemoteTransaction") -> tuple[Any, BaseException | None]:
        try:
            value = body(transaction)
        except BaseException as error:  # noqa: BLE001 - whoever wrote the body gets it
            return None, error
        finally:
            transaction.over = True
        if isinstance(value, CoroutineType):
            value.close()
            return None, BodyAwaits()
        return value, None


class RemoteTransaction:
    """One transaction on a cell's own tables, as `kernel.state.Transaction` offers it."""

    def __init__(self, cell: str, events: tuple[EventDeclaration, ...], line: Line, number: int) -> None:
        self._cell, self._events, self._line, self._number = cell, events, line, number
        self.over = False

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return [tuple(row) for row in self._execute(ROWS, sql, parameters)]

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Run one statement and return its first row, or None."""
        return next(iter(self.rows(sql, parameters)), None)

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        changed: int = self._execute(CHANGE, sql, parameters)
        return changed

    def emit(self, fact: Any) -> None:
        """Write an event that the contract declares; it is delivered after this transaction is durable.

        Raises:
            NotEmittedHere: PLN-E103.
        """
        found = [position for position, one in enumerate(self._events) if one.type is type(fact)]
        if not found:
            known = ", ".join(one.name for one in self._events) or "none"
            raise NotEmittedHere(cell=self._cell, event=type(fact).__qualname__, known=known)
        buffer = bytearray()
        CODEC.packer(type(fact))(fact, buffer, 0)
        self._exchange(EMIT, bytes([found[0]]) + bytes(buffer))

    def _execute(self, kind: int, sql: str, parameters: Sequence[Any]) -> Any:
        given: Any = parameters
        named = isinstance(given, dict)
        given = {name: _storable(one) for name, one in given.items()} if named else [_storable(one) for one in given]
        return _decode(self._exchange(kind, _encode((sql, given))))

    def _exchange(self, kind: int, data: bytes) -> bytes:
        if self.over:
            raise TransactionOver
        if len(data) > self._line.size_max:
            raise TooBig(size=len(data), size_max=self._line.size_max, place="a transaction")
        self._line.send(kind, self._number, data)
        said, _, answer = self._line.receive()
        if said != DONE:
            raise as_error(read_trouble(answer))
        return answer


def _storable(value: Any) -> Any:
    """Return a parameter as it is, or a mark that the store refuses as it would refuse the value."""
    return value if isinstance(value, STORABLE) else msgspec.msgpack.Ext(1, type(value).__name__.encode())
