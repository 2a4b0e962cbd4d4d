import dataclasses
import datetime as dt
import decimal
import enum
import typing
import uuid
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planaria.placement.codec import MsgspecCodec
from planaria.placement.wasm.guest import struct
from planaria.placement.wasm.guest.codec import MARK, decode, decode_long, duration, duration_text, encode, encode_long, plain, reader
from tests.placement.test_codec import VALUES, Missing, Page

CODEC = MsgspecCodec()


class Number(enum.Enum):
    ONE = 1


class Colour(enum.StrEnum):
    RED = "red"


class Tagged(struct.Struct, frozen=True, tag="t", tag_field="kind"):
    a: int
    b: str = "b"


class Other(struct.Struct, frozen=True, tag=True, omit_defaults=True, rename="camel"):
    some_name: int = 0
    more: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Choice:
    one: Tagged | Other | None
    other: int | float | None = None


HERE = [
    (Number.ONE, Number), (Colour.RED, Colour), ({Colour.RED: 1}, Mapping[Colour, int]), ({1: "a"}, Mapping[int, str]),
    ({1.5: 2}, Mapping[float, int]),
    ({dt.date(2026, 1, 2): 1}, Mapping[dt.date, int]), (MappingProxyType({"a": 1}), Mapping[str, int]), (bytearray(b"a"), bytearray),
    ({1, 2}, set[int]),
    ([1], list[int]), ((1, b"x"), tuple[int, bytes]), (2**70, int), (1, float), (Number.ONE, Number | str), (1.0, int | float | None),
    ("a", typing.Literal["a", 1] | None), ({"a": 1}, Mapping[str, int] | None), ((1,), tuple[int, ...] | str), (b"a", bytes | None),
    (-dt.timedelta(days=2, seconds=3, microseconds=4), dt.timedelta),
    (dt.datetime(2026, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=2))), dt.datetime),
]  # fmt: skip


PLAIN = [one for one in VALUES if not isinstance(one[0], msgspec.Struct)]


@pytest.mark.parametrize("value,type_", [*PLAIN, *HERE])
def test_reads_what_the_host_writes(value, type_):
    read = reader(type_)
    made = decode(CODEC.encode(value).decode())
    assert (made if read is None else read(made)) == value


@pytest.mark.parametrize("value,type_", [*VALUES, *HERE])
def test_writes_what_the_host_reads(value, type_):
    assert CODEC.decode(encode(value).encode(), type_) == value


@given(st.recursive(st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.booleans(), st.lists))
def test_plain_data_comes_back(value):
    assert decode(encode(value)) == value
    assert CODEC.decode(encode(value).encode("utf-8", "surrogatepass") if not _has_halves(encode(value)) else b"null", typing.Any) in (
        value,
        None,
    )


def _has_halves(text):
    return any(0xD800 <= ord(one) < 0xE000 for one in text)


@given(st.timedeltas())
def test_durations_are_the_hosts(span):
    assert CODEC.decode(f'"{duration_text(span)}"'.encode(), dt.timedelta) == span
    assert duration(CODEC.encode(span).decode().strip('"')) == span


def test_refuses_what_is_no_duration():
    with pytest.raises(ValueError, match="no duration"):
        duration("1 day")


@pytest.mark.parametrize("value", [float("nan"), (1, float("inf")), object(), {object(): 1}, {(1,): 1}])
def test_refuses_what_cannot_travel(value):
    with pytest.raises((TypeError, ValueError)):
        encode(value)
    with pytest.raises((TypeError, ValueError)):
        encode_long(value)


def test_takes_long_texts_out_and_puts_them_in():
    text, segments = encode_long({"a": ("x" * 5000, "y"), uuid.UUID(int=1): "z" * 5000})
    assert (text.count(MARK), [len(one) for one in segments]) == (2, [5000, 5000])
    assert decode_long('{"a": NaN, "b": 1}', ["x"]) == {"a": "x", "b": 1}


@pytest.mark.parametrize(
    "value", [Choice(None), Choice(Tagged(1), 1), Choice(Other(1, (2,)), 1.5), Choice(Tagged(1, "c")), Choice(Other())]
)
def test_records_of_the_guest_come_back_by_their_tags(value):
    assert reader(Choice)(decode(encode(value))) == value


def test_leaves_defaults_out_where_the_struct_says_so():
    assert encode(Other()) == '{"type":"Other"}'
    assert encode(Other(1)) == '{"type":"Other","someName":1}'
    assert plain(Tagged(1)) == {"kind": "t", "a": 1, "b": "b"}


def test_tells_records_without_tags_apart_by_their_fields():
    read = reader(Page | Missing)
    assert read({"reason": "a"}) == Missing("a")
    assert read({"address": "a", "rank": 1.0, "words": []}) == Page(address="a", rank=1.0)


def test_decimals_keep_their_digits():
    assert reader(decimal.Decimal)("1.10").as_tuple() == decimal.Decimal("1.10").as_tuple()
