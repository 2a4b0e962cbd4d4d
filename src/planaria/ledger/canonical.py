"""Canonical JSON: the same bytes for the same value, for every reader.

Why: a signature covers bytes, so anybody must be able to make them from the readable file with any JSON library.
The form is that of RFC 8785 (JCS): keys sorted, no spaces, UTF-8, in texts only `"`, the backslash and control characters
escaped. It is exactly what `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)` of Python gives.
Two things keep it the same everywhere: keys beyond U+FFFF, which RFC 8785 sorts otherwise, are refused; and a whole number
is never written as a fraction. What differs from RFC 8785 is the exponent of fractions below 1e-4 (`1e-05`).
Not here: the readable form of a file (`entry`).
"""

import json
import math
from typing import Any

WHOLE_MAX = 2**53 - 1
BASIC_PLANE_MAX = "\uffff"


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        ValueError: The value has no canonical form; the text says where.

    >>> canonical({"b": [1, 2.5, None], "a": "é"}).decode()
    '{"a":"é","b":[1,2.5,null]}'
    >>> canonical({"a": {"b": float("nan")}})
    Traceback (most recent call last):
        ...
    ValueError: a.b: nan is no finite number
    """
    _check(value, "")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")


def normal(value: Any) -> Any:
    """Return the value with lists for tuples and whole numbers for fractions that are whole.

    >>> normal({"a": (1.0, 2.5, "x")})
    {'a': [1, 2.5, 'x']}
    """
    if isinstance(value, dict):
        return {key: normal(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [normal(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= WHOLE_MAX:
        return int(value)
    return value


def readable(value: Any) -> str:
    """Return the text of a file: the same value, one field a line, keys sorted.

    >>> print(readable({"b": 1, "a": []}), end="")
    {
      "a": [],
      "b": 1
    }
    """
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def strict(text: bytes) -> Any:
    """Read JSON of which there is only one reading: no doubled keys, no NaN, a canonical form.

    Raises:
        ValueError: It has none; the text says why.

    >>> strict(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    ValueError: the key 'a' stands twice
    """
    value = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    canonical(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"the key '{key}' stands twice")
        seen[key] = value
    return seen


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no finite number")


def _check(value: Any, where: str) -> None:
    place = where.removeprefix(".")
    if type(value) is list:
        for position, one in enumerate(value):
            _check(one, f"{where}.{position}")
    elif type(value) is dict:
        for key, one in value.items():
            if type(key) is not str or max(key, default="") > BASIC_PLANE_MAX:
                raise ValueError(f"{place}: the key {key!r} is no text within U+FFFF")
            _check_text(key, place)
            _check(one, f"{where}.{key}")
    elif type(value) is str:
        _check_text(value, place)
    elif type(value) in (int, float):
        _check_number(value, place)
    elif value is not None and type(value) is not bool:
        raise ValueError(f"{place}: {type(value).__name__} is no JSON value")


def _check_text(text: str, place: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{place}: the text holds half of a surrogate pair") from None


def _check_number(number: float, place: str) -> None:
    if not math.isfinite(number):
        raise ValueError(f"{place}: {number} is no finite number")
    if type(number) is int and abs(number) > WHOLE_MAX:
        raise ValueError(f"{place}: {number} is beyond 2**53")
