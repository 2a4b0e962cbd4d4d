import asyncio
import os
import shutil
from importlib.metadata import PackageNotFoundError
from typing import NamedTuple

import pytest

from planaria.assemble import Places, doctor, life_at
from planaria.assemble.clock import SystemClock
from planaria.assemble.doctor import facts_of_machine, facts_of_system, figures_told
from planaria.assemble.error import NotAnswering
from planaria.assemble.note import RunNote
from planaria.assemble.serve import noted, serve
from planaria.ledger import Ledger, make_key
from planaria.placement.sandbox import machine
from planaria.placement.sandbox.machine import Ability
from planaria.placement.tripwire import PASSES
from planaria.store.lock import Lock


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def by_name(facts):
    return {one.name: one for one in facts}


def test_names_what_this_machine_has(tmp_path):
    facts = by_name(facts_of_machine(tmp_path))
    assert list(facts)[:4] == ["python", "sqlite", "fsync", "disk"]
    assert list(facts)[-2:] == ["wasm", "tripwire"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("took_ms, level, word", [(0.1, "well", "fast"), (5, "well", "usual"), (50, "watch", "slow")])
def test_classes_the_disk_by_what_a_durable_write_takes(tmp_path, monkeypatch, took_ms, level, word):
    monkeypatch.setattr(doctor, "_one_fsync_ms", lambda path: took_ms)
    fact = by_name(facts_of_machine(tmp_path))["fsync"]
    assert (fact.level, fact.value.split(": ")[1], bool(fact.cure)) == (level, word, level == "watch")


def test_a_folder_that_cannot_be_written_is_wrong(tmp_path):
    assert doctor._fsync(tmp_path / "gone").level == "wrong"


@pytest.mark.parametrize("free, level", [(10**8, "wrong"), (10**9, "watch"), (10**10, "well")])
def test_a_disk_that_is_nearly_full_is_told(tmp_path, monkeypatch, free, level):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, free))
    assert by_name(facts_of_machine(tmp_path))["disk"].level == level


def test_a_machine_that_cannot_confine_is_worth_watching_and_says_what_that_means(monkeypatch, tmp_path):
    lacking = Ability(name="sandbox", level="wrong", value="no Landlock", meaning="process refuses every cell", cure="use Linux")
    monkeypatch.setattr(machine, "machine", lambda: (lacking,))
    fact = by_name(facts_of_machine(tmp_path))["sandbox"]
    assert (fact.level, fact.value, fact.meaning, fact.cure) == ("watch", "no Landlock", "process refuses every cell", "use Linux")


def test_says_plainly_that_the_tripwire_is_no_boundary_and_what_passes_it(tmp_path):
    fact = by_name(facts_of_machine(tmp_path))["tripwire"]
    assert "no boundary" in fact.meaning
    assert fact.more == tuple(text for _, text in PASSES)


def test_a_missing_engine_is_told_with_its_cure(monkeypatch, tmp_path):
    def version(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    fact = by_name(facts_of_machine(tmp_path))["wasm"]
    assert (fact.level, "extra `wasm`" in fact.cure) == ("watch", True)


def test_says_where_each_cell_runs_and_what_keeps_it_from_there(shop):
    facts = by_name(facts_of_system(shop))
    assert (facts["stock"].level, facts["stock"].value) == ("well", "inprocess")
    file = shop / "system.py"
    file.write_text(file.read_text() + 'system.place(Stock, "process", memory_mb=1)\n')
    assert by_name(facts_of_system(shop))["stock"].level == "wrong"
    file.write_text("1 / 0")
    assert by_name(facts_of_system(shop))["placements"].cure == "see `planaria check`"


async def test_says_what_a_running_cell_touched(shop):
    told = {"cell": "stock", "touches": {"refused": 2, "reads": 1}, "accesses": {}, "notes": ["refused: reads a"]}
    assert figures_told(told) == "touches: 2 refused, 1 reads"
    async with serve(shop) as served, noted(served, Places.of(shop), pid=os.getpid()):
        assert by_name(await asyncio.to_thread(facts_of_system, shop))["stock"].value == "inprocess"


def test_a_running_cell_that_was_refused_something_is_worth_watching(shop, monkeypatch):
    used = {"cell": "stock", "touches": {"refused": 2}, "accesses": {}, "notes": ["refused: reads a (2 times)"]}
    monkeypatch.setattr(doctor, "_used", lambda client: [used])
    fact = by_name(facts_of_system(shop))["stock"]
    assert (fact.level, fact.more) == ("watch", ("refused: reads a (2 times)",))


def test_what_a_placement_tells_is_one_line():
    used = {"memory_bytes": 5e6, "memory_max_bytes": 64e6, "cpu_s": 1, "fuel": 1000, "calls": 3, "accesses": {"completed": 2}}
    assert figures_told(used) == "5.0 MB (at most 64.0 MB), 1.00 s of processor, 1,000 of fuel, 3 calls; accesses: 2 completed"


def test_a_system_that_never_ran_has_nothing_wrong(shop):
    assert {one.level for one in facts_of_system(shop)} == {"well"}


async def test_a_system_that_ran_has_a_sound_store(shop):
    async with life_at(shop):
        assert "integrity checked" in by_name(facts_of_system(shop))["store"].value


def test_a_damaged_store_is_wrong(shop):
    places = Places.of(shop)
    places.runtime.mkdir()
    places.store.write_bytes(b"no database" * 1000)
    assert by_name(facts_of_system(shop))["store"].level == "wrong"


def test_keys_that_others_can_read_are_wrong(shop):
    places = Places.of(shop)
    places.ledger_key.parent.mkdir(parents=True)
    places.ledger_key.write_text("secret")
    places.ledger_key.chmod(0o600)
    assert by_name(facts_of_system(shop))["keys"].value == "readable by their owner alone"
    places.ledger_key.chmod(0o644)
    fact = by_name(facts_of_system(shop))["keys"]
    assert (fact.level, fact.cure) == ("wrong", f"chmod 600 {places.ledger_key}")


def test_says_whether_the_system_is_up(shop):
    places = Places.of(shop)

    def told():
        return by_name(facts_of_system(shop))["running"].value

    RunNote(host="127.0.0.1", port=80, pid=os.getpid(), key="", started=0.0).write(places.run)
    lock = Lock.take(places.store)
    assert told().startswith("up at http://127.0.0.1:80")
    lock.release()
    assert "ended without leaving in order" in told(), "a number of a process that lives proves nothing"


def test_a_ledger_that_was_changed_is_wrong(shop):
    places = Places.of(shop)
    make_key(places.ledger_key)
    entry = Ledger.open(places.ledger, places.ledger_key, clock=SystemClock()).append("promoted", {"generation": "9f2c"})
    assert by_name(facts_of_system(shop))["ledger"].value == "verified"
    file = places.ledger / entry.file
    file.write_text(file.read_text().replace("9f2c", "9f2d"))
    assert by_name(facts_of_system(shop))["ledger"].level == "wrong"


def test_a_system_that_does_not_answer_tells_nothing(shop):
    class Silent:
        def ask(self, method, path):
            raise NotAnswering(address="", text="", pid=1, note="")

    assert doctor._used(Silent()) == []
