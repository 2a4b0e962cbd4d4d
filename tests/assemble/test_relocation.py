import pytest

from planaria.assemble import Places, life_at, relocation
from planaria.assemble.error import ChangedMeanwhile, NotAsEdited, NotPlaceable
from planaria.assemble.placement import usages
from planaria.assemble.probe import reach_of
from planaria.assemble.relocation import relocate, rights_told
from planaria.assemble.system import system_at
from planaria.kernel.error import NoSuchCell
from planaria.ledger import verify
from planaria.placement.process import placement
from planaria.placement.right import RightProblems
from planaria.placement.sandbox.error import NoLandlock, Unenforceable
from planaria.placement.tripwire import TripwireProblems
from planaria.placement.wasm.error import Unfit
from tests.assemble.shop import mend


async def test_a_limit_is_written_tried_and_entered(shop):
    before = (shop / "system.py").read_text()
    moved = await relocate(shop, "stock", "inprocess", limits={"tripwire": "record"})
    assert "system.place(Stock, \"inprocess\", tripwire='record')" in (shop / "system.py").read_text()
    assert dict(system_at(shop).plan("stock").limits) == {"tripwire": "record"}
    assert (moved.done, moved.up) == (True, False)
    assert "undeclared effects: seen by the tripwire and let through" in moved.after.rights
    assert [one.broken for one in verify(Places.of(shop).ledger)] == []
    await relocate(shop, "stock", "inprocess", limits={"tripwire": None})
    assert (shop / "system.py").read_text().replace('system.place(Stock, "inprocess")\n', "") == before


async def test_a_dry_run_writes_nothing(shop):
    before = (shop / "system.py").read_text()
    moved = await relocate(shop, "stock", "inprocess", limits={}, dry=True)
    assert (shop / "system.py").read_text() == before
    assert not Places.of(shop).ledger.exists()
    assert (moved.done, "+system.place(Stock" in moved.change) == (False, True)
    assert moved.plain()["after"]["latency_small_us"] > 0


async def test_what_is_so_already_is_not_written_again(shop):
    await relocate(shop, "stock", "inprocess", limits={})
    moved = await relocate(shop, "stock", "inprocess", limits={})
    assert (moved.done, moved.change) == (False, "")


@pytest.mark.parametrize("cell, placement, limits, error", [
    ("gone", "inprocess", {}, NoSuchCell),
    ("stock", "copying", {}, NotPlaceable),
    ("stock", "ray", {}, NotPlaceable),
    ("stock", "inprocess", {"memory_mb": 64}, TripwireProblems),
    ("stock", "process", {"memory_mb": 1}, RightProblems),
    ("stock", "process", {"colour": 1}, RightProblems),
])  # fmt: skip
async def test_what_cannot_be_is_refused_before_anything_is_written(shop, cell, placement, limits, error):
    before = (shop / "system.py").read_text()
    with pytest.raises(error):
        await relocate(shop, cell, placement, limits=limits)
    assert (shop / "system.py").read_text() == before


async def test_what_a_guest_cannot_do_is_refused_with_place_and_cure(shop):
    mend(shop / "cells/stock/impl/__init__.py", "from", "import numpy\nfrom")
    with pytest.raises(Unfit, match="no module 'numpy'"):
        await relocate(shop, "stock", "wasm", limits={})


async def test_a_line_that_another_line_undoes_is_refused(shop):
    text = (shop / "system.py").read_text()
    (shop / "system.py").write_text(text + "if True:\n    system.place(Stock, 'copying')\n")
    with pytest.raises(NotAsEdited, match="'copying'"):
        await relocate(shop, "stock", "process", limits={})


async def test_a_file_that_changed_meanwhile_is_not_written_over(shop, monkeypatch):
    file, rehearse = shop / "system.py", relocation._rehearse

    async def disturb(*given):
        file.write_text(file.read_text() + "# a second author\n")
        return await rehearse(*given)

    monkeypatch.setattr(relocation, "_rehearse", disturb)
    with pytest.raises(ChangedMeanwhile):
        await relocate(shop, "stock", "inprocess", limits={})
    assert file.read_text().endswith("# a second author\n")
    assert [one.name for one in shop.iterdir() if one.name.startswith(".system")] == []


async def test_the_mode_of_the_file_stays(shop):
    (shop / "system.py").chmod(0o640)
    await relocate(shop, "stock", "inprocess", limits={})
    assert (shop / "system.py").stat().st_mode & 0o777 == 0o640


async def test_a_cell_that_does_not_start_there_stays(shop):
    before = (shop / "system.py").read_text()
    mend(shop / "cells/stock/impl/__init__.py", "from", "raise ValueError('odd')\nfrom")
    with pytest.raises(Exception, match="odd"):
        await relocate(shop, "stock", "inprocess", limits={})
    assert (shop / "system.py").read_text() == before


def test_rights_are_told_as_sentences(shop):
    system = system_at(shop)
    system.place(system.plan("stock").contract, "process", memory_mb=64, cpu_s_per_call=None, scratch_mb=1)
    told = rights_told(system.plan("stock"))
    assert told[-4:] == ("memory: 64 MB", "processor: no limit", "scratch: 1 MB", "all else: does not exist for it")
    assert "connects: none" in told


async def test_the_way_to_a_cell_is_measured():
    reach = await reach_of("inprocess")
    assert reach.small_us > 0
    assert reach.start_ms > 0


async def test_a_cell_is_moved_into_a_process_and_back(shop):
    before = (shop / "system.py").read_text()
    moved = await relocate(shop, "stock", "process", limits={"memory_mb": 64})
    assert moved.after.memory_bytes is not None
    assert moved.after.reach.small_us > moved.before.reach.small_us
    assert "memory: 64 MB" in moved.after.rights
    async with life_at(shop) as life:
        stock = life.handle(system_at(shop).plan("stock").contract)
        assert await stock.receive("apple", 5) == 5
        (used,) = usages(life.ports.placements.values())
        assert (used.cell, used.placement, used.seats) == ("stock", "process", 1)
    await relocate(shop, "stock", "inprocess", limits={})
    assert (shop / "system.py").read_text().replace('system.place(Stock, "inprocess")\n', "") == before


async def test_what_this_machine_cannot_enforce_refuses_with_its_cure(shop, monkeypatch):
    before = (shop / "system.py").read_text()

    def lacking(policy):
        raise NoLandlock

    monkeypatch.setattr(placement, "prepare", lacking)
    with pytest.raises(Unenforceable) as caught:
        await relocate(shop, "stock", "process", limits={})
    assert caught.value.plain()["fix"]
    assert (shop / "system.py").read_text() == before
