import asyncio
import json

from planaria.assemble import Places
from planaria.assemble.regenerate import place_at
from planaria.kernel.loader import generation_at
from planaria.regen.promotion import promote
from tests.assemble.proposal import good


async def promoted(shop, tmp_path):
    candidate = tmp_path / "candidate"
    candidate.mkdir()
    (candidate / "__init__.py").write_text(good(shop))
    await promote(place_at(Places.of(shop), lambda step: None), generation_at("stock", candidate), {})


def test_the_generation_before_is_in_force_again(shop, planaria, tmp_path):
    before = generation_at("stock", Places.of(shop).impl("stock")).digest
    asyncio.run(promoted(shop, tmp_path))
    told = json.loads(planaria("rollback", "stock", "--json").out)
    assert told == {"ok": True, "cell": "stock", "generation": before, "swapped": False}


def test_a_running_system_is_swapped_too(up, shop, planaria, tmp_path):
    asyncio.run(promoted(shop, tmp_path))
    ended = planaria("rollback", "stock")
    assert (ended.code, "in the running system" in ended.out) == (0, True)


def test_where_nothing_was_promoted_there_is_no_way_back(shop, planaria):
    ended = planaria("rollback", "stock")
    assert (ended.code, ended.err.partition(":")[0]) == (2, "PLN-R104")
