"""One instance of a component on a thread of its own: calls go in, and what the guest asks of the host comes out.

Why: the engine's calls block, and a guest may compute for seconds; so each instance has a thread, while everything that the
guest asks for (another cell, its state) is awaited by the coroutine of the call that it belongs to, where rights and
deadlines hold.
Decision D-104: a trap ends the instance and not the cell: the call fails, and the next one gets a fresh instance. Because
a trap is how C and Rust say that they cannot go on, and one bad input must not cost the other calls. Revisit when a
component must keep memory that its callers rely on.
Not here: how many there are (`component`), values (`canonical`), what may be imported (`linker`).
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, ClassVar, NamedTuple, Protocol

from planaria.kernel.error import PlanariaError, Refused
from planaria.placement.wasm.component.canonical import carrier_of
from planaria.placement.wasm.component.layout import VAL, Carrier, Lift
from planaria.placement.wasm.component.memory import Memory
from planaria.placement.wasm.component.word import one_line
from planaria.placement.wasm.wit import Function

CANCELLED = "it was cancelled"
Work = Callable[[], Awaitable[Any]]


class Uncarried(Refused):
    """An argument that a component cannot be given."""

    code = "PLN-P802"
    unsent = True
    what = "'{operation}' did not begin: {parameter}: {problem}"
    why = "a component takes numbers of 64 bits, valid Unicode, and values of the declared type"
    fix = "give a value that fits, or declare a type that holds it (Decimal for large numbers)"


class WrongAnswer(PlanariaError):
    """A component gave a value that its contract does not allow."""

    code = "PLN-P803"
    what = "'{operation}' gave a wrong value: {problem}"
    why = "what a component gives is checked against the constraints of the declared type"
    fix = "mend the component"


class Trapped(PlanariaError):
    """A component stopped in the middle of a call."""

    code = "PLN-P804"
    what = "the component stopped in '{operation}': {reason}"
    why = "a trap or a limit ended it; its instance is gone, and the next call gets a fresh one"
    fix = "{cure}"


class Call(NamedTuple):
    """A function with the carriers of its parameters and its result, made once per component."""

    function: Function
    parameters: tuple[Carrier, ...]
    result: Carrier | None

    @classmethod
    def of(cls, function: Function) -> "Call":
        """Make the carriers of a function."""
        carriers = tuple(carrier_of(one.shape) for one in function.parameters if one.shape)
        return cls(function, carriers, None if function.result is None else carrier_of(function.result))


class Asked(NamedTuple):
    """What the guest waits for while its thread stands still."""

    work: Work
    answer: "SimpleQueue[Ended]"


class Ended(NamedTuple):
    """What something came to."""

    value: Any
    error: BaseException | None = None


class Cancelled(Exception):
    """The call was cancelled while the guest waited."""


class Guest(Protocol):
    """A component in a store of its own; every method runs on one thread."""

    def call(self, name: str, address: int, count: int, lift: Lift | None) -> Any:
        """Call a function with the arguments at an address; lift its result. Raises `RuntimeError` when it traps."""

    def refuel(self) -> None:
        """Fill up what a call may use."""

    def used(self) -> int:
        """Return the fuel used since."""

    def close(self) -> None:
        """Free it."""


class Job:
    """Something that the thread of an instance does, and the coroutine that waits for it."""

    def __init__(self, run: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.run, self.loop = run, loop
        self.told: asyncio.Future[Asked | Ended] = loop.create_future()
        self.waiting: SimpleQueue[Ended] | None = None
        self.cancelled = False

    async def result(self) -> Any:
        """Wait for the end, and await meanwhile what the guest asks for."""
        try:
            while isinstance(one := await self.told, Asked):
                self.told, self.waiting = self.loop.create_future(), one.answer
                try:
                    answer = Ended(await one.work())
                except Exception as error:  # noqa: BLE001 - the guest is told, and says what comes of it
                    answer = Ended(None, error)
                self.waiting = None
                one.answer.put(answer)
        except BaseException:
            self.cancel()
            raise
        if one.error is not None:
            raise one.error
        return one.value

    def cancel(self) -> None:
        """Stop the guest where it is: at its next tick, or at once where it waits."""
        self.cancelled = True
        if self.waiting is not None:
            self.waiting.put(Ended(None, Cancelled()))

    def hear(self, one: "Asked | Ended") -> None:
        """Take what the thread says; runs on the loop."""
        if isinstance(one, Asked) and (self.cancelled or self.told.done()):
            one.answer.put(Ended(None, Cancelled()))
        elif not self.told.done():
            self.told.set_result(one)


class Instance:
    """A thread and the guest on it, which is made anew after a trap. `fresh` makes a guest; it runs on the thread."""

    active: ClassVar[dict[int, "Instance"]] = {}

    def __init__(self, fresh: "Callable[[Instance], Guest]", *, cpu_s_per_call: float | None, name: str, extra: bool = False) -> None:
        self.fresh, self.cpu_s_per_call, self.extra = fresh, cpu_s_per_call, extra
        self.memory, self.answers = Memory(), Memory()
        self.inbox: SimpleQueue[Job | None] = SimpleQueue()
        self.guest: Guest | None = None
        self.job: Job | None = None
        self.streams: dict[int, AsyncIterator[Any]] = {}
        self.cpu_from_s, self.lines, self.fuel_used, self.cpu_used_s, self.reason = 0.0, 0, 0, 0.0, ""
        self.loop, self.idle, self.over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self.idle.set()
        self.thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self.thread.start()

    # What runs on the loop.

    async def run(self, call: Call, arguments: tuple[Any, ...], *, first: bool = True) -> Any:
        """Call a function of the guest; `first` begins a new account of time and fuel.

        Raises:
            Uncarried, WrongAnswer, Trapped: PLN-P802, PLN-P803, PLN-P804; or the error that the guest gave.
        """
        address = self._lowered(call, arguments)
        answer = await self.do(lambda: self._call(call, address, first=first))
        if call.result is None or answer[0]:
            return None if call.result is None else answer[1]
        raise answer[1]

    async def do(self, work: Callable[[], Any]) -> Any:
        """Let the thread do something."""
        assert self.idle.is_set(), "an instance does one thing at a time"
        job = Job(work, self.loop)
        self.idle.clear()
        self.inbox.put(job)
        return await job.result()

    async def ready(self) -> None:
        """Make the guest, if there is none."""
        await self.do(self._awake)

    async def renew(self) -> None:
        """Throw the guest away; the next call makes a new one."""
        await self.do(self._drop)

    async def forget(self) -> None:
        """Close the streams of other cells that the guest left open."""
        left, self.streams = self.streams, {}
        for one in left.values():
            await one.aclose()  # type: ignore[attr-defined]  # the iterators of handles are generators

    async def close(self) -> None:
        """End the thread, whatever it does now, and wait until it has."""
        if self.job is not None:
            self.job.cancel()
        self.inbox.put(None)
        await self.over.wait()
        self.thread.join()

    def _lowered(self, call: Call, arguments: tuple[Any, ...]) -> int:
        self.memory.clear()
        view, at, address = self.memory.take(VAL * len(arguments))
        for place, (value, carrier) in enumerate(zip(arguments, call.parameters, strict=True)):
            try:
                carrier.lower(value, self.memory, view, at + VAL * place)
            except (ValueError, RecursionError) as error:
                name = call.function.parameters[place].name
                raise Uncarried(operation=call.function.operation, parameter=name, problem=str(error)) from error
        return address

    def _heard(self, job: Job, one: Asked | Ended) -> None:
        if isinstance(one, Ended):
            self.idle.set()
        job.hear(one)

    # What runs on the thread.

    def _serve(self) -> None:
        self.active[threading.get_ident()] = self
        while (job := self.inbox.get()) is not None:
            self.job = job
            try:
                ended = Ended(job.run())
            except BaseException as error:  # noqa: BLE001 - whatever happened here is told to the call
                ended = Ended(None, error)
            self._tell(job, ended)
        self._drop()
        del self.active[threading.get_ident()]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self.over.set)

    def _tell(self, job: Job, one: Asked | Ended) -> None:
        try:
            self.loop.call_soon_threadsafe(self._heard, job, one)
        except RuntimeError:  # the loop is closed: nobody waits any more
            if isinstance(one, Asked):
                one.answer.put(Ended(None, Cancelled()))

    def _awake(self) -> Guest:
        if self.guest is None:
            self.reason, self.cpu_from_s = "", time.thread_time()
            self.guest = self.fresh(self)
        return self.guest

    def _drop(self) -> None:
        guest, self.guest = self.guest, None
        if guest is not None:
            guest.close()

    def _call(self, call: Call, address: int, *, first: bool) -> Any:
        guest, function = self._awake(), call.function
        if first:
            self.cpu_from_s, self.lines, self.reason = time.thread_time(), 0, ""
            guest.refuel()
        trap, before_s = None, time.thread_time()
        try:
            return guest.call(function.name, address, len(call.parameters), None if call.result is None else call.result.lift)
        except RuntimeError as error:
            trap = error
            raise _trapped(function.operation, self.reason or str(error)) from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise WrongAnswer(operation=function.operation, problem=one_line(error)) from error
        finally:
            self.fuel_used += guest.used()
            self.cpu_used_s += time.thread_time() - before_s
            if trap is not None:
                self._drop()

    def ask(self, work: Work) -> Any:
        """Let the coroutine of the call await something, and wait for it."""
        assert self.job is not None, "a guest asks only during a call"
        answer: SimpleQueue[Ended] = SimpleQueue()
        self._tell(self.job, Asked(work, answer))
        value, error = answer.get()
        if error is not None:
            raise error
        return value

    def overdue(self) -> bool:
        """Say whether the guest must stop now, and remember why; asked at every tick."""
        if self.job is not None and self.job.cancelled:
            self.reason = CANCELLED
        elif self.cpu_s_per_call is not None and time.thread_time() - self.cpu_from_s > self.cpu_s_per_call:
            self.reason = f"it used more than {self.cpu_s_per_call:g} s of the processor"
        return bool(self.reason)


def _trapped(operation: str, reason: str) -> Trapped:
    if "of the processor" in reason:
        return Trapped(operation=operation, reason=reason, cure="make it faster, or raise cpu_s_per_call in system.place")
    if "hostcall" in reason:
        said = "it gave the host more than 128 MB of values at once"
        return Trapped(operation=operation, reason=said, cure="give large results in pieces: a stream, or pages")
    if "fuel" in reason:
        return Trapped(operation=operation, reason="it used up its fuel", cure="make it cheaper, or raise fuel_per_call in system.place")
    return Trapped(
        operation=operation, reason=one_line(reason), cure="mend the component; a panic, an abort and memory used up look like this"
    )
