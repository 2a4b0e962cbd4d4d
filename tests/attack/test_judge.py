import asyncio
from typing import Any

import pytest

from planaria.attack import judge
from planaria.attack.judge import Watch, problem_of_error, problem_of_lines, problem_of_value
from planaria.attack.target.contract import Account, Declared, Parcel
from planaria.kernel.error import Failed, PlanariaError, Refused, Unknown


def failed(text):
    return Failed(cell="a", operation="b", error="E", text=text, request="r")


@pytest.mark.parametrize("value", [Parcel(), Parcel(text="a", inside=Parcel(lines=("b",)))])
def test_a_value_of_the_promised_type_is_in_order(value):
    assert problem_of_value(value, Parcel) == ""


def parcel(**fields: Any) -> Any:
    return Parcel(**fields)


def broken():
    made = Parcel()
    object.__delattr__(made, "count")
    return made


def circle():
    made = Parcel()
    object.__setattr__(made, "inside", made)
    return made


WRONG = [
    ("text", "str is no Parcel"), (None, "NoneType is no Parcel"), (parcel(count=True), "bool is no int"),
    (parcel(lines=["a"]), "list is no tuple"),
    (parcel(lines=("a", 1)), "int is no str"), (parcel(inside=Account(outcome="", detail="")), "Account is no Parcel"),
    (broken(), "count is missing"), (circle(), "it is nested deeper than anyone reads"),
]  # fmt: skip


@pytest.mark.parametrize("value, problem", WRONG)
def test_any_other_value_is_not(value, problem):
    assert problem_of_value(value, Parcel) == problem


@pytest.mark.parametrize("error", [failed("t"), Refused(text="t"), Unknown(cell="a", operation="b", text="t"), Declared(text="t")])
def test_an_outcome_of_a_call_is_in_order(error):
    assert problem_of_error(error) == ""


BAD = [
    (KeyError("a"), "the caller was given a KeyError"), (failed("\x1b[2J"), "the caller was given a text that steers a terminal"),
    (failed("x" * 30_000), "the caller was given a text of 3"), (PlanariaError(text="t"), "which is no outcome of a call"),
]  # fmt: skip


@pytest.mark.parametrize("error, problem", BAD)
def test_any_other_error_is_not(error, problem):
    assert problem in problem_of_error(error)


@pytest.mark.parametrize("lines, problem", [(["x" * 3_000_000], "characters were written"), (["a\u202eb"], "a line steers")])
def test_lines_that_flood_or_steer_are_found(lines, problem):
    assert problem in problem_of_lines(lines)


async def well():
    return None


async def test_a_host_that_is_well_has_no_problem():
    watch = Watch(well, memory_bound_mb=1000)
    async with watch.watching():
        await asyncio.sleep(0)
    assert watch.problem() == ""


async def test_a_neighbour_that_fails_or_lies_is_found():
    async def fails():
        raise ValueError("gone")

    async def lies():
        return "it answered 3"

    for ask, problem in ((fails, "did not answer: ValueError"), (lies, "was harmed: it answered 3")):
        watch = Watch(ask, memory_bound_mb=1000)
        async with watch.watching():
            await asyncio.sleep(0)
        assert problem in watch.problem()


@pytest.mark.parametrize(
    "state, problem",
    [
        ({"most_mb": 1e6}, "MB more memory"), ({"before_descriptors": -1000}, "descriptors open"),
        ({"late_s": 9.0}, "did nothing else for 9.0 s"),
        ({"answered_s": 9.0}, "answered after 9.0 s"),
    ],
)  # fmt: skip
async def test_a_host_that_grew_or_was_late_is_found(state, problem):
    watch = Watch(well, memory_bound_mb=10)
    for name, value in state.items():
        setattr(watch, name, value)
    assert problem in watch.problem()


def test_a_text_that_steers_is_told_from_one_that_does_not():
    assert [judge.steers(one) for one in ("plain\n\tä", "\x9b", "\u2066", "\ud800")] == [False, True, True, True]
