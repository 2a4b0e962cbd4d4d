import asyncio
from pathlib import Path
from random import Random

import pytest

from planaria.kernel.contract import Contract, describe, operation
from planaria.witness.call import Call, Outcome, Sequence
from planaria.witness.generator import Generator
from planaria.witness.pool import Pool
from planaria.witness.scene import Scenes
from planaria.witness.search import GROUPS_MAX, Pair, Search
from planaria.witness.worker import Order, WorkerFailed


class Shelf(Contract):
    """A shelf."""

    @operation()
    async def double(self, number: int) -> int:
        """Double."""
        raise NotImplementedError

    @operation()
    async def name(self, text: str) -> str:
        """Name."""
        raise NotImplementedError


class Answering:
    """A worker in this process: a function stands for the implementation."""

    def __init__(self, function):
        self.function, self.ran, self.stopped = function, 0, False
        self.order = Order(cell="shelf", role="x", command=(), scratch=Path())

    async def start(self):
        if self.function is None:
            raise WorkerFailed(cell="shelf", role="x", text="no", command="")

    async def stop(self):
        self.stopped = True

    async def run(self, sequences):
        await asyncio.sleep(0)
        self.ran += len(sequences)
        return [tuple(self.function(call.operation, **call.arguments) for call in one.calls) for one in sequences]


def plainly(operation_, *, number=0, text=""):
    return Outcome(kind="completed", value=2 * number if operation_ == "double" else text)


def otherwise(value=None, *, beyond=5, **given):
    def answered(operation_, *, number=0, text=""):
        if operation_ == "double" and number > beyond:
            return Outcome(**{"kind": "completed", "value": value if value is not None else -number, **given})
        return plainly(operation_, number=number, text=text)

    return answered


async def never(suspect, pair):
    return None


def search_of(candidate, *, current=plainly, again=plainly, patient=None, excused=never, allowed=lambda name, places: False):
    workers = (Answering(one) for one in (current, candidate, again, patient or candidate))
    pair = Pair(*workers, slack_of=lambda name: "exact")
    scenes = Scenes(describe(Shelf).operations, Generator(Pool(), Random(1)), {})
    return Search(pair, scenes, cell="shelf", allowed=allowed, excused=excused)


SEEDS = [Sequence((Call("name", {"text": "a"}), Call("double", {"number": 40}), Call("name", {"text": "b"})), "fresh", "example")]


async def test_a_difference_is_shrunk_to_its_smallest_calls():
    search = search_of(otherwise())
    (found,) = await search.run(SEEDS, budget_s=60)
    assert [(one.operation, one.arguments) for one in found.witness.calls] == [("double", {"number": 6})]
    assert (found.places, found.source, found.seen > 1) == (("value",), "example", True)
    assert (found.witness.current.value, found.witness.candidate.value) == (12, -6)


async def test_the_same_seed_finds_the_same():
    first, second = [await search_of(otherwise()).run(SEEDS, budget_s=60) for _ in range(2)]
    assert first == second


async def test_implementations_that_are_alike_are_searched_to_the_end():
    search = search_of(plainly)
    search.sequences_max = 40
    assert await search.run(SEEDS, budget_s=60) == []
    looked = search.looked
    assert looked.sequences >= 40
    assert looked.calls == sum(looked.by_operation.values()) == sum(looked.answered.values()) > 100
    assert (looked.seeds_left, looked.unfinished) == (0, set())


async def test_without_a_budget_the_seeds_are_left():
    search = search_of(plainly)
    assert await search.run(SEEDS, budget_s=0.0) == []
    assert search.looked.seeds_left == 1


async def test_what_is_allowed_and_what_is_excused_is_counted():
    search = search_of(otherwise(), allowed=lambda name, places: places == {"value"})
    search.sequences_max = 12
    assert await search.run(SEEDS, budget_s=60) == []
    assert search.looked.allowed["double", frozenset({"value"})] >= 1

    async def always(suspect, pair):
        return "it is meant"

    search = search_of(otherwise(), excused=always)
    search.sequences_max = 12
    assert await search.run(SEEDS, budget_s=60) == []
    assert search.looked.excused["it is meant"] >= 1


async def test_what_disagrees_with_itself_is_not_compared():
    search = search_of(otherwise(), again=otherwise(7))
    search.sequences_max = 12
    assert await search.run(SEEDS, budget_s=60) == []
    assert search.looked.not_comparable["double", "the current implementation disagrees with itself"] >= 1


async def test_a_current_implementation_at_its_limits_is_not_compared():
    search = search_of(plainly, current=otherwise(kind="unknown", code="late"))
    search.sequences_max = 12
    assert await search.run(SEEDS, budget_s=60) == []
    assert sum(search.looked.not_comparable.values()) >= 1


async def test_an_operation_that_breaks_the_process_is_not_asked_again():
    search = search_of(otherwise(kind="unknown", code="ended"))
    (found,) = await search.run(SEEDS, budget_s=60)
    assert found.places == ("outcome",)
    assert "double" not in search.scenes.operations


async def test_a_candidate_that_is_only_slow_is_not_refused():
    late = otherwise(kind="unknown", code="late")
    search = search_of(late, patient=plainly)
    search.sequences_max = 12
    assert await search.run(SEEDS, budget_s=60) == []
    assert search.looked.not_comparable["double", "the candidate gives the same much more slowly"] >= 1
    assert len(await search_of(late).run(SEEDS, budget_s=60)) == 1


async def test_arguments_so_large_that_nothing_comes_back_are_left_alone():
    search = search_of(plainly, current=otherwise(kind="unknown", code="late"))
    search.sequences_max = 200
    await search.run(SEEDS, budget_s=60)
    assert search.scenes.too_large["double"] <= 10
    assert sum(search.looked.not_comparable.values()) < 30


async def test_many_kinds_of_difference_end_the_search():
    def various(operation_, *, number=0, text=""):
        return Outcome(kind="completed", value={"$": "struct Made", "of": {f"field{number % 50}": 1, "same": number}})

    def others(operation_, *, number=0, text=""):
        return Outcome(kind="completed", value={"$": "struct Made", "of": {f"field{number % 50}": 2, "same": number}})

    search = search_of(others, current=various, again=various)
    assert 1 < len(await search.run(SEEDS, budget_s=60)) <= GROUPS_MAX + 12


async def test_a_suspicion_without_time_to_be_sure_is_told():
    search = search_of(otherwise())

    async def slowly(suspect, pair):
        search.deadline = 0.0

    search.excused = slowly
    assert await search.run(SEEDS, budget_s=60) == []
    assert search.looked.unfinished == {"double"}


async def test_a_search_that_hangs_is_ended(monkeypatch):
    search = search_of(otherwise())

    async def hanging(suspect):
        await asyncio.Event().wait()

    search._is_unsteady = hanging
    monkeypatch.setattr("planaria.witness.search.LATE_S", 0.0)
    assert await search.run(SEEDS, budget_s=0.05) == []
    assert search.looked.unfinished == {"double"}


async def test_workers_start_together_and_a_failure_is_raised():
    search = search_of(None)
    with pytest.raises(WorkerFailed):
        await search.pair.start()
    await search.pair.stop()
    assert search.pair.current.stopped
    await search_of(plainly).pair.start()


def test_after_a_call_of_chance_what_follows_has_only_its_shape():
    pair = Pair(None, None, None, None, slack_of={"draw": "shape", "name": "exact"}.__getitem__)
    calls = [Call("name", {}), Call("draw", {}), Call("name", {})]
    assert pair.slack_at(calls) == ["exact", "shape", "shape"]


async def test_without_operations_there_is_nothing_to_look_at():
    pair = Pair(*[Answering(plainly)] * 4, slack_of=lambda name: "exact")
    search = Search(pair, Scenes([], Generator(Pool(), Random(1)), {}), cell="shelf", allowed=lambda name, places: False, excused=never)
    assert await search.run([], budget_s=60) == []
