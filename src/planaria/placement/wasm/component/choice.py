"""Variants and results: one value out of several shapes, told apart by the name of its case.

Why: a declared error is a case with its facts, and whatever else goes wrong is the case `failed`, so an error crosses as
itself in both directions.
Not here: all other shapes (`canonical`).
"""

from collections.abc import Callable
from typing import Any

from planaria.kernel.error import Raised
from planaria.placement.wasm.component.layout import ANSWER, KINDS, NAMED, VAL, Carrier, Make, names_of, place_of, read, wrong
from planaria.placement.wasm.component.memory import Memory
from planaria.placement.wasm.component.word import bounded_facts, fact_of, one_line
from planaria.placement.wasm.shape import Shape

FAILED = "failed"


class _Cases:
    """The cases of one variant, by name."""

    def __init__(self, make: Make, shape: Shape) -> None:
        self.names = [one.name for one in shape.parts]
        self.carriers = [None if one.shape is None else make(one.shape) for one in shape.parts]
        self.kept = names_of(shape.parts)
        self.known = dict(zip(self.names, zip(map(place_of, self.kept), self.carriers, strict=True), strict=True))
        self.lifts = {data.value: (name, one and one.lift) for data, name, one in zip(self.kept, self.names, self.carriers, strict=True)}

    def lower(self, name: str, payload: Any, to: tuple[Memory, memoryview, int]) -> None:
        memory, view, at = to
        place, carrier = self.known[name]
        if carrier is None:
            NAMED.pack_into(view, at, KINDS["variant"], *place, 0)
            return
        block, start, address = memory.take(VAL)
        NAMED.pack_into(view, at, KINDS["variant"], *place, address)
        carrier.lower(payload, memory, block, start)

    def lift(self, block: bytes, at: int) -> tuple[str, Any]:
        _, size, address, payload = NAMED.unpack_from(block, at)
        name, lift = self.lifts[read(address, size)]
        return name, None if lift is None else lift(read(payload, VAL), 0)


def variant_carrier(make: Make, shape: Shape) -> Carrier:
    """Make the carrier of a variant; one without a role carries pairs of case and payload.

    >>> from planaria.placement.wasm.component.canonical import carrier_of
    >>> carrier_of(Shape(kind="variant", parts=())).fits(1)
    False
    """
    cases = _Cases(make, shape)
    if shape.role == "error":
        return _error(cases, shape)
    if shape.role == "":
        return Carrier(
            lambda value, memory, view, at: cases.lower(value[0], value[1], (memory, view, at)),
            cases.lift,
            lambda value: value in cases.names,
        )
    fitting: list[tuple[str, Callable[[Any], bool]]] = [
        (name, one.fits) for name, one in zip(cases.names, cases.carriers, strict=True) if one
    ]

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        problem = wrong(value, shape)
        for name in [name for name, fits in fitting if fits(value)]:
            try:
                cases.lower(name, value, (memory, view, at))
            except ValueError as error:
                problem = error
            else:
                return
        raise problem

    return Carrier(lower, lambda block, at: cases.lift(block, at)[1], lambda value: any(fits(value) for _, fits in fitting))


def _error(cases: _Cases, shape: Shape) -> Carrier:
    classes = dict(zip(cases.names[1:], shape.python, strict=True))

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        for name, one in classes.items():
            if isinstance(value, one):
                cases.lower(name, [(str(key), fact_of(each)) for key, each in value.facts.items()], (memory, view, at))
                return
        facts = value.facts if isinstance(value, Raised) else {"error": getattr(value, "code", type(value).__name__), "text": value}
        cases.lower(FAILED, (one_line(facts["error"]), one_line(facts["text"])), (memory, view, at))

    def lift(block: bytes, at: int) -> Exception:
        name, payload = cases.lift(block, at)
        if name == FAILED:
            return Raised(error=one_line(payload[0]), text=one_line(payload[1]))
        found: Exception = classes[name](**bounded_facts(payload))
        return found

    return Carrier(lower, lift, lambda value: isinstance(value, Exception))


def result_carrier(make: Make, shape: Shape) -> Carrier:
    """Make the carrier of a result, which is a pair: whether it is one, and the value or the error.

    >>> from planaria.placement.wasm.component.canonical import carrier_of
    >>> from planaria.placement.wasm.shape import Part
    >>> carrier_of(Shape(kind="result", parts=(Part("ok", None), Part("err", None)))).fits((True, None))
    True
    """
    err, ok = (None if one.shape is None else make(one.shape) for one in reversed(shape.parts))
    kind = KINDS["result"]

    def lower(value: Any, memory: Memory, view: memoryview, at: int) -> None:
        carrier = ok if value[0] else err
        if carrier is None:
            ANSWER.pack_into(view, at, kind, value[0], 0)
            return
        block, start, address = memory.take(VAL)
        ANSWER.pack_into(view, at, kind, value[0], address)
        carrier.lower(value[1], memory, block, start)

    def lift(block: bytes, at: int) -> tuple[bool, Any]:
        _, good, address = ANSWER.unpack_from(block, at)
        carrier = ok if good else err
        return good, None if carrier is None else carrier.lift(read(address, VAL), 0)

    return Carrier(lower, lift, lambda value: isinstance(value, tuple))
