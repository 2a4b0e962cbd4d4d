import asyncio
import logging

import pytest

from planaria.kernel.admission import CellDown
from planaria.kernel.contract import Contract, handles
from planaria.kernel.error import NoSuchCell, NoSuchOperation
from planaria.kernel.life import Life, TooManyCrashes
from planaria.kernel.system import System, SystemProblems, state, uses
from planaria.record.status import measures_of, status_of
from planaria.testing import MemoryStore
from planaria.testing.inline import inline_generation, inline_system
from tests.kernel.house import Desk, Errand, Noted, Pause, Reader, acting, begin, idle, outcome, pass_s, running


def lived(cells, contracts, folder, complain=None, **implementations):
    """Make another life beside a running one, of the same ports."""
    made = {name: inline_generation(contract, implementations[name], folder) for name, contract in contracts.items()}
    system = inline_system(list(contracts.values()))
    return Life(system, ports=cells.life.ports, current=lambda plan: made[plan.name], complain=complain)


def diary(name, lines):
    async def on_start(self):
        lines.append(f"{name} starts")

    async def on_stop(self):
        lines.append(f"{name} stops")

    return {"on_start": on_start, "on_stop": on_stop}


async def fail(self):
    raise ValueError("no")


async def test_a_cell_starts_after_those_it_uses_and_stops_before_them():
    lines = []
    errand = acting(Errand, {"desk": uses(Desk)}, **diary("errand", lines))
    async with running(errand=errand, desk=acting(Desk, **diary("desk", lines)), uses={Errand: (Desk,), Desk: ()}) as cells:
        assert {one.state for one in status_of(cells.life)} == {"up"}
    assert lines == ["desk starts", "errand starts", "errand stops", "desk stops"]
    assert {one.state for one in status_of(cells.life)} == {"stopped"}
    assert cells.life.ended.result() is None


async def test_a_start_that_fails_half_way_stops_what_was_started_and_says_why():
    lines = []
    errand = acting(Errand, {"desk": uses(Desk)}, **diary("errand", lines) | {"on_start": fail})
    with pytest.raises(ValueError, match="no"):
        async with running(desk=acting(Desk, **diary("desk", lines)), errand=errand, uses={Errand: (Desk,), Desk: ()}):
            pass
    assert lines == ["desk starts", "errand stops", "desk stops"]


async def test_a_life_may_be_started_again(tmp_path):
    heard, tries = [], []

    async def on_start(self):
        tries.append("x")
        if len(tries) == 1:
            raise ValueError

    async def work(self, what):
        await self.shelf.write(lambda tx: tx.emit(Noted(what)))
        return what

    async def note(self, noted):
        heard.append(noted.key)

    contracts = {"desk": Desk, "reader": Reader}
    parts = {"desk": acting(Desk, {"shelf": state()}, work=work, on_start=on_start), "reader": acting(Reader, note=note)}
    async with running(errand=acting(Errand)) as cells:
        life = lived(cells, contracts, tmp_path, **parts)
        assert type(await outcome(life.start())) is ValueError
        for what in "ab":
            await life.start()
            await life.handle(Desk).work(what)
            await life.outbox.settled()
            await life.stop()
            await life.stop()
        assert heard == ["a", "b"]


async def test_a_handler_of_an_event_that_nobody_emits_is_a_problem_before_anything_starts():
    class Deaf(Contract):
        """Hears what nobody says."""

        @handles(int)
        async def hear(self, number: int) -> None:
            """Hear."""

    system, lines = System("s"), []
    system.add(Deaf)
    system.add(Desk)
    async with running(errand=acting(Errand)) as cells:
        life = Life(system, ports=cells.life.ports, current=lines.append)
        with pytest.raises(SystemProblems) as problems:
            await life.start()
        assert problems.value.facts["problems"] == ["'deaf.hear' handles int, which no cell of the system emits"]
        assert lines == []


async def test_cells_and_operations_are_found_by_name_and_the_known_ones_are_told():
    async with running(desk=acting(Desk), reader=acting(Reader)) as cells:
        life = cells.life
        assert await life.call("desk", "work", ("a",), caller="me") == "a"
        known = ", ".join(one for one in life.cells["desk"].operations)
        for cell, operation, error, facts in (
            ("dosk", "work", NoSuchCell, {"cell": "dosk", "known": "desk, reader"}),
            ("desk", "wirk", NoSuchOperation, {"cell": "desk", "operation": "wirk", "known": known}),
            ("reader", "note", NoSuchOperation, {"cell": "reader", "operation": "note", "known": ""}),
        ):
            with pytest.raises(error) as told:
                life.operation(cell, operation)
            assert told.value.facts == facts
        with pytest.raises(NoSuchCell):
            life.handle(Errand)
        with pytest.raises(NoSuchCell):
            await life.swap("errand", None)


async def test_what_concerns_no_caller_is_logged_where_nothing_else_is_said(tmp_path, caplog):
    async with running(desk=acting(Desk)) as cells:
        life = lived(cells, {"errand": Errand}, tmp_path, errand=acting(Errand, on_stop=fail))
        with caplog.at_level(logging.WARNING, "planaria"):
            async with life:
                pass
        assert caplog.messages == ["cell 'errand' did not stop cleanly: ValueError: no"]


async def test_a_life_that_was_never_started_stops_quietly(tmp_path):
    async with running(desk=acting(Desk)) as cells:
        await lived(cells, {"errand": Errand}, tmp_path, errand=acting(Errand)).stop()


async def test_a_cell_that_crashes_too_often_ends_the_life_with_its_name():
    starts, pause = [], Pause()

    async def background(self):
        starts.append("x")
        await idle()
        raise ValueError("bang")

    desk = acting(Desk, work=pause, background=background)
    async with running(desk=desk, limits={"desk": {"restarts": 2}}) as cells:
        with pytest.raises(TooManyCrashes) as crashes:
            await asyncio.shield(cells.life.ended)
        assert crashes.value.facts == {"cell": "desk", "crashes": 3, "within_s": 60.0, "text": "ValueError: bang"}
        assert (len(starts), status_of(cells.life)[0].state) == (3, "down")
        assert type(await outcome(cells.handle(Desk).work())) is CellDown
    assert status_of(cells.life)[0].state == "stopped"
    assert isinstance(cells.life.ended.exception(), TooManyCrashes)


async def test_a_start_that_fails_after_a_crash_counts_as_a_crash():
    starts = []

    async def on_start(self):
        starts.append("x")
        if len(starts) > 1:
            raise ValueError(f"start {len(starts)}")

    async def background(self):
        raise ValueError("bang")

    async with running(desk=acting(Desk, on_start=on_start, background=background), limits={"desk": {"restarts": 2}}) as cells:
        waiting = begin(cells.handle(Desk).work())
        with pytest.raises(TooManyCrashes) as crashes:
            await asyncio.shield(cells.life.ended)
        assert (crashes.value.facts["text"], len(starts)) == ("ValueError: start 3", 3)
        assert await waiting == ""


async def test_calls_that_wait_for_a_restart_are_refused_when_the_cell_goes_down():
    starts = []

    async def on_start(self):
        starts.append("x")
        if len(starts) > 1:
            raise ValueError

    crash = asyncio.Event()

    async def background(self):
        await crash.wait()
        raise ValueError("bang")

    async with running(desk=acting(Desk, on_start=on_start, background=background), limits={"desk": {"restarts": 2}}) as cells:
        await idle()
        crash.set()
        await idle()
        waiting = begin(cells.handle(Desk).work())
        assert type(await waiting) is CellDown
        assert isinstance(cells.life.ended.exception(), TooManyCrashes)


async def test_a_second_cell_that_crashes_too_often_does_not_hide_the_first():
    async def background(self):
        raise ValueError

    limits = {"desk": {"restarts": 0}, "errand": {"restarts": 1}}
    async with running(desk=acting(Desk, background=background), errand=acting(Errand, background=background), limits=limits) as cells:
        await pass_s(10)
        assert [one.state for one in status_of(cells.life)] == ["down", "down"]
        assert cells.life.ended.exception().facts["cell"] == "desk"


async def test_a_stop_waits_for_no_restart():
    async def background(self):
        await idle()
        raise ValueError

    async with running(desk=acting(Desk, background=background), store=MemoryStore()) as cells:
        await pass_s(0.01)
        assert status_of(cells.life)[0].state == "restarting"
        stopped_s = asyncio.get_running_loop().time()
    assert (asyncio.get_running_loop().time(), status_of(cells.life)[0].state) == (stopped_s, "stopped")
    await pass_s(60)
    assert (cells.life.restarts, status_of(cells.life)[0].state) == (set(), "stopped")


async def test_status_and_measures_are_plain_data():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause)) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        (desk,) = status_of(cells.life)
        assert (desk.cell, desk.state, desk.placement, desk.running, desk.queued, desk.crashes) == ("desk", "up", "inprocess", 1, 0, 0)
        assert {one.cell for one in measures_of(cells.life)} == {"desk"}
        pause.open()
        await call
