"""Text functions that end: searching and replacing in linear time, in the place of SQLite's own.

Why: SQLite looks at the time between the steps of a statement, and one call of `instr` or `replace` is one step; on megabytes of
like letters it takes minutes, in the thread for which everybody waits.
Decision D-114: patterns of LIKE and GLOB have at most 200 bytes, and sets of TRIM 100 characters. Because their cost is the
product of both lengths, and nobody types more. Revisit when a cell must search by longer ones: it should index its texts.
Not here: the time of a whole statement (`pace`).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import apsw

PATTERN_BYTES_MAX, SET_MAX = 200, 100
SAFE = apsw.SQLITE_INNOCUOUS  # so that a migration may use them in an index or a check


class TooLong(ValueError):
    """An argument or a result is beyond its bound; a statement that asks for it fails."""


def bound(connection: apsw.Connection, *, bytes_max: int) -> None:
    """Give a connection text functions that end, and patterns that are short.

    >>> connection = apsw.Connection(":memory:")
    >>> bound(connection, bytes_max=100)
    >>> list(connection.execute("select instr('abc', 'c'), replace('aba', 'a', 'cc'), trim('xax', 'x')"))
    [(3, 'ccbcc', 'a')]
    """
    connection.limit(apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_BYTES_MAX)
    offered: dict[str, tuple[Callable[..., Any], int]] = {
        "instr": (position, 2), "replace": (partial(replaced, bytes_max=bytes_max), 3), "trim": (partial(stripped, str.strip), 2),
        "ltrim": (partial(stripped, str.lstrip), 2), "rtrim": (partial(stripped, str.rstrip), 2),
    }  # fmt: skip
    for name, (function, arguments) in offered.items():
        connection.create_scalar_function(name, function, arguments, deterministic=True, flags=SAFE)


def position(text: Any, part: Any) -> int | None:
    """Return where `part` begins in `text`, from 1 on; 0 where it does not, None where either is None.

    >>> position("abc", "c"), position(b"ab", b"b"), position("a", "b"), position(None, "b"), position(123, 3)
    (3, 2, 0, None, 3)
    """
    if text is None or part is None:
        return None
    if isinstance(text, bytes) and isinstance(part, bytes):
        return text.find(part) + 1
    return _text(text).find(_text(part)) + 1


def replaced(text: Any, part: Any, by: Any, *, bytes_max: int) -> Any:
    """Return `text` with every `part` replaced; as it is where `part` is empty.

    Raises: `TooLong`.

    >>> replaced("aba", "a", "c", bytes_max=10), replaced("a", "", "c", bytes_max=10), replaced("a", None, "c", bytes_max=10)
    ('cbc', 'a', None)
    """
    if text is None or part is None or (by is None and part not in ("", b"")):
        return None
    if part in ("", b""):
        return text
    whole, old, new = _text(text), _text(part), _text(by)
    if len(whole) + whole.count(old) * (len(new) - len(old)) > bytes_max:
        raise TooLong(f"replace() would give more than {bytes_max:,} characters")
    return whole.replace(old, new)


def stripped(way: Callable[[str, str], str], text: Any, letters: Any) -> str | None:
    """Return `text` without the `letters` at its ends.

    Raises: `TooLong`.

    >>> stripped(str.strip, "xaxx", "x"), stripped(str.lstrip, "xa", ""), stripped(str.strip, None, "x")
    ('a', 'xa', None)
    """
    if text is None or letters is None:
        return None
    chosen = _text(letters)
    if len(chosen) > SET_MAX:
        raise TooLong(f"the letters of trim() are more than {SET_MAX}")
    return way(_text(text), chosen) if chosen else _text(text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
