from pathlib import Path

import pytest

from planaria import Contract, Reads, operation
from planaria.assemble import Places
from planaria.assemble.placement import Later, check_placement, close, limits_known, placements_at, usages, warm
from planaria.kernel.system import CellPlan
from planaria.placement.codec import MsgspecCodec
from planaria.placement.inprocess import InProcess
from planaria.placement.process import placement as process
from planaria.placement.right import LIMITS as RIGHTS
from planaria.placement.tripwire import Watched
from planaria.placement.usage import Usage
from planaria.placement.wasm import placement as wasm
from planaria.placement.wasm.component import seat
from planaria.placement.wasm.error import NotGiven


class Apart:
    """A placement that holds something until it is closed."""

    def __init__(self, failure=None):
        self.orders, self.closed, self.failure = [], 0, failure

    def open(self, order):
        self.orders.append(order)
        return "seat"

    def usages(self):
        return [Usage(cell="intake", placement="process")]

    async def close(self):
        self.closed += 1
        if self.failure:
            raise self.failure


async def test_a_placement_is_made_at_the_first_cell_and_closed_at_the_end():
    made = []
    later = Later(lambda: made.append(Apart()) or made[-1])
    assert usages([later]) == []
    assert [later.open(1), later.open(2)] == ["seat", "seat"]
    assert [one.cell for one in usages([later, InProcess()])] == ["intake"]
    await close([later, InProcess()])
    await close([later])
    assert [(one.orders, one.closed) for one in made] == [([1, 2], 1)]


def test_the_limits_of_a_placement_are_those_that_it_says_itself():
    assert limits_known("process") == (*RIGHTS, *process.OWN)
    assert set(limits_known("wasm")) == {*RIGHTS, *wasm.OWN, *seat.OWN}


async def test_what_was_never_used_is_not_made():
    await close(placements_at(Path("nowhere"), codec=MsgspecCodec()).values())


async def test_all_are_closed_also_where_one_fails():
    bad, good = Apart(OSError("stuck")), Apart()
    laters = [Later(lambda: bad), Later(lambda: good)]
    for one in laters:
        one.open(None)
    with pytest.raises(OSError, match="stuck"):
        await close(laters)
    assert (bad.closed, good.closed) == (1, 1)


@pytest.mark.parametrize("watched, kind", [(True, Watched), (False, InProcess)])
def test_cells_in_this_process_are_watched_where_the_system_is_served(watched, kind):
    assert type(placements_at(Path("nowhere"), codec=MsgspecCodec(), watched=watched)["inprocess"]) is kind


class Pages(Contract):
    """Reads pages."""

    @operation(effects=(Reads("pages/"),))
    async def read(self, name: str) -> str:
        """Read one."""
        raise NotImplementedError


def plan_in(folder, placement, **limits):
    return CellPlan(name="pages", contract=Pages, placement=placement, limits=limits), Places(root=folder)


def test_a_guest_of_webassembly_cannot_have_files(tmp_path):
    (tmp_path / "cells/pages/impl").mkdir(parents=True)
    with pytest.raises(NotGiven, match="a guest has no files"):
        check_placement(*plan_in(tmp_path, "wasm"))
    check_placement(*plan_in(tmp_path, "wasm", may=()))
    check_placement(*plan_in(tmp_path, "process"))
    check_placement(*plan_in(tmp_path, "copying"))


def test_a_component_is_looked_at_where_it_is_opened(tmp_path):
    (tmp_path / "cells/pages/impl").mkdir(parents=True)
    (tmp_path / "cells/pages/impl/pages.wasm").write_bytes(b"")
    check_placement(*plan_in(tmp_path, "wasm"))


async def test_only_what_a_system_uses_is_made_warm():
    warmed = []

    class Warm(Apart):
        async def warm(self):
            warmed.append(self)

    placements = {"process": Later(Warm), "wasm": Later(Warm), "inprocess": InProcess()}
    plans = [plan_in(Path(), name)[0] for name in ("process", "process", "inprocess", "host")]
    await warm(placements, plans, lambda plan: Path("nowhere"))
    assert [placements["process"].made] == warmed
    assert placements["wasm"].made is None


@pytest.mark.parametrize("name, kind", [("process", process.Process), ("wasm", wasm.Wasm)])
async def test_a_placement_is_made_for_its_root(tmp_path, name, kind):
    later = placements_at(tmp_path, codec=MsgspecCodec())[name]
    assert isinstance(later, Later)
    assert isinstance(later.make(), kind)
