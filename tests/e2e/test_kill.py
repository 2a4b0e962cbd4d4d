"""`kill -9` at a hundred random moments: what was acknowledged is there, nothing has effect twice, the ledger holds, it starts."""

import asyncio
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from planaria.ledger import Ledger, verify
from planaria.testing import FakeClock
from tests.e2e.till import write_system

ROOT = Path(__file__).parent.parent.parent
SYSTEMS, KILLS = 4, 25
STOPS_WITHIN_S = 60
KILLED_WITHIN_S, EARLY_WITHIN_S = 0.15, 0.4  # the moment of a kill, at the most, after the first word or after the start


class Told:
    """What the processes on one system have told, over all its lives."""

    def __init__(self) -> None:
        self.sold: set[int] = set()
        self.entries: set[int] = set()
        self.states = self.swaps = self.sales = 0

    def hear(self, line: bytes) -> None:
        word, _, text = line.decode().partition(" ")
        value = json.loads(text)
        if word == "sold":
            self.sold.add(value)
            self.sales += 1
        elif word == "entry":
            self.entries.add(value)
            self.swaps += 1
        elif word == "parked":
            assert value == 0, "an event was parked"
        else:
            self.states += 1
            self.check(**value)

    def check(self, sold: list[int], booked: list[int], confirmed: list[int]) -> None:
        """Check what a new life has found, after it had delivered what the killed one left."""
        assert self.sold <= set(sold), f"acknowledged and lost: {sorted(self.sold - set(sold))[:5]}"
        for name, lines in (("sold", sold), ("booked", booked), ("confirmed", confirmed)):
            twice = [number for number, count in Counter(lines).items() if count > 1]
            assert not twice, f"{name} twice: {twice[:5]}"
            assert set(lines) == set(sold), f"{name} lacks {sorted(set(sold) - set(lines))[:5]}"
            for lane in range(3):
                wanted = [number for number in sold if number % 3 == lane]
                assert [number for number in lines if number % 3 == lane] == wanted, f"{name}: lane {lane} is out of order"


async def begin(root, run, *more):
    command = [sys.executable, "-m", "tests.e2e.till", str(root), str(run), *more]
    pipe = asyncio.subprocess.PIPE
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, limit=2**24)


async def killed(root, run, told, chance):
    """Start the system and kill it: in its start, or while it works; a slow machine is given more time, until it has swapped."""
    process = await begin(root, run)
    heard, early = told.states, chance.random() < 0.15
    while not early and told.states == heard:
        line = await process.stdout.readline()
        assert line, f"the system does not start: {(await process.stderr.read()).decode()}"
        told.hear(line)
    try:
        async with asyncio.timeout(chance.random() * (EARLY_WITHIN_S if early else KILLED_WITHIN_S * 4 ** (run // KILLS))):
            while line := await process.stdout.readline():
                told.hear(line)
    except TimeoutError:
        process.kill()
    rest, errors = await process.communicate()
    assert process.returncode == -9, f"the system ended by itself: {errors.decode()}"
    for line in rest.splitlines(keepends=True):
        told.hear(line)
    check_ledger(root, told)


def check_ledger(root: Path, told: Told) -> None:
    folder = root / "ledger"
    if not told.entries:
        return
    findings = [one for one in verify(folder) if one.broken]
    assert not findings, findings
    numbers = {one.number for one in Ledger.open(folder, None, clock=FakeClock()).entries()}
    assert told.entries <= numbers, f"acknowledged entries are lost: {told.entries - numbers}"


@pytest.mark.parametrize("seed", [20_261_123])
async def test_a_hundred_kills_lose_nothing_and_double_nothing(seed, tmp_path):
    async def one(number):
        root, told, chance = tmp_path / str(number), Told(), random.Random(seed + number)
        write_system(root)
        run = 0
        while run < KILLS or (not told.swaps and run < 4 * KILLS):
            await killed(root, run, told, chance)
            run += 1
        process = await begin(root, run, "stop")
        async with asyncio.timeout(STOPS_WITHIN_S):
            lines, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        for line in lines.splitlines(keepends=True):
            told.hear(line)
        return told

    systems = await asyncio.gather(*map(one, range(SYSTEMS)))
    figures = [(one.states, one.sales, one.swaps) for one in systems]
    print(f"at least {SYSTEMS * KILLS} kills; starts, acknowledged sales and swaps of each system: {figures}")
    assert all(sales > KILLS and swaps > 0 for _, sales, swaps in figures), figures
