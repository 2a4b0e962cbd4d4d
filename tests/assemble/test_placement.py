from pathlib import Path

import pytest

from planaria.assemble.placement import Later, close, limits_known, placements_at, usages
from planaria.placement.codec import MsgspecCodec
from planaria.placement.inprocess import InProcess
from planaria.placement.process import placement as process
from planaria.placement.right import LIMITS as RIGHTS
from planaria.placement.tripwire import Watched
from planaria.placement.usage import Usage
from planaria.placement.wasm import placement as wasm
from planaria.placement.wasm.component import seat


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
