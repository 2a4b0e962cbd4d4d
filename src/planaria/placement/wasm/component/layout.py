"""The layout of values in the engine's C interface, and what carries a value in and out.

Source: `wasmtime_component_val_t` in wasmtime's C API (component/val.h): a kind in the first byte, the value from the
eighth, 32 bytes in all; lists and texts are a size and a pointer, fields a name and a value.
Not here: the carriers themselves (`canonical`, `choice`).
"""

import ctypes
import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from planaria.kernel.value import type_text
from planaria.placement.wasm.component.memory import Memory
from planaria.placement.wasm.shape import Part, Shape

VAL, ENTRY = 32, 48
KINDS = {
    "bool": 0, "u8": 2, "u32": 6, "s64": 7, "u64": 8, "f64": 10, "string": 12, "list": 13, "record": 14, "tuple": 15,
    "variant": 16, "enum": 17, "option": 18, "result": 19,
}  # fmt: skip
PLAIN = {
    one: struct.Struct(f"=B7x{code}") for one, code in (("bool", "?"), ("u8", "B"), ("u32", "I"), ("s64", "q"), ("u64", "Q"), ("f64", "d"))
}
PAIR, NAMED, POINTER, ANSWER = (struct.Struct(one) for one in ("=B7xQQ", "=B7xQQQ", "=B7xQ", "=B7x?7xQ"))
Lower = Callable[[Any, Memory, memoryview, int], None]
Lift = Callable[[bytes, int], Any]
read = ctypes.string_at


class Carrier(NamedTuple):
    """How values of one shape go in (`lower`: value, memory, view, where) and come out (`lift`: bytes, where).

    `fits` says whether a value is of this shape at first sight, where several are possible. A value that is not what the
    shape says raises `ValueError`.
    """

    lower: Lower
    lift: Lift
    fits: Callable[[Any], bool]


Make = Callable[[Shape], Carrier]


def wrong(value: Any, shape: Shape) -> ValueError:
    """Return the error of a value that a shape does not hold.

    >>> wrong(1, Shape(kind="string", python=str))
    ValueError('1 is no str')
    """
    return ValueError(f"{value!r:.80} is no {type_text(shape.python) if isinstance(shape.python, type) else shape.text}")


def names_of(parts: Iterable[Part]) -> list[Any]:
    """Return the names of parts as C strings, which stay where they are for as long as they are kept.

    >>> names_of([Part("ok", None)])[0].value
    b'ok'
    """
    return [ctypes.create_string_buffer(one.name.encode()) for one in parts]


def place_of(name: Any) -> tuple[int, int]:
    """Return the size and address of a C string.

    >>> place_of(names_of([Part("ok", None)])[0])[0]
    2
    """
    return len(name) - 1, ctypes.addressof(name)


def inside(part: Part) -> Shape:
    """Return the shape of a part that has one.

    >>> inside(Part("a", Shape(kind="s64"))).kind
    's64'
    """
    assert part.shape is not None, "fields and elements have a shape; only cases may have none"
    return part.shape
