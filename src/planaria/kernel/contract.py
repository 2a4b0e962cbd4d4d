"""Contracts: abstract classes that last, and their description as plain data with a digest.

Why: the contract is what people review, and everything else leans on its description: the gateway, the gates, packs and
documents read `describe(contract)` and never the class.
Decision D-010: a precondition is an ordinary predicate that takes the parameters it names, because generated inputs,
callers and gates must all be able to run it. Revisit when a contract must be readable without Python.
Not here: running examples (`example`), calls (`call`).
"""

import ast
import doctest
import functools
import hashlib
import inspect
import json
import textwrap
import typing
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

from planaria.kernel.effect import Effect
from planaria.kernel.error import CellError, Several
from planaria.kernel.value import named_values, problems_of, type_text

F = TypeVar("F", bound=Callable[..., Any])
HOOKS = ("on_start", "on_stop", "background", "hand_over", "take_over")
REQUIRED = inspect.Parameter.empty


class ContractProblems(Several):
    """A contract that cannot be used, with every problem in it."""

    code = "PLN-C101"
    why = "a contract must be complete before anything runs behind it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One precondition: its sentence, its predicate, and the predicate's source without formatting (its code where there is none)."""

    text: str
    predicate: Callable[..., Any]
    source: str
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    stateful: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read once which parameters it takes, and whether it looks at state (takes `self`) or awaits: every call asks."""
        names = tuple(inspect.signature(self.predicate).parameters)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "stateful", "self" in names or inspect.iscoroutinefunction(self.predicate))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDeclaration:
    """An event that a contract emits; deliveries are in order per value of the field `key`."""

    type: type[Any]
    key: str

    @property
    def name(self) -> str:
        """Return the name under which it is stored."""
        return self.type.__qualname__


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an operation; `default` is `REQUIRED` where there is none."""

    name: str
    type: Any
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Say whether callers must give it."""
        return self.default is REQUIRED

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {"name": self.name, "type": type_text(self.type), "default": None if self.required else repr(self.default)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDescription:
    """An operation, or a handler of events, as a contract declares it."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: Any
    conditions: tuple[Condition, ...]
    doc: str
    examples: tuple[doctest.Example, ...]
    idempotent: bool
    deadline_s: float
    effects: tuple[Effect, ...] = ()
    errors: tuple[type[CellError], ...] = ()
    handles: type[Any] | None = None
    streams: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "name": self.name, "parameters": [one.plain() for one in self.parameters], "returns": type_text(self.returns), "doc": self.doc,
            **({"streams": True} if self.streams else {}),
            "idempotent": self.idempotent, "deadline_s": self.deadline_s, "effects": sorted(map(str, self.effects)),
            "errors": sorted(f"{error.code} {error.__qualname__}" for error in self.errors),
            "handles": type_text(self.handles) if self.handles else None,
            "requires": [{"text": one.text, "source": one.source} for one in self.conditions],
            "examples": [{"call": one.source.strip(), "gives": one.want.strip()} for one in self.examples],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDescription:
    """A contract as plain data."""

    name: str
    doc: str
    operations: tuple[OperationDescription, ...]
    handlers: tuple[OperationDescription, ...]
    events: tuple[EventDeclaration, ...]

    @property
    def values(self) -> dict[str, Any]:
        """Return every named value that crosses it, as data."""
        types_ = [type_ for one in self.operations + self.handlers for type_ in (one.returns, *(each.type for each in one.parameters))]
        return named_values([*types_, *(one.type for one in self.events)])

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "contract": self.name, "doc": self.doc, "values": self.values,
            "operations": [one.plain() for one in self.operations],
            "handlers": [one.plain() for one in self.handlers],
            "events": [{"event": one.name, "key": one.key} for one in self.events],
        }  # fmt: skip

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of its canonical bytes: compact JSON, sorted keys, formatting of the source ignored."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Contract:
    """Base of every contract: subclass it with operations, then subclass that with an implementation.

    >>> class Greeter(Contract):
    ...     '''Greets.'''
    ...     @operation(idempotent=True)
    ...     async def greet(self, name: str) -> str:
    ...         '''Greet by name.'''
    >>> describe(Greeter).operations[0].name
    'greet'
    """

    events: ClassVar[tuple[EventDeclaration, ...]] = ()

    async def on_start(self) -> None:
        """Prepare an implementation before its first call."""

    async def on_stop(self) -> None:
        """Release what `on_start` took."""

    async def background(self) -> None:
        """Work beside the calls; an exception here is a crash, and the cell is restarted."""

    async def hand_over(self) -> Any:
        """Return the memory that the next generation needs."""

    async def take_over(self, handed: Any) -> None:
        """Take the memory of the generation before."""


def operation(
    *, idempotent: bool = False, deadline_s: float = 30.0, effects: Iterable[Effect] | Effect = (), errors: Iterable[type[CellError]] = ()
) -> Callable[[F], F]:
    """Declare an async method of a contract as an operation; one that gives an `AsyncIterator` is a stream, declared by `def`.

    >>> class Clockwork(Contract):
    ...     @operation(deadline_s=2)
    ...     async def wind(self) -> None:
    ...         '''Wind it.'''
    """
    touched: Any = (effects,) if isinstance(effects, Effect) else tuple(effects)  # one alone is meant as it looks
    return _marking(idempotent=idempotent, deadline_s=deadline_s, effects=touched, errors=tuple(errors))


def handles(event_type: type[Any], *, deadline_s: float = 30.0) -> Callable[[F], F]:
    """Declare a method of a contract as the handler of another cell's event.

    >>> class Log(Contract):
    ...     @handles(int)
    ...     async def note(self, number: int) -> None:
    ...         '''Note it.'''
    >>> describe(Log).handlers[0].name
    'note'
    """
    return _marking(idempotent=True, deadline_s=deadline_s, handles=event_type)


def _marking(**mark: Any) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        function.__planaria_mark__ = mark  # type: ignore[attr-defined]  # a mark on a plain function
        return function

    return decorate


def requires(text: str, predicate: Callable[..., Any], /) -> Callable[[F], F]:
    """Declare a precondition; the predicate takes any of the parameters by name, and `self` for state.

    >>> class Shelf(Contract):
    ...     @operation()
    ...     @requires("the limit is positive", lambda limit: limit > 0)
    ...     async def take(self, limit: int) -> int:
    ...         '''Take some.'''
    >>> describe(Shelf).operations[0].conditions[0].text
    'the limit is positive'
    """

    def decorate(function: F) -> F:
        code, earlier = predicate.__code__, getattr(function, "__planaria_conditions__", ())
        one = Condition(text=text, predicate=predicate, source=f"{code.co_code.hex()} {code.co_names} {code.co_consts}")
        function.__planaria_conditions__ = (one, *earlier)  # type: ignore[attr-defined]  # a mark on a plain function
        return function

    return decorate


def event(type_: type[Any], *, key: str) -> EventDeclaration:
    """Declare an event that a contract emits, in order per value of its field `key`.

    >>> event(int, key="real").name
    'int'
    """
    return EventDeclaration(type=type_, key=key)


def describe(contract: type[Contract]) -> ContractDescription:
    """Describe a contract, a subclass of `Contract`, as plain data.

    Raises:
        ContractProblems: PLN-C101, with every problem found.
    """
    known: Any = contract
    return _describe(known)


@functools.cache
def _describe(contract: Any) -> ContractDescription:
    problems: list[str] = []
    sources = _condition_sources(contract)
    described: list[OperationDescription] = []
    for name, function in vars(contract).items():
        if hasattr(function, "__planaria_mark__"):
            described.append(_operation(contract, name, sources.get(name, []), problems))
        elif inspect.isfunction(function) and not name.startswith("_") and name not in HOOKS:
            problems.append(f"method '{name}' has no @operation: decorate it, or name it _{name}")
    problems += [f"event {one.name} has no field '{one.key}'" for one in contract.events if one.key not in typing.get_type_hints(one.type)]
    problems += [f"event {one.name}: {problem}" for one in contract.events for problem in problems_of(one.type)]
    if problems:
        raise ContractProblems.of(f"contract {contract.__qualname__}", problems)
    return ContractDescription(
        name=contract.__qualname__, doc=inspect.getdoc(contract) or "", events=contract.events,
        operations=tuple(one for one in described if one.handles is None),
        handlers=tuple(one for one in described if one.handles is not None),
    )  # fmt: skip


def _operation(contract: type[Contract], name: str, sources: list[str], problems: list[str]) -> OperationDescription:
    function = getattr(contract, name)
    hints, signature = typing.get_type_hints(function, include_extras=True), inspect.signature(function)
    if streams := typing.get_origin(hints.get("return")) is AsyncIterator:
        hints["return"] = typing.get_args(hints["return"])[0]
    if inspect.iscoroutinefunction(function) is streams or name in HOOKS:
        problems.append(f"operation '{name}' must be `async def` (or `def` that gives an AsyncIterator) and not one of {', '.join(HOOKS)}")
    problems += [f"operation '{name}' is a stream, and cannot be idempotent"] * (streams and function.__planaria_mark__["idempotent"])
    problems += [f"operation '{name}': '{one}' has no type" for one in [*list(signature.parameters)[1:], "return"] if one not in hints]
    problems += [f"operation '{name}': {one}: {text}" for one, type_ in hints.items() for text in problems_of(type_)]
    taken = list(signature.parameters.values())[1:]
    parameters = tuple(Parameter(name=one.name, type=hints.get(one.name, Any), default=one.default) for one in taken)
    problems += [f"operation '{name}': '{one.name}' may not begin with '_', be variadic or keyword-only" for one in taken if _unfit(one)]
    marks = getattr(function, "__planaria_conditions__", ())
    padded = [*sources, *[""] * len(marks)]
    conditions = tuple(replace(one, source=source or one.source) for one, source in zip(marks, padded, strict=False))
    unknown = {each for one in conditions for each in one.names} - {"self", *(one.name for one in parameters)}
    problems += [f"operation '{name}': a condition names '{one}', which is no parameter" for one in sorted(unknown)]
    handled, doc = function.__planaria_mark__.get("handles"), inspect.getdoc(function) or ""
    if handled is not None and [one.type for one in parameters] != [handled]:
        problems.append(f"handler '{name}' must take exactly one {type_text(handled)}")
    return OperationDescription(
        name=name, parameters=parameters, returns=hints.get("return", Any), conditions=conditions, doc=doc,
        examples=tuple(doctest.DocTestParser().get_examples(doc)), streams=streams, **function.__planaria_mark__,
    )  # fmt: skip


def _unfit(one: inspect.Parameter) -> bool:
    return one.name.startswith("_") or one.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD


def _condition_sources(contract: type[Contract]) -> dict[str, list[str]]:
    """Read each predicate from the contract's source, free of formatting; nothing where there is no source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(contract)))
    except (OSError, TypeError, IndentationError):
        return {}
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.AsyncFunctionDef, ast.FunctionDef)):
            calls = [one for one in node.decorator_list if isinstance(one, ast.Call) and ast.unparse(one.func).split(".")[-1] == "requires"]
            found[node.name] = [_predicate_source(contract, one.args[1]) for one in calls]
    return found


def _predicate_source(contract: type[Contract], node: ast.expr) -> str:
    named = getattr(inspect.getmodule(contract), node.id, None) if isinstance(node, ast.Name) else None
    return ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(named)))) if named else ast.unparse(node)


def operations(contract: type[Contract]) -> dict[str, OperationDescription]:
    """Return a contract's operations and handlers by name.

    >>> operations(type("Empty", (Contract,), {}))
    {}
    """
    return {one.name: one for one in (*describe(contract).operations, *describe(contract).handlers)}


def implementation_problems(contract: type[Contract], implementation: type[Contract]) -> list[str]:
    """Return a sentence for each way in which a class does not implement a contract.

    >>> implementation_problems(Contract, Contract)
    []
    """
    problems = []
    for name, declared in ({} if contract is Contract else operations(contract)).items():
        function = getattr(implementation, name)
        given, wanted = ", ".join(list(inspect.signature(function).parameters)[1:]), ", ".join(one.name for one in declared.parameters)
        if function is getattr(contract, name):
            problems.append(f"operation '{name}' is not implemented")
        elif not (inspect.isasyncgenfunction if declared.streams else inspect.iscoroutinefunction)(function):
            problems.append(f"operation '{name}' must be `async def`{' with `yield`' if declared.streams else ''}")
        elif given != wanted:
            problems.append(f"operation '{name}' takes ({given}), the contract says ({wanted})")
    return problems
