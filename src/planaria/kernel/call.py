"""The one call path: every call runs through the few lines of `SHAPE`; what is rare goes through `Operation.slow`.

Why: a call must cost about as much as a method call, or people avoid cells; so a handle's method is compiled once per
operation with its own signature, and the common case is an inherited deadline, a free place and a plain await.
Decision D-011: the right to call is possession of a handle, which only the kernel gives. Because a check per call costs
more than it protects inside one process. Revisit when handles can be passed on.
Not here: requests (`request`), admission (`cell`), placements.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from planaria.kernel.admission import WAITING, Admission, Resident
from planaria.kernel.contract import Contract, OperationDescription, operations
from planaria.kernel.error import CellError, Failed, PlanariaError, Refused, Unknown
from planaria.kernel.measure import Histogram, Measure
from planaria.kernel.request import NOBODY, REQUEST, WRAPPER, Request, chain

SHAPE = """
async def {name}(_handle{parameters}):
    _op.left -= 1
    _resident = _admission.resident
    if _op.left < 0 or _resident.running >= _resident.room or _request().budget_s > _op.deadline_s{conditions}:
        return await _slow(({arguments}))
    _resident.running += 1
    try:
        return await _resident.call_{name}({plain})
    except BaseException as _error:
        return await _settle(_resident, _error, ({arguments}))
    finally:
        _resident.running -= 1
        if _resident.watched:
            _resident.left()
"""
SAMPLED_EVERY = 64
BYTES_EVERY = 32


class DeadlinePassed(Refused):
    """The deadline passed before the call could begin."""

    code = "PLN-C201"
    what = "'{operation}' of cell '{cell}' did not begin: its deadline had passed"
    why = "the request has {deadline_s} s, and they were over before there was a place"
    fix = "give the request more time, or the cell more concurrency in system.py"


class ConditionBroken(Refused):
    """A precondition does not hold."""

    code = "PLN-C202"
    what = "'{operation}' of cell '{cell}' requires: {condition}"
    why = "the arguments {arguments} do not meet this condition of the contract"
    fix = "meet the condition, or ask before you call"


class Interrupted(Unknown):
    """The deadline passed while the call was running."""

    code = "PLN-C401"
    what = "'{operation}' of cell '{cell}' did not answer within {deadline_s} s"
    why = "it was cancelled at its deadline, and may have run in part"


class Lost(Unknown):
    """The generation that ran the call was closed before it answered."""

    code = "PLN-C402"
    what = "'{operation}' of cell '{cell}' was running when its generation was closed"
    why = "it did not end within the drain time of a swap, a restart or a stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What an observer sees of one call."""

    cell: str
    operation: str
    arguments: tuple[Any, ...]
    outcome: str
    result: Any
    error: BaseException | None
    elapsed_s: float
    chain: tuple[str, ...]
    request: str
    caller: str
    generation: str


Observer = Callable[[CallRecord], None]


class Operation:
    """One operation of one running cell: its counters, its checks and its slow path."""

    def __init__(self, description: OperationDescription, admission: Admission, *, size_of: Callable[[Any], int]) -> None:
        self.description, self.admission, self.size_of = description, admission, size_of
        self.name, self.cell, self.deadline_s = description.name, admission.cell, float(description.deadline_s)
        self.names = [one.name for one in description.parameters]
        self.declared: tuple[type[BaseException], ...] = description.errors
        self.observers: tuple[Observer, ...] = ()
        self.errors = {"refused": 0, "failed": 0, "unknown": 0}
        self.histogram, self.base, self.samples, self.bytes_total, self.bytes_measured = Histogram(), 0, 0, 0, 0
        self.period = SAMPLED_EVERY
        self.left = self.period - 1
        self.function = self._compile()

    def _compile(self) -> Callable[..., Awaitable[Any]]:
        defaults = {f"_default_{one.name}": one.default for one in self.description.parameters if not one.required}
        parameters = "".join(f", {name}=_default_{name}" if f"_default_{name}" in defaults else f", {name}" for name in self.names)
        plain = ", ".join(self.names)
        arguments = f"{plain}," if plain else ""
        conditions = f" or not _holds(({arguments}))" if self.description.conditions else ""
        namespace: dict[str, Any] = {
            "_op": self, "_admission": self.admission, "_request": REQUEST.get, "_holds": self._holds, "_slow": self.slow,
            "_settle": self.settle, **defaults,
        }  # fmt: skip
        source = SHAPE.format(name=self.name, parameters=parameters, arguments=arguments, plain=plain, conditions=conditions)
        exec(compile(source, WRAPPER, "exec"), namespace)  # noqa: S102 - a fixed shape; the names come from a checked signature
        function: Callable[..., Awaitable[Any]] = namespace[self.name]
        function.__doc__ = self.description.doc
        return function

    def observe(self, observers: tuple[Observer, ...]) -> None:
        """Attach observers; every call is then measured. Without observers, one in `SAMPLED_EVERY`."""
        self.base, self.observers, self.period = self.calls, observers, 1 if observers else SAMPLED_EVERY
        self.left = self.period - 1

    @property
    def calls(self) -> int:
        """Return how many calls were made, exactly."""
        return self.base + self.period - 1 - self.left

    def measure(self) -> Measure:
        """Return its measures now."""
        mean = self.bytes_total / self.bytes_measured if self.bytes_measured else 0.0
        return Measure(
            cell=self.cell, operation=self.name, calls=self.calls, latency_s=self.histogram, bytes_mean=mean,
            running=self.admission.resident.running, queued=len(self.admission.waiting), **self.errors,
        )  # fmt: skip

    def _holds(self, arguments: tuple[Any, ...]) -> bool:
        given = dict(zip(self.names, arguments, strict=True))
        try:
            return all(not one.stateful and one.predicate(*map(given.__getitem__, one.names)) for one in self.description.conditions)
        except Exception:  # noqa: BLE001 - a predicate that cannot decide has not held; the slow path names it
            return False

    async def _check(self, arguments: tuple[Any, ...]) -> None:
        given = dict(zip(self.names, arguments, strict=True), self=self.admission.own_handle)
        for condition in self.description.conditions:
            doubt = ""
            try:
                holds = condition.predicate(*map(given.__getitem__, condition.names))
                holds = await holds if isinstance(holds, Awaitable) else holds
            except PlanariaError:
                raise
            except Exception as error:  # noqa: BLE001 - a predicate that cannot decide has not held
                holds, doubt = False, f" ({type(error).__name__}: {error})"
            if not holds:
                shown = ", ".join(f"{name}={value!r:.80}" for name, value in given.items() if name != "self")
                raise ConditionBroken(cell=self.cell, operation=self.name, condition=condition.text + doubt, arguments=shown)

    async def slow(self, arguments: tuple[Any, ...]) -> Any:
        """Run a call that enters the system, is sampled, waits, has a deadline of its own or a condition to check."""
        if self.left < 0:
            self.base, self.left = self.base + self.period, self.period - 1
        outer, loop = REQUEST.get(), asyncio.get_running_loop()
        if outer.budget_s <= self.deadline_s:
            return await self._observed(outer, arguments)
        if outer is NOBODY:
            outer = Request(id=self.admission.ids.new(), caller="direct")
        now_s = loop.time()
        deadline = min(outer.deadline, now_s + self.deadline_s)
        inner = Request(id=outer.id, caller=outer.caller, budget_s=deadline - now_s, deadline=deadline, delivery=outer.delivery)
        token = REQUEST.set(inner)
        try:
            async with asyncio.timeout_at(deadline):
                return await self._observed(inner, arguments)
        except TimeoutError as error:
            facts = {"cell": self.cell, "operation": self.name, "deadline_s": round(inner.budget_s, 3)}
            if error.__cause__ is not None and error.__cause__.args == (WAITING,):
                self.errors["refused"] += 1
                raise DeadlinePassed(**facts) from error
            raise Interrupted(**facts) from error
        finally:
            REQUEST.reset(token)

    async def _observed(self, request: Request, arguments: tuple[Any, ...]) -> Any:
        started, outcome, result, error = perf_counter(), "completed", None, None
        try:
            result = await self._attempt(request, arguments)
        except BaseException as raised:
            error, outcome = raised, outcome_of(raised)
            raise
        else:
            return result
        finally:
            elapsed_s = perf_counter() - started
            self.histogram.add(elapsed_s)
            self.samples += 1
            if self.samples % BYTES_EVERY == 1:
                self.bytes_measured += 1
                self.bytes_total += self.size_of((arguments, result))
            for observer in self.observers:
                self._tell(observer, CallRecord(
                    cell=self.cell, operation=self.name, arguments=arguments, outcome=outcome, result=result, error=error, chain=chain(),
                    elapsed_s=elapsed_s, request=request.id, caller=request.caller, generation=self.admission.resident.generation,
                ))  # fmt: skip

    def _tell(self, observer: Observer, record: CallRecord) -> None:
        try:
            observer(record)
        except Exception as error:  # noqa: BLE001 - an observer cannot change an outcome
            self.admission.complain(f"observer {observer!r}: {type(error).__name__}: {error}")

    async def _attempt(self, request: Request, arguments: tuple[Any, ...]) -> Any:
        try:
            if self.description.conditions:
                await self._check(arguments)
            if asyncio.get_running_loop().time() >= request.deadline:
                raise DeadlinePassed(cell=self.cell, operation=self.name, deadline_s=round(request.budget_s, 3))
            resident = self.admission.resident
            if resident.running < resident.room:
                resident.running += 1
            else:
                resident = await self.admission.enter()
        except Refused:
            self.errors["refused"] += 1
            raise
        try:
            result = await getattr(resident, f"call_{self.name}")(*arguments)
        except BaseException as error:  # noqa: BLE001 - settle raises it again, with its outcome
            return await self.settle(resident, error, arguments)
        else:
            self.admission.succeeded()
            return result
        finally:
            resident.running -= 1
            if resident.watched:
                resident.left()

    async def settle(self, resident: Resident, error: BaseException, arguments: tuple[Any, ...]) -> Any:
        """Give a raised error its outcome; run an idempotent call again whose generation was closed under it."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            self.admission.stumbled(cancelled=True)
            self.errors["unknown"] += 1
            if not resident.lost or task is None or not task.cancelling():
                raise asyncio.CancelledError from error
            task.uncancel()
            if self.description.idempotent:
                return await self._observed(REQUEST.get(), arguments)
            raise Lost(cell=self.cell, operation=self.name) from error
        if not isinstance(error, Exception):
            raise error
        judged = self._judge(error)
        self.errors[outcome_of(judged)] += 1
        if isinstance(judged, CellError):
            self.admission.succeeded()
        else:
            self.admission.stumbled()
        raise judged from (None if judged is error else error)

    def _judge(self, error: Exception) -> Exception:
        if isinstance(error, self.declared):
            return error
        facts = {"cell": self.cell, "operation": self.name, "error": type(error).__name__, "text": str(error), "request": REQUEST.get().id}
        return Unknown(**facts) if isinstance(error, Unknown) else Failed(**facts)


def outcome_of(error: BaseException) -> str:
    """Return which of the four outcomes an error is.

    >>> outcome_of(ValueError())
    'failed'
    """
    unknown = isinstance(error, (Unknown, asyncio.CancelledError))
    return "refused" if isinstance(error, Refused) else "unknown" if unknown else "failed"


async def enter(operation: Operation, arguments: tuple[Any, ...], *, deadline_s: float | None = None, **request: Any) -> Any:
    """Call an operation from outside the system: a new request, with a shorter deadline where one is given.

    What is known of the request: `id`, `caller`, and the `delivery` of an event.

    Raises:
        Refused, Failed, Unknown: the outcome; or an error that the contract declares.
    """
    deadline = float("inf") if deadline_s is None else asyncio.get_running_loop().time() + deadline_s
    token = REQUEST.set(Request(deadline=deadline, **request))
    try:
        return await operation.function(None, *arguments)
    finally:
        REQUEST.reset(token)


def make_handle(contract: type[Contract], operations_: dict[str, Operation]) -> Any:
    """Make the handle of a cell: an instance of its contract whose operations run through the call path."""
    methods = {name: operations_[name].function for name in operations(contract)}
    return type(f"{contract.__name__}Handle", (contract,), methods)()
