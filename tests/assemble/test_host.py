import pytest

from planaria.assemble import life_at, system_at
from planaria.assemble.host import OUTBOX
from planaria.assemble.outbox.contract import NotParked, ParkedDeliveries
from planaria.assemble.outbox.impl import ParkedDeliveriesCell
from planaria.assemble.outbox.parking import NoSuchDelivery, Parked
from planaria.kernel.event import SCOPE

PARK = "update planaria__delivery set parked = 1, attempts = 12, error = 'it said no'"


async def park_one(life):
    """Have one delivery parked, as a handler that always fails would."""
    await life.outbox.stop()
    await life.call("stock", "receive", ("apple", 5), caller="test")
    await life.call("cart", "put", ("ann", "apple", 2), caller="test")
    await life.call("cart", "checkout", ("ann",), caller="test")
    await life.ports.store.write(lambda session: session.execute(SCOPE, PARK))
    life.outbox.start()


async def test_parked_deliveries_are_offered_as_a_cell(shop):
    async with life_at(shop, hosts=(OUTBOX,)) as life:
        await park_one(life)
        outbox = life.handle(ParkedDeliveries)
        (one,) = await outbox.parked()
        assert (one.handler, one.key, one.attempts, one.error) == ("stock.sold", "ann", 12, "it said no")
        assert '"sku":"apple"' in one.payload
        await outbox.redeliver(one.event, one.handler)
        await life.outbox.settled()
        assert await outbox.parked() == ()
        assert await life.call("stock", "left", ("apple",), caller="test") == 3


async def test_what_is_not_parked_cannot_be_sent_again(shop):
    async with life_at(shop, hosts=(OUTBOX,)) as life:
        with pytest.raises(NotParked):
            await life.handle(ParkedDeliveries).redeliver(7, "stock.sold")


async def test_without_hosts_a_system_has_only_its_own_cells(shop):
    async with life_at(shop) as life:
        assert list(life.cells) == ["stock", "cart"]


async def test_one_system_can_be_run_with_hosts_twice(shop):
    system = system_at(shop)
    for _ in range(2):
        async with life_at(shop, system=system, hosts=(OUTBOX,)) as life:
            assert list(life.cells) == ["stock", "cart", "outbox"]
    assert list(system.cells) == ["stock", "cart"]


async def test_the_cell_answers_from_whatever_outbox_it_is_given():
    class Box:
        async def parked(self):
            return [Parked(event=1, handler="a.b", key="k", attempts=12, error="no", payload=b"\xff")]

        async def redeliver(self, event, handler):
            raise NoSuchDelivery(event=event, handler=handler)

    cell = ParkedDeliveriesCell()
    cell.host = Box()
    assert (await cell.parked())[0].payload == "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(NotParked):
        await cell.redeliver(1, "a.b")
