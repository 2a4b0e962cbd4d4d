import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planaria.placement.wasm.guest.turn import cut
from planaria.placement.wasm.message import MARK, Message, Nonsense, parted, read, whole


def test_reads_one_message_and_many():
    assert read("0.250000 r 7 2 - y 8 1 3\n[]" + MARK + "abc") == (0.25, [Message("r", "7", "[]", ()), Message("y", "8", MARK, ("abc",))])
    assert read("- r 7 2 -\nab") == (None, [Message("r", "7", "ab", ())])
    assert read("-\n") == (None, [])


@pytest.mark.parametrize(
    "answer",
    [
        "", "-", "r", "- r\n", "- r 1\n", "- r 1 4\n", "- r 1 4 -\nabc", "- r 1 4 -\nabcde", "- r -1 0 -\n", "- r 1 ٣ -\nabc",
        "- r 1 1e3 -\n",
        "- ! 1 0 -\n", "- rr 1 0 -\n", "- r 1 99999999999999999999 -\n", "- r 1 1 x\na", "- r 1 0 1,\na", "x r 1 0 -\n", "nan\n", "-1.0\n",
        "1e9\n", "1.x\n", "-" + " r 1 0 -" * 5000 + "\n", "-  r 1 0 -\n", "- r 99999999999999999999 0 -\n", "- r\x00 1 0 -\n",
        "9" * 300_000 + "\n", "- R 1 1 -\na", "- r 1 1 - \na", "- r 0x1 1 -\na",
    ],
)  # fmt: skip
def test_refuses_what_makes_no_sense(answer):
    with pytest.raises(Nonsense) as caught:
        read(answer)
    assert len(caught.value.facts["text"]) < 500
    assert str(caught.value).replace("\n", "").isprintable()


@given(st.text(max_size=60))
def test_reads_any_text_or_says_that_it_makes_no_sense(answer):
    try:
        read(answer)
    except Nonsense:
        return


@pytest.mark.parametrize("text,segments", [("[]", ("a",)), (MARK + MARK, ("a",))])
def test_refuses_long_texts_without_a_place(text, segments):
    with pytest.raises(Nonsense):
        whole(Message("r", "1", text, segments))


def test_puts_long_texts_back_escaped():
    assert json.loads(whole(Message("r", "1", f'["a",{MARK}]', ('"\n\\ü',)))) == ["a", '"\n\\ü']


@given(
    st.recursive(st.text(max_size=8) | st.integers() | st.sampled_from(["x" * 5000, 'ä"\\' * 2000]), lambda one: st.lists(one, max_size=4))
)
def test_long_texts_travel_beside_the_json(value):
    data = json.dumps(value, ensure_ascii=False).encode()
    text, cuts = parted(data)
    body, pieces = (text, []) if cuts == "-" else cut(text, cuts)
    found = iter(pieces)
    assert json.loads(body, parse_constant=lambda _: next(found)) == value
    assert len(data) < 4096 or "x" * 5000 not in body


@pytest.mark.parametrize("value", [{"k" * 5000: 1}, ["a"] * 4000 + ["x" * 5000], {"a": "x" * 5000}])
def test_a_long_key_and_what_comes_after_many_texts_stay_where_they_are(value):
    text, cuts = parted(json.dumps(value).encode())
    assert (cuts == "-") == ("a" not in value or isinstance(value, list))
    assert text
