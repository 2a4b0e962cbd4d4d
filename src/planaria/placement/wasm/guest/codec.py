"""Values to JSON and back, as the host's codec writes them, in plain Python.

Why: the host's codec is native code that no guest can load. What goes out is checked strictly by the host; what comes in
was written by it, so values are made here, and not checked again. Long texts travel beside the JSON, because
escaping and scanning them costs more than everything else in a call.
Not here: the text of a message (`turn`).
"""

import binascii
import datetime as dt
import enum
import json
import math
import re
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from functools import partial
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # the accelerator has no types
from typing import Any
from uuid import UUID

LONG = 1024
MARK = "\x01"
Reader = Callable[[Any], Any]
DURATION = re.compile(r"(-?)P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?")
SECONDS = (604_800, 86_400, 3_600, 60, 1)


def duration_text(span: dt.timedelta) -> str:
    """Write a duration as ISO 8601 does.

    >>> duration_text(dt.timedelta(days=1, microseconds=1))
    'P1DT0.000001S'
    """
    micros = abs(span) // dt.timedelta(microseconds=1)
    days, rest = divmod(micros, 86_400_000_000)
    return f"{'-' if span < dt.timedelta(0) else ''}P{days}DT{rest // 1_000_000}.{rest % 1_000_000:06d}S"


def duration(text: str) -> dt.timedelta:
    """Read a duration of ISO 8601.

    >>> duration("-P1DT0.5S") == -dt.timedelta(days=1, seconds=0.5)
    True
    """
    found = DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no duration")
    micros = sum(Decimal(part) * seconds for part, seconds in zip(found.groups()[1:], SECONDS, strict=True) if part) * 1_000_000
    span = dt.timedelta(microseconds=int(micros))
    return -span if found[1] else span


def _shape(kind: type[Any]) -> Callable[[Any], Any]:
    if issubclass(kind, enum.Enum):
        return lambda value: value.value
    config: Any = getattr(kind, "__struct_config__", None)
    if config is not None:
        pairs = [(name, written) for name, written in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)]
        head = {} if config.tag is None else {config.tag_field: config.tag}
        if not config.omit_defaults:
            return lambda value: head | {written: getattr(value, name) for name, written in pairs}
        return lambda value: head | {written: getattr(value, name) for name, written in pairs if not value.__struct_is_default__(name)}
    if is_dataclass(kind):
        names = [one.name for one in fields(kind)]
        return lambda value: {name: getattr(value, name) for name in names}
    for known, write in WRITERS:
        if issubclass(kind, known):
            return write
    raise TypeError(f"{kind.__qualname__} is not a value")


WRITERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((bytes, bytearray, memoryview), lambda value: binascii.b2a_base64(value, newline=False).decode()),
    (dt.datetime, lambda value: value.isoformat()),
    ((dt.date, dt.time), lambda value: value.isoformat()),
    (dt.timedelta, duration_text),
    ((Decimal, UUID), str),
    ((frozenset, set, abc.KeysView, abc.ValuesView), list),
    (abc.Mapping, dict),
)
_shapes: dict[type[Any], Callable[[Any], Any]] = {}


def plain(value: Any) -> Any:
    """Return what JSON holds in the place of a value that it does not know.

    >>> plain(Decimal("1.10")), plain(b"a")
    ('1.10', 'YQ==')
    """
    kind = type(value)
    shape = _shapes.get(kind)
    if shape is None:
        shape = _shapes[kind] = _shape(kind)
    return shape(value)


_segments: list[str] = []


def _escaped(text: str) -> str:
    if len(text) < LONG:
        return encode_basestring(text)
    _segments.append(text)
    return MARK


def _encoder(escape: Callable[[str], str]) -> Callable[[Any, int], tuple[str, ...]]:
    if c_make_encoder is None:  # pragma: no cover - an interpreter without its accelerator
        return lambda value, _: (json.dumps(value, default=plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False),)
    no = False
    made: Any = c_make_encoder(None, plain, escape, None, ":", ",", no, no, no)
    return made  # type: ignore[no-any-return]  # a builtin without types


_short, _long = _encoder(encode_basestring), _encoder(_escaped)


def encode(value: Any) -> str:
    """Write a value as JSON.

    >>> encode((1, "a", None))
    '[1,"a",null]'
    """
    try:
        return "".join(_short(value, 0))
    except (TypeError, ValueError):
        return "".join(_short(_regular(value), 0))


def encode_long(value: Any) -> tuple[str, list[str]]:
    """Write a value as JSON in which each long text is a mark, and return those texts beside it.

    >>> encode_long(("b" * 2000, 1)) == ("[" + MARK + ",1]", ["b" * 2000])
    True
    """
    _segments.clear()
    try:
        text = "".join(_long(value, 0))
    except (TypeError, ValueError):
        _segments.clear()
        text = "".join(_long(_regular(value), 0))
    taken = _segments[:]
    _segments.clear()
    return text, taken


def _regular(value: Any) -> Any:
    """Turn keys into texts, and refuse numbers that JSON does not know, as the host's codec does."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not finite")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {_key(key): _regular(one) for key, one in value.items()}
    if isinstance(value, (tuple, list, frozenset, set)):
        return [_regular(one) for one in value]
    return _regular(plain(value))


def _key(key: Any) -> str:
    if isinstance(key, (str, int, float)):
        return str(key.value) if isinstance(key, enum.Enum) else str(key)
    made = plain(key)
    if not isinstance(made, (str, int)):
        raise TypeError(f"a {type(key).__qualname__} cannot be a key")
    return str(made)


def decode(text: str) -> Any:
    """Read JSON as plain data.

    >>> decode('[1, "a"]')
    [1, 'a']
    """
    return json.loads(text)


def decode_long(text: str, segments: list[str]) -> Any:
    """Read JSON in which `NaN` stands for the next of some long texts.

    >>> decode_long('[NaN,1]', ["a"])
    ['a', 1]
    """
    given = iter(segments)
    return json.loads(text, parse_constant=lambda _: next(given))


_readers: dict[Any, Reader | None] = {}


def reader(type_: Any) -> Reader | None:
    """Return the function that makes a value of `type_` from plain data; None where plain data is the value.

    >>> reader(str) is None, reader(tuple[int, ...])([1, 2])
    (True, (1, 2))
    """
    if type_ not in _readers:
        made: list[Reader | None] = []
        _readers[type_] = lambda value: made[0](value) if made[0] else value
        made.append(_reader(type_))
        _readers[type_] = made[0]
    return _readers[type_]


def _reader(type_: Any) -> Reader | None:
    if isinstance(type_, typing.NewType):
        return reader(type_.__supertype__)
    origin, inside = typing.get_origin(type_), typing.get_args(type_)
    if origin is typing.Annotated:
        return reader(inside[0])
    if origin in (typing.Union, types.UnionType):
        return _union(inside)
    if origin is tuple:
        return _tuple(inside)
    if origin in (frozenset, set, list):
        one, made = reader(inside[0]), origin
        return made if one is None else partial(_each, made, one)
    if origin in (abc.Mapping, dict):
        return _mapping(*inside)
    return _plain_reader(type_) if isinstance(type_, type) else None


def _plain_reader(type_: type[Any]) -> Reader | None:
    if issubclass(type_, enum.Enum):
        return type_
    if is_dataclass(type_) or hasattr(type_, "__struct_fields__"):
        return _record(type_)
    return next((read for known, read in READERS if issubclass(type_, known)), None)


def _each(made: Any, one: Reader, value: Any) -> Any:
    return made(map(one, value))


READERS: tuple[tuple[Any, Reader], ...] = (
    (float, lambda value: value if type(value) is float else float(value)),
    (bytes, binascii.a2b_base64), (bytearray, lambda value: bytearray(binascii.a2b_base64(value))),
    (dt.datetime, dt.datetime.fromisoformat), (dt.date, dt.date.fromisoformat), (dt.time, dt.time.fromisoformat),
    (dt.timedelta, duration), (Decimal, lambda value: Decimal(str(value))),
    (UUID, UUID), (tuple, tuple), (frozenset, frozenset), (set, set),
)  # fmt: skip


def _tuple(inside: tuple[Any, ...]) -> Reader:
    if len(inside) == 2 and inside[1] is Ellipsis:  # noqa: PLR2004 - tuple[T, ...] has two arguments
        one = reader(inside[0])
        return tuple if one is None else lambda value: tuple(map(one, value))
    parts = [reader(part) for part in inside]
    return lambda value: tuple(read(item) if read else item for read, item in zip(parts, value, strict=True))


def _mapping(key: Any, one: Any) -> Reader | None:
    read_key, read = _key_reader(key), reader(one)
    if read_key is None and read is None:
        return None
    return lambda value: {read_key(name) if read_key else name: read(item) if read else item for name, item in value.items()}


def _key_reader(type_: Any) -> Reader | None:
    if type_ in (int, float):
        known: Reader = type_
        return known
    return reader(type_)


def _record(type_: Any) -> Reader:
    hints = typing.get_type_hints(type_, include_extras=True)
    if is_dataclass(type_):
        written = [(one.name, one.name) for one in fields(type_) if one.init]
    else:
        written = list(zip(type_.__struct_fields__, type_.__struct_encode_fields__, strict=True))
    parts: list[tuple[str, str, Reader | None]] = [(name, key, reader(hints[name])) for name, key in written]

    def read(value: Mapping[str, Any]) -> Any:
        given = {}
        for name, key, one in parts:
            if key in value:
                given[name] = value[key] if one is None else one(value[key])
        return type_(**given)

    return read


def _union(inside: tuple[Any, ...]) -> Reader | None:
    records = [one for one in inside if is_dataclass(_bare(one)) or hasattr(_bare(one), "__struct_fields__")]
    others = [one for one in inside if one not in records]
    by_kind: dict[type[Any], Reader | None] = {}
    for one in others:
        for kind in _kinds(one):
            by_kind.setdefault(kind, reader(one))
    if float not in by_kind and int in by_kind:
        by_kind[float] = by_kind[int]
    if records:
        by_kind[dict] = reader(records[0]) if len(records) == 1 else lambda value: _chosen(records, value)
    if not any(by_kind.values()):
        return None

    def read(value: Any) -> Any:
        one = by_kind.get(type(value))
        return value if one is None else one(value)

    return read


def _bare(type_: Any) -> Any:
    while True:
        if isinstance(type_, typing.NewType):
            type_ = type_.__supertype__
        elif typing.get_origin(type_) is typing.Annotated:
            type_ = typing.get_args(type_)[0]
        else:
            return type_


def _kinds(type_: Any) -> tuple[type[Any], ...]:
    """Return the kinds of plain data that may stand for a type."""
    type_ = _bare(type_)
    origin = typing.get_origin(type_) or type_
    if origin is typing.Literal:
        return tuple({type(one) for one in typing.get_args(type_)})
    if origin is type(None):
        return (type(None),)
    if origin in (bool, int, str):
        return (origin,)
    if origin is float:
        return (float, int)
    if origin in (tuple, frozenset, list, set):
        return (list,)
    if origin in (abc.Mapping, dict):
        return (dict,)
    if isinstance(origin, type) and issubclass(origin, enum.Enum):
        return tuple({type(one.value) for one in origin})
    return (str,)


def _chosen(records: list[Any], value: Mapping[str, Any]) -> Any:
    keys = set(value)
    fitting = [one for one in records if _required(_bare(one)) <= keys <= _written(_bare(one)) and _tag_fits(_bare(one), value)]
    exact = [one for one in fitting if _written(_bare(one)) == keys]
    read = reader((exact + fitting)[0])
    return value if read is None else read(value)


def _tag(record: Any) -> Any:
    config = getattr(record, "__struct_config__", None)
    return config.tag if config else None


def _tag_fits(record: Any, value: Mapping[str, Any]) -> bool:
    return _tag(record) is None or value.get(record.__struct_config__.tag_field) == _tag(record)


def _written(record: Any) -> set[str]:
    if is_dataclass(record):
        return {one.name for one in fields(record)}
    return set(record.__struct_encode_fields__) | ({record.__struct_config__.tag_field} if _tag(record) is not None else set())


def _required(record: Any) -> set[str]:
    if is_dataclass(record):
        return {one.name for one in fields(record) if one.default is MISSING and one.default_factory is MISSING}
    return set(record.__struct_required__)
