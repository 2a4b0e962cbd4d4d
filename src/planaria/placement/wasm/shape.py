"""Shapes: a value type as WIT has it, with what is needed to make the Python value again.

Why: the WIT text, the check of a component's exports and the carrying of values must agree, so all three read one tree.
Decision D-100: int is s64, and a number beyond it is refused where it would cross, because silent wrapping changes
meaning. Decimal, UUID and the types of time are strings, written as JSON has them. Mappings are lists of pairs, because
WIT has no maps that every language binds. Bytes are `list<u8>`, which the engine carries value by value (100 kB: some
milliseconds): where that counts, declare text. Revisit when WIT has maps, and the engine a way for bytes.
Not here: interfaces and their text (`wit`), carrying values (`canonical`).
"""

import datetime as dt
import enum
import types
import typing
from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from planaria.kernel.value import fields_of, type_text
from planaria.placement.wasm.name import Names, kebab

PRIMITIVES: dict[Any, str] = {bool: "bool", int: "s64", float: "f64", str: "string"}
SPELLED: dict[Any, tuple[str, str]] = {
    dt.datetime: ("datetime", "ISO 8601 with its offset, as in 2026-03-01T12:30:00Z."),
    dt.date: ("date", "ISO 8601, as in 2026-03-01."),
    dt.time: ("time", "ISO 8601, as in 12:30:00."),
    dt.timedelta: ("duration", "ISO 8601, as in P1DT2.5S."),
    Decimal: ("decimal", "A decimal number with all its digits, as in 12.50."),
    UUID: ("uuid", "As in 8f14e45f-ceea-467a-9b36-0d5a1c6f0a11."),
}
JOINED_MAX = 48


class Part(NamedTuple):
    """One field, case or element; `shape` is None for a case without payload."""

    name: str
    shape: "Shape | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A type of WIT. What compares is only what WIT itself compares: kind and parts.

    `role` and `python` say how a Python value is read and made; `check` is the annotated type whose constraints a value
    from outside must meet.

    >>> Shape(kind="list", parts=(Part("", Shape(kind="s64")),)).text
    'list<s64>'
    """

    kind: str
    parts: tuple[Part, ...] = ()
    name: str = field(default="", compare=False)
    role: str = field(default="", compare=False)
    python: Any = field(default=None, compare=False)
    check: Any = field(default=None, compare=False)
    doc: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """Return the type as it is written where it is used."""
        from planaria.placement.wasm.name import written

        return written(self.name) if self.name else self.whole

    @property
    def whole(self) -> str:
        """Return the type as it is written without its name."""
        if self.kind in ("list", "option", "tuple"):
            return f"{self.kind}<{', '.join(one.shape.text for one in self.parts if one.shape)}>"
        if self.kind == "result":
            ok, err = (one.shape.text if one.shape else "_" for one in self.parts)
            return f"result<{ok}, {err}>"
        if not self.parts:
            return self.kind
        inside = ", ".join(one.name + (_inside(self.kind, one.shape) if one.shape else "") for one in self.parts)
        return f"{self.kind} {{ {inside} }}"


def _inside(kind: str, shape: Shape) -> str:
    return f": {shape.text}" if kind == "record" else f"({shape.text})"


class Shapes:
    """The shapes of one interface: each Python type once, named types in the order of their first use.

    >>> shapes = Shapes(Names())
    >>> shapes.of(tuple[int, ...], where="numbers").text
    'list<s64>'
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.problems: list[str] = []
        self.named: list[Shape] = []
        self.known: dict[Any, Shape] = {}
        self.open: list[Any] = []

    def of(self, type_: Any, *, where: str) -> Shape:
        """Return the shape of a value type; `where` names what has no name of its own. What cannot be said is a problem."""
        if type_ in self.known:
            return self.known[type_]
        if type_ in self.open:
            self.problems.append(f"{type_text(type_)} holds itself, and WIT has no recursive types: refer to the inner one by an id")
            return Shape(kind="string")
        self.open.append(type_)
        try:
            self.known[type_] = shape = self._make(type_, where)
        finally:
            self.open.pop()
        return shape

    def define(self, shape: Shape, name: str) -> Shape:
        """Give a shape a name of this interface."""
        named = replace(shape, name=self.names.take(name))
        self.named.append(named)
        return named

    def _make(self, type_: Any, where: str) -> Shape:
        origin, inside = typing.get_origin(type_), typing.get_args(type_)
        if isinstance(type_, typing.NewType):
            inner = self.of(type_.__supertype__, where=where)
            return inner if inner.name else self.define(inner, type_.__name__)
        if origin is typing.Annotated:
            return replace(self.of(inside[0], where=where), check=type_)
        if origin in (typing.Union, types.UnionType):
            return self._union(type_, where)
        if origin is typing.Literal:
            return self._enum(inside, where, "")
        if origin is not None:
            return self._container(type_, where)
        return self._plain(type_, where)

    def _plain(self, type_: Any, where: str) -> Shape:
        if type_ in PRIMITIVES:
            return Shape(kind=PRIMITIVES[type_], python=type_)
        if type_ is bytes:
            return Shape(kind="list", parts=(Part("", Shape(kind="u8")),), role="bytes", python=bytes)
        if type_ in SPELLED:
            name, doc = SPELLED[type_]
            return self.define(Shape(kind="string", role="spelled", python=type_, doc=doc), name)
        if type_ in (None, type(None)):
            return self.define(Shape(kind="enum", parts=(Part("nothing", None),), role="enum", python=(None,)), "nothing")
        if isinstance(type_, type) and issubclass(type_, enum.Flag):
            self.problems.append(f"{type_text(type_)} is an enum.Flag, whose sums are no members: use a frozenset of an enum")
            return Shape(kind="string")
        if isinstance(type_, type) and issubclass(type_, enum.Enum):
            return self._enum(tuple(type_), type_.__name__, (type_.__doc__ or "").partition("\n")[0])
        fields = fields_of(type_)
        if fields is None:
            self.problems.append(f"{type_text(type_)} is no value")
            return Shape(kind="string")
        return self._record(type_, fields)

    def _record(self, type_: Any, fields: dict[str, Any]) -> Shape:
        names, own = Names(), type_.__name__
        parts = tuple(Part(names.take(name), self.of(one, where=f"{own}-{name}")) for name, one in fields.items())
        doc = (type_.__doc__ or "").strip().partition("\n")[0]
        doc = "" if doc.startswith(f"{own}(") else doc  # dataclasses write their signature there
        if not parts:  # WIT has no empty records
            return self.define(Shape(kind="enum", parts=(Part("only", None),), role="only", python=type_, doc=doc), own)
        return self.define(Shape(kind="record", parts=parts, role="record", python=(type_, tuple(fields)), doc=doc), own)

    def _enum(self, members: tuple[Any, ...], name: str, doc: str) -> Shape:
        kept = tuple(one for one in members if one is not None)
        names = Names()
        cases = tuple(Part(names.take(_case_of_value(one)), None) for one in kept)
        if not kept:
            return self.of(None, where=name)
        found = self.define(Shape(kind="enum", parts=cases, role="enum", python=kept, doc=doc), name)
        return found if len(kept) == len(members) else _option(found)

    def _container(self, type_: Any, where: str) -> Shape:
        origin, inside = typing.get_origin(type_), typing.get_args(type_)
        if origin is abc.Mapping:
            key, value = (self.of(one, where=f"{where}-{side}") for one, side in zip(inside, ("key", "value"), strict=True))
            pair = Shape(kind="tuple", parts=(Part("0", key), Part("1", value)), role="tuple", python=tuple)
            return Shape(kind="list", parts=(Part("", pair),), role="mapping", python=abc.Mapping)
        if origin is frozenset or (origin is tuple and inside[1:] == (...,)):
            return Shape(kind="list", parts=(Part("", self.of(inside[0], where=where)),), role="many", python=origin)
        if origin is tuple and not inside:
            return self.define(Shape(kind="enum", parts=(Part("only", None),), role="only", python=tuple), where)
        if origin is tuple:
            parts = tuple(Part(str(at), self.of(one, where=f"{where}-{kebab(str(at))}")) for at, one in enumerate(inside))
            return Shape(kind="tuple", parts=parts, role="tuple", python=tuple)
        self.problems.append(f"{type_text(type_)} is no value")
        return Shape(kind="string")

    def _union(self, type_: Any, where: str) -> Shape:
        members = list(dict.fromkeys(_members(type_)))
        rest = [one for one in members if one not in (None, type(None))]
        if len(rest) < len(members):
            inner = self.of(rest[0], where=where) if len(rest) == 1 else self._choice(rest, where)
            return inner if inner.kind == "option" else _option(inner)
        return self._choice(rest, where)

    def _choice(self, members: list[Any], where: str) -> Shape:
        key = ("choice", *members)
        if key not in self.known:
            names = Names()
            cases = tuple(Part(names.take(_case_of_type(one)), self.of(one, where=f"{where}-{_case_of_type(one)}")) for one in members)
            name = "-or-".join(one.name for one in cases)
            self.known[key] = self.define(Shape(kind="variant", parts=cases, role="variant"), name if len(name) <= JOINED_MAX else where)
        return self.known[key]


def _option(inner: Shape) -> Shape:
    return Shape(kind="option", parts=(Part("", inner),), role="option")


def _members(type_: Any) -> Iterator[Any]:
    """Yield the members of a union and of every union directly inside it, whatever alias it hides behind."""
    bare = type_
    while isinstance(bare, typing.NewType) or typing.get_origin(bare) is typing.Annotated:
        bare = bare.__supertype__ if isinstance(bare, typing.NewType) else typing.get_args(bare)[0]
    if typing.get_origin(bare) in (typing.Union, types.UnionType):
        for one in typing.get_args(bare):
            yield from _members(one)
    elif typing.get_origin(bare) is typing.Literal and None in typing.get_args(bare) and typing.get_args(bare) != (None,):
        yield typing.Literal[tuple(one for one in typing.get_args(bare) if one is not None)]
        yield type(None)
    else:
        yield type_


def _case_of_type(type_: Any) -> str:
    origin = typing.get_origin(type_)
    if origin is typing.Annotated:
        return _case_of_type(typing.get_args(type_)[0])
    return str(getattr(origin or type_, "__name__", "literal"))


def _case_of_value(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, int) and not isinstance(value, bool):
        return f"minus{-value}" if value < 0 else f"n{value}"
    return value.hex() if isinstance(value, bytes) else str(value)
