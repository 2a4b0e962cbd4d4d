import datetime as dt
from dataclasses import dataclass

import pytest

from planaria.kernel.contract import Contract, describe, operation, requires
from planaria.witness.call import Call, Sequence
from planaria.witness.shrinking import shrunk, smaller_values


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    number: int


class Shelf(Contract):
    """A shelf."""

    @operation()
    @requires("the limit is positive", lambda limit: limit > 0)
    async def take(self, text: str, limit: int = 9) -> int:
        """Take."""
        raise NotImplementedError

    @operation()
    async def put(self, line: Line) -> None:
        """Put."""
        raise NotImplementedError


OPERATIONS = {one.name: one for one in describe(Shelf).operations}


async def test_only_the_calls_and_letters_that_matter_are_left():
    puts = [Call("put", {"line": Line(f"text {number}", number)}) for number in range(20)]
    sequence = Sequence((*puts, Call("take", {"text": 'some "quoted" text', "limit": 7})), "copy")

    async def still_differs(sequences):
        return [
            any(call.operation == "put" and call.arguments["line"].number >= 13 for call in one.calls)
            and one.calls[-1].operation == "take"
            and '"' in one.calls[-1].arguments["text"]
            for one in sequences
        ]

    small = await shrunk(sequence, OPERATIONS, still_differs)
    assert small == Sequence((Call("put", {"line": Line("", 13)}), Call("take", {"text": '"'})), "fresh")


async def test_a_witness_stays_inside_the_preconditions():
    async def still_differs(sequences):
        return [True] * len(sequences)

    small = await shrunk(Sequence((Call("take", {"text": "abc", "limit": 5}),)), OPERATIONS, still_differs)
    assert small.calls == (Call("take", {"text": ""}),)


@pytest.mark.parametrize(
    "value, among",
    [
        (True, False), (40, 20), (-3, 3), (2.75, 2.0), ("abc", "b"), ("x" * 80, "a" * 80), ("one two three", "one three"), (b"ab", b"a"),
        ((3, 4), (4,)), (frozenset({1, 2}), frozenset({2})), ({"a": 1}, {}), ({"a": 1}, {"a": 0}), (Line("a", 1), Line("", 1)),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, tzinfo=dt.UTC)),
    ],
)  # fmt: skip
def test_smaller_values_are_of_the_same_type(value, among):
    found = list(smaller_values(value))
    assert among in found
    assert {type(one) for one in found} == {type(value)}


@pytest.mark.parametrize("value", [False, 0, 0.0, "", (), {}, None])
def test_the_smallest_have_nothing_below(value):
    assert list(smaller_values(value)) == []
