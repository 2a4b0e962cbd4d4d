import dataclasses
import datetime as dt
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planaria.kernel.contract import Contract, describe, operation
from planaria.kernel.error import PlanariaError
from planaria.placement.codec import MsgspecCodec, Unwritable, WrongJson, WrongValue, arguments_type
from planaria.placement.union import Untravellable

Sku = typing.NewType("Sku", str)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    address: str
    rank: float = 0.0
    words: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True):
    sku: Sku
    quantity: int = 1


@dataclasses.dataclass(frozen=True)
class Missing:
    reason: str


@dataclasses.dataclass(frozen=True)
class Tree:
    name: str
    below: "tuple[Tree | Missing, ...]" = ()


class Finder(Contract):
    """Finds."""

    @operation()
    async def find(self, question: str, limit: int = 3, colours: frozenset[Colour] = frozenset()) -> tuple[Page, ...]:
        """Find pages."""
        raise NotImplementedError

    @operation()
    async def count(self) -> int:
        """Count pages."""
        raise NotImplementedError


FIND, COUNT = describe(Finder).operations
VALUES = [
    (None, None), (True, bool), (2**70, int), (1.5, float), ("ü", str), (b"\x00\xff", bytes),
    (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), dt.datetime), (dt.date(2026, 1, 2), dt.date),
    (dt.time(1, 2), dt.time), (dt.timedelta(1, 2, 3), dt.timedelta),
    (decimal.Decimal("1.10"), decimal.Decimal), (uuid.UUID(int=7), uuid.UUID), (Colour.RED, Colour),
    ("a", typing.Literal["a", "b"]), (Sku("x"), Sku), (3, typing.Annotated[int, "a count"]),
    ((1, "a"), tuple[int, str]), ((), tuple[int, ...]), (frozenset({1}), frozenset[int]),
    ({"a": Page(address="x")}, Mapping[str, Page]), ({uuid.UUID(int=7): 1}, Mapping[uuid.UUID, int]),
    (Line(sku=Sku("a")), Line), (Page(address="x", words=("a",)), Page), (None, Page | None), (5, int | str | None),
    (Page(address="x"), Page | Missing), (Missing("gone"), Page | Missing | None), (None, Page | Missing | None),
    ("text", Page | Missing | str), (Line(sku=Sku("a")), Line | Page), ((Missing("a"),), tuple[Page | Missing, ...]),
    (Tree("a", (Missing("b"), Tree("c"))), Tree), ({"a": Missing("b")}, Mapping[str, Page | Missing]),
    (Missing("b"), typing.Annotated[Page | Missing, "found or not"]),
    (Missing("b"), typing.NewType("Answer", Page | Missing)),
    (Tree("a"), Tree | None), (Missing("a"), Tree | Missing),
]  # fmt: skip


@pytest.mark.parametrize("value,type_", VALUES)
def test_gives_back_every_kind_of_value(value, type_):
    codec = MsgspecCodec()
    assert codec.decode(codec.encode(value), type_) == value


@given(st.recursive(st.builds(Missing, st.text()), lambda inner: st.builds(Tree, st.text(), st.lists(inner).map(tuple))))
def test_gives_back_any_tree_of_records(value):
    codec = MsgspecCodec()
    assert codec.decode(codec.encode(value), Tree | Missing) == value


def test_writes_a_read_only_mapping_as_an_object():
    assert MsgspecCodec().encode(types.MappingProxyType({"a": 1})) == b'{"a":1}'


@pytest.mark.parametrize(
    "data,type_,path,problem",
    [
        (b'{"address": 1}', Page, "$.address", "Expected `str`, got `int`"),
        (b'{"a": {"address": "x", "words": [1]}}', Mapping[str, Page], "$[...].words[0]", "Expected `str`, got `int`"),
        (b"{}", Page, "$", "Object missing required field `address`"),
        (b'"7"', int, "$", "Expected `int`, got `str`"),
        (b"1", bool, "$", "Expected `bool`, got `int`"),
        (b'"blue"', Colour, "$", "Invalid enum value 'blue'"),
        (b"{}", Page | Missing, "$", "Expected the fields of one of Page, Missing"),
        (b"7", Page | Missing, "$", "Expected `object`, got `int`"),
        (b'{"name": "a", "below": [3]}', Tree, "$.below[0]", "Expected `object`, got `int`"),
    ],
)
def test_names_the_place_of_a_wrong_value(data, type_, path, problem):
    with pytest.raises(WrongValue) as caught:
        MsgspecCodec().decode(data, type_)
    assert (caught.value.facts["path"], caught.value.facts["problem"]) == (path, problem)


@pytest.mark.parametrize(
    "data,type_",
    [
        (b"", str),
        (b"{", Page),
        (b"\xff", str),
        (b"[1] x", tuple[int, ...]),
        (b'"\xff"', str),
        (b'{"a":' * 9**5, Mapping[str, int]),
    ],
)
def test_refuses_what_is_not_json(data, type_):
    with pytest.raises((WrongJson, WrongValue)):
        MsgspecCodec().decode(data, type_)


def test_refuses_values_nested_deeper_than_the_stack():
    with pytest.raises(PlanariaError):
        MsgspecCodec().decode(b'{"name":"a","below":[' * 100_000, Tree)


class Untagged(msgspec.Struct, frozen=True):
    address: str
    rank: float
    words: tuple[str, ...]


@pytest.mark.parametrize(
    "type_",
    [dt.date | str, Page | Untagged, Page | Missing | Mapping[str, int], list | tuple[int, ...] | complex],
)
def test_refuses_types_that_json_cannot_tell_apart(type_):
    with pytest.raises(Untravellable):
        MsgspecCodec().decoder(type_)


class Put(msgspec.Struct, frozen=True, tag=True):
    sku: str


class Taken(msgspec.Struct, frozen=True, tag=True):
    sku: str


def test_tags_tell_records_of_the_same_fields_apart():
    codec = MsgspecCodec()
    assert codec.decode(codec.encode(Taken("a")), Put | Taken) == Taken("a")
    assert codec.decode(codec.encode(Taken("a")), Put | Taken | Missing) == Taken("a")


class Camel(msgspec.Struct, frozen=True, rename="camel", tag="c"):
    first_part: Page | Missing
    other_part: tuple[int, ...] = msgspec.field(default_factory=tuple)
    more: int = 2


def test_keeps_the_written_names_of_a_record_that_holds_a_choice():
    codec = MsgspecCodec()
    value = Camel(Missing("a"))
    assert b"firstPart" in codec.encode(value)
    assert codec.decode(codec.encode(value), Camel) == value
    assert codec.decode(b'{"type":"c","firstPart":{"reason":"x"}}', Camel | Line) == Camel(Missing("x"))


@dataclasses.dataclass(frozen=True)
class Wide:
    choice: Page | Missing
    many: tuple[int, ...] = dataclasses.field(default_factory=tuple)
    one: int = 1


def test_fills_the_defaults_of_a_record_that_holds_a_choice():
    assert MsgspecCodec().decode(b'{"choice":{"reason":"x"}}', Wide) == Wide(Missing("x"))


@pytest.mark.parametrize("value", [object(), "\ud800", 1j])
def test_refuses_to_write_what_json_cannot_hold(value):
    with pytest.raises(Unwritable):
        MsgspecCodec().encode(value)


@pytest.mark.parametrize("found", [float("inf"), float("-inf"), float("nan")])
@pytest.mark.parametrize(
    "around", [lambda one: one, lambda one: ({"a": (None, one)},), lambda one: frozenset({one}), lambda one: Page(address="a", rank=one)]
)
def test_refuses_a_float_that_is_not_finite_and_names_it(around, found):
    with pytest.raises(Unwritable, match=f"{found} is not a finite number"):
        MsgspecCodec().encode(around(found))


@pytest.mark.parametrize("value", [None, (None, 1.5), "null", Page(address="null", rank=0.5), {"a": None}])
def test_writes_null_where_nothing_is_meant(value):
    assert b"null" in MsgspecCodec().encode((value, None))


def test_decodes_arguments_in_the_order_of_the_parameters_with_defaults():
    decode = MsgspecCodec().arguments_decoder(FIND)
    assert decode(b'{"limit": 5, "question": "why"}') == ("why", 5, frozenset())
    assert MsgspecCodec().arguments_decoder(COUNT)(b"{}") == ()


def test_refuses_an_argument_that_is_no_parameter():
    with pytest.raises(WrongValue, match="unknown field `limits`"):
        MsgspecCodec().arguments_decoder(FIND)(b'{"question": "why", "limits": 5}')


def test_names_the_arguments_after_the_operation():
    assert arguments_type(FIND).__name__ == "FindArguments"


def test_keeps_one_decoder_per_type():
    codec = MsgspecCodec()
    assert codec.decoder(Page) is codec.decoder(Page)
