import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from planaria.kernel.loader import Generation
from planaria.kernel.port import SeatOrder
from planaria.placement.right import Rights
from planaria.placement.wasm import engine
from planaria.placement.wasm.error import InstanceCrashed, LimitsWrong, NotGiven, Unfit
from planaria.placement.wasm.instance import GuestCrashed
from planaria.placement.wasm.material import ContractUnsendable, material
from planaria.placement.wasm.placement import Wasm, ungiven
from planaria.testing.cells import placed
from tests.placement.wasm.contracts import Guest, Plain

SOURCE = """
from tests.placement.wasm.contracts import Plain

class Cell(Plain):
    async def act(self, text="", number=0):
        return text
"""
FALLS = SOURCE.replace("return text", "return text if text != 'fall' else __import__('os').abort()")


def files_open():
    return len(list(Path("/proc/self/fd").iterdir()))


def order(tmp_path, contract=Plain, source="", **limits):
    (tmp_path / "__init__.py").write_text(source)
    return SeatOrder(
        cell="plain", contract=contract, generation=Generation(cell="plain", digest="d" * 64, directory=tmp_path), uses=(),
        wires=lambda asked: {}, limits=limits, complain=print,
    )  # fmt: skip


def test_names_each_right_that_a_guest_cannot_have():
    rights = Rights(reads=("a",), writes=("b",), spawns=("git",), secrets=("KEY",), scratch_mb=1)
    assert len(ungiven(rights, {})) == 5
    assert ungiven(Rights(clock=True, chance=True, secrets=("KEY",)), {"KEY": "k"}) == []


@pytest.mark.parametrize("limits", [{"fuel_per_call": 0}, {"fuel_per_call": True}, {"fuel_per_call": 1.5}, {"reset": "daily"}])
def test_refuses_limits_that_are_none(tmp_path, limits):
    with pytest.raises(LimitsWrong):
        Wasm().open(order(tmp_path, **limits))


def test_refuses_what_it_cannot_give_and_what_no_guest_can_run(tmp_path):
    with pytest.raises(NotGiven):
        Wasm().open(order(tmp_path, contract=Guest))
    with pytest.raises(Unfit):
        Wasm().open(order(tmp_path, source="import numpy"))
    with pytest.raises(NotGiven):
        Wasm().open(order(tmp_path, scratch_mb=1))


async def test_a_seat_that_was_never_started_stops_and_is_forgotten(tmp_path):
    async with placed("wasm", root=tmp_path) as place:
        seat = place.open(order(tmp_path, source=SOURCE))
        assert [one.seats for one in place.usages()] == [0]
        with pytest.raises(AttributeError):
            seat.method("nothing")
        await seat.stop()
        assert place.usages() == []


async def test_two_placements_share_one_guest(tmp_path):
    async with placed("wasm", root=tmp_path) as place:
        await place.warm()
        assert len(engine._guests) == len(set(engine._guests))


def test_a_contract_without_source_is_not_sent(tmp_path, monkeypatch):
    lost = type("Lost", (Plain,), {"__module__": "builtins"})
    generation = Generation(cell="lost", digest="d", directory=tmp_path)
    assert material(generation, lost, Rights(), {})["modules"] == {}
    monkeypatch.setitem(sys.modules, "lost_contract", ModuleType("lost_contract"))
    with pytest.raises(ContractUnsendable):
        material(generation, type("Lost", (Plain,), {"__module__": "lost_contract"}), Rights(), {})


def test_a_contract_brings_the_modules_that_it_imports(tmp_path):
    (tmp_path / "__init__.py").write_text("from tests.placement.wasm.contracts import Plain\nfrom . import inner\n")
    found = material(Generation(cell="plain", digest="d", directory=tmp_path), Plain, Rights(clock=True), {"KEY": "k"})
    assert list(found["modules"]) == ["tests.placement.wasm.contracts"]
    assert found["rights"] == {"clock": True, "chance": False, "secrets": {"KEY": "k"}}


class TestTicker:
    def test_ticks_only_while_somebody_runs(self):
        ticked = threading.Event()
        ticker = engine.Ticker(ticked.set)
        with ticker, ticker:
            assert ticked.wait(20)
        assert ticker._thread is None


async def test_starting_falling_and_stopping_leaves_nothing_behind(tmp_path):
    async with placed("wasm", root=tmp_path) as place:
        for round_ in range(30):
            seat = place.open(order(tmp_path, source=FALLS))
            line = await seat.start()
            assert await seat.method("act")("a", 0) == "a"
            if round_ % 2:
                with pytest.raises(InstanceCrashed):
                    await seat.method("act")("fall", 0)
                assert isinstance(line.exception(), GuestCrashed)
            await seat.stop()
            if round_ == 9:
                threads, files = threading.active_count(), files_open()
        assert threading.active_count() <= threads
        assert files_open() <= files
        assert place.usages() == []
