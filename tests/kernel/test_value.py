import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, Optional
from uuid import UUID

import msgspec
import pytest

from planaria.kernel.value import fields_of, named_values, parts_of, problems_of, type_text, walk

Sku = NewType("Sku", str)


OLD = Optional[int]  # noqa: UP045 - the old spelling is the case


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass(frozen=True)
class Line:
    sku: Sku
    colours: tuple[Colour, ...] = ()
    next: "Line | None" = None


class Frozen(msgspec.Struct, frozen=True):
    line: Line


class Empty(msgspec.Struct, frozen=True):
    pass


class Loose(msgspec.Struct):
    number: int


@dataclasses.dataclass
class Mutable:
    number: int


class Plain:
    pass


@pytest.mark.parametrize(
    "type_",
    [
        type(None), None.__class__, bool, int, float, str, bytes, dt.datetime, dt.date, dt.time, dt.timedelta, Decimal, UUID,
        Sku, Colour, Line, Frozen, Empty, Literal["a", 1], Annotated[int, "unit"], int | None, OLD, tuple[()], tuple[int, str],
        tuple[Line, ...], frozenset[int], Mapping[str, Line],
    ],
)  # fmt: skip
def test_a_value_may_cross(type_):
    assert problems_of(type_) == []


@pytest.mark.parametrize(
    "type_, problem",
    [
        (list[int], "list[int] is not a value: use tuple[T, ...]"),
        (list, "list is not a value: use tuple[T, ...]"),
        (dict[str, int], "dict[str, int] is not a value: use Mapping[str, T]"),
        (set[int], "set[int] is not a value: use frozenset[T]"),
        (bytearray, "bytearray is not a value: use bytes"),
        (Any, "Any is not a value: use a named value"),
        (tuple, "tuple does not say what is inside"),
        (Mapping, "Mapping does not say what is inside"),
        (Sequence[int], "Sequence[int] is not a value: use a frozen struct or dataclass"),
        (Plain, "Plain is not a value: use a frozen struct or dataclass"),
        (Mutable, "Mutable is not frozen: declare it with frozen=True"),
        (Loose, "Loose is not frozen: declare it with frozen=True"),
    ],
)
def test_what_is_no_value_is_refused_with_the_cure_wherever_it_is(type_, problem):
    assert problems_of(type_) == [problem]
    assert problems_of(tuple[Annotated[type_ | None, "x"], ...]) == [problem]


def test_a_type_is_walked_once_however_often_it_appears():
    assert list(walk(tuple[Line, Line])) == [tuple[Line, Line], Line, Sku, str, tuple[Colour, ...], Colour, Line | None, type(None)]


def test_the_fields_of_a_struct_are_its_parts():
    assert fields_of(Frozen) == {"line": Line}
    assert fields_of(Empty) == {}
    assert fields_of(Line) == {"sku": Sku, "colours": tuple[Colour, ...], "next": Line | None}
    assert (fields_of(int), parts_of(int), parts_of(Literal["a"]), parts_of(Sku)) == (None, (), (), (str,))


@pytest.mark.parametrize(
    "type_, text",
    [
        (None, "None"),
        (int | None, "int | None"),
        (OLD, "int | None"),
        (Literal["a", 1], "Literal['a', 1]"),
        (Annotated[int, "unit"], "Annotated[int, 'unit']"),
        (tuple[()], "tuple[()]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Mapping[str, Line], "Mapping[str, Line]"),
        (Sku, "Sku"),
        (Any, "Any"),
    ],
)
def test_a_type_is_written_the_same_for_every_spelling(type_, text):
    assert type_text(type_) == text


def test_named_values_are_described_as_data():
    assert named_values([Frozen, tuple[int, ...]]) == {
        "Colour": {"kind": "enum", "members": {"RED": "red"}},
        "Frozen": {"kind": "struct", "fields": {"line": "Line"}},
        "Line": {"kind": "struct", "fields": {"sku": "Sku", "colours": "tuple[Colour, ...]", "next": "Line | None"}},
        "Sku": {"kind": "newtype", "of": "str"},
    }
