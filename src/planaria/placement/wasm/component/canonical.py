"""Values to the engine and back: one pair of functions per shape, made once.

Why: the engine's Python binding asks for the types anew at each call and carries a list of bytes one object at a time;
here a type is looked at once, a list of bytes is one copy, and a typed call costs little more than its crossing.
Not here: types (`shape`), variants and results (`choice`), calls (`instance`).
"""

import functools
import struct
from collections.abc import Callable, Mapping
from typing import Any

from planaria.placement.wasm.component.choice import result_carrier, variant_carrier
from planaria.placement.wasm.component.layout import (
    ENTRY,
    KINDS,
    PAIR,
    PLAIN,
    POINTER,
    VAL,
    Carrier,
    inside,
    names_of,
    place_of,
    read,
    wrong,
)  # fmt: skip
from planaria.placement.wasm.component.memory import Memory
from planaria.placement.wasm.shape import Shape

RANGES = {"u8": (0, 1 << 8), "u32": (0, 1 << 32), "s64": (-(1 << 63), 1 << 63), "u64": (0, 1 << 64)}
ENTRY_NAME = struct.Struct("=QQ32x")


def carrier_of(shape: Shape) -> Carrier:
    """Make the carrier of a shape.

    >>> memory, text = Memory(), carrier_of(Shape(kind="string", python=str))
    >>> view, at, address = memory.take(VAL)
    >>> text.lower("grün", memory, view, at)
    >>> text.lift(read(address, VAL), 0)
    'grün'
    """
    made: Carrier = _MAKERS[shape.kind](shape)
    return _checked(made, shape.check) if shape.check is not None else made


def _checked(made: Carrier, annotated: Any) -> Carrier:
    import msgspec

    if not any(isinstance(one, msgspec.Meta) for one in annotated.__metadata__):
        return made
    convert = msgspec.convert

    def lift(block: bytes, at: int) -> Any:
        return convert(made.lift(block, at), annotated, strict=True)  # raises ValidationError, a ValueError

    return made._replace(lift=lift)


def _number(shape: Shape) -> Carrier:
    kind, (low, high), form = KINDS[shape.kind], RANGES[shape.kind], PLAIN[shape.kind]
    pack, unpack = form.pack_into, form.unpack_from

    def lower(value: Any, _: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(value, shape)
        if not low <= value < high:
            raise ValueError(f"{value} is beyond {shape.kind}, which holds {low} to {high - 1}")
        pack(view, at, kind, value)

    return Carrier(lower, lambda block, at: unpack(block, at)[1], lambda value: isinstance(value, int) and not isinstance(value, bool))


def _plain(shape: Shape) -> Carrier:
    kind, form, accepted = KINDS[shape.kind], PLAIN[shape.kind], (bool,) if shape.kind == "bool" else (float, int)
    pack, unpack = form.pack_into, form.unpack_from

    def lower(value: Any, _: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, accepted) or (kind and isinstance(value, bool)):
            raise wrong(value, shape)
        try:
            pack(view, at, kind, value)
        except (OverflowError, struct.error) as error:
            raise ValueError(f"{value!r:.80} is beyond f64") from error

    return Carrier(lower, lambda block, at: unpack(block, at)[1], lambda value: isinstance(value, accepted[0]))


def _string(shape: Shape) -> Carrier:
    kind, spelled = KINDS["string"], shape.python if shape.role == "spelled" else None

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, str):
            raise wrong(value, shape)
        data = value.encode()  # a lone surrogate raises UnicodeEncodeError, a ValueError
        PAIR.pack_into(view, at, kind, len(data), memory.put(data))

    def lift(block: bytes, at: int) -> str:
        _, size, address = PAIR.unpack_from(block, at)
        return read(address, size).decode() if size else ""

    if spelled is None:
        return Carrier(lower, lift, lambda value: isinstance(value, str))
    import msgspec

    def lower_spelled(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, spelled):
            raise wrong(value, shape)
        lower(msgspec.to_builtins(value), memory, view, at)

    return Carrier(
        lower_spelled, lambda block, at: msgspec.convert(lift(block, at), spelled, strict=True), lambda value: isinstance(value, spelled)
    )


def _list(shape: Shape) -> Carrier:
    if shape.role == "bytes":
        return _bytes(shape)
    inner = carrier_of(inside(shape.parts[0]))
    kind, mapping, many = KINDS["list"], shape.role == "mapping", shape.python if shape.role == "many" else list
    fitting: Any = Mapping if mapping else many

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, fitting):
            raise wrong(value, shape)
        items = value.items() if mapping else value
        block, start, address = memory.take(VAL * len(value))
        PAIR.pack_into(view, at, kind, len(value), address)
        for place, one in enumerate(items):
            inner.lower(one, memory, block, start + VAL * place)

    def lift(block: bytes, at: int) -> Any:
        _, size, address = PAIR.unpack_from(block, at)
        block = read(address, VAL * size) if size else b""
        found = [inner.lift(block, place) for place in range(0, len(block), VAL)]
        if not mapping:
            return many(found)
        made = dict(found)
        if len(made) != len(found):
            raise ValueError("a key stands in a mapping more than once")
        return made

    return Carrier(lower, lift, lambda value: isinstance(value, fitting))


def _bytes(shape: Shape) -> Carrier:
    """Carry bytes, which are a list of values to the engine, in one step each way."""
    kind, byte = KINDS["list"], KINDS["u8"].to_bytes()

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, bytes):
            raise wrong(value, shape)
        size = VAL * len(value)
        block, start, address = memory.take(size)
        block[start : start + size : VAL] = byte * len(value)
        block[start + 8 : start + size : VAL] = value
        PAIR.pack_into(view, at, kind, len(value), address)

    def lift(block: bytes, at: int) -> bytes:
        _, size, address = PAIR.unpack_from(block, at)
        return read(address, VAL * size)[8::VAL] if size else b""

    return Carrier(lower, lift, lambda value: isinstance(value, bytes))


def _tuple(shape: Shape) -> Carrier:
    inner, kind = [carrier_of(inside(one)) for one in shape.parts], KINDS["tuple"]

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, tuple) or len(value) != len(inner):
            raise wrong(value, shape)
        block, start, address = memory.take(VAL * len(inner))
        PAIR.pack_into(view, at, kind, len(inner), address)
        for place, (one, part) in enumerate(zip(value, inner, strict=True)):
            part.lower(one, memory, block, start + VAL * place)

    def lift(block: bytes, at: int) -> tuple[Any, ...]:
        _, size, address = PAIR.unpack_from(block, at)
        block = read(address, VAL * size)
        return tuple(one.lift(block, VAL * place) for place, one in enumerate(inner))

    return Carrier(lower, lift, lambda value: isinstance(value, tuple) and len(value) == len(inner))


def _record(shape: Shape) -> Carrier:
    type_, names = shape.python if shape.role == "record" else (tuple, ())
    inner, kind = [carrier_of(inside(one)) for one in shape.parts], KINDS["record"]
    kept, pattern = names_of(shape.parts), b""
    for data in kept:
        pattern += ENTRY_NAME.pack(*place_of(data))

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        if not isinstance(value, type_):
            raise wrong(value, shape)
        block, start, address = memory.take(len(pattern))
        block[start : start + len(pattern)] = pattern
        PAIR.pack_into(view, at, kind, len(kept), address)
        items = [getattr(value, name) for name in names] if names else value
        for place, (one, part) in enumerate(zip(items, inner, strict=True)):
            part.lower(one, memory, block, start + ENTRY * place + 16)

    def lift(block: bytes, at: int) -> Any:
        _, size, address = PAIR.unpack_from(block, at)
        block = read(address, ENTRY * size)
        found = (one.lift(block, ENTRY * place + 16) for place, one in enumerate(inner))
        return type_(**dict(zip(names, found, strict=True))) if names else tuple(found)

    return Carrier(lower, lift, lambda value: isinstance(value, type_))


def _enum(shape: Shape) -> Carrier:
    kept, kind = names_of(shape.parts), KINDS["enum"]
    members = (shape.python(),) if shape.role == "only" else shape.python
    known = {(type(one), one): data for one, data in zip(members, kept, strict=True)}
    made = {data.value: one for one, data in zip(members, kept, strict=True)}

    def found(value: Any) -> Any:
        try:
            return known.get((type(value), value))
        except TypeError:  # it cannot be hashed, so it is none of them
            return None

    def lower(value: Any, _: Memory, view: memoryview, at: int) -> None:
        name = found(value)
        if name is None:
            raise wrong(value, shape)
        PAIR.pack_into(view, at, kind, *place_of(name))

    def lift(block: bytes, at: int) -> Any:
        _, size, address = PAIR.unpack_from(block, at)
        return made[read(address, size)]

    return Carrier(lower, lift, lambda value: found(value) is not None)


def _option(shape: Shape) -> Carrier:
    inner, kind = carrier_of(inside(shape.parts[0])), KINDS["option"]

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        if value is None:
            POINTER.pack_into(view, at, kind, 0)
            return
        block, start, address = memory.take(VAL)
        POINTER.pack_into(view, at, kind, address)
        inner.lower(value, memory, block, start)

    def lift(block: bytes, at: int) -> Any:
        address = POINTER.unpack_from(block, at)[1]
        return inner.lift(read(address, VAL), 0) if address else None

    return Carrier(lower, lift, lambda value: value is None or inner.fits(value))


_MAKERS: dict[str, Callable[[Shape], Carrier]] = {
    **dict.fromkeys(RANGES, _number), "bool": _plain, "f64": _plain, "string": _string, "list": _list, "tuple": _tuple, "record": _record,
    "enum": _enum, "option": _option, "variant": functools.partial(variant_carrier, carrier_of),
    "result": functools.partial(result_carrier, carrier_of),
}  # fmt: skip
