"""What an actor tells of a value: plain data that keeps what callers can see of it, of whatever type it is.

Why: results travel by value and are compared by the judge, so that nothing in them (an `__eq__` that is always true) decides.
What compares equal in Python (a named tuple and a tuple, a Counter and a dictionary) is told alike.
Not here: values of contracts, whose types are known (`witness.plain`); comparing (`witness.comparison`).
"""

import array
import collections
import datetime as dt
import decimal
import enum
import fractions
import itertools
import math
import re
import types
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from planaria.witness.plain import KIND, OF, SHOWN_MAX, canonical, digested, shown

DEPTH_MAX, PARTS_MAX, ITEMS_MAX, TEXT_MAX, LONG_MAX = 24, 4000, 300, 20_000, 50_000
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType, type)
ADDRESS = re.compile(r"(?: at)? 0x[0-9a-fA-F]{6,}")
SAME: dict[type[Any], Any] = {
    dt.datetime: dt.datetime.isoformat, dt.date: dt.date.isoformat, dt.time: dt.time.isoformat, decimal.Decimal: str, uuid.UUID: str,
    dt.timedelta: lambda one: f"{one.days} {one.seconds} {one.microseconds}", bytes: bytes.hex, bytearray: bytearray.hex,
}  # fmt: skip
NAMES = {bytearray: "bytes"}
SINGLES = (int, float, str, bytes, tuple)
LISTS = (list, collections.deque, array.array)
OTHERS: tuple[tuple[type[Any], Any], ...] = (
    (fractions.Fraction, str), (complex, repr), (range, repr), (types.ModuleType, lambda one: one.__name__),
)  # fmt: skip
VIEWS: tuple[type[Any], ...] = (type({}.keys()), type({}.values()), type({}.items()))
LISTED = ("list", "set", "iterator", "deque", "array")
TEXTUAL = ("other", "large", "enum", "int", "float")
INTEGER_MAX = 2**63
END = {KIND: "other …", OF: "…"}
# What a type is, whatever its own type says of it.
NAME, QUALIFIED, LINE = (type.__dict__[one].__get__ for one in ("__name__", "__qualname__", "__mro__"))


class Teller:
    """Tell values; `owned` says whether a class is one of the version's own, whose public attributes are told.

    >>> Teller(lambda kind: False).told([1, (2.5, {"a"})])
    {'$': 'list', 'of': [1, [2.5, {'$': 'set', 'of': ['a']}]]}
    """

    def __init__(self, owned: Any) -> None:
        self.owned = owned
        self.parts = 0
        self.above: set[int] = set()

    def told(self, value: Any) -> Any:
        """Return a value as plain data; an iterator is used up, to its first 300 items."""
        self.parts, self.above = 0, set()
        try:
            return self._told(value, 0)
        except Exception as error:  # noqa: BLE001 - a value that does not let itself be told is told as that
            return {KIND: f"other {NAME(type(value))}", OF: f"<{NAME(type(value))}: {NAME(type(error))}>"}

    def _told(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -INTEGER_MAX <= value < INTEGER_MAX else _whole("int", hex(value))
        if kind is str:
            return value if len(value) <= TEXT_MAX else _whole("str", value)
        if kind is float:
            return value if math.isfinite(value) else {KIND: "float", OF: str(value)}
        self.parts += 1
        if self.parts > PARTS_MAX or depth > DEPTH_MAX or id(value) in self.above:
            return END
        if kind in SAME:
            return _whole(NAMES.get(kind, kind.__name__), SAME[kind](value))
        self.above.add(id(value))
        try:
            return self._inside(value, kind, depth + 1)
        finally:
            self.above.discard(id(value))

    def _inside(self, value: Any, kind: Any, depth: int) -> Any:
        # By its type: what an object says of its class is no fact.
        if issubclass(kind, enum.Enum):
            return {KIND: f"enum {QUALIFIED(kind)}", OF: enum.Enum.__str__(value).rpartition(".")[2]}
        if issubclass(kind, tuple) and kind.__eq__ is tuple.__eq__:
            return self._items(tuple.__iter__(value), depth)
        if issubclass(kind, LISTS) and kind.__eq__ in (list.__eq__, collections.deque.__eq__, array.array.__eq__):
            return {KIND: next(one.__name__ for one in LISTS if issubclass(kind, one)), OF: self._items(value, depth)}
        if issubclass(kind, (set, frozenset)) and kind.__eq__ in (set.__eq__, frozenset.__eq__):
            return {KIND: "set", OF: sorted((self._told(one, depth) for one in value), key=canonical)}
        if issubclass(kind, dict) and self.owned(kind) and kind.__eq__ is not dict.__eq__:
            return self._object(value, kind, depth, {"items": [self._told(list(dict.items(value)), depth)]})
        if issubclass(kind, (dict, types.MappingProxyType)):
            return self._pairs((dict if issubclass(kind, dict) else kind).items(value), depth)
        return self._other(value, kind, depth)

    def _items(self, values: Any, depth: int) -> list[Any]:
        told = [self._told(one, depth) for one in itertools.islice(values, LONG_MAX)]
        return told if len(told) < LONG_MAX else [*told, END]

    def _pairs(self, items: Any, depth: int) -> dict[str, Any]:
        return {KIND: "dict", OF: sorted(([self._told(key, depth), self._told(one, depth)] for key, one in items), key=canonical)}

    def _other(self, value: Any, kind: Any, depth: int) -> Any:
        name = NAME(kind)
        if issubclass(kind, BaseException):
            return {KIND: f"struct {QUALIFIED(kind)}", OF: {"args": self._told(value.args, depth)}}
        if issubclass(kind, FUNCTIONS):
            return {KIND: "other function", OF: f"<{'class' if issubclass(kind, type) else 'function'}>"}
        for numbers, write in OTHERS:
            if issubclass(kind, numbers):
                return {KIND: f"other {numbers.__name__}", OF: write(value)}
        if issubclass(kind, SINGLES[:4]) and not self.owned(kind):
            return self._told(_single(value), depth)
        if hasattr(kind, "tolist") and hasattr(kind, "shape"):
            return {KIND: f"struct {name}", OF: {"shape": self._told(value.shape, depth), "items": self._told(value.tolist(), depth)}}
        if hasattr(kind, "__next__") or issubclass(kind, VIEWS):
            return self._iterated(value, depth)
        if self.owned(kind):
            return self._object(value, kind, depth, {})
        if issubclass(kind, Mapping):
            return self._pairs(value.items(), depth)
        return {KIND: f"other {name}", OF: f"<{name}>" if kind.__repr__ is object.__repr__ else ADDRESS.sub("", repr(value))[:SHOWN_MAX]}

    def _iterated(self, value: Iterator[Any], depth: int) -> Any:
        items: list[Any] = []
        try:
            for one in value:
                items.append(self._told(one, depth))
                if len(items) >= ITEMS_MAX:
                    items.append(END)
                    break
        except Exception as error:  # noqa: BLE001 - what an iterator raises on its way is part of what it gives
            items.append({KIND: f"struct {NAME(type(error))}", OF: {"raised": True}})
        return {KIND: "iterator", OF: items}

    def _object(self, value: Any, kind: Any, depth: int, more: dict[str, Any]) -> Any:
        """Tell an object of the version's own: the plain value that it is, if it is one, its public attributes, its own text."""
        inside = dict(more)
        for name in public_attributes(value):
            try:
                inside[name] = self._told(object.__getattribute__(value, name), depth)
            except Exception as error:  # noqa: BLE001 - an attribute that is not there, or raises, is told as such
                inside[name] = {KIND: f"struct {NAME(type(error))}", OF: {}}
        if issubclass(kind, (*SINGLES, list)):
            inside["="] = self._told(_single(value), depth)
        if not inside and kind.__repr__ is not object.__repr__:
            inside["repr"] = ADDRESS.sub("", str(kind.__repr__(value)))[:SHOWN_MAX]
        return {KIND: f"struct {QUALIFIED(kind)}", OF: inside}


def _single(value: Any) -> Any:
    """Return the plain value that an object of a derived class is."""
    plain: Any = next((one for one in SINGLES if issubclass(type(value), one)), None)
    return plain.__getnewargs__(value)[0] if plain else list(value)


def _whole(kind: str, text: str) -> dict[str, str]:
    """Return a text, or what tells it from others where it is too long to travel."""
    if len(text) <= TEXT_MAX:
        return {KIND: kind, OF: text}
    return digested(text)


def is_told(data: Any, depth: int = 0) -> bool:
    """Say whether plain data is such as a teller tells, so that it can be compared and written; what an actor sends may be anything.

    >>> is_told(Teller(lambda kind: False).told({1: {2.5}})), is_told({"$": "list", "of": 1})
    (True, False)
    """
    if isinstance(data, list):
        return depth < 4 * DEPTH_MAX and all(is_told(one, depth + 1) for one in data)
    if not isinstance(data, dict):
        return not isinstance(data, int) or -INTEGER_MAX <= data < INTEGER_MAX
    kind, of = data.get(KIND), data.get(OF)
    if not isinstance(kind, str) or kind.startswith("struct ") != isinstance(of, dict):
        return False
    if isinstance(of, dict):
        return is_told(list(of.values()), depth)
    if isinstance(of, list):
        pairs = kind == "dict" and all(isinstance(one, list) and len(one) == 2 for one in of)  # noqa: PLR2004 - a key and its value
        return (pairs or kind in LISTED) and is_told(of, depth)
    return isinstance(of, str) and (kind.partition(" ")[0] in TEXTUAL or _is_shown(data))


def _is_shown(data: Any) -> bool:
    try:
        return bool(shown(data))
    except (LookupError, ValueError, ArithmeticError):
        return False


def public_attributes(value: Any) -> list[str]:
    """Return the names of an object's data that callers can see.

    >>> public_attributes(types.SimpleNamespace(b=1, a=2, _c=3))
    ['a', 'b']
    """
    names = set(getattr(value, "__dict__", ()))
    for kind in LINE(type(value)):
        slots = kind.__dict__.get("__slots__", ())
        names |= {slots} if isinstance(slots, str) else set(slots)
    return sorted(one for one in names if isinstance(one, str) and not one.startswith("_"))
