import array
import collections
import datetime as dt
import decimal
import enum
import fractions
import types
import uuid
from random import Random
from typing import NamedTuple

import pytest

from planaria.witness.plain import shown
from planaria.witness.stage.told import ITEMS_MAX, LONG_MAX, PARTS_MAX, TEXT_MAX, Teller, is_told, public_attributes


class Colour(enum.Enum):
    RED = 1


class Point:
    __slots__ = ("_hidden", "x")

    def __init__(self):
        self.x, self._hidden = 1, 2


class Wordy:
    def __repr__(self):
        return f"<Wordy at 0x{id(self):012x}>"


class Name(str):
    __slots__ = ()

    def __str__(self):
        return "feigned"


class Keyed(dict):  # type: ignore[type-arg]  # of anything
    def __eq__(self, other):
        return True

    __hash__ = None


class Stack(list):  # type: ignore[type-arg]  # of anything
    pass


class Lying:
    __class__ = dict  # type: ignore[assignment]  # the lie


class Table:
    shape = (1, 2)

    def tolist(self):
        return [[1, 2]]


class Broken:
    def __getattribute__(self, name):
        raise ZeroDivisionError


class Pair(NamedTuple):
    a: int
    b: int


NESTED: list[object] = []
for _ in range(100):
    NESTED = [NESTED]


def failing():
    yield 1
    raise LookupError


@pytest.mark.parametrize(
    "value, told",
    [
        (True, True),
        (-(2**63), -(2**63)),
        (2**63, {"$": "int", "of": "0x8000000000000000"}),
        (float("nan"), {"$": "float", "of": "nan"}),
        ((1, "a"), [1, "a"]),
        (Pair(1, 2), [1, 2]),
        ([1], {"$": "list", "of": [1]}),
        (Stack([1]), {"$": "list", "of": [1]}),
        (collections.deque([1]), {"$": "deque", "of": [1]}),
        (array.array("i", [1]), {"$": "array", "of": [1]}),
        ({3, 1}, {"$": "set", "of": [1, 3]}),
        ({"b": 1, "a": 2}, {"$": "dict", "of": [["a", 2], ["b", 1]]}),
        (collections.Counter("a"), {"$": "dict", "of": [["a", 1]]}),
        (types.MappingProxyType({1: 2}), {"$": "dict", "of": [[1, 2]]}),
        (collections.ChainMap({1: 2}), {"$": "dict", "of": [[1, 2]]}),
        (b"\x01", {"$": "bytes", "of": "01"}),
        (bytearray(b"\x01"), {"$": "bytes", "of": "01"}),
        (dt.date(2026, 1, 2), {"$": "date", "of": "2026-01-02"}),
        (dt.timedelta(1, 2, 3), {"$": "timedelta", "of": "1 2 3"}),
        (decimal.Decimal("1.0"), {"$": "Decimal", "of": "1.0"}),
        (uuid.UUID(int=1), {"$": "UUID", "of": "00000000-0000-0000-0000-000000000001"}),
        (fractions.Fraction(1, 2), {"$": "other Fraction", "of": "1/2"}),
        (1j, {"$": "other complex", "of": "1j"}),
        (range(2), {"$": "other range", "of": "range(0, 2)"}),
        (Colour.RED, {"$": "enum Colour", "of": "RED"}),
        (Name("a"), "a"),
        (len, {"$": "other function", "of": "<function>"}),
        (int, {"$": "other function", "of": "<class>"}),
        (types, {"$": "other module", "of": "types"}),
        (KeyError("a"), {"$": "struct KeyError", "of": {"args": ["a"]}}),
        (iter([1]), {"$": "iterator", "of": [1]}),
        ({1: 2}.values(), {"$": "iterator", "of": [2]}),
        (failing(), {"$": "iterator", "of": [1, {"$": "struct LookupError", "of": {"raised": True}}]}),
        (Wordy(), {"$": "other Wordy", "of": "<Wordy>"}),
        (object(), {"$": "other object", "of": "<object>"}),
        (Lying(), {"$": "other Lying", "of": "<Lying>"}),
        (Table(), {"$": "struct Table", "of": {"shape": [1, 2], "items": {"$": "list", "of": [{"$": "list", "of": [1, 2]}]}}}),
        (Random(1).random, {"$": "other function", "of": "<function>"}),
    ],
)
def test_a_value_is_told_as_callers_see_it(value, told):
    assert Teller(lambda kind: False).told(value) == told
    assert is_told(told)
    assert isinstance(shown(told), str)


@pytest.mark.parametrize(
    "value, told",
    [
        (Point(), {"$": "struct Point", "of": {"x": 1}}),
        (Wordy(), {"$": "struct Wordy", "of": {"repr": "<Wordy>"}}),
        (Name("a"), {"$": "struct Name", "of": {"=": "a"}}),
        (Keyed({1: 2}), {"$": "struct Keyed", "of": {"items": [{"$": "list", "of": [[1, 2]]}]}}),
        (Lying(), {"$": "struct Lying", "of": {}}),
    ],
)
def test_an_object_of_the_versions_own_is_told_by_its_public_attributes(value, told):
    assert Teller(lambda kind: kind.__module__ == __name__).told(value) == told
    assert is_told(told)


def test_an_object_that_does_not_let_itself_be_told_is_told_as_that():
    assert Teller(lambda kind: True).told(Broken()) == {"$": "other Broken", "of": "<Broken: ZeroDivisionError>"}


def test_a_slot_without_a_value_is_told_as_the_error_that_it_gives():
    assert Teller(lambda kind: True).told(Point.__new__(Point))["of"]["x"] == {"$": "struct AttributeError", "of": {}}


def test_names_without_underscore_are_public():
    assert public_attributes(Point()) == ["x"]


def test_what_is_long_is_told_apart_by_all_of_it():
    teller = Teller(lambda kind: False)
    one, other = (teller.told("a" * TEXT_MAX + end) for end in "bc")
    assert one["$"] == other["$"] == f"large {TEXT_MAX + 1}"
    assert one != other
    assert "characters" in shown(one)
    assert teller.told(1 << 200_000)["$"] == "large 50003"
    assert teller.told(bytes(TEXT_MAX))["$"] == f"large {2 * TEXT_MAX}"


def test_what_has_no_end_is_cut_off():
    teller = Teller(lambda kind: False)
    assert len(teller.told(iter(int, 1))["of"]) == ITEMS_MAX + 1
    assert len(teller.told([0] * (LONG_MAX + 5))["of"]) == LONG_MAX + 1
    assert teller.told([[]] * (PARTS_MAX + 5))["of"][-1] == {"$": "other …", "of": "…"}
    ring = []
    ring.append(ring)
    assert teller.told(ring) == {"$": "list", "of": [{"$": "other …", "of": "…"}]}
    assert is_told(teller.told(NESTED))


DEEP: list[object] = []
for _ in range(200):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "data",
    [
        {}, {"$": 1, "of": ""}, {"$": "list", "of": 1}, {"$": "list"}, {"$": "dict", "of": [1]}, {"$": "struct A", "of": []},
        {"$": "no", "of": {}},
        {"$": "no", "of": "x"}, {"$": "bytes", "of": "zz"}, {"$": "Decimal", "of": "x"}, [{"$": "other A", "of": 1}], 2**80, DEEP,
    ],
)  # fmt: skip
def test_data_that_no_teller_tells_is_known(data):
    assert not is_told(data)
