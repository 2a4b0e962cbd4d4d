"""Workers that fall over, hang or take too much: every call has its outcome, and the cell starts again."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from planaria import Unknown
from planaria.placement.process import nursery
from planaria.placement.process.error import WorkerNotStarted
from planaria.placement.process.placement import Process
from planaria.placement.sandbox.group import Home
from planaria.testing import run_cells
from tests.placement.process.test_seat import failure, until
from tests.placement.process.trial import STARTS, Starts, trial

ENDS = """
    async def exit(self, number, text):
        sys.exit(number)

    async def exit_later(self, number, text):
        asyncio.get_running_loop().call_soon(sys.exit, number)
        await asyncio.Event().wait()

    async def quit(self, number, text):
        os._exit(number)

    async def kill(self, number, text):
        os.kill(os.getpid(), number)
        await asyncio.Event().wait()

    async def spin(self, number, text):
        while True:
            pass

    async def stubborn(self, number, text):
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                pass

    async def wait(self, number, text):
        await asyncio.Event().wait()

    async def grow(self, number, text):
        kept = []
        while True:
            kept.append(bytearray(b"x" * 1_000_000))

    async def break_(self, number, text):
        self.broken.set()

    async def close(self, number, text):
        os.closerange(3, 200)
        await asyncio.Event().wait()

    async def pid(self, number, text):
        return os.getpid()
"""


@pytest.mark.parametrize("what,number,told", [
    ("exit", 3, "exit code 3"), ("exit_later", 4, "exit code 4"), ("quit", 5, "exit code 5"), ("kill", 9, "killed"),
    ("kill", 11, "segmentation"), ("kill", 15, "signal 15"), ("close", 0, ""),
])  # fmt: skip
async def test_a_worker_that_ends_is_an_unknown_outcome_and_starts_again(what, number, told):
    async with trial(ENDS) as (cells, handle, _):
        beside = asyncio.create_task(handle.run("wait"))
        await handle.run("pid")
        with pytest.raises(Unknown) as raised:
            await handle.run(what, number)
        assert told in raised.value.facts["text"]
        with pytest.raises(Unknown):
            await beside
        assert await handle.carry(b"again") == b"again"
        assert any("crashed" in one for one in cells.complaints)


async def test_a_call_that_does_not_end_when_it_is_cancelled_ends_its_worker():
    async with trial(ENDS) as (cells, handle, _):
        for times, what in enumerate(("spin", "stubborn"), start=1):
            with pytest.raises(Unknown) as raised:
                await handle.hurry(what)
            assert raised.value.code == "PLN-C401"
            await until(lambda: sum("did not end within 1.0 s after it was cancelled" in one for one in cells.complaints) == times)  # noqa: B023 - it is called here
            assert await handle.carry(b"again") == b"again"


async def test_processor_time_is_limited_by_call():
    async with trial(ENDS, limits={"cpu_s_per_call": 0.2}) as (_, handle, _):
        with pytest.raises(Unknown) as raised:
            await handle.run("spin")
        assert "more than 0.2 s of processor time" in raised.value.facts["text"]


async def test_memory_is_limited():
    async with trial(ENDS, limits={"memory_mb": 64}) as (_, handle, _):
        error = await failure(handle.run("grow"))
        assert error.facts.get("error") == "MemoryError" or "memory" in str(error)
        assert await handle.carry(b"again") == b"again"


async def test_work_in_the_background_that_fails_is_a_crash():
    async with trial(ENDS) as (cells, handle, _):
        await handle.run("break_")
        await until(lambda: any("crashed" in one for one in cells.complaints))
        assert "RuntimeError: broken" in cells.complaints[0]
        assert await handle.carry(b"again") == b"again"


def running(seconds):
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [one] if one.read_bytes().split(b"\0")[:2] == [b"sleep", seconds.encode()] else []
        except OSError:
            continue
    return found


@pytest.mark.parametrize("seconds,boot", [
    ("86401.5", nursery.BOOT),
    ("86402.5", nursery.BOOT.replace("; begin", "; begin.__globals__['enter_namespaces'] = lambda: (); begin")),
])  # fmt: skip
async def test_programs_that_a_worker_started_end_with_it(monkeypatch, seconds, boot):
    monkeypatch.setattr(nursery, "BOOT", boot)
    place = Process(Path())
    try:
        async with run_cells({Starts: STARTS}, placement=place) as cells:
            assert await cells.handle(Starts).start(seconds) == 3
            await until(lambda: len(running(seconds)) == 3)
        await until(lambda: not running(seconds))
        async with run_cells({Starts: STARTS}, placement=place) as cells:
            assert await cells.handle(Starts).start(seconds) == 3
            place.nursery.control.shutdown(socket.SHUT_RDWR)  # as when the host is gone
            await until(lambda: not running(seconds))
    finally:
        await place.close()


def groups():
    """Return the control groups that this process has made, and what is in each; nothing where the machine lets it make none."""
    home = Home.find()
    made = Path(home.path).glob(f"planaria-{os.getpid()}-*") if home else ()
    return {one.name: (one / "cgroup.procs").read_text().split() for one in made}


async def test_a_worker_that_may_start_programs_is_in_a_group_with_them_and_leaves_none():
    place = Process(Path())
    try:
        async with run_cells({Starts: STARTS}, placement=place) as cells:
            assert await cells.handle(Starts).start("7103") == 3
            inside = [len(one) for one in groups().values()]
            assert inside == [4] if Home.find() else inside == []
    finally:
        await place.close()
    assert (groups(), place.groups) == ({}, [])


async def test_a_worker_that_ended_before_it_was_looked_at_leaves_nothing(monkeypatch):
    place, spawn = Process(Path()), nursery.Nursery.spawn

    async def spawn_late(self, *given):
        child = await spawn(self, *given)
        child.kill()
        await until(lambda: not Path(f"/proc/{child.pid}").exists())
        return child

    monkeypatch.setattr(nursery.Nursery, "spawn", spawn_late)
    try:
        with pytest.raises(WorkerNotStarted):
            async with run_cells({Starts: STARTS}, placement=place):
                pass
        assert not place.seats
    finally:
        await place.close()
