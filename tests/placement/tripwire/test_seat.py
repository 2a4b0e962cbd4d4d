import pytest

from planaria import Contract, Failed, operation
from planaria.placement.inprocess import InProcessSeat
from planaria.placement.tripwire import TripwireProblems, Watched
from planaria.placement.tripwire.hook import WATCHES
from planaria.testing.inline import inline_generation, run_cells
from tests.placement.tripwire.doer import doing

LOOKS = """
from pathlib import Path

class LookerCell(Looker):
    async def look(self, path):
        return Path(path).read_text()
"""


class Looker(Contract):
    """Reads what it does not declare."""

    @operation(idempotent=True)
    async def look(self, path: str) -> str:
        """Read a file."""
        raise NotImplementedError


class Said:
    """The placement under test, with the limits of one line of system.py."""

    def __init__(self, root, **limits):
        self.inner, self.limits = Watched(root), limits

    def open(self, order):
        return self.inner.open(type(order)(**{**{name: getattr(order, name) for name in type(order).__slots__}, "limits": self.limits}))


@pytest.mark.parametrize("mode, counts", [("record", [1]), ("off", [])])
async def test_a_cell_may_be_recorded_only_or_left_alone(tmp_path, mode, counts):
    (tmp_path / "a").write_text("text")
    place = Said(tmp_path, tripwire=mode)
    async with run_cells({Looker: LOOKS}, placement=place) as cells:
        assert await cells.handle(Looker).look(str(tmp_path / "a")) == "text"
        assert [one.count for touched in place.inner.touched().values() for one in touched] == counts


async def test_the_default_is_to_refuse(tmp_path):
    async with run_cells({Looker: LOOKS}, placement=Said(tmp_path)) as cells:
        with pytest.raises(Failed, match="PLN-P903"):
            await cells.handle(Looker).look("/etc/hostname")
        assert "cell 'looker' reads /etc/hostname" in cells.complaints[0]


async def test_a_limit_that_is_not_kept_here_refuses_the_start(tmp_path):
    with pytest.raises(TripwireProblems, match="memory_mb"):
        async with run_cells({Looker: LOOKS}, placement=Said(tmp_path, memory_mb=64)):
            pass


async def test_a_method_is_the_instances_own_so_that_a_call_costs_nothing_more(tmp_path):
    async with doing(tmp_path) as run:
        seat = run.cells.life.cells["doer"].seat
        assert isinstance(seat.inner, InProcessSeat)
        assert seat.method("run") == seat.inner.instance.run


async def test_nothing_is_watched_after_the_end(tmp_path):
    async with doing(tmp_path) as run:
        assert "doer" in WATCHES
        await run("return os.listdir('ROOT/pages')")
    assert "doer" not in WATCHES
    assert [one.kind for one in run.placement.touched()["doer"]] == ["reads"]


async def test_nothing_is_watched_where_the_implementation_does_not_load(tmp_path):
    with pytest.raises(Exception, match="does not load"):
        async with run_cells({Looker: "1 / 0"}, placement=Watched(tmp_path)):
            pass
    assert "looker" not in WATCHES


async def test_a_generation_that_is_swapped_in_keeps_the_record_and_reads_its_own_files(tmp_path):
    source = LOOKS.replace("(path)", "(__file__)")
    async with run_cells({Looker: LOOKS}, placement=(place := Watched(tmp_path))) as cells:
        with pytest.raises(Failed):
            await cells.handle(Looker).look("/etc/hostname")
        await cells.life.swap("looker", inline_generation(Looker, source, tmp_path))
        assert "LookerCell" in await cells.handle(Looker).look("")
        assert len(WATCHES["looker"]) == 1
        assert [one.refused for one in place.touched()["looker"]] == [True]


async def test_memory_is_handed_over_as_ever(tmp_path):
    source = """
class LookerCell(Looker):
    kept = "nothing"
    async def look(self, path): return self.kept
    async def hand_over(self): return "memory"
    async def take_over(self, handed): self.kept = handed
"""
    async with run_cells({Looker: source}, placement=Watched(tmp_path)) as cells:
        await cells.life.swap("looker", inline_generation(Looker, source, tmp_path))
        assert await cells.handle(Looker).look("") == "memory"
