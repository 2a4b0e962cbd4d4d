import asyncio
import threading

import pytest

from planaria.kernel.contract import Contract, operation
from planaria.kernel.error import Failed
from planaria.kernel.system import uses
from tests.placement.wasm.trials import NOTE, Sold, Stock, StockCell, TooMuch, Trials
from tests.placement.wasm.workshop import bench, from_text, world


class Back(StockCell):
    trials: Trials = uses(Trials)

    async def left(self, sku):
        return await self.trials.run(0, 7)


FLOOD = """
(module
  (memory (export "memory") 4000)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "planaria:cells/flood#run") (param i64) (result i32)
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (i32.const 4096))
    (i32.store (i32.const 24) (i32.wrap_i64 (local.get 0)))
    (i32.const 16)))
"""


@pytest.fixture
async def trying(trials):
    async with bench(Trials, trials, beside={Stock: StockCell}, tables=NOTE, cpu_s_per_call=0.2, memory_mb=32) as running:
        yield running


@pytest.fixture
def trial(trying):
    return trying.handle(Trials)


async def test_calls_and_their_errors_cross_as_they_are(trial):
    assert await trial.run(0, -5) == -5
    with pytest.raises(TooMuch) as caught:
        await trial.run(12)
    assert caught.value.facts == {"size": 5, "word": "a\\x1b[2Jb"}
    with pytest.raises(Failed) as failed:
        await trial.run(13)
    assert (failed.value.facts["error"], failed.value.facts["text"]) == ("Nonsense", "a\\nb")


async def test_calls_into_other_cells_are_answered_with_values_and_with_errors(trial):
    assert await trial.run(6) == 42
    with pytest.raises(TooMuch) as caught:  # the guest passes the case on, which is one of its own
        await trial.run(7)
    assert caught.value.facts == {"sku": "none", "at": 1.5, "often": True, "never": None, "more": "(1,)"}
    with pytest.raises(Failed) as failed:
        await trial.run(20)
    assert "is beyond s64" in failed.value.facts["text"]


async def test_streams_of_other_cells_are_pulled_and_closed(trying, trial):
    StockCell.closed = 0
    assert [await trial.run(15, number) for number in (0, 1, 5)] == [0, 0, 10]
    assert await trial.run(16, 100) == 3
    assert StockCell.closed == 4
    for what, name in ((18, "NoSuchStream"), (19, "TooMany")):
        with pytest.raises(Failed) as failed:
            await trial.run(what)
        assert failed.value.facts["error"] == name
    await trying.seat.settled()
    assert all(not one.streams for one in trying.seat.instances)


async def test_its_state_is_its_own_and_events_go_with_what_is_written(trying, trial):
    assert await trial.run(10, 3) == 3512
    with pytest.raises(Failed) as failed:
        await trial.run(17)
    assert failed.value.facts["error"] == "Store"
    assert "planaria__event" in failed.value.facts["text"]


async def test_an_event_goes_with_the_transaction_that_made_it(trials):
    StockCell.noted = []
    async with bench(Trials, trials, beside={Stock: StockCell}, tables=NOTE, pool=1) as running:  # one instance, as it counts in its memory
        trial = running.handle(Trials)
        assert await trial.run(10, 7) == 7512
        await running.life.outbox.settled()
        assert StockCell.noted == [Sold("apple")]
        assert await trial.run(11) == len("apple") + 1  # it handles its own event too


async def test_the_clock_and_random_numbers_come_from_the_host(trial):
    assert await trial.run(8) == 17_000_000_005
    assert await trial.run(9) == 1


async def test_log_lines_are_told_bounded_and_harmless(trying, trial):
    await trial.run(4)
    await trial.run(5, 10_000)
    assert trying.complaints[0] == "trials: hello\\x1b[2J"
    assert (len(trying.complaints), trying.complaints[-1]) == (201, "trials: more lines of this call are left out")


@pytest.mark.parametrize(
    "what, said", [(1, "unreachable"), (2, "more than 0.2 s of the processor"), (3, "unreachable"), (21, "out of bounds")]
)  # fmt: skip
async def test_a_trap_ends_the_call_and_not_the_cell(trying, trial, what, said):
    assert await trial.run(11) == 1
    with pytest.raises(Failed) as failed:
        await trial.run(what)
    assert failed.value.facts["error"] == "Trapped"
    assert said in failed.value.facts["text"]
    assert await trial.run(11) == 1  # a fresh instance remembers nothing
    assert trying.life.cells["trials"].crashes == trying.life.cells["trials"].crashes.__class__()


async def test_fuel_is_a_limit_and_a_meter(trials):
    async with bench(Trials, trials, beside={Stock: StockCell}, fuel_per_call=100_000) as running:
        assert await running.handle(Trials).run(0, 1) == 1
        (instance,) = running.seat.instances
        assert 0 < instance.fuel_used < 10_000
        with pytest.raises(Failed) as failed:
            await running.handle(Trials).run(2)
        assert "it used up its fuel" in failed.value.facts["text"]


@pytest.mark.parametrize("name, problem", [("limited", "`int` <= 10"), ("doubled", "more than once")])
async def test_a_value_that_the_contract_does_not_allow_is_a_failure(trial, name, problem):
    with pytest.raises(Failed) as failed:
        await getattr(trial, name)()
    assert failed.value.facts["error"] == "WrongAnswer"
    assert problem in failed.value.facts["text"]


async def test_a_cancelled_call_is_stopped_where_it_is(trying, trial):
    for what in (14, 2):
        StockCell.waiting = asyncio.Event()
        call = asyncio.create_task(trial.run(what))
        if what == 14:
            await StockCell.waiting.wait()
        else:
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await trying.seat.settled()
    assert len(trying.seat.free) == len(trying.seat.instances)
    assert await trial.run(0, 9) == 9


async def test_calls_that_overlap_run_in_instances_of_their_own(trying, trial):
    calls = [asyncio.create_task(trial.run(14)) for _ in range(3)]
    StockCell.waiting = asyncio.Event()
    await StockCell.waiting.wait()
    assert await trial.run(0, 1) == 1
    for one in calls:
        one.cancel()
    await asyncio.wait(calls)
    assert 1 < len(trying.seat.instances) <= 4


async def test_a_cell_that_is_called_inside_itself_gets_an_instance_of_its_own(trials):
    async with bench(Trials, trials, beside={Stock: Back}, back=True, pool=1) as running:
        assert await running.handle(Trials).run(6) == 7
        await running.seat.settled()
        assert len(running.seat.instances) == 1


async def test_a_flood_of_values_ends_the_guest_and_not_the_host(tmp_path):
    class Flood(Contract):
        """Gives too much."""

        @operation()
        async def run(self, many: int) -> tuple[bool, ...]:
            raise NotImplementedError

    async with bench(Flood, from_text(FLOOD, world(Flood), tmp_path), memory_mb=300) as running:
        assert len(await running.handle(Flood).run(10)) == 10
        with pytest.raises(Failed) as failed:
            await running.handle(Flood).run(200_000_000)
        assert "more than 128 MB of values at once" in failed.value.facts["text"]


async def test_an_instance_can_be_made_anew_for_every_call(trials):
    async with bench(Trials, trials, beside={Stock: StockCell}, reset="call") as running:
        assert [await running.handle(Trials).run(11) for _ in range(3)] == [1, 1, 1]
    async with bench(Trials, trials, beside={Stock: StockCell}, pool=1) as running:
        assert [await running.handle(Trials).run(11) for _ in range(3)] == [1, 2, 3]


async def test_a_stream_is_pulled_from_one_instance_and_closed(trying, trial):
    assert [one async for one in trial.count(7)] == [0, 1, 2, 3, 4, 5, 6]
    assert await trial.run(11) == 1006
    stream = trial.count(100)
    assert await anext(stream) == 0
    await stream.aclose()
    await trying.seat.settled()
    assert await trial.run(11) == 1006
    with pytest.raises(Failed):
        [one async for one in trial.count(-1)]
    with pytest.raises(Failed):
        [one async for one in trial.count(13)]
    assert await trial.run(11) == 1


async def test_nothing_is_left_when_a_cell_stops(trials):
    before = threading.active_count()
    async with bench(Trials, trials, beside={Stock: StockCell}) as running:
        call = asyncio.create_task(running.handle(Trials).run(0, 1))
        assert await call == 1
        assert threading.active_count() > before
    assert threading.active_count() == before
