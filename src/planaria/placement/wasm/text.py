"""WIT as text: a world as one file, the same bytes for the same contracts.

Why: people read it, and binding generators of other languages.
Not here: what it says (`wit`).
"""

from collections.abc import Iterator

from planaria.placement.wasm.name import written
from planaria.placement.wasm.shape import Shape
from planaria.placement.wasm.wit import CELLS, HOST, Function, Interface, World

WIDE = 100


def wit_text(world: World) -> str:
    """Return the WIT file of a world.

    >>> from planaria.kernel.contract import Contract
    >>> from planaria.placement.wasm.wit import world_of
    >>> print(wit_text(world_of(type("Quiet", (Contract,), {}))).splitlines()[0])
    package planaria:cells;
    """
    lines = [f"package {CELLS};", ""]
    for one in (world.exports, *world.cells):
        lines += [*_interface(one), ""]
    lines += [f"world {written(world.name)} {{", *(f"  import {written(one.name)};" for one in world.cells)]
    lines += [*(f"  import {one.path};" for one in world.host), "", f"  export {written(world.exports.name)};", "}", ""]
    lines += [f"package {HOST} {{"]
    for number, one in enumerate(world.host):
        lines += [*([""] if number else []), *(f"  {line}".rstrip() for line in _interface(one))]
    return "\n".join([*lines, "}", ""])


def _interface(one: Interface) -> Iterator[str]:
    yield from _doc(one.doc.partition(">>>")[0].strip(), "")
    yield f"interface {written(one.name)} {{"
    for shape in one.types:
        yield from _doc(shape.doc, "  ")
        yield from _definition(shape)
        yield ""
    for number, function in enumerate(one.functions):
        if number:
            yield ""
        yield from _doc(function.doc, "  ")
        yield f"  {written(function.name)}: {signature(function)};"
    yield "}"


def signature(one: Function) -> str:
    """Return the parameters and the result of a function as WIT has them.

    >>> from planaria.placement.wasm.wit import F64
    >>> signature(Function(name="now", operation="now", parameters=(), result=F64))
    'func() -> f64'
    """
    parameters = ", ".join(f"{written(part.name)}: {part.shape.text}" for part in one.parameters if part.shape)
    return f"func({parameters})" + (f" -> {one.result.text}" if one.result else "")


def _definition(shape: Shape) -> Iterator[str]:
    if shape.kind not in ("record", "variant", "enum"):
        yield f"  type {written(shape.name)} = {shape.whole};"
        return
    yield f"  {shape.kind} {written(shape.name)} {{"
    for part in shape.parts:
        inside = "" if part.shape is None else f": {part.shape.text}" if shape.kind == "record" else f"({part.shape.text})"
        yield f"    {written(part.name)}{inside},"
    yield "  }"


def _doc(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"{indent}/// {line}".rstrip()
