import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest

from planaria.witness.plain import canonical, names_of, plain, shown, value


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Line:
    text: str
    colours: tuple[Colour, ...] = ()


class Point(msgspec.Struct, frozen=True):
    x: float


class Pair(NamedTuple):
    a: int


class Odd:
    pass


NAMES = names_of([tuple[Line, ...], Point, Colour])
VALUES = [
    None, True, 7, 2**70, -1.5, math.inf, 'a\ud800"', b"\x00", (1, (2,)), frozenset({"b", "a"}), {"k": (1,)}, {}, Colour.RED,
    Line("a", (Colour.RED,)), Point(1.0), dt.datetime(2026, 1, 2, tzinfo=dt.UTC), dt.date(2026, 1, 2),
    dt.time(1, 2), dt.timedelta(days=-1, seconds=3),    Decimal("1.50"), UUID(int=7), [1], {1, 2},
]  # fmt: skip


@pytest.mark.parametrize("one", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(one):
    again = value(plain(one), NAMES)
    assert again == one
    assert type(again) is type(one)


@pytest.mark.parametrize("one", VALUES, ids=repr)
def test_a_value_is_shown_as_python_writes_it(one):
    names = {"Colour": Colour, "Line": Line, "Point": Point, "datetime": dt, "Decimal": Decimal, "UUID": UUID}
    if one is not None and one != {1, 2}:
        assert eval(shown(plain(one)), names) == one


def test_what_is_no_value_keeps_its_type_and_loses_its_address():
    assert shown(plain(Odd())).startswith("<")
    assert plain(Odd()) == plain(Odd())
    assert value(plain(Odd()), {}) == shown(plain(Odd()))
    assert plain(Pair(1))["$"] == "other Pair"
    assert shown({"$": "large 7", "of": "0123456789abcdef"}) == "<7 characters, sha256 0123456789ab>"


def test_kinds_of_one_value_are_told_apart():
    texts = {canonical(plain(one)) for one in (1, True, 1.5, "1", b"1", (1,), [1], {1}, frozenset({1}), {1: 1})}
    assert len(texts) == 10


def test_a_long_row_of_one_sign_is_shown_short():
    assert shown("a" * 50) == "'a' * 50"


def test_mappings_and_subclasses_of_tuples_are_what_they_stand_for():
    class Row(tuple):
        __slots__ = ()

    from types import MappingProxyType

    assert plain(MappingProxyType({"a": 1})) == plain({"a": 1})
    assert plain(Row((1,))) == [1]


def test_what_only_a_stage_tells_is_shown_too():
    parts = [1, "a"]
    assert shown({"$": "iterator", "of": parts}) == "iter([1, 'a'])"
    assert shown({"$": "deque", "of": parts}) == "deque([1, 'a'])"
    assert shown({"$": "set", "of": []}) == "set()"
    assert shown({"$": "int", "of": hex(10**30)}) == str(10**30)
    assert shown({"$": "int", "of": hex(16**4000)}).startswith("0x1000")
    assert shown({"$": "large 90", "of": "x" * 90}) == "<90 characters, beginning 'xxxxxxxxxxxx'>"
