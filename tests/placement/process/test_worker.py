"""The worker's side, in a thread of this process: what runs inside, without the sandbox around it."""

import asyncio
import gc
from pathlib import Path

import pytest

from planaria import Unknown
from planaria.testing.inline import inline_generation
from tests.placement.process.test_seat import ERRORS, NESTED, STATE, consume, failure
from tests.placement.process.thread import in_threads
from tests.placement.process.trial import MORE, TRIAL, Checked, Partner, Spoiled, Trial, trial

HANDED = """
    async def hand_over(self):
        return {"kept": [1, "two", None, (3.5, b"x")], "odd": self.odd} if hasattr(self, "odd") else {"kept": [1]}

    async def take_over(self, handed):
        self.taken = handed

    async def taken_over(self, number, text):
        return self.taken

    async def make_odd(self, number, text):
        deep = []
        for _ in range(100):
            deep = [deep]
        self.odd = {"object": object(), "deep": deep, "set": {1}}[text]
"""
ENDS = """
    async def exit(self, number, text):
        sys.exit(number)

    async def break_(self, number, text):
        self.broken.set()

    async def wait(self, number, text):
        await asyncio.Event().wait()
"""


def inside(more=MORE, **given):
    return trial(more, place=in_threads(Path()), **given)


async def test_errors_and_values_leave_a_worker_as_what_they_are():
    async with inside(ERRORS) as (_, handle, _):
        with pytest.raises(Spoiled):
            await handle.run("raise_", 0, "declared")
        for text in ("long", "silent", "cancelled", "forged"):
            assert (await failure(handle.run("raise_", 0, text))).code == "PLN-C300"
        assert await handle.check(Checked(3)) == Checked(3)
        assert (await failure(handle.check(Checked(0)))).facts["error"] == "Unwritable"
        assert await handle.carry(b"x" * 3_000_000) == b"x" * 3_000_000
        assert (await failure(handle.carry(b"x" * 9_000_000))).facts["error"] == "TooBig"


async def test_an_argument_that_a_worker_cannot_read_is_a_failure_at_once():
    async with inside() as (_, handle, place):
        async with asyncio.timeout(5):
            assert (await failure(handle.run("nothing", "no number"))).facts["error"] == "WrongValue"
            assert (await failure(consume(handle.flow("x", "no number"), []))).facts["error"] == "WrongValue"
        assert await handle.run("nothing") == "done"
        assert place.usages()[0].calls == 3  # it is the same worker


async def test_other_cells_are_reached_from_a_worker():
    async with inside(NESTED) as (cells, handle, _):
        assert await handle.run("ask", 5) == "25"
        assert await handle.run("together", 200) == str(200 * 199)
        assert await handle.run("count", 40) == str(list(range(40)))
        assert await handle.run("count_some", 1000) == "3"
        assert await handle.run("fail") == "planaria.kernel.error Failed PLN-C300 KeyError"
        assert await handle.run("wrong") == "WrongValue"
        assert await handle.run("later", 4) == "begun"
        assert await handle.run("told") == "8"
        assert await handle.run("stop_waiting") == "stopped"
        with pytest.raises(Unknown):
            await handle.hurry("refused")
        async with asyncio.timeout(10):
            while await cells.handle(Partner).waiting():  # noqa: ASYNC110 - nobody announces the end of a cancelled call
                await asyncio.sleep(0)


async def test_items_flow_from_a_worker_as_they_are_taken():
    async with inside() as (_, handle, _):
        assert [len(one) async for one in handle.flow("large", 700_000)] == [700_000] * 50
        taken = []
        with pytest.raises(Spoiled):
            await consume(handle.flow("fail", 0), taken)
        assert taken == [b"first"]
        endless = handle.flow("endless", 0)
        await anext(endless)
        await endless.aclose()
        assert await handle.run("nothing") == "done"


async def test_bodies_run_in_a_worker_and_statements_in_the_store():
    async with inside(STATE) as (_, handle, _):
        assert await handle.run("write", 100, "one") == "1"
        with pytest.raises(Spoiled):
            await handle.run("undo", 2, "two")
        assert await handle.run("rows") == "([(100, 'one')], None)"
        assert await handle.run("named", 100) == "('one',)"
        assert await handle.run("bear") == "['PLN-S102', 'PLN-S302', 'PLN-S302', 'PLN-S302', 'PLN-E103']"
        assert await handle.run("coroutine") == "PLN-P509"
        assert await handle.run("keep") == "PLN-P513"
        assert await handle.run("too_much") == "('PLN-P507', 'PLN-P507')"
        assert await handle.run("together", 40) == "{41}"


async def test_memory_is_handed_over_as_plain_data(tmp_path):
    async with inside(HANDED) as (cells, handle, _):
        text = TRIAL.replace("__MORE__", HANDED + "\n    version = 2\n")
        await cells.life.swap("trial", inline_generation(Trial, text, tmp_path))
        assert await handle.run("taken_over") == "{'kept': [1]}"
        for odd in ("object", "deep", "set"):
            await handle.run("make_odd", 0, odd)
            error = await failure(cells.life.swap("trial", inline_generation(Trial, text + f"# {odd}", tmp_path)))
            assert "PLN-P510" in str(error)


async def test_a_worker_ends_with_its_cell_and_its_host():
    async with inside(ENDS) as (cells, handle, _):
        waiting = asyncio.create_task(handle.run("wait"))
        with pytest.raises(Unknown):
            await handle.run("exit", 3)
        with pytest.raises(Unknown):
            await waiting
        await handle.run("break_")
        assert await handle.carry(b"again") == b"again"
        assert any("crashed" in one for one in cells.complaints)
    gc.collect()  # what such an end leaves is told now, and not while some later test is being read
