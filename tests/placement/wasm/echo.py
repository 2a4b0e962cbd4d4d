"""A component that gives back what it gets, for any contract, in one instruction.

Each operation takes its value first, and then so much else that all arguments lie in memory. The host asks the component
for that memory; it keeps room before it, so the answer `ok(value)` is the arguments themselves with a zero before them.
"""

from typing import Any

from planaria.kernel.contract import Contract, operation
from planaria.kernel.error import CellError
from planaria.placement.wasm.shape import Shape
from planaria.placement.wasm.wit import interface_of

PADDING = (0,) * 17
PADDED: Any = tuple.__class_getitem__((int,) * 17)
MODULE = """
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 31)) (i32.const -16)))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $more (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))
        unreachable))
    (memory.copy (local.get $at) (local.get $old) (local.get $old_size))
    (local.get $at))
  (func $echo4 (param $at i32) (result i32)
    (i32.store8 (i32.sub (local.get $at) (i32.const 4)) (i32.const 0))
    (i32.sub (local.get $at) (i32.const 4)))
  (func $echo8 (param $at i32) (result i32)
    (i32.store8 (i32.sub (local.get $at) (i32.const 8)) (i32.const 0))
    (i32.sub (local.get $at) (i32.const 8)))
  (func $post (param i32) (global.set $next (i32.const 1024)))
  {exports})
"""


class Never(CellError):
    """Is never raised."""

    code = "ECHO-1"


def echo_contract(types: dict[str, Any]) -> type[Contract]:
    """Return a contract with one operation per type, named as the dictionary says."""

    def named(type_: Any) -> Any:
        async def give(self: Any, value: Any, padding: Any) -> Any:
            raise NotImplementedError

        give.__annotations__ = {"value": type_, "padding": PADDED, "return": type_}
        return operation(errors=(Never,))(give)

    return type("Echo", (Contract,), {name: named(type_) for name, type_ in types.items()})


def echo_text(contract: type[Contract]) -> str:
    """Return the module for such a contract."""
    interface = interface_of(contract)
    lines = []
    for one in interface.functions:
        shape = one.parameters[0].shape
        assert shape is not None
        size = 8 if alignment(shape) == 8 else 4
        lines.append(f'(export "{interface.path}#{one.name}" (func $echo{size}))')
        lines.append(f'(export "cabi_post_{interface.path}#{one.name}" (func $post))')
    return MODULE.replace("{exports}", "\n  ".join(lines))


def alignment(shape: Shape) -> int:
    """Return the alignment of a type in a component's memory (Canonical ABI)."""
    if shape.kind in ("s64", "u64", "f64"):
        return 8
    if shape.kind in ("string", "list"):
        return 4
    return max((alignment(one.shape) for one in shape.parts if one.shape), default=1)
