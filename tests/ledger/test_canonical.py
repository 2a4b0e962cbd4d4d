import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planaria.ledger.canonical import canonical, normal, readable, strict

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
keys = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=8)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_the_readable_text_reads_back_to_the_same_canonical_bytes(value):
    value = normal(value)
    assert canonical(strict(readable(value).encode())) == canonical(value)
    assert strict(canonical(value)) == value


@given(st.dictionaries(keys, st.integers(0, 9), max_size=6))
def test_keys_sort_as_rfc_8785_asks(value):
    assert list(json.loads(canonical(value))) == sorted(value, key=lambda key: key.encode("utf-16-be"))


def test_gives_the_bytes_of_rfc_8785():
    value = {"\u20ac": "Euro", "\r": "CR", "1": [None, True, False, 0.1, -5], "é": '"\\/\x0f\n\u2028'}
    want = '{"\\r":"CR","1":[null,true,false,0.1,-5],"é":"\\"\\\\/\\u000f\\n\u2028","€":"Euro"}'
    assert canonical(value).decode() == want


REFUSED = {
    "a number too large": 2**53,
    "a number too small": -(2**53),
    "not a number": math.nan,
    "infinity": [math.inf],
    "bytes": {"a": b"x"},
    "a set": {"a": {1}},
    "a tuple": (1,),
    "a key that is a number": {1: 2},
    "a key beyond the basic plane": {"a\U0001f41b": 1},
    "half of a pair": ["\ud800"],
    "half of a pair as a key": {"\ud800": 1},
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_has_no_canonical_form(value):
    with pytest.raises(ValueError):
        canonical(value)


@pytest.mark.parametrize("text", [b'{"a":1,"a":1}', b"NaN", b"[-Infinity]", b"\xff", b"{", b"9007199254740992", b""])
def test_refuses_a_text_with_more_than_one_reading(text):
    with pytest.raises(ValueError):
        strict(text)


def test_whole_numbers_are_never_written_as_fractions():
    assert normal([1.0, -0.0, 1e3, 1e16, 0.5, (1,), True]) == [1, 0, 1000, 1e16, 0.5, [1], True]
    assert canonical(normal([1.0, -0.0])) == b"[1,0]"
