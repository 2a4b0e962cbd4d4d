import asyncio
import json
import urllib.error
import urllib.request

import pytest

from planaria.assemble import Places
from planaria.assemble.clock import SystemClock
from planaria.assemble.note import read_note
from planaria.assemble.serve import OWNER, noted, serve
from planaria.gateway.keys import Keys
from planaria.record import recordings_in


async def ask(served, path, body=None, key=None):
    headers = {"Authorization": f"Bearer {key or served.key}", "Content-Type": "application/json"}
    request = urllib.request.Request(served.url + path, data=None if body is None else json.dumps(body).encode(), headers=headers)
    return json.loads(await asyncio.to_thread(lambda: urllib.request.urlopen(request).read()))


async def test_serves_every_cell_with_the_key_of_its_owner(shop):
    async with serve(shop) as served:
        assert await ask(served, "/cells/stock/receive", {"sku": "apple", "quantity": 5}) == 5
        assert await ask(served, "/cells/outbox/parked", {}) == []
        health = await ask(served, "/health")
        assert {one["cell"] for one in health["cells"]} >= {"stock", "cart", "outbox"}


async def test_describes_the_cells_of_the_system_to_clients(shop):
    async with serve(shop) as served:
        document = await ask(served, "/openapi.json")
        assert {one.split("/")[2] for one in document["paths"] if one.startswith("/cells/")} == {"stock", "cart"}


async def test_the_owners_key_ends_with_the_system(shop):
    async with serve(shop) as served:
        first = served.key
    async with serve(shop) as served:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            await ask(served, "/cells/stock/left", {"sku": "apple"}, key=first)


async def test_keys_that_a_killed_system_left_are_revoked(shop):
    keys = Keys(Places.of(shop).keys, clock=SystemClock())
    _, left = keys.make(OWNER)
    _, other = keys.make("a laptop")
    async with serve(shop) as served:
        assert await ask(served, "/cells/stock/left", {"sku": "apple"}, key=other) == 0
        with pytest.raises(urllib.error.HTTPError, match="401"):
            await ask(served, "/cells/stock/left", {"sku": "apple"}, key=left)


async def test_calls_that_enter_are_recorded_and_host_cells_are_not(shop):
    async with serve(shop) as served:
        await ask(served, "/cells/stock/receive", {"sku": "apple", "quantity": 5})
        await ask(served, "/cells/outbox/parked", {})
    places = Places.of(shop)
    assert [one.call for one in recordings_in(places.recordings, "stock")] == ["receive"]
    assert [one.name for one in places.recordings.iterdir()] == ["stock.jsonl"]


async def test_recording_leaves_the_call_path_as_cheap_as_it_was(shop):
    async with serve(shop, record=False) as served:
        bare = {(one.cell, one.name): one.period for cell in served.life.cells.values() for one in cell.operations.values()}
    async with serve(shop) as served:
        assert {(one.cell, one.name): one.period for cell in served.life.cells.values() for one in cell.operations.values()} == bare


async def test_without_recording_nothing_is_kept(shop):
    async with serve(shop, record=False) as served:
        await ask(served, "/cells/stock/left", {"sku": "apple"})
    assert not Places.of(shop).recordings.exists()


async def test_leaves_a_note_while_it_is_served(shop):
    places = Places.of(shop)
    async with serve(shop) as served:
        async with noted(served, places, pid=7) as note:
            assert read_note(places.run) == note
            assert (note.url, note.pid, note.key) == (served.url, 7, served.key)
        assert not places.run.exists()


NOSY = """
class StockCell(Stock):
    async def left(self, sku):
        with open("/etc/hostname") as file: return len(file.read())
    async def receive(self, sku, quantity): return 0
    async def sold(self, order): pass
"""


async def test_a_cell_of_a_served_system_is_watched(shop):
    (shop / "cells/stock/impl/__init__.py").write_text("from cells.stock.contract import Stock\n" + NOSY)
    told = []
    async with serve(shop, complain=told.append) as served:
        with pytest.raises(urllib.error.HTTPError, match="500"):
            await ask(served, "/cells/stock/left", {"sku": "apple"})
        (usage,) = [one for one in await ask(served, "/placements") if one["cell"] == "stock"]
    assert (usage["placement"], usage["touches"]) == ("inprocess", {"refused": 1})
    assert any("cell 'stock' reads" in one for one in told)


async def test_a_key_sees_of_the_placements_what_it_may_call(shop):
    _, key = Keys(Places.of(shop).keys, clock=SystemClock()).make("a till", cells=("cart",))
    async with serve(shop) as served:
        assert [one["cell"] for one in await ask(served, "/placements", key=key)] == ["cart"]
