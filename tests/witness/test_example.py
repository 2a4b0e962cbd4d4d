import doctest
from dataclasses import dataclass

import pytest

from planaria.kernel.contract import Contract, describe, operation
from planaria.kernel.error import CellError
from planaria.witness.call import Call, Outcome, Sequence
from planaria.witness.example import recorded, sequence_of
from planaria.witness.plain import plain
from planaria.witness.worker import Order, WorkerFailed


class Missing(CellError):
    """It is missing."""

    code = "SH-1"
    what = "no {name}"


@dataclass(frozen=True, slots=True)
class Line:
    text: str


class Shelf(Contract):
    """A shelf."""

    @operation(errors=(Missing,))
    async def take(self, name: str, limit: int = 1) -> Line:
        """Take."""
        raise NotImplementedError


class Answering:
    def __init__(self, *outcomes):
        self.outcomes, self.started = list(outcomes), []
        self.order = Order(cell="shelf", role="current", command=(), scratch=None)

    async def run(self, sequences):
        (one,) = sequences
        self.started.append(one.start)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return [(outcome,)]


async def calls_of(text, *outcomes):
    worker = Answering(*outcomes)
    examples = doctest.DocTestParser().get_examples(text)
    return worker, await sequence_of(examples, describe(Shelf), worker, cell="shelf", namespace={"Line": Line}, source="here")


GIVEN = Outcome(kind="completed", value=plain(Line("b")))


async def test_calls_follow_one_another_and_use_what_came_before():
    text = ">>> first = await shelf.take('a')\n>>> _ = await shelf.take(first.text, limit=2)\n"
    worker, sequence = await calls_of(text, GIVEN, GIVEN)
    assert sequence == Sequence((Call("take", {"name": "a"}), Call("take", {"name": "b", "limit": 2})), "fresh", "here")
    assert worker.started == ["fresh", "continue"]


@pytest.mark.parametrize(
    "outcome", [Outcome(kind="failed", code="SH-1", facts={"name": "a"}), Outcome(kind="failed", error="KeyError"), Outcome(kind="unknown")]
)
async def test_an_example_that_shows_an_error_is_a_call_too(outcome):
    text = ">>> await shelf.take('a')\n>>> shelf.gone\n>>> not python\n>>> await shelf.take('b')\n"
    _, sequence = await calls_of(text, outcome, GIVEN)
    assert [one.arguments["name"] for one in sequence.calls] == ["a", "b"]


async def test_a_worker_that_fails_is_no_example():
    with pytest.raises(WorkerFailed):
        await calls_of(">>> await shelf.take('a')\n", WorkerFailed(cell="shelf", role="current", text="", command=""))


def test_recorded_calls_come_in_pieces_and_what_no_longer_fits_is_left_out():
    def decode(given):
        if "bad" in given:
            raise Missing(name="bad")
        return given

    records = [{"call": "take", "arguments": {"name": "a"}}, {"call": "gone"}, {"call": "take", "arguments": {"bad": 1}}, {}] * 2
    sequences = recorded(records, {"take": decode}, at_once=1)
    assert [one.calls for one in sequences] == [(Call("take", {"name": "a"}),)] * 2
