import pytest

from planaria.witness.script.form import Made
from planaria.witness.script.range import Range, sign_class


@pytest.mark.parametrize(
    "given, inside, beyond",
    [
        ([5], [7, 150], [-1, 0, 151, 1.5, "a", None, [5], True]),
        ([0.5, -1.0], [0, 3, -4.5], ["a", 1e9]),
        ([0], [0, 100], [-1]),
        ([1e305], [10**6], []),
        (["ab"], ["ba"], ["", "A", "1", "a b", "é"]),
        (["", "é1"], ["", "é9"], ["a"]),
        ([[1, [2]]], [[3, [4]]], [[], [[[1]]], [[""]]]),
        ([(1, "a")], [(2, "b")], [(), [1]]),
        ([{"a": 1, "b": 2}], [{"a": 5, "b": 6}, {"a": 1, "b": 2, "ab": 3}], [{"a": 1}, {}]),
        ([{"a": 1}], [{"b": 2}], [{}]),
        ([None], [None], [0]),
        ([Made("P", (1,))], [Made("P", (2,))], [Made("Q", (1,)), Made("P", (-1,)), Made("P", (), (("x", -1),))]),
    ],
)
def test_what_is_of_the_sort_that_people_gave_is_told_from_what_lies_beyond(given, inside, beyond):
    found = Range.of(given)
    assert [one for one in inside if not found.holds(one)] == []
    assert [one for one in beyond if found.holds(one)] == []


def test_texts_that_are_words_of_the_code_are_choices():
    found = Range.of(["up", "down"], ["up", "down", "left", 3, None])
    assert (found.holds("left"), found.holds("right"), found.holds(["up"])) == (True, False, False)
    assert Range.of(["up", "other"], ["up"]).options == frozenset()
    assert [sign_class(one) for one in "xX3-"] == ["a", "A", "0", "-"]
