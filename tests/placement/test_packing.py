"""Msgpack carries what JSON carries, value for value."""

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from planaria.placement.codec import CodecError, MsgspecCodec
from planaria.placement.packing import JSON, MsgpackCodec


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Gone:
    why: str


class Node(msgspec.Struct, frozen=True, tag=True):
    inside: "tuple[Node, ...]" = ()


HOUR = timezone(timedelta(hours=1))
VALUES = [
    (7, int), (-(2**63), int), (2**64 - 1, int), (2**200, int), ((1, 2**70), tuple[int, ...]), (True, bool), (None, None),
    ("ä\u2028\0", str), (b"\0\xff", bytes), (b"", bytes),
    (0.1, float), (-0.0, float), (1.7e308, float), (Decimal("1.10"), Decimal), (UUID(int=7), UUID),
    (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), datetime), (datetime(2026, 1, 2, 3, tzinfo=HOUR), datetime),
    (datetime(2026, 1, 2), datetime),  # noqa: DTZ001 - a moment without a zone is a value too
    (date(2026, 1, 2), date), (time(1, 2, 3), time), (timedelta(days=1, microseconds=1), timedelta), (Colour.RED, Colour),
    (Line("a", Decimal(2)), Line), ((Line("a", Decimal(2)), None), tuple[Line | None, ...]), (frozenset({1, 2}), frozenset[int]),
    ({"a": 1}, Mapping[str, int]), ({1: "a"}, Mapping[int, str]), (Gone("x"), Line | Gone), (Node((Node(), Node())), Node),
    ((), tuple[()]), ((1, "a", None), tuple[int, str, None]),
]  # fmt: skip


@pytest.mark.parametrize("value,type_", VALUES)
def test_both_codecs_give_the_same_value_back(value, type_):
    for codec in (MsgspecCodec(), MsgpackCodec()):
        back = codec.decode(codec.encode(value), type_)
        assert back == value
        assert type(back) is type(value)
    packed = bytearray(b"head")
    codec = MsgpackCodec()
    codec.packer(type_)(value, packed, 4)
    assert packed[:4] == b"head"
    back = codec.unpacker(type_)(memoryview(packed)[4:])
    assert back == value
    if isinstance(value, datetime):
        assert back.tzinfo == value.tzinfo


def test_what_msgpack_would_change_travels_as_json():
    codec = MsgpackCodec()
    assert codec.encode(2**200)[0] == JSON
    assert codec.encode(7) == b"\x07"
    buffer = bytearray()
    codec.packer(datetime)(datetime(2026, 1, 2, tzinfo=HOUR), buffer, 0)
    assert buffer[0] == JSON


@pytest.mark.parametrize("value,type_", [
    (math.nan, float), (math.inf, tuple[float, ...]), ("\ud800", str), (object(), int), ({"a": {1, 2, object()}}, Mapping[str, int]),
])  # fmt: skip
def test_what_cannot_travel_is_refused_by_name(value, type_):
    with pytest.raises(CodecError) as raised:
        MsgpackCodec().packer(type_)(value, bytearray(), 0)
    assert raised.value.code == "PLN-P104"


@pytest.mark.parametrize("data,type_,code", [
    (b"\xa1a", int, "PLN-P101"), (b"\x92\x01\xa1a", tuple[int, ...], "PLN-P101"), (b"", int, "PLN-P105"),
    (b"\x92\x01", tuple[int, ...], "PLN-P105"),
    (b"\xc1nonsense", int, "PLN-P102"), (b"\x01", datetime, "PLN-P101"), (b"\x91" * 100_000, Node, "PLN-P101"),
    (b"\xcb\x7f\xf0\0\0\0\0\0\0", float, "PLN-P101"), (b"\xca\x7f\xc0\0\0", float, "PLN-P101"),
    (b"\x93\x01\x02\xcb\xff\xf0\0\0\0\0\0\0", tuple[float, ...], "PLN-P101"),
])  # fmt: skip
def test_bytes_that_are_no_such_value_are_refused_by_name(data, type_, code):
    with pytest.raises(CodecError) as raised:
        MsgpackCodec().decode(data, type_)
    assert raised.value.code == code


def test_what_a_packer_wrote_is_never_read_without_its_type():
    keys = [b"\x92" + msgspec.msgpack.encode(one) + msgspec.msgpack.encode(one) for one in range(3)]
    data = b"\x83" + b"".join(one + b"\x00" for one in keys)  # keys of equal hash can be made; nobody here reads any
    with pytest.raises(CodecError) as raised:
        MsgpackCodec().unpacker(dict[str, datetime])(data)
    assert raised.value.code == "PLN-P105"
    for bad in (b"\xc7\x00\x01", data[:-1]):
        with pytest.raises(CodecError):
            MsgpackCodec().decode(bad, datetime)
