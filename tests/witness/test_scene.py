import asyncio
from random import Random

import pytest

from planaria.kernel.contract import Contract, describe, operation, requires
from planaria.witness.call import Call, Outcome, Sequence
from planaria.witness.generator import Generator
from planaria.witness.pool import Pool
from planaria.witness.scene import Scenes, holds


async def later(limit):
    return limit


class Shelf(Contract):
    """A shelf."""

    @operation()
    @requires("the limit is 1 to 5", lambda limit: 1 <= limit <= 5)
    @requires("the text has no spaces", lambda text: " " not in text)
    async def put(self, text: str, limit: int = 3) -> tuple[str, ...]:
        """Put."""
        raise NotImplementedError

    @operation()
    async def size(self) -> int:
        """Count."""
        raise NotImplementedError

    @operation()
    @requires("never", lambda number: number / 0)
    async def never(self, number: int) -> int:
        """Never."""
        raise NotImplementedError

    @operation()
    @requires("later", later)
    @requires("the state", lambda self, limit: False)
    async def state(self, limit: int) -> int:
        """State."""
        raise NotImplementedError

    @operation()
    @requires("not a plain answer", lambda limit: asyncio.sleep(0, limit))
    async def awaited(self, limit: int) -> int:
        """Await."""
        raise NotImplementedError


OPERATIONS = {one.name: one for one in describe(Shelf).operations}


def scenes(seed=1, names=("put", "size")):
    return Scenes([OPERATIONS[name] for name in names], Generator(Pool(), Random(seed)), {})


def test_every_call_is_inside_the_preconditions_that_need_no_state():
    made = scenes()
    made.seed([Sequence((Call("put", {"text": "a", "limit": 2}), Call("size", {})))])
    calls = [call for _ in range(60) for one in (made.scene("fresh"), made.variation("copy")) for call in one.calls]
    assert len(calls) > 500
    assert all(holds(OPERATIONS[one.operation], one.arguments) for one in calls)
    assert {one.arguments.get("limit", 3) for one in calls if one.operation == "put"} == {1, 2, 3, 4, 5}


def test_conditions_on_state_are_left_to_the_cell():
    assert holds(OPERATIONS["state"], {"limit": 0})


@pytest.mark.filterwarnings("ignore:coroutine")
def test_a_condition_that_cannot_decide_has_not_held():
    assert not holds(OPERATIONS["never"], {"number": 1})
    assert not holds(OPERATIONS["awaited"], {"limit": 1})


def test_an_operation_without_possible_arguments_is_counted():
    made = scenes(names=("never",))
    assert made.call("never") is None
    assert made.outside["never"] == 1
    assert made.scene("fresh").calls == ()


def test_what_changes_state_comes_first():
    made = scenes()
    made.learn(Sequence((Call("put", {"text": "a"}),)), [Outcome(kind="completed", value=["a"], changed=True)])
    assert made.changing["put"] == 1
    assert {one.scene("fresh").calls[-1].operation for one in [made] * 5} == {"size"}


def test_outcomes_of_a_new_shape_make_a_sequence_worth_varying():
    made = scenes()
    sequence = Sequence((Call("put", {"text": "a"}),))
    made.learn(sequence, [Outcome(kind="completed", value=["seen"])])
    made.learn(sequence, [Outcome(kind="completed", value=["again"])])
    assert made.corpus == [sequence]
    assert "seen" in made.generator.pool.typed("str")
    made.learn(sequence, [Outcome(kind="completed", value={"$": "struct Gone", "of": {"a": [1], "b": None, "c": 2.5}})])
    assert len(made.corpus) == 2


def test_probing_tries_each_parameter_once_and_then_looks():
    made = scenes()
    made.seed([Sequence((Call("put", {"text": "a", "limit": 2}), Call("gone", {})))] * 2)
    sequences = list(made.probing())
    tried = {one.arguments["limit"] for each in sequences for one in each.calls if one.operation == "put" and "limit" in one.arguments}
    assert {1, 2, 3, 5} <= tried
    assert any(one.operation == "size" for one in sequences[0].calls)
    assert all(holds(OPERATIONS[one.operation], one.arguments) for each in sequences for one in each.calls if one.operation != "gone")


def test_what_was_dropped_is_called_no_more():
    made = scenes()
    made.seed([Sequence((Call("put", {"text": "a"}), Call("size", {})))])
    made.drop("put")
    sequences = [one for _ in range(20) for one in (made.scene("fresh"), made.variation("fresh"))]
    assert {call.operation for one in sequences for call in one.calls} == {"size"}
    assert made.without_dropped(Sequence((Call("put", {}), Call("size", {})))).calls == (Call("size", {}),)
