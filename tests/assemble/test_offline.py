import pytest

from planaria.assemble import life_at
from planaria.assemble.offline import parked_at
from planaria.store import StoreInUse
from tests.assemble.test_host import park_one


async def test_lists_what_is_parked_and_sends_it_again_at_the_next_start(shop):
    async with life_at(shop) as life:
        await park_one(life)
    (one,) = await parked_at(shop)
    assert (one["handler"], one["attempts"], one["error"]) == ("stock.sold", 12, "it said no")
    assert await parked_at(shop, again=[(one["event"], one["handler"])]) == []
    async with life_at(shop) as life:
        await life.outbox.settled()
        assert await life.call("stock", "left", ("apple",), caller="test") == 3


async def test_is_refused_while_the_system_is_up(shop):
    async with life_at(shop):
        with pytest.raises(StoreInUse):
            await parked_at(shop)


async def test_a_system_that_never_ran_has_nothing_parked(shop):
    assert await parked_at(shop) == []
