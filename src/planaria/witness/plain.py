"""Plain data: every value as JSON that keeps its type, so that outcomes can travel and be compared without their code.

Why: the codec makes a list of a tuple and a set alike, which is right for borders and wrong for a judge.
Not here: the codec of borders (`placement.codec`).
"""

import datetime as dt
import decimal
import enum
import hashlib
import json
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from planaria.kernel.value import fields_of, walk

KIND, OF = "$", "of"
SHOWN_MAX = 300
REPEATED_MIN = 40
LIGHT_MAX = 1000
SHA256_DIGITS, HEXADECIMALS_MAX = 64, 3500  # Python writes no integer of more than 4300 digits
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_TEXTUAL: dict[type[Any], Callable[[Any], str]] = {
    dt.datetime: dt.datetime.isoformat,
    dt.date: dt.date.isoformat,
    dt.time: dt.time.isoformat,
    dt.timedelta: lambda one: f"{one.days} {one.seconds} {one.microseconds}",
    decimal.Decimal: str,
    uuid.UUID: str,
    bytes: bytes.hex,
}
TEMPORAL = frozenset(("datetime", "date", "time", "timedelta"))
_MADE: dict[str, Callable[[str], Any]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda text: dt.timedelta(*map(int, text.split())),
    "Decimal": decimal.Decimal,
    "UUID": uuid.UUID,
    "bytes": bytes.fromhex,
    "float": float,
}


def plain(value: Any) -> Any:
    """Return a value as JSON-able data that keeps its type; what is no value keeps its type's name and its text.

    >>> plain((1, frozenset({"a"}), b"b"))
    [1, {'$': 'frozenset', 'of': ['a']}, {'$': 'bytes', 'of': '62'}]
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {KIND: "float", OF: str(value)}
    if kind is tuple:
        return [plain(one) for one in value]
    if kind in _TEXTUAL:
        return {KIND: kind.__name__, OF: _TEXTUAL[kind](value)}
    return {KIND: kind.__name__, OF: _inside(value)} if kind in (list, set, frozenset, dict) else _named(value, kind)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [plain(one) for one in value]
    inside = [[plain(key), plain(one)] for key, one in value.items()] if isinstance(value, dict) else [plain(one) for one in value]
    return sorted(inside, key=canonical)


def _named(value: Any, kind: type[Any]) -> Any:
    if isinstance(value, enum.Enum):
        return {KIND: f"enum {kind.__qualname__}", OF: value.name}
    names = getattr(kind, "__struct_fields__", None) or getattr(kind, "__dataclass_fields__", None)
    if names is not None:
        return {KIND: f"struct {kind.__qualname__}", OF: {name: plain(getattr(value, name)) for name in names}}
    if isinstance(value, Mapping):
        return {KIND: "dict", OF: _inside(dict(value))}
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return [plain(one) for one in value]
    return {KIND: f"other {kind.__name__}", OF: _ADDRESS.sub("0x…", repr(value))[:SHOWN_MAX]}


def canonical(data: Any) -> str:
    """Return one text for equal plain data.

    >>> canonical({"b": 1, "a": [2]})
    '{"a":[2],"b":1}'
    """
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def names_of(types_: Iterable[Any]) -> dict[str, Any]:
    """Return every record and enum reachable from types, by name; `value` makes them again.

    >>> sorted(names_of([tuple[int, ...]]))
    []
    """
    inside = [one for outer in types_ for one in walk(outer)]
    return {one.__qualname__: one for one in inside if isinstance(one, type) and (issubclass(one, enum.Enum) or fields_of(one) is not None)}


def value(data: Any, names: Mapping[str, Any]) -> Any:
    """Make the value again that plain data stands for.

    >>> value(plain((1, {"a": b"b"})), {})
    (1, {'a': b'b'})
    """
    if isinstance(data, list):
        return tuple(value(one, names) for one in data)
    if not isinstance(data, dict):
        return data
    kind, of = data[KIND], data[OF]
    word, _, name = kind.partition(" ")
    if word == "struct":
        return names[name](**{key: value(one, names) for key, one in of.items()})
    if word == "enum":
        return names[name][of]
    if kind == "dict":
        return {value(key, names): value(one, names) for key, one in of}
    if kind in ("list", "set", "frozenset"):
        return {"list": list, "set": set, "frozenset": frozenset}[kind](value(one, names) for one in of)
    return _MADE[kind](of) if kind in _MADE else of


def lightened(data: Any) -> Any:
    """Return plain data with a digest in the place of each long text: all else stays where it is, so that places can be told.

    >>> lightened([1, "a" * 2000])
    [1, {'$': 'large 2000', 'of': 'c4a700f85b7e9e5cdbdc51170409ee2ad48bebe2f2f0957a067937531a0a3c42'}]
    """
    if isinstance(data, list):
        return [lightened(one) for one in data]
    if isinstance(data, str):
        return digested(data) if len(data) > LIGHT_MAX else data
    if not isinstance(data, dict):
        return data
    if KIND in data and isinstance(data[OF], str):
        return digested(data[OF]) if len(data[OF]) > LIGHT_MAX else data
    return {name: one if name == KIND else lightened(one) for name, one in data.items()}


def digested(text: str) -> dict[str, str]:
    """Return what tells a text from others where it is too long to travel.

    >>> digested("aaa")
    {'$': 'large 3', 'of': '9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0'}
    """
    return {KIND: f"large {len(text)}", OF: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}


def shown(data: Any) -> str:
    """Write plain data as Python would.

    >>> shown(plain((1, {"a": b"b"})))
    "(1, {'a': b'b'})"
    """
    if isinstance(data, list):
        return f"({', '.join(map(shown, data))}{',' if len(data) == 1 else ''})"
    if not isinstance(data, dict):
        is_one_sign = isinstance(data, str) and len(data) > REPEATED_MIN and data == data[0] * len(data)
        return f"{data[0]!r} * {len(data)}" if is_one_sign else repr(data)
    kind, of = data[KIND], data[OF]
    word, _, name = kind.partition(" ")
    if word == "struct":
        return f"{name}({', '.join(f'{key}={shown(one)}' for key, one in of.items())})"
    if word == "enum":
        return f"{name}.{of}"
    if word == "large":
        return f"<{name} characters, sha256 {of[:12]}>" if len(of) <= SHA256_DIGITS else f"<{name} characters, beginning {of[:12]!r}>"
    return _shown_parts(kind, of) if isinstance(of, list) else _shown_single(kind, of)


def _shown_parts(kind: str, of: list[Any]) -> str:
    if kind == "dict":
        return f"{{{', '.join(f'{shown(key)}: {shown(one)}' for key, one in of)}}}"
    inside = ", ".join(map(shown, of))
    if kind in ("list", "set"):
        return f"[{inside}]" if kind == "list" else f"{{{inside}}}" if of else "set()"
    return f"frozenset({{{inside}}})" if kind == "frozenset" else f"{'iter' if kind == 'iterator' else kind}([{inside}])"


def _shown_single(kind: str, of: str) -> str:
    if kind == "int":
        return str(int(of, 16)) if len(of) < HEXADECIMALS_MAX else of
    if kind.startswith("other "):
        return of
    return f"float({of!r})" if kind == "float" else repr(_MADE[kind](of))
