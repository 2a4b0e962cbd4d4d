"""Whether a component is what its contract says: every export and import compared, every difference told.

Why: a component that was built for another contract must be refused when it is opened, not at its thousandth call; and
whoever built it wants all differences of one pass.
Not here: the contract's side (`wit`), running it (`component`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from planaria.placement.wasm.shape import Part, Shape
from planaria.placement.wasm.text import signature
from planaria.placement.wasm.wit import CELLS, HOST, Function, Interface, World

SIMPLE = {
    "Bool": "bool", "U8": "u8", "U32": "u32", "S64": "s64", "U64": "u64", "F64": "f64", "String": "string", "S8": "s8", "S16": "s16",
    "S32": "s32", "U16": "u16", "F32": "f32", "Char": "char",
}  # fmt: skip


def problems_of(component: Any, engine: Any, world: World, cell: str) -> list[str]:
    """Return a sentence, with its cure, for each way in which a compiled component does not fit a world."""
    exports, imports = (
        {name: one.ty for name, one in each.items()} for each in (component.type.exports(engine), component.type.imports(engine))
    )
    found = exports.get(world.exports.path)
    if found is None:
        known = ", ".join(exports) or "nothing"
        problems = [f"it exports no {world.exports.path}, but {known}: build it from `planaria derive wit {cell}`"]
    else:
        problems = list(_differences(found.exports(engine), world.exports, whole=True))
    allowed = {one.path: one for one in (*world.cells, *world.host)}
    for name, one in imports.items():
        if name not in allowed:
            problems.append(_forbidden(name, cell))
        elif hasattr(one, "exports"):
            problems += _differences(one.exports(engine), allowed[name], whole=False)
    return problems


def _forbidden(name: str, cell: str) -> str:
    package, _, short = name.partition("/")
    if package == CELLS:
        return f"it imports {name}, a cell that system.py does not grant: add it to `uses` of system.add, or do without"
    if name in (f"{HOST}/clock", f"{HOST}/chance"):
        return f"it imports {name}, which its contract does not declare: add {short.capitalize()}() to an operation's `effects`"
    if package.startswith("wasi:"):
        return f"it imports {name}: a cell gets no WASI; build it without (in C freestanding, in JavaScript with disableFeatures)"
    return f"it imports {name}, which is not in its world: see `planaria derive wit {cell}`"


def _differences(found: Mapping[str, Any], interface: Interface, *, whole: bool) -> Iterator[str]:
    for one in interface.functions:
        actual = getattr(found.get(one.name), "ty", None)
        if actual is None or not hasattr(actual, "params"):
            if whole:
                yield f"{interface.path} has no function '{one.name}': it is {signature(one)}"
            continue
        yield from (f"{interface.path}, function '{one.name}': {each}" for each in _of_function(actual, one))
    known = {one.name for one in interface.functions}
    if not whole:
        odd = [name for name, one in found.items() if name not in known and hasattr(one.ty, "params")]
        yield from (f"{interface.path} has no function '{name}' to import" for name in odd)


def _of_function(actual: Any, one: Function) -> Iterator[str]:
    given, wanted = [name for name, _ in actual.params], [part.name for part in one.parameters]
    if given != wanted:
        yield f"its parameters are ({', '.join(given)}), and must be ({', '.join(wanted)})"
        return
    for (name, type_), part in zip(actual.params, one.parameters, strict=True):
        yield from _of_shape(shape_from(type_), part.shape, f"parameter '{name}'")
    yield from _of_shape(None if actual.result is None else shape_from(actual.result), one.result, "its result")


def _of_shape(actual: Shape | None, wanted: Shape | None, place: str) -> Iterator[str]:
    if actual == wanted:
        return
    if actual is None or wanted is None or actual.kind != wanted.kind:
        yield f"{place} is {actual.whole if actual else 'nothing'}, and must be {wanted.text if wanted else 'nothing'}"
        return
    given, needed = ([one.name for one in each.parts] for each in (actual, wanted))
    if given != needed:
        word = "fields" if actual.kind == "record" else "elements" if actual.kind == "tuple" else "cases"
        yield f"{place} has the {word} {', '.join(given)}, and must have {', '.join(needed)}"
        return
    for one, other in zip(actual.parts, wanted.parts, strict=True):
        yield from _of_shape(one.shape, other.shape, f"{place}, {one.name}" if one.name else f"{place}, each")


def shape_from(type_: Any) -> Shape:
    """Return the shape that the engine gives for a type of a component.

    >>> shape_from(type("S64", (), {})()).kind
    's64'
    """
    name = type(type_).__name__
    if name in SIMPLE:
        return Shape(kind=SIMPLE[name])
    kind = name.removesuffix("Type").lower()
    return Shape(kind=kind, parts=tuple(_parts(kind, type_)))


def _parts(kind: str, type_: Any) -> Iterator[Part]:
    if kind in ("list", "option"):
        yield Part("", shape_from(type_.element if kind == "list" else type_.payload))
    elif kind == "tuple":
        yield from (Part(str(at), shape_from(one)) for at, one in enumerate(type_.elements))
    elif kind in ("record", "variant"):
        pairs = type_.fields if kind == "record" else type_.cases
        yield from (Part(name, None if one is None else shape_from(one)) for name, one in pairs)
    elif kind == "enum":
        yield from (Part(name, None) for name in type_.names)
    elif kind == "result":
        yield from (Part(name, None if one is None else shape_from(one)) for name, one in (("ok", type_.ok), ("err", type_.err)))
