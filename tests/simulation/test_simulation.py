"""A thousand seeds keep every invariant; the seeds that once failed go first."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.loop import Crashed, Hung, SimulatedLoop, passing
from tests.simulation.run import simulate
from tests.simulation.world import write_generations

ROOT = Path(__file__).parent.parent.parent
GRAVEYARD = sorted(int(path.stem) for path in Path(__file__).parent.glob("graveyard/*.txt"))
SEEDS, RANGE, JOBS = 1000, 200, 2


@pytest.fixture(scope="module")
def generations(tmp_path_factory):
    return write_generations(tmp_path_factory.mktemp("generations"))


def test_the_seeds_that_failed_once_hold(generations):
    for seed in GRAVEYARD:
        simulate(seed, generations)


@pytest.mark.parametrize("first", range(0, SEEDS, RANGE))
def test_every_invariant_holds_over_seeds(first):
    part = RANGE // JOBS
    commands = [
        [sys.executable, "-m", "tests.simulation", "--seeds", str(start), str(start + part)] for start in range(first, first + RANGE, part)
    ]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    running = [subprocess.Popen(one, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for one in commands]
    told = [one.communicate()[0] for one in running]
    print("".join(told))
    assert [one.returncode for one in running] == [0] * JOBS, "".join(told)


def test_a_seed_repeats_itself_to_the_last_line_of_its_trace(generations):
    for seed in (3, 7, 11):
        first, second = (simulate(seed, generations, trace=True).trace for _ in range(2))
        assert first == second


def test_two_seeds_differ(generations):
    assert simulate(1, generations, trace=True).trace != simulate(2, generations, trace=True).trace


def test_virtual_time_jumps_to_the_next_timer():
    loop = SimulatedLoop(random.Random(1))
    loop.run_until_complete(passing(3600.0))
    assert loop.time() == 3600.0
    loop.drop()


def test_ready_callbacks_run_in_an_order_that_the_seed_draws():
    def order(seed):
        loop, seen = SimulatedLoop(random.Random(seed)), []

        async def one(name):
            await asyncio.sleep(0)
            seen.append(name)

        async def all_of_them():
            await asyncio.gather(*map(one, "abcdef"))

        loop.run_until_complete(all_of_them())
        loop.drop()
        return "".join(seen)

    assert order(1) == order(1)
    assert len({order(seed) for seed in range(10)}) > 5


def test_a_crash_ends_everything_between_two_callbacks():
    loop, seen = SimulatedLoop(random.Random(1)), []

    async def work():
        try:
            for count in range(100):
                seen.append(count)
                await passing(1)
        finally:
            await passing(1)
            seen.append("after")

    loop.crash_at = 10
    with pytest.raises(Crashed):
        loop.run_until_complete(work())
    loop.drop()
    assert seen == list(range(len(seen)))


def test_work_that_cannot_end_is_called_hung():
    loop = SimulatedLoop(random.Random(1))
    with pytest.raises(Hung):
        loop.run_until_complete(loop.create_future())
    loop.drop()


def test_work_that_takes_for_ever_is_called_hung():
    async def for_ever():
        while True:
            await passing(60)

    loop = SimulatedLoop(random.Random(1))
    with pytest.raises(Hung):
        loop.run_until_complete(for_ever())
    loop.drop()
