"""A contract as WIT: the interface that a component in any language exports to be a cell.

Why: a cell written in C or JavaScript must meet the same contract as one in Python, so the contract is said in the one
language that components are checked by; the text is for people and binding generators, the tree for the check at open.
Decision D-101: every operation gives `result<T, error>`, where `error` has a case for each error that the contract
declares, and `failed` for all else. Because a trap ends the instance, and an error must not. Revisit when a binding
generator makes a burden of it.
Decision D-102: a stream is three functions: open it, take the next items (none: it is over), close it. Because WIT's own
streams need an engine and languages that few have yet. Revisit when componentize-js and C bindings carry `stream<T>`.
Decision D-103: there is no WASI. What a component may import stands in its world: the cells it is granted, its own state,
a log, and the clock and random numbers where its contract declares them. Because an import is the only way out of a guest,
and WASI opens many. Revisit when a language cannot be compiled without it.
Not here: types (`shape`), values (`canonical`), the cell that runs (`component`).
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from planaria.kernel.contract import Contract, OperationDescription, describe
from planaria.kernel.error import CellError, Several
from planaria.kernel.system import cell_name
from planaria.placement.right import effects_of
from planaria.placement.wasm.name import Names, kebab
from planaria.placement.wasm.shape import Part, Shape, Shapes

CELLS, HOST = "planaria:cells", "planaria:host"
U8, U32, U64, F64, S64, TEXT = (Shape(kind=one) for one in ("u8", "u32", "u64", "f64", "s64", "string"))
BLOB = Shape(kind="list", parts=(Part("", U8),), role="bytes", python=bytes)


class WitProblems(Several):
    """A contract that WIT cannot say."""

    code = "PLN-P801"
    why = "a component in another language sees a contract only through WIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of an interface; `step` says which part of a stream it is, or is empty."""

    name: str
    operation: str
    parameters: tuple[Part, ...]
    result: Shape | None
    step: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """The functions and named types of one contract, or of one thing that the host gives.

    `errors` are the errors that the cases of `error` after `failed` stand for.
    """

    package: str
    name: str
    functions: tuple[Function, ...]
    types: tuple[Shape, ...] = ()
    errors: tuple[type[CellError], ...] = ()
    doc: str = ""

    @property
    def path(self) -> str:
        """Return the name by which components import and export it."""
        return f"{self.package}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a component exports, the cells it may import, and what of the host it may import."""

    name: str
    exports: Interface
    cells: tuple[Interface, ...]
    host: tuple[Interface, ...]


def interface_of(contract: type[Contract]) -> Interface:
    """Return a contract as an interface, named after its cell.

    Raises:
        WitProblems: PLN-P801, with every type that WIT cannot say.

    >>> from planaria.kernel.contract import operation
    >>> class Greeter(Contract):
    ...     '''Greets.'''
    ...     @operation()
    ...     async def greet(self, name: str) -> str:
    ...         '''Greet by name.'''
    >>> [one.name for one in interface_of(Greeter).functions]
    ['greet']
    """
    known: Any = contract
    return _interface_of(known)


@functools.cache
def _interface_of(contract: Any) -> Interface:
    described = describe(contract)
    offered = described.operations + described.handlers
    names = Names()
    own = {one.name: _function_names(one, names) for one in offered}
    shapes = Shapes(names)
    errors = tuple(dict.fromkeys(error for one in offered for error in one.errors))
    error = _error_shape(shapes, errors)
    functions = tuple(each for one in offered for each in _functions(one, own[one.name], shapes, error))
    if shapes.problems:
        raise WitProblems.of(f"contract {described.name}", list(dict.fromkeys(shapes.problems)))
    return Interface(
        package=CELLS, name=kebab(cell_name(contract)), functions=functions, types=tuple(shapes.named), errors=errors, doc=described.doc
    )


def _function_names(one: OperationDescription, names: Names) -> tuple[str, ...]:
    return tuple(names.take(f"{one.name}-{step}" if step else one.name) for step in _steps(one))


def _steps(one: OperationDescription) -> tuple[str, ...]:
    return ("open", "next", "close") if one.streams else ("",)


def _error_shape(shapes: Shapes, errors: tuple[type[CellError], ...]) -> Shape:
    doc = "What went wrong where the contract declares nothing for it: the name of the error, and its text."
    failure = shapes.define(Shape(kind="record", parts=(Part("name", TEXT), Part("text", TEXT)), doc=doc), "failure")
    names = Names(["failed"])
    cases = [Part("failed", failure)]
    if errors:
        kinds = (("empty", None), ("truth", Shape(kind="bool")), ("whole", S64), ("number", F64), ("text", TEXT))
        fact = shapes.define(Shape(kind="variant", parts=tuple(Part(*one) for one in kinds)), "fact")
        pair = Shape(kind="tuple", parts=(Part("0", TEXT), Part("1", fact)))
        facts = shapes.define(Shape(kind="list", parts=(Part("", pair),), doc="The facts of a declared error, by name."), "facts")
        cases += [Part(names.take(one.__name__), facts) for one in errors]
    return shapes.define(Shape(kind="variant", parts=tuple(cases), role="error", python=errors), "error")


def _functions(one: OperationDescription, names: tuple[str, ...], shapes: Shapes, error: Shape) -> list[Function]:
    scope = Names()
    parameters = tuple(Part(scope.take(each.name), shapes.of(each.type, where=f"{one.name}-{each.name}")) for each in one.parameters)
    returns = None if one.returns in (None, type(None)) else shapes.of(one.returns, where=f"{one.name}-result")

    def result(ok: Shape | None) -> Shape:
        return Shape(kind="result", parts=(Part("ok", ok), Part("err", error)))

    doc = _doc(one)
    if len(names) == 1:
        return [Function(name=names[0], operation=one.name, parameters=parameters, result=result(returns), doc=doc)]
    handle = (Part("stream", U32),)
    items = Shape(kind="list", parts=(Part("", returns or shapes.of(None, where="item")),), role="many", python=tuple)
    return [
        Function(name=names[0], operation=one.name, parameters=parameters, result=result(U32), step="open", doc=doc),
        Function(
            name=names[1], operation=one.name, parameters=handle, result=result(items), step="next", doc="The next items; none: over."
        ),
        Function(name=names[2], operation=one.name, parameters=handle, result=None, step="close", doc="Nobody wants more of it."),
    ]


def _doc(one: OperationDescription) -> str:
    said = one.doc.partition(">>>")[0].strip()
    facts = [f"Requires: {each.text}." for each in one.conditions]
    facts += [f"Fails with: {', '.join(each.__name__ for each in one.errors)}."] if one.errors else []
    kind = "idempotent, " if one.idempotent else ""
    return "\n".join([*([said, ""] if said else []), *facts, f"It is {kind}to be done within {one.deadline_s:g} s."])


def world_of(contract: type[Contract], uses: Iterable[type[Contract]] = ()) -> World:
    """Return the world of a cell: its contract, and all that it may import.

    Raises:
        WitProblems: PLN-P801.

    >>> world_of(type("Quiet", (Contract,), {})).name
    'cell'
    """
    exports, used = interface_of(contract), tuple(interface_of(one) for one in uses)
    name = Names([exports.name, *(one.name for one in used)]).take("cell")
    declared = {one.kind for one in effects_of(contract)}
    host = (_log(), _state(contract), *((_clock(),) if "clock" in declared else ()), *((_chance(),) if "chance" in declared else ()))
    return World(name=name, exports=exports, cells=used, host=host)


def _host(name: str, doc: str, *functions: Function, types: tuple[Shape, ...] = ()) -> Interface:
    return Interface(package=HOST, name=name, functions=functions, types=types, doc=doc)


def _function(name: str, parameters: tuple[Part, ...], result: Shape | None, doc: str) -> Function:
    return Function(name=name, operation=name, parameters=parameters, result=result, doc=doc)


def _log() -> Interface:
    return _host("log", "Lines for whoever runs the system.", _function("write", (Part("line", TEXT),), None, "Write one line."))


def _clock() -> Interface:
    return _host("clock", "The time of day.", _function("now", (), F64, "Seconds since 1970, UTC."))


def _chance() -> Interface:
    return _host("chance", "Random numbers.", _function("number", (), U64, "64 bits that nobody can foretell."))


def _state(contract: type[Contract]) -> Interface:
    """Return the cell's own tables; where the contract has events, they are emitted in the same transaction as what is written."""
    shapes, events = Shapes(Names(["read", "write"])), describe(contract).events
    kinds = (("null", None), ("whole", S64), ("number", F64), ("text", TEXT), ("blob", BLOB))
    value = shapes.define(Shape(kind="variant", parts=tuple(Part(*one) for one in kinds)), "value")
    values = Shape(kind="list", parts=(Part("", value),))
    statement = shapes.define(Shape(kind="record", parts=(Part("sql", TEXT), Part("parameters", values))), "statement")
    row = shapes.define(Shape(kind="list", parts=(Part("", value),)), "row")
    rows, statements = Shape(kind="list", parts=(Part("", row),)), Shape(kind="list", parts=(Part("", statement),))
    parameters = [Part("statements", statements)]
    if events:
        names = Names()
        cases = tuple(Part(names.take(one.name), shapes.of(one.type, where=one.name)) for one in events)
        fact = shapes.define(Shape(kind="variant", parts=cases, role="event"), "event")
        parameters.append(Part("events", Shape(kind="list", parts=(Part("", fact),))))
    if shapes.problems:
        raise WitProblems.of(f"events of contract {contract.__qualname__}", shapes.problems)
    error = Part("err", TEXT)
    whole = Shape(kind="list", parts=(Part("", rows),))
    read = _function(
        "read", (Part("statement", statement),), Shape(kind="result", parts=(Part("ok", rows), error)), "Read on one snapshot."
    )
    said = "Run statements in one transaction, all or none; each gives its rows." + (" The events go with it." if events else "")
    write = _function("write", tuple(parameters), Shape(kind="result", parts=(Part("ok", whole), error)), said)
    doc = f"The cell's own tables, which are named {cell_name(contract)}__*."
    return _host("state", doc, read, write, types=tuple(shapes.named))
