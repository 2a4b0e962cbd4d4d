import asyncio
import os

import pytest

from planaria.assemble import Places
from planaria.assemble.note import RunNote
from planaria.assemble.regenerate import place_at, recover, regenerate, roll_back
from planaria.assemble.serve import noted, serve
from planaria.kernel.error import NoSuchCell
from planaria.kernel.loader import generation_at
from planaria.ledger import NoKey, verify
from tests.assemble.proposal import bad, good, recorded


async def test_a_refused_candidate_leaves_everything_as_it_was_and_is_recorded(shop, tmp_path):
    places = Places.of(shop)
    before = generation_at("stock", places.impl("stock")).digest
    steps = []
    result = await regenerate(
        shop, "stock", intent="Say why.", proposer=recorded(tmp_path, bad(shop)), on_step=lambda step: steps.append(step.kind)
    )
    assert (result.promoted, result.verdict) == (False, "fail")
    assert "socket" in result.attempts[0].findings[0].what
    assert generation_at("stock", places.impl("stock")).digest == before
    assert verify(places.ledger) == ()
    assert "candidate.refused" in steps


async def test_a_candidate_that_passes_goes_live_and_can_be_rolled_back_without_a_failed_call(shop, tmp_path):
    places = Places.of(shop)
    async with serve(shop) as served, noted(served, places, pid=os.getpid()):
        before = served.life.cells["stock"].generation.digest
        await served.life.call("stock", "receive", ("apple", 5), caller="test")
        ending = asyncio.Event()

        async def visit():
            calls = 0
            while not ending.is_set():
                assert await served.life.call("stock", "left", ("apple",), caller="test") == 5
                calls += 1
            return calls

        visiting = asyncio.create_task(visit())
        result = await regenerate(shop, "stock", intent="Say why.", proposer=recorded(tmp_path, bad(shop), good(shop)))
        assert [one.verdict for one in result.attempts] == ["fail", "pass"]
        assert served.life.cells["stock"].generation.digest == result.generation != before
        assert (await roll_back(shop, "stock")).digest == before
        assert served.life.cells["stock"].generation.digest == before
        ending.set()
        assert await visiting > 0
    assert verify(places.ledger) == ()


async def test_a_cell_that_is_not_there_is_refused_before_anything_is_written(shop, tmp_path):
    with pytest.raises(NoSuchCell):
        await regenerate(shop, "stok", intent="Say why.", proposer=recorded(tmp_path, good(shop)))
    assert not Places.of(shop).ledger.exists()


async def test_a_note_that_a_killed_system_left_does_not_hinder(shop):
    RunNote(host="127.0.0.1", port=1, pid=os.getpid(), key="pk_x", started=0.0).write(Places.of(shop).run)
    assert place_at(Places.of(shop), print).swap is None


async def test_a_ledger_that_others_signed_gets_no_new_key(shop, tmp_path):
    places = Places.of(shop)
    await regenerate(shop, "stock", intent="Say why.", proposer=recorded(tmp_path, bad(shop)))
    places.ledger_key.unlink()
    with pytest.raises(NoKey):
        await regenerate(shop, "stock", intent="Say why.", proposer=recorded(tmp_path, bad(shop)))


async def test_a_start_finishes_what_a_crash_left(shop):
    places = Places.of(shop)
    place = place_at(places, print)
    kept = place.shelf.keep("stock", places.impl("stock"))
    (places.impl("stock") / "__init__.py").write_text("half written")
    place.journal.write_text(f'{{"cell": "stock", "before": "{kept.digest}", "after": "{"0" * 64}"}}')
    await recover(shop)
    assert generation_at("stock", places.impl("stock")).digest == kept.digest
    assert not place.journal.exists()
