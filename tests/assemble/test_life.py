import pytest

from planaria.assemble import life_at, system_at
from planaria.assemble.error import CellNotStarted, CellTooSlow
from planaria.kernel import cell
from planaria.kernel.loader import generation_at
from planaria.placement.inprocess import InProcess
from planaria.store import StoreInUse
from planaria.testing import CountingIds, FakeClock
from tests.assemble.shop import mend


async def test_state_outlives_a_life(shop):
    async with life_at(shop) as life:
        assert await life.call("stock", "receive", ("apple", 5), caller="test") == 5
    async with life_at(shop) as life:
        assert await life.call("stock", "left", ("apple",), caller="test") == 5


async def test_an_event_that_was_emitted_before_a_stop_is_delivered_in_the_next_life(shop):
    async with life_at(shop) as life:
        await life.call("stock", "receive", ("apple", 5), caller="test")
        await life.call("cart", "put", ("ann", "apple", 2), caller="test")
        await life.call("cart", "checkout", ("ann",), caller="test")
    async with life_at(shop) as life:
        await life.outbox.settled()
        assert await life.call("stock", "left", ("apple",), caller="test") == 3


async def test_a_second_life_on_one_store_is_refused(shop):
    async with life_at(shop):
        with pytest.raises(StoreInUse):
            async with life_at(shop):
                pass


async def test_the_store_is_closed_after_a_start_that_failed(shop):
    (shop / "cells" / "cart" / "impl" / "__init__.py").write_text("raise ValueError\n")
    for _ in range(2):
        with pytest.raises(Exception, match="ValueError"):
            async with life_at(shop):
                pass


async def test_takes_another_store_generation_clock_and_placement(shop, tmp_path):
    placed = []

    class Watching:
        def open(self, order):
            placed.append(order.cell)
            return InProcess().open(order)

    candidate = tmp_path / "candidate"
    candidate.mkdir()
    text = (shop / "cells" / "stock" / "impl" / "__init__.py").read_text()
    (candidate / "__init__.py").write_text(text.replace("return row[0] if row else 0", "return row[0] if row else 7"))
    generation, clock = generation_at("stock", candidate), FakeClock()
    async with life_at(
        shop, store_path=tmp_path / "other.sqlite", generations={"stock": generation}, clock=clock, ids=CountingIds(),
        placements={"inprocess": Watching()}, system=system_at(shop),
    ) as life:  # fmt: skip
        assert await life.call("stock", "left", ("pear",), caller="test") == 7
        assert life.ports.clock is clock
    assert sorted(placed) == ["cart", "stock"]
    assert not (shop / ".planaria").exists()


async def test_what_a_system_keeps_is_its_owners_alone(shop):
    async with life_at(shop):
        assert (shop / ".planaria").stat().st_mode & 0o777 == 0o700


async def test_every_cell_can_be_placed_as_copying(shop):
    system = system_at(shop)
    for plan in list(system.cells.values()):
        system.place(plan.contract, "copying")
    async with life_at(shop, system=system) as life:
        assert await life.call("stock", "receive", ("apple", 5), caller="test") == 5


async def test_a_cell_that_raises_while_it_starts_is_named_with_its_line(shop):
    file = shop / "cells" / "cart" / "impl" / "__init__.py"
    mend(file, "    async def lines(self", "    async def on_start(self):\n        raise ValueError('no')\n\n    async def lines(self")
    with pytest.raises(CellNotStarted) as caught:
        async with life_at(shop):
            pass
    number = file.read_text().splitlines().index("        raise ValueError('no')") + 1
    assert (caught.value.facts["cell"], caught.value.facts["place"]) == ("cart", f"{file}:{number}")


async def test_a_fault_outside_every_cell_is_told_as_it_is(shop):
    class Broken:
        def open(self, order):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with life_at(shop, placements={"inprocess": Broken()}):
            pass


async def test_a_cell_that_does_not_come_up_in_time_is_named(shop, monkeypatch):
    monkeypatch.setattr(cell, "START_S", 0.01)
    mend(
        shop / "cells/stock/impl/__init__.py",
        "    async def receive",
        "    async def on_start(self):\n        await never()\n\n    async def receive",
    )
    file = shop / "cells/stock/impl/__init__.py"
    file.write_text(file.read_text() + "\n\nasync def never():\n    import asyncio\n    await asyncio.Event().wait()\n")
    with pytest.raises(CellTooSlow, match="cell 'stock' did not start within 30 s as 'inprocess'"):
        async with life_at(shop):
            pass
