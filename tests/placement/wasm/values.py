"""Every kind of value that a contract may hold, with values of it."""

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import msgspec

Sku = NewType("Sku", str)
UTC = dt.timezone.utc  # noqa: UP017 - the name is short


NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=UTC)


class Grade(enum.Enum):
    GOOD = "good"
    POOR = 2


@dataclass(frozen=True)
class Line:
    sku: Sku
    quantity: int
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Empty:
    pass


class Order(msgspec.Struct, frozen=True):
    lines: tuple[Line, ...]
    grade: Grade | None
    at: dt.datetime
    notes: Mapping[str, tuple[str, ...]]
    first: tuple[int, Line] | None = None


TYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "truth": (bool, (True, False)),
    "whole": (int, (0, 1, -1, 2**63 - 1, -(2**63))),
    "number": (float, (0.0, -1.5, 1e308, float("inf"))),
    "text": (str, ("", "a", "grün 🐛\0", "x" * 100_000)),
    "blob": (bytes, (b"", b"\x00\xff", bytes(range(256)) * 400)),
    "instant": (dt.datetime, (dt.datetime(2026, 3, 1, 12, 30, tzinfo=UTC), dt.datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC))),
    "day": (dt.date, (dt.date(2026, 3, 1),)),
    "clock": (dt.time, (dt.time(12, 30, 0, 5),)),
    "span": (dt.timedelta, (dt.timedelta(days=2, seconds=3.5), dt.timedelta(seconds=-1))),
    "amount": (Decimal, (Decimal("12.50"), Decimal("1e400"))),
    "key": (UUID, (UUID(int=7),)),
    "sku": (Sku, (Sku("apple"),)),
    "grade": (Grade, (Grade.GOOD, Grade.POOR)),
    "choice": (Literal["a", "b-c", 3] | None, ("a", "b-c", 3, None)),
    "nothing": (type(None), (None,)),
    "line": (Line, (Line(Sku("a"), 1), Line(Sku(""), -1, frozenset(("x", "y"))))),
    "empty": (Empty, (Empty(),)),
    "order": (
        Order,
        (
            Order((), None, NEW_YEAR, {}),
            Order(
                (Line(Sku("a"), 1),) * 3, Grade.POOR, NEW_YEAR, {"n": ("x", "y"), "": ()}, (7, Line(Sku("b"), 2)),
            ),
        ),
    ),
    "many": (tuple[int, ...], ((), (1, 2, 3), tuple(range(3_000)))),
    "some": (frozenset[int], (frozenset(), frozenset((1, 2)))),
    "pair": (tuple[int, str], ((1, "a"),)),
    "none": (tuple[()], ((),)),
    "table": (Mapping[int, Line], ({}, {1: Line(Sku("a"), 1), -2: Line(Sku("b"), 2)})),
    "maybe": (Line | None, (None, Line(Sku("a"), 1))),
    "either": (int | str | bool | float | None, (1, "1", True, 1.0, None)),
    "found": (Line | Empty | Grade, (Line(Sku("a"), 1), Empty(), Grade.GOOD)),
    "lists": (tuple[int, ...] | tuple[str, ...] | bytes, ((1,), ("a",), b"b")),
    "nested": (tuple[tuple[Mapping[str, Line | None], ...] | None, ...], ((None, ({"a": None, "b": Line(Sku("c"), 1)},), ()),)),
    "short": (Annotated[str, msgspec.Meta(max_length=3)], ("", "abc")),
    "few": (Annotated[tuple[Line, ...], msgspec.Meta(max_length=2)], ((Line(Sku("a"), 1),),)),
}  # fmt: skip
