"""One turn: a message comes in, everything that is ready runs, and messages go out.

Why: calls overlap inside one instance exactly as they do in a process, although the host can only call one function and
wait for it; so a call is a message, its answer is another, and what a cell asks for is a third.
Message in: `kind number now name cuts`, a line end, and a text; `cuts` are the lengths of long texts at its end.
Message out: `timer`, then `kind number length cuts` per message, a line end, and all texts.
Not here: what the texts hold (`codec`), the cell (`cell`), the state (`state`).
"""

import asyncio
import builtins
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any

from planaria.kernel.error import CellError, PlanariaError
from planaria.placement.wasm.guest.codec import Reader, decode, decode_long, encode, encode_long
from planaria.placement.wasm.guest.loop import GuestLoop

BULKY = 4096
FACT_CHARACTERS_MAX = 10_000
EAGER: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}
CALL: ContextVar[str] = ContextVar("planaria_guest_call", default="0")
Host = Callable[[str, str], str]


class HostError(PlanariaError):
    """What the host answered in the place of a value: an error with its own code, name and text."""

    code = "PLN-P790"
    what = "{error}: {text}"
    why = "the cell asked for something, and this came back"
    fix = "see the text"


class Operation:
    """One operation as a turn runs it: its method, how its arguments are read, whether its answers are large."""

    def __init__(self, method: Callable[..., Any], readers: Sequence[Reader | None], *, streams: bool) -> None:
        self.method, self.streams, self.bulky = method, streams, False
        self.readers = None if not any(readers) else readers

    def arguments(self, body: str, cuts: str) -> Sequence[Any]:
        """Read the arguments from a message."""
        values: Sequence[Any] = decode(body) if cuts == "-" else decode_long(*cut(body, cuts))
        if self.readers is None:
            return values
        return [value if read is None else read(value) for read, value in zip(self.readers, values, strict=True)]


def cut(body: str, cuts: str) -> tuple[str, list[str]]:
    """Take the long texts off the end of a text.

    >>> cut("[NaN]abcd", "3,1")
    ('[NaN]', ['abc', 'd'])
    """
    lengths = [int(one) for one in cuts.split(",")]
    place = len(body) - sum(lengths)
    head, pieces = body[:place], []
    for length in lengths:
        pieces.append(body[place : place + length])
        place += length
    return head, pieces


def is_text(text: str) -> bool:
    """Say whether a text can leave: one with half a surrogate pair cannot be written as UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole_text(text: str) -> str:
    r"""Return a text in which half a surrogate pair is written out.

    >>> whole_text("a\ud800")
    'a\\ud800'
    """
    return text.encode("utf-8", "backslashreplace").decode()


class Turn:
    """The guest's side of the conversation: what is running, what was asked, what goes out."""

    def __init__(self) -> None:
        self.loop = GuestLoop(complain=self.complain)  # type: ignore[abstract]  # asyncio raises where a method is missing
        self.out: list[tuple[str, str, str, list[str]]] = []
        self.operations: dict[str, Operation] = {}
        self.tasks: dict[str, asyncio.Task[Any]] = {}
        self.streams: dict[str, Any] = {}
        self.asked: dict[str, tuple[asyncio.Future[Any], Reader | None]] = {}
        self.asks = 0
        self.host: Host = lambda *_: '!{"error":"PermissionError","text":"there is no host"}'
        self.acts: dict[str, Callable[[str, str, str, str], None]] = {
            "c": self.call, "x": self.cancel, "a": self.answered, "e": self.failed, "t": lambda *_: None,
            "o": self.open, "n": self.next, "z": self.close,
        }  # fmt: skip

    def __call__(self, inbox: str) -> str:
        """Take a message, run, and return what goes out."""
        head, _, body = inbox.partition("\n")
        kind, number, now, name, cuts = head.split(" ")
        loop = self.loop
        loop.now_s = float(now)
        try:
            self.acts[kind](number, name, body, cuts)
        except BaseException as error:  # noqa: BLE001 - an error here would end the instance
            self.post_error(number, error)
        while (loop.ready or loop.timers) and kind != "b":
            try:
                loop.run()
                break
            except BaseException as error:  # noqa: BLE001 - a task that wants to end the process ends itself alone
                self.complain(f"{type(error).__name__}: {error}")
        return self._outbox()

    def _outbox(self) -> str:
        loop, out = self.loop, self.out
        due_s = loop.next_s() if loop.ready or loop.timers else None
        timer = "-" if due_s is None else f"{due_s:.6f}"
        if len(out) == 1 and not out[0][3]:
            kind, number, text, _ = out[0]
            out.clear()
            return f"{timer} {kind} {number} {len(text)} -\n{text}"
        heads, texts = [timer], []
        for kind, number, text, segments in out:
            heads.append(f"{kind} {number} {len(text)} {','.join(str(len(one)) for one in segments) or '-'}")
            texts += [text, *segments]
        out.clear()
        return f"{' '.join(heads)}\n{''.join(texts)}"

    def post(self, kind: str, number: str, text: str, segments: list[str] | None = None) -> None:
        """Send a message."""
        self.out.append((kind, number, text, segments or []))

    def post_error(self, number: str, error: BaseException) -> None:
        """Send an error in the place of an answer."""
        told: dict[str, Any] = {"error": type(error).__name__, "origin": getattr(error, "planaria_origin", "")}
        try:
            told["text"] = whole_text(str(error)[:FACT_CHARACTERS_MAX])
            if isinstance(error, CellError):
                told |= {"code": error.code, "facts": error.facts}
            text = encode(told)
            if not is_text(text):
                text = encode(told | {"facts": {name: whole_text(str(fact)) for name, fact in told["facts"].items()}})
        except Exception as other:  # noqa: BLE001 - an error may hold anything
            text = encode({"error": type(error).__name__, "text": f"it cannot be told: {type(other).__name__}", "origin": ""})
        self.post("e", number, text)

    def post_value(self, kind: str, number: str, value: Any, operation: Operation) -> None:
        """Send a value; long texts go beside it where the last one was large."""
        try:
            if operation.bulky:
                text, segments = encode_long(value)
            else:
                text, segments = encode(value), []
                operation.bulky = len(text) > BULKY
        except (TypeError, ValueError, RecursionError) as error:
            self.post_error(number, TypeError(f"{type(value).__name__} cannot travel: {error}"))
            return
        if all(map(is_text, (text, *segments))):
            self.post(kind, number, text, segments)
        else:
            self.post_error(number, TypeError(f"{type(value).__name__} cannot travel: it holds half a surrogate pair"))

    def complain(self, text: str) -> None:
        """Send a line that concerns no caller."""
        self.post("l", "0", whole_text(text[:FACT_CHARACTERS_MAX]))

    def call(self, number: str, name: str, body: str, cuts: str) -> None:
        """Begin a call; it may be over when this returns."""
        operation = self.operations[name]
        CALL.set(number)
        task = asyncio.Task(operation.method(*operation.arguments(body, cuts)), loop=self.loop, **EAGER)
        if task.done():
            self.settle(number, operation, task)
        else:
            self.tasks[number] = task
            task.add_done_callback(partial(self.settle, number, operation))

    def settle(self, number: str, operation: Operation, task: "asyncio.Task[Any]") -> None:
        """Tell how a call ended."""
        self.tasks.pop(number, None)
        if task.cancelled():
            self.post("k", number, "")
        elif (error := task.exception()) is not None:
            self.post_error(number, error)
        else:
            self.post_value("r", number, task.result(), operation)

    def cancel(self, number: str, name: str, body: str, cuts: str) -> None:
        """Cancel a call, or the step of a stream."""
        task = self.tasks.get(number)
        if task is not None:
            task.cancel()
        elif number in self.streams:
            self.close(number, name, body, cuts)

    def open(self, number: str, name: str, body: str, cuts: str) -> None:
        """Open a stream; nothing runs before its first item is asked for."""
        operation = self.operations[name]
        CALL.set(number)
        self.streams[number] = (operation, operation.method(*operation.arguments(body, cuts)))

    def next(self, number: str, name: str, body: str, cuts: str) -> None:
        """Let a stream go on to its next item."""
        if number not in self.streams:
            return
        operation, items = self.streams[number]
        CALL.set(number)
        self._step(number, _following(items), partial(self._item, number, operation))

    def close(self, number: str, name: str, body: str, cuts: str) -> None:
        """End a stream before its end."""
        _, items = self.streams.pop(number, (None, None))
        CALL.set(number)
        self._step(number, _closing(items), partial(self._closed, number))

    def _step(self, number: str, work: Any, ended: Callable[["asyncio.Task[Any]"], None]) -> None:
        task = asyncio.Task(work, loop=self.loop, **EAGER)
        if task.done():
            ended(task)
        else:
            self.tasks[number] = task
            task.add_done_callback(ended)

    def _item(self, number: str, operation: Operation, task: "asyncio.Task[Any]") -> None:
        self.tasks.pop(number, None)
        if not task.cancelled() and task.exception() is None:
            following = task.result()
            if following:
                self.post_value("y", number, following[0], operation)
                return
        self.streams.pop(number, None)
        if task.cancelled():
            self.post("k", number, "")
        elif (error := task.exception()) is not None:
            self.post_error(number, error)
        else:
            self.post("z", number, "")

    def _closed(self, number: str, task: "asyncio.Task[Any]") -> None:
        self.tasks.pop(number, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.complain(f"a stream did not close cleanly: {type(error).__name__}: {error}")
        self.post("k", number, "")

    async def ask(self, what: str, text: str, read: Reader | None = None, segments: list[str] | None = None) -> Any:
        """Ask the host for something, on behalf of the call that is running, and wait for it."""
        self.asks += 1
        number, future = str(self.asks), self.loop.create_future()
        self.asked[number] = (future, read)
        self.post("q", number, f"{CALL.get()} {what}\n{text}", segments)
        try:
            return await future
        except asyncio.CancelledError:
            if self.asked.pop(number, None) is not None:
                self.post("w", number, "")
            raise

    def answered(self, number: str, name: str, body: str, cuts: str) -> None:
        """Take the answer to something that was asked."""
        future, read = self.asked.pop(number, (None, None))
        if future is not None and not future.done():
            value = decode(body) if cuts == "-" else decode_long(*cut(body, cuts))
            future.set_result(value if read is None else read(value))

    def failed(self, number: str, name: str, body: str, cuts: str) -> None:
        """Take the error that came in the place of an answer."""
        future, _ = self.asked.pop(number, (None, None))
        if future is not None and not future.done():
            future.set_exception(self.error(decode(body), number))

    def error(self, told: dict[str, Any], origin: str) -> BaseException:
        """Make the error that the host tells of; a declared one is of its own class."""
        error = host_error(told, self.declared)
        error.planaria_origin = origin  # type: ignore[attr-defined]  # so that the host can raise its own again
        return error

    declared: Callable[[str, str], type[PlanariaError] | None] = staticmethod(lambda *_: None)


def host_error(told: dict[str, Any], declared: Callable[[str, str], Any]) -> BaseException:
    """Make an error from what the host tells of it: of the declared class, else of one with its name, below its outcome's.

    >>> raised = host_error({"error": "ConditionBroken", "outcome": "Refused", "text": "no", "facts": {}}, lambda name, code: None)
    >>> type(raised).__name__, type(raised).__mro__[1].__name__
    ('ConditionBroken', 'Refused')
    """
    import planaria.kernel.error as catalogue

    name, facts = str(told.get("error", "")), dict(told.get("facts") or {})
    if told.get("cancelled"):
        return asyncio.CancelledError()
    known = declared(name, str(told.get("code", "")))
    if known is not None:
        return known(**facts)  # type: ignore[no-any-return]  # a class of errors
    text, builtin = str(told.get("text", "")), getattr(builtins, str(told.get("builtin", "")), None)
    if builtin is not None and not told.get("code"):
        given = (told["number"], told.get("short") or text) if isinstance(told.get("number"), int) else (text,)
        return builtin(*given)  # type: ignore[no-any-return]  # a class of errors
    below = getattr(catalogue, str(told.get("outcome", "")), None) or PlanariaError
    bases = (below,) if builtin is None else (below, builtin)
    own = {"code": told.get("code", below.code), "what": "{text}", "__module__": __name__, "__str__": lambda error: error.facts["text"]}
    return type(name, bases, own)(**{**facts, "text": text})  # type: ignore[no-any-return]  # as above


async def _following(items: Any) -> tuple[Any, ...]:
    try:
        return (await items.__anext__(),)
    except StopAsyncIteration:
        return ()


async def _closing(items: Any) -> None:
    if hasattr(items, "aclose"):
        await items.aclose()
