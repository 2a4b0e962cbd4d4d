"""From a line in system.py to the terms of a worker."""

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from planaria import Contract, Reads, operation
from planaria.kernel.error import PlanariaError, Several
from planaria.kernel.loader import generation_at
from planaria.kernel.port import SeatOrder
from planaria.placement.process.placement import Process, policy_of
from planaria.placement.right import Rights
from planaria.testing import run_cells
from planaria.testing.inline import inline_generation
from tests.placement.process.trial import PARTNER, Outside, Partner, Placed, Trial

OUTSIDE = """
import asyncio, os, socket

class OutsideCell(Outside):
    async def reach(self, port):
        try:
            reader, writer = await asyncio.open_connection("localhost", port)
        except OSError as error:
            return f"{type(error).__name__}: {error}"
        writer.write(b"hello")
        told = await reader.read(100)
        writer.close()
        return told.decode()

    async def secret(self, name):
        return os.environ.get(name, "none") + " of " + ",".join(sorted(os.environ))
"""


def order(contract, directory, *, cell="trial", **limits):
    return SeatOrder(
        cell=cell, contract=contract, generation=generation_at(cell, directory), uses=(), wires=lambda asked: {}, limits=limits,
        complain=lambda text: None,
    )  # fmt: skip


@pytest.fixture
async def place():
    made = Process(Path(), secrets={"TRIAL_SECRET": "hidden", "OTHER": "other"})
    yield made
    await made.close()


async def test_a_cell_reaches_the_hosts_of_its_contract_and_no_others(place, monkeypatch):
    monkeypatch.setenv("PLANARIA_TEST_SECRET", "of the host")

    async def greet(reader, writer):
        writer.write(await reader.read(100) + b" back")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, run_cells({Partner: PARTNER, Outside: OUTSIDE}, placement=Placed(place, {})) as cells:
        assert await cells.handle(Outside).reach(port) == "hello back"
        told = await cells.handle(Outside).secret("TRIAL_SECRET")
        assert told.startswith("hidden of ")
        assert "PLANARIA_TEST_SECRET" not in told
        assert "OTHER" not in told
        assert (await cells.handle(Outside).secret("OTHER")).startswith("none")
        while not sum(place.usages()[0].accesses.values()):  # noqa: ASYNC110 - a line is told when it has ended, after its last byte was read
            await asyncio.sleep(0)


async def test_a_cell_without_the_right_has_no_network(place):
    limits = {"may": ()}
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with run_cells({Partner: PARTNER, Outside: OUTSIDE}, placement=Placed(place, limits)) as cells:
            assert "error" in await cells.handle(Outside).reach(server.getsockname()[1])
            assert (await cells.handle(Outside).secret("TRIAL_SECRET")).startswith("none")


def codes(error):
    return error.value.code, str(error.value)


def test_what_a_worker_cannot_have_is_refused_before_anything_runs(tmp_path):
    class Local(Contract):
        """Is defined inside a function."""

        @operation()
        async def nothing(self) -> None:
            """Do nothing."""

    made = Process(tmp_path, secrets={})
    with pytest.raises(PlanariaError) as raised:
        made.open(order(Local, tmp_path))
    assert codes(raised)[0] == "PLN-P501"
    with pytest.raises(PlanariaError) as raised:
        made.open(replace(order(Trial, tmp_path), uses=(Local,)))
    assert "inside a function" in codes(raised)[1]
    with pytest.raises(PlanariaError) as raised:
        made.open(order(Outside, tmp_path))
    assert codes(raised)[0] == "PLN-P514"
    for value in (0, 1.5, 10_000, True, "8"):
        with pytest.raises(Several) as problems:
            made.open(order(Trial, tmp_path, value_mb=value))
        assert problems.value.code == "PLN-P511"
    with pytest.raises(Several) as problems:
        made.open(order(Trial, tmp_path, colour="red"))
    assert problems.value.code == "PLN-P301"
    assert not made.seats


def test_a_contract_that_its_module_does_not_hold_is_refused(tmp_path, monkeypatch):
    made = Process(tmp_path)
    hidden = type("Hidden", (Contract,), {"__module__": Trial.__module__, "__doc__": "Hides."})
    with pytest.raises(PlanariaError) as raised:
        made.open(order(hidden, tmp_path))
    assert "does not hold it" in codes(raised)[1]
    program = type("Program", (Contract,), {"__module__": "__main__", "__doc__": "Is the program."})
    with pytest.raises(PlanariaError) as raised:
        made.open(order(program, tmp_path))
    assert "the program itself" in codes(raised)[1]


def test_a_policy_that_cannot_be_had_gives_back_what_was_claimed(tmp_path):
    made = Process(tmp_path)
    with pytest.raises(PlanariaError) as raised:
        made.open(order(Reader, tmp_path))
    assert raised.value.code.startswith("PLN-P4")


class Reader(Contract):
    """Reads what is not there."""

    @operation(effects=(Reads("absent/"),))
    async def read(self) -> str:
        """Read."""
        raise NotImplementedError


def test_rights_become_a_policy():
    rights = Rights(reads=("a/../b", "/etc/x"), writes=("c/",), spawns=("sh", "/bin/absent"), memory_mb=64, scratch_mb=2, chance=True)
    policy = policy_of(rights, Path("/srv"), uid=7)
    assert policy.reads == ("/srv/b", "/etc/x")
    assert policy.writes == ("/srv/c",)
    assert policy.executes[0].endswith("/sh")
    assert policy.executes[1] == "/bin/absent"
    assert (policy.spawn, policy.uid, policy.memory_bytes, policy.scratch_bytes) == (True, 7, 64 << 20, 2 << 20)
    assert not policy_of(Rights(), Path("/srv"), uid=None).spawn


@pytest.mark.parametrize("text,told", [
    ("raise ValueError('no')", "ValueError: no"), ("x = ", "SyntaxError"), ("import os; os._exit(4)", "exit code 4"),
    ("from planaria import uses; from tests.placement.process.trial import Trial as T\nclass C(T): pass", "not implemented"),
])  # fmt: skip
async def test_an_implementation_that_does_not_load_says_why(place, tmp_path, text, told):
    seat = place.open(order(Trial, inline_generation(Trial, text, tmp_path).directory))
    with pytest.raises(PlanariaError) as raised:
        await seat.start()
    assert raised.value.code == "PLN-P503"
    assert told in str(raised.value)
    await seat.stop()
    await seat.stop()
    assert not place.seats


async def test_a_seat_that_was_never_started_leaves_nothing(place, tmp_path):
    seat = place.open(order(Trial, inline_generation(Trial, "x = 1", tmp_path).directory))
    assert len(place.seats) == 1
    await seat.stop()
    assert not place.seats


async def test_an_implementation_gets_no_wire_that_was_not_granted(place, tmp_path):
    text = "class C(Trial):\n    partner = uses(Partner)\n" + "".join(
        f"    async def {name}(self, {given}): pass\n" for name, given in
        (("run", "what, number=0, text=''"), ("hurry", "what"), ("carry", "data"), ("check", "one"))
    ) + "    async def flow(self, what, number): yield b''\n"  # fmt: skip

    def refuse(asked):
        raise KeyError(asked)

    seat = place.open(replace(order(Trial, inline_generation(Trial, text, tmp_path).directory), wires=refuse))
    with pytest.raises(KeyError):
        await seat.start()
    await seat.stop()


async def test_a_contract_that_does_not_import_in_the_zygote_is_told(place, tmp_path, monkeypatch):
    module = ModuleType("only_here")
    module.Only = type("Only", (Contract,), {"__module__": "only_here", "__doc__": "Is only here."})
    monkeypatch.setitem(sys.modules, "only_here", module)
    seat = place.open(order(module.Only, tmp_path))
    with pytest.raises(PlanariaError) as raised:
        await seat.start()
    assert raised.value.code == "PLN-P502"
    assert "ModuleNotFoundError" in str(raised.value)
    await seat.stop()


async def test_a_lost_zygote_is_a_crash_of_every_cell_and_is_made_anew(place):
    async with run_cells({Partner: PARTNER, Outside: OUTSIDE}, placement=Placed(place, {})) as cells:
        place.nursery.zygote.kill()
        async with asyncio.timeout(20):
            while not any("its zygote ended" in one for one in cells.complaints):  # noqa: ASYNC110 - a complaint is announced to nobody
                await asyncio.sleep(0)
        assert (await cells.handle(Outside).secret("TRIAL_SECRET")).startswith("hidden")


async def test_a_closed_placement_stops_what_is_open(tmp_path):
    made = Process(tmp_path)
    await made.close()
    await made.warm()
    seat = made.open(order(Partner, inline_generation(Partner, PARTNER, tmp_path).directory, cell="partner"))
    lifeline = await seat.start()
    await made.close()
    assert lifeline.done()
    assert not made.seats
