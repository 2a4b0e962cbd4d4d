"""The exchange: a transaction of a worker, carried out on the store.

Why: the store calls a body, and waits for it with whatever it holds; so a worker gets so long and no longer, each of its
messages is checked, and a worker that does not end its body in time is ended itself.
Not here: the body itself (`proxy`, in the worker), whose tables these are (`kernel.state`, the store).
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

import msgspec

from planaria.kernel.contract import EventDeclaration
from planaria.kernel.error import PlanariaError
from planaria.kernel.state import Transaction
from planaria.placement.codec import CodecError
from planaria.placement.process.error import HeldTooLong, TooBig
from planaria.placement.process.line import BEGIN, CHANGE, DONE, EMIT, END, FAILED, ROWS, UNDO, Line, LineLost
from planaria.placement.process.message import trouble
from planaria.placement.process.service import CODEC

HELD_S = 5.0
_CONTAINERS = frozenset((*range(0x80, 0xA0), *range(0xDC, 0xE0)))  # what begins a list or a mapping in msgpack
_read_statement = msgspec.msgpack.Decoder(tuple[str, tuple[msgspec.Raw, ...] | dict[str, msgspec.Raw]]).decode
_decode = msgspec.msgpack.Decoder().decode
_encode = msgspec.msgpack.Encoder().encode


class Undone(Exception):
    """The body raised in the worker."""


class Exchange:
    """Run the bodies of one worker, one at a time on each line; `broken` is told why, from any thread, when a worker must end."""

    def __init__(self, cell: str, events: tuple[EventDeclaration, ...], line: Line, *, broken: Callable[[str], None]) -> None:
        self.cell, self.events, self.line, self.broken = cell, events, line, broken
        self.lock = threading.Lock()

    def body(self, number: int) -> Callable[[Transaction], None]:
        """Return what the store runs for one transaction of the worker."""

        def run(transaction: Transaction) -> None:
            until = monotonic() + HELD_S
            with self.lock:
                try:
                    self._run(transaction, number, until)
                except LineLost as error:
                    self.broken(f"a transaction was cut off: {error}")
                    raise HeldTooLong(cell=self.cell, limit_s=HELD_S) from error

        return run

    def _run(self, transaction: Transaction, number: int, until: float) -> None:
        self.line.send(BEGIN, number, until=until)
        while True:
            kind, about, data = self.line.receive(until=until)
            if about != number or kind not in (ROWS, CHANGE, EMIT, END, UNDO):
                raise LineLost("it breaks the protocol")
            if kind == END:
                return
            if kind == UNDO:
                raise Undone
            try:
                answered = DONE, self._carried_out(transaction, kind, data)
            except (PlanariaError, msgspec.MsgspecError, RecursionError) as error:
                answered = FAILED, trouble(error)
            self.line.send(answered[0], number, answered[1], until=until)

    def _carried_out(self, transaction: Transaction, kind: int, data: bytes) -> bytes:
        if kind == EMIT:
            transaction.emit(self._fact(data))
            return b""
        sql, given = read_statement(data)
        result = _encode(transaction.rows(sql, given) if kind == ROWS else transaction.change(sql, given))
        if len(result) > self.line.size_max:
            raise TooBig(size=len(result), size_max=self.line.size_max, place="the rows of one statement")
        return result

    def _fact(self, data: bytes) -> Any:
        if not data or data[0] >= len(self.events):
            raise CodecError(problem="there is no such event")
        return CODEC.unpacker(self.events[data[0]].type)(memoryview(data)[1:])


def read_statement(data: bytes) -> tuple[str, Any]:
    """Return a statement and its parameters, in order or by name.

    Raises: `PLN-P100`, and what msgspec raises.

    >>> read_statement(_encode(("select ?", [1])))
    ('select ?', [1])
    """
    sql, given = _read_statement(data)
    return sql, [_value(one) for one in given] if isinstance(given, tuple) else {name: _value(one) for name, one in given.items()}


def _value(raw: msgspec.Raw) -> Any:
    """Read one parameter; no list or mapping, whose keys of equal hash would take minutes to read."""
    if memoryview(raw)[0] in _CONTAINERS:
        raise CodecError(problem="a parameter is a list or a mapping")
    return _decode(raw)
