import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Annotated, Literal, NewType
from uuid import UUID

import pytest

from planaria.witness.generator import Generator
from planaria.witness.pool import Pool, constants_of


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    colours: tuple[Colour, ...]
    price: Decimal | None = None


Name = NewType("Name", str)
KINDS = [
    (bool, bool), (int, int), (float, float), (str, str), (bytes, bytes), (type(None), type(None)), (Decimal, Decimal), (UUID, UUID),
    (dt.datetime, dt.datetime), (dt.date, dt.date), (dt.time, dt.time), (dt.timedelta, dt.timedelta), (Colour, Colour),
    (Line, Line), (Name, str), (Annotated[int, "small"], int), (tuple[int, ...], tuple), (tuple[int, str], tuple),
    (frozenset[str], frozenset), (Mapping[str, int], dict),
]  # fmt: skip


def generator(seed=1):
    pool = Pool()
    pool.learn_constants(constants_of("LIMIT = 50\nMARK = '::'\nDATA = b'x'\nRATE = 1.5"))
    return Generator(pool, Random(seed))


@pytest.mark.parametrize("type_, kind", KINDS, ids=str)
def test_every_value_type_is_made_and_changed(type_, kind):
    one = generator()
    for round_ in range(120):
        if round_ % 20 == 0:
            one.begin()
        made = one.make(type_, "x")
        assert isinstance(made, kind)
        assert isinstance(one.change(made, type_, "x"), kind)
        one.pool.learn(made, type_, "x")
        one.near.learn(made, type_, "x")


def test_a_union_and_a_literal_give_each_of_theirs():
    one = generator()
    assert {type(one.make(int | None)) for _ in range(60)} == {int, type(None)}
    assert {one.make(Literal["a", "b"]) for _ in range(60)} == {"a", "b"}


def test_the_same_seed_gives_the_same_values():
    first, second = ([generator(3).make(Line) for _ in range(3)] for _ in range(2))
    assert first == second


def test_probes_hold_the_codes_own_constants_and_the_ends():
    one = generator()
    assert {49, 50, 51, 0, -1} <= set(one.probes(3, int))
    assert {"::", "", '"'} <= set(one.probes("a", str))
    assert b"::" in one.probes(b"", bytes)
    assert one.probes(Colour.RED, Colour) == [Colour.RED, Colour.BLUE]
    assert one.probes("a", Literal["a", "b"]) == ["a", "b"]
    assert None in one.probes(None, int | None)
    assert one.probes("a", Name) == one.probes("a", str)
    assert one.probes(1, Annotated[int, "x"]) == one.probes(1, int)
    assert () in one.probes((1,), tuple[int, ...])
    assert one.probes((), tuple[int, ...]) == [()] * 5
    assert (0, "a") in one.probes((1, "a"), tuple[int, str])
    assert Line("::", ()) in one.probes(Line("a", ()), Line)
    assert one.probes(UUID(int=1), UUID) == []


def test_collections_reach_the_sizes_that_the_code_names():
    one = Generator(Pool(), Random(1))
    one.pool.learn_constants([17])
    assert 17 in {len(one.make(tuple[int, ...])) for _ in range(400)}
