"""State inside the guest: what a cell sees of the store, through the host.

Why: a body is synchronous and runs in one transaction, so the host calls the guest while the transaction is open, and each
statement is a call back into the host. This stands in the guest where `planaria.kernel.state` stands in the host.
Not here: the transaction itself, and events (the host's `kernel.state`).
"""

import base64
import inspect
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from planaria.placement.wasm.guest.codec import encode
from planaria.placement.wasm.guest.turn import Turn, host_error

T = TypeVar("T")
_rooms: list[Turn] = []
_bodies: dict[str, Callable[[Any], Any]] = {}
_ended: dict[str, tuple[Any, BaseException | None]] = {}


def attach(turn: Turn) -> None:
    """Join the state to the conversation with the host."""
    _rooms[:] = [turn]
    turn.acts["b"] = run_body


class Transaction:
    """One transaction on a cell's own tables, named `{cell}__…`."""

    def __init__(self) -> None:
        self._open = True

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return [tuple(row) for row in self._execute("rows", sql, parameters)]

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Run one statement and return its first row, or None."""
        return next(iter(self.rows(sql, parameters)), None)

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        changed: int = self._execute("change", sql, parameters)
        return changed

    def emit(self, fact: Any) -> None:
        """Write an event that the contract declares; it is delivered after this transaction is durable."""
        self._host("emit", f'["{type(fact).__qualname__}",{encode(fact)}]')

    def _execute(self, kind: str, sql: str, parameters: Sequence[Any]) -> Any:
        return self._host(kind, json.dumps([sql, [_parameter(one) for one in parameters]]))

    def _host(self, kind: str, text: str) -> Any:
        if not self._open:
            raise ValueError("this transaction is over")
        turn = _rooms[0]
        answer = turn.host(kind, text)
        if answer.startswith("!"):
            told = json.loads(answer[1:])
            error = host_error(told, turn.declared)
            error.planaria_origin = told.get("origin", "")  # type: ignore[attr-defined]  # so that the host can raise its own again
            raise error
        return json.loads(answer[1:], object_hook=_blob)


def _parameter(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"b": base64.b64encode(value).decode()}
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _blob(found: dict[str, Any]) -> Any:
    return base64.b64decode(found["b"]) if "b" in found else found


class State:
    """A cell's own durable state. A body runs in one transaction, off the loop; it must not await."""

    async def read(self, body: Callable[[Transaction], T]) -> T:
        """Run `body` on one snapshot of the state."""
        result: T = await self._run("read", body)
        return result

    async def write(self, body: Callable[[Transaction], T]) -> T:
        """Run `body` atomically; what it wrote and emitted is durable when this returns."""
        result: T = await self._run("write", body)
        return result

    async def _run(self, kind: str, body: Callable[[Any], Any]) -> Any:
        turn = _rooms[0]
        number = str(turn.asks + 1)
        _bodies[number] = body
        try:
            await turn.ask(kind, number)
            return _ended[number][0]
        except Exception as error:
            own = _ended.get(number, (None, None))[1]
            if own is not None and getattr(error, "planaria_origin", "") == number:
                raise own from None
            raise
        finally:
            _bodies.pop(number, None)
            _ended.pop(number, None)


def run_body(number: str, *_: str) -> None:
    """Run a body in the transaction that the host holds open."""
    turn, transaction = _rooms[0], Transaction()
    work = _bodies.get(number)
    try:
        if work is None:
            raise LookupError("nobody waits for this body any more")
        result = work(transaction)
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            raise TypeError("a body must not await: it runs in one transaction, off the loop")
    except Exception as error:  # noqa: BLE001 - the transaction is undone, and who awaits it gets it
        if work is not None:
            _ended[number] = (None, error)
        turn.post_error(number, error)
    else:
        _ended[number] = (result, None)
        turn.post("r", number, "")
    finally:
        transaction._open = False  # noqa: SLF001 - a body may keep its transaction, which is over
