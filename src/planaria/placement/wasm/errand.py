"""Errands: what a guest asks of its host: calls of other cells, transactions, and lines to hosts.

Why: what a guest asks for is done on behalf of the call that it belongs to, so rights, deadline and the event under way are
those of that call; that is why each errand is a task made inside that call's coroutine.
Not here: who hears the answer (`conversation`).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

from planaria.kernel.contract import Contract, OperationDescription, operations
from planaria.kernel.error import PlanariaError, Raised
from planaria.kernel.port import Codec
from planaria.kernel.state import State
from planaria.kernel.system import cell_name
from planaria.placement.egress.broker import Broker
from planaria.placement.wasm.capability import Capabilities, told
from planaria.placement.wasm.conversation import ASKED_MAX, Conversation, Exchange
from planaria.placement.wasm.message import Message, nonsense, parted, whole

TEXT_CHARACTERS_MAX = 10_000
PIECE_BYTES = 65_536
FACTS_MAX = 100
CLOSING_S = 1.0
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Errands:
    """Everything that one guest has asked for and not got yet."""

    def __init__(self, conversation: Conversation, capabilities: Capabilities, codec: Codec, broker: Broker | None) -> None:
        self.conversation, self.capabilities, self.codec, self.broker = conversation, capabilities, codec, broker
        self.wires: dict[str, Any] = {}
        self.described: dict[str, Mapping[str, OperationDescription]] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.flows: dict[str, AsyncIterator[Any]] = {}
        self.steps: dict[str, asyncio.Task[None]] = {}
        self.lines: dict[str, Line] = {}
        self.names = 0
        self._arguments: dict[tuple[str, str], Any] = {}
        self.acts: dict[str, Callable[..., Any]] = {
            "call": self._call, "open": self._open, "next": self._next,
            "read": partial(self._transaction, "read"), "write": partial(self._transaction, "write"),
            "connect": self._connect, "receive": self._receive, "send": self._send, "eof": self._eof,
        }  # fmt: skip
        conversation.withdraw, conversation.dropped = self._withdrawn, self._dropped

    def grant(self, wires: Mapping[str, Any], used: Mapping[str, str | None], contracts: tuple[type[Contract], ...]) -> None:
        """Take what the cell may use: handles and its state, by attribute."""
        known = {cell_name(one): operations(one) for one in contracts}
        self.wires = dict(wires)
        self.described = {name: known[cell] for name, cell in used.items() if cell is not None}

    def begin(self, message: Message, exchange: Exchange) -> None:
        """Begin what a guest asks for, in a task made here, so that it belongs to the call whose coroutine runs."""
        if len(self.tasks) >= ASKED_MAX or message.number in self.tasks:
            self.conversation.over(nonsense(f"it asks for {ASKED_MAX} things at once, or twice for one"))
            return
        task = asyncio.get_running_loop().create_task(self._run(message, exchange))
        self.tasks[message.number] = task

    async def _run(self, message: Message, exchange: Exchange) -> None:
        number, kind, cuts = message.number, "e", "-"
        head, _, text = message.text.partition("\n")
        words = head.split(" ")
        try:
            act = self.acts.get(words[1] if len(words) > 1 else "")
            if act is None:
                raise PermissionError("there is no such thing to ask for")
            answer, cuts = parted(await act(words[2:], message._replace(text=text), exchange))
            kind = "a"
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                return
            answer = json.dumps({"error": "CancelledError", "cancelled": True})
        except Exception as error:  # noqa: BLE001 - whatever it is, the guest is told
            exchange.raised[number] = error
            answer = told(error, self.codec)
        finally:
            self.tasks.pop(number, None)
        if self.conversation.instance.error is None:
            self.conversation.send(self.conversation.head(kind, number, cuts=cuts) + answer, exchange)

    def _described(self, words: list[str]) -> OperationDescription:
        attribute, name = words
        found = self.described.get(attribute, {}).get(name)
        if found is None:
            raise PermissionError("there is no such operation in what this cell may use")
        return found

    def _given(self, words: list[str], message: Message, *, streams: bool) -> tuple[Any, ...]:
        described, key = self._described(words), (words[0], words[1])
        if described.streams is not streams:
            raise PermissionError("a stream is opened, and anything else is called")
        if key not in self._arguments:
            self._arguments[key] = tuple[tuple(one.type for one in described.parameters)]  # type: ignore[misc]  # made at run time
        found: tuple[Any, ...] = self.codec.decode(whole(message), self._arguments[key])
        return found

    async def _call(self, words: list[str], message: Message, exchange: Exchange) -> bytes:
        given = self._given(words, message, streams=False)
        return self.codec.encode(await getattr(self.wires[words[0]], words[1])(*given))

    async def _open(self, words: list[str], message: Message, exchange: Exchange) -> bytes:
        given = self._given(words, message, streams=True)
        name = self._named()
        self.flows[name] = getattr(self.wires[words[0]], words[1])(*given)
        return name.encode()

    async def _next(self, words: list[str], message: Message, exchange: Exchange) -> bytes:
        name = message.text
        flow = self.flows.get(name)
        if flow is None or name in self.steps:
            raise PermissionError("there is no such stream, or it is asked for two items at once")
        self.steps[name] = self.tasks[message.number]
        try:
            return b"[" + self.codec.encode(await anext(flow)) + b"]"
        except StopAsyncIteration:
            return b"null"
        finally:
            del self.steps[name]

    async def _transaction(self, kind: str, words: list[str], message: Message, exchange: Exchange) -> bytes:
        state = next((one for one in self.wires.values() if isinstance(one, State)), None)
        if state is None:
            raise PermissionError("this cell declares no state")

        def body(transaction: Any) -> None:
            self.capabilities.raised.clear()
            ended = self.conversation.body(message.number, transaction, self.capabilities)
            if ended.kind == "e":
                raise raised_from(ended, self.codec, self.capabilities.raised)

        await (state.write if kind == "write" else state.read)(body)
        return b"null"

    def _named(self) -> str:
        self.names += 1
        if len(self.flows) + len(self.lines) >= ASKED_MAX:
            raise PermissionError("too many streams and lines are open")
        return str(self.names)

    async def _connect(self, words: list[str], message: Message, exchange: Exchange) -> bytes:
        if self.broker is None:
            raise PermissionError("this cell may reach no host")
        host, port, tls = self.codec.decode(whole(message), tuple[str, int, bool])
        name = self._named()
        self.lines[name] = await self.broker.open(host, port, tls=tls)
        return name.encode()

    def _line(self, words: list[str]) -> Line:
        found = self.lines.get(words[0] if words else "")
        if found is None:
            raise ConnectionResetError("there is no such line")
        return found

    async def _receive(self, words: list[str], message: Message, exchange: Exchange) -> bytes:
        data = await self._line(words)[0].read(PIECE_BYTES)
        return self.codec.encode(data.decode("latin-1"))

    async def _send(self, words: list[str], message: Message, exchange: Exchange) -> bytes:
        writer = self._line(words)[1]
        writer.write(self.codec.decode(whole(message), str).encode("latin-1"))
        await writer.drain()
        return b"null"

    async def _eof(self, words: list[str], message: Message, exchange: Exchange) -> bytes:
        writer = self._line(words)[1]
        if writer.can_write_eof():
            writer.write_eof()
        return b"null"

    def _withdrawn(self, number: str) -> None:
        if (task := self.tasks.get(number)) is not None:
            task.cancel()

    def _dropped(self, number: str) -> None:
        if (line := self.lines.pop(number, None)) is not None:
            line[1].close()
        flow = self.flows.pop(number, None)
        if flow is not None:
            self.tasks[f"drop {number}"] = task = asyncio.get_running_loop().create_task(self._drop(flow, self.steps.get(number)))
            task.add_done_callback(lambda _: self.tasks.pop(f"drop {number}", None))

    async def _drop(self, flow: Any, step: "asyncio.Task[None] | None") -> None:
        if step is not None:
            step.cancel()
            await asyncio.wait([step])
        try:
            await flow.aclose()
        except Exception as error:  # noqa: BLE001 - nobody waits for the end of a stream that was left
            self.conversation.complain(f"a stream did not close cleanly: {type(error).__name__}: {error}")

    async def close(self) -> None:
        """End all of it."""
        for name in [*self.lines, *self.flows]:
            self._dropped(name)
        tasks = list(self.tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSING_S)


def raised_from(
    message: Message, codec: Codec, raised: Mapping[str, BaseException], errors: tuple[type[PlanariaError], ...] = ()
) -> BaseException:
    """Return the error that a guest tells of: one that it only passes on, one that the contract declares, or its name and text.

    Raises:
        Nonsense: PLN-P704, where it is no error.
    """
    try:
        found = codec.decode(whole(message), dict[str, Any])
    except PlanariaError as error:
        raise nonsense(f"an error that is none: {error.plain()['what']}") from error
    origin = found.get("origin")
    if isinstance(origin, str) and origin in raised:
        return raised[origin]
    name, text, facts = found.get("error"), found.get("text"), found.get("facts")
    if not isinstance(name, str) or not isinstance(text, str):
        raise nonsense("an error without a name or a text")
    for kind in errors:
        if kind.__name__ == name and kind.code == found.get("code") and isinstance(facts, dict):
            return kind(**{key: _tame(value) for key, value in facts.items()})
    return Raised(error=_tame(name)[:100], text=_tame(text))


def _tame(value: Any) -> Any:
    """Return a fact as it may be shown: control characters escaped, and not longer than a page."""
    if isinstance(value, list):
        return [_tame(one) for one in value[:FACTS_MAX]]
    if isinstance(value, dict):
        return {str(_tame(key)): _tame(one) for key, one in list(value.items())[:FACTS_MAX]}
    if isinstance(value, str):
        short = value[:TEXT_CHARACTERS_MAX]
        return "".join(one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode() for one in short)
    return value
