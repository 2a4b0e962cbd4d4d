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
from typing import Any, cast

from planaria.kernel.admission import WAITING, Admission, Resident
from planaria.kernel.contract import Contract, OperationDescription, operations
from planaria.kernel.error import CellError, Failed, Raised, Refused, Unknown
from planaria.kernel.request import REQUEST, WRAPPER, Request, chain
from planaria.kernel.stream import flow

SHAPE = """
async def {name}(_handle{parameters}):
    _op.left -= 1
    _held = _admission.resident
    if _op.left < 0 or _held.running >= _held.room or _request().budget_s > _op.deadline_s{conditions}:
        _held = None
        return await _slow(({arguments}))
    _held.running += 1
    try:
        return await _held.call_{name}({plain})
    except BaseException as _error:
        _settle(_held, _error)
    finally:
        _held.running -= 1
        if _held.watched:
            _held.left()
    return await _again(({arguments}))
"""
STREAM = """
def {name}(_handle{parameters}):
    return _flow(_call, ({arguments}))
"""
SAMPLED_EVERY = 64


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

    def __init__(self, description: OperationDescription, admission: Admission) -> None:
        self.description, self.admission = description, admission
        self.name, self.cell, self.deadline_s = description.name, admission.cell, float(description.deadline_s)
        self.names = [one.name for one in description.parameters]
        self.conditions = [(one, one.names, one.stateful) for one in description.conditions]
        self.observers: tuple[Observer, ...] = ()
        self.samplers: tuple[Observer, ...] = ()  # see only the calls that are timed anyway: those that enter, and a sample of the others
        self.errors = {"refused": 0, "failed": 0, "unknown": 0}
        self.base, self.period, self.left = 0, SAMPLED_EVERY, SAMPLED_EVERY - 1
        self.function = self._compile(SHAPE)
        self.method = self._compile(STREAM) if description.streams else self.function

    def _compile(self, shape: str) -> Callable[..., Any]:
        defaults = {f"_default_{one.name}": one.default for one in self.description.parameters if not one.required}
        parameters = "".join(f", {name}=_default_{name}" if f"_default_{name}" in defaults else f", {name}" for name in self.names)
        plain = ", ".join(self.names)
        arguments = f"{plain}," if plain else ""
        conditions = f" or not _holds(({arguments}))" if self.conditions else ""
        namespace: dict[str, Any] = {
            "_op": self, "_admission": self.admission, "_request": REQUEST.get, "_holds": self._holds, "_slow": self.slow,
            "_settle": self._settle, "_flow": flow, "_call": getattr(self, "function", None), **defaults,
            "_again": lambda given: self._observed(REQUEST.get(), given, again=True),
        }  # fmt: skip
        source = shape.format(name=self.name, parameters=parameters, arguments=arguments, plain=plain, conditions=conditions)
        exec(compile(source, WRAPPER, "exec"), namespace)  # noqa: S102 - a fixed shape; the names come from a checked signature
        function: Callable[..., Any] = namespace[self.name]
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

    def _holds(self, arguments: tuple[Any, ...]) -> bool:
        given = dict(zip(self.names, arguments, strict=True))
        try:
            return all(not stateful and one.predicate(*map(given.__getitem__, names)) for one, names, stateful in self.conditions)
        except Exception:  # noqa: BLE001 - a predicate that cannot decide has not held; the slow path names it
            return False

    async def _planaria_check(self, arguments: tuple[Any, ...]) -> None:
        given = dict(zip(self.names, arguments, strict=True), self=self.admission.own_handle)
        for condition, names, _ in self.conditions:
            doubt = ""
            try:
                holds = condition.predicate(*map(given.__getitem__, names))
                holds = await holds if isinstance(holds, Awaitable) else holds
            except Refused:
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
        inner, now_s = outer, loop.time()
        if not outer.id or outer.budget_s < float("inf"):  # otherwise it was made by `enter` for this call alone
            inner = Request(id=outer.id or self.admission.ids.new(), caller=outer.caller or "direct", delivery=outer.delivery)
        inner.deadline = min(outer.deadline, now_s + self.deadline_s)
        inner.budget_s = inner.deadline - now_s
        token, task = REQUEST.set(inner), cast("asyncio.Task[Any]", asyncio.current_task())
        before, timer = task.cancelling(), loop.call_at(inner.deadline, inner.expire, task)
        try:
            return await self._observed(inner, arguments)
        except asyncio.CancelledError as error:
            if not inner.expired or task.cancelling() - 1 > before:
                raise
            facts = {"cell": self.cell, "operation": self.name, "deadline_s": round(inner.budget_s, 3)}
            raise (DeadlinePassed if outcome_of(error) == "refused" else Interrupted)(**facts) from error
        finally:
            if inner.expired:
                task.uncancel()
            timer.cancel()
            inner.over()
            REQUEST.reset(token)

    async def _observed(self, request: Request, arguments: tuple[Any, ...], *, again: bool = False) -> Any:
        started, outcome, result, error, _held = perf_counter(), "completed", None, None, None
        try:
            while True:
                _held = await self._place(request, arguments, again=again)
                try:
                    result = await getattr(_held, f"call_{self.name}")(*arguments)
                    self.admission.succeeded()
                    return result
                except BaseException as raised:  # noqa: BLE001 - settle raises it again, with its outcome
                    self._settle(_held, raised)
                    again = True
                finally:
                    _held.leave()
        except BaseException as raised:
            error, outcome = raised, outcome_of(raised)
            raise
        finally:
            if told := self.samplers + self.observers:
                record = CallRecord(
                    cell=self.cell, operation=self.name, arguments=arguments, outcome=outcome, result=result, error=error,
                    elapsed_s=perf_counter() - started, chain=chain(), request=request.id, caller=request.caller,
                    generation=(_held or self.admission.resident).generation,
                )  # fmt: skip
                for observer in told:
                    self._tell(observer, record)

    def _tell(self, observer: Observer, record: CallRecord) -> None:
        try:
            observer(record)
        except Exception as error:  # noqa: BLE001 - an observer cannot change an outcome
            self.admission.complain(f"observer {observer!r}: {type(error).__name__}: {error}")

    async def _place(self, request: Request, arguments: tuple[Any, ...], *, again: bool) -> Resident:
        """Check the conditions and take a place; what stops a call here is a refusal, but not when it has run before."""
        try:
            if self.conditions and not self._holds(arguments):
                await self._planaria_check(arguments)
            if asyncio.get_running_loop().time() >= request.deadline:
                raise DeadlinePassed(cell=self.cell, operation=self.name, deadline_s=round(request.budget_s, 3))
            resident = self.admission.resident
            if resident.running >= resident.room:
                return await self.admission.enter()
            resident.running += 1
            return resident
        except (Refused, asyncio.CancelledError) as error:
            judged: BaseException = Lost(cell=self.cell, operation=self.name) if again else error
            if isinstance(error, asyncio.CancelledError):
                judged = asyncio.CancelledError(*() if again else (WAITING,))
            self.errors[outcome_of(judged)] += 1
            raise judged from (error.__cause__ if judged is error else error)

    def _settle(self, resident: Resident, error: BaseException) -> None:
        """Raise an error again with its outcome; return where an idempotent call is to run again, its generation was closed under it."""
        task = asyncio.current_task() if isinstance(error, asyncio.CancelledError) else None
        if task is not None and task.cancelling():
            self.admission.stumbled(resident, cancelled=True)
            if task in resident.lost:
                task.uncancel()
                if self.description.idempotent:
                    return
            judged: BaseException = Lost(cell=self.cell, operation=self.name) if task in resident.lost else asyncio.CancelledError()
        else:
            judged = self._judge(error)
            if isinstance(judged, CellError):
                self.admission.succeeded()
            elif isinstance(judged, Exception):
                self.admission.stumbled(resident)
        self.errors[outcome_of(judged)] += 1
        raise judged from (error.__cause__ if judged is error else error)

    def _judge(self, error: BaseException) -> BaseException:
        if isinstance(error, self.description.errors) or not isinstance(error, (Exception, asyncio.CancelledError)):
            return error
        facts = {"cell": self.cell, "operation": self.name, "error": type(error).__name__, "text": str(error), "request": REQUEST.get().id}
        kind = Refused if isinstance(error, Refused) and error.unsent else Unknown if isinstance(error, Unknown) else Failed
        return kind(**facts | (error.facts if isinstance(error, Raised) else {}))


def outcome_of(error: BaseException) -> str:
    """Return which of the four outcomes an error is.

    >>> outcome_of(ValueError())
    'failed'
    """
    if isinstance(error, Refused) or (isinstance(error, asyncio.CancelledError) and error.args == (WAITING,)):
        return "refused"
    return "unknown" if isinstance(error, (Unknown, asyncio.CancelledError)) else "failed"


async def enter(operation: Operation, arguments: tuple[Any, ...], *, deadline_s: float | None = None, **request: Any) -> Any:
    """Call an operation from outside the system: a new request, with a shorter deadline where one is given (streams: see `stream.flow`).

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
    methods = {name: operations_[name].method for name in operations(contract)}
    return type(f"{contract.__name__}Handle", (contract,), methods)()
