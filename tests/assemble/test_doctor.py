import os
import shutil
from typing import NamedTuple

import pytest

from planaria.assemble import Places, doctor, life_at
from planaria.assemble.clock import SystemClock
from planaria.assemble.doctor import facts_of_machine, facts_of_system
from planaria.assemble.note import RunNote
from planaria.ledger import Ledger, make_key
from planaria.store.lock import Lock


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def by_name(facts):
    return {one.name: one for one in facts}


def test_names_what_this_machine_has(tmp_path):
    facts = by_name(facts_of_machine(tmp_path))
    assert list(facts) == ["python", "sqlite", "fsync", "disk", "landlock", "seccomp", "user namespaces"]
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


def test_what_the_kernel_of_the_machine_lacks_is_absent(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_text", lambda path: "")
    monkeypatch.setattr(doctor.sys, "platform", "other")
    facts = by_name(facts_of_machine(tmp_path))
    assert [facts[name].value for name in ("landlock", "seccomp", "user namespaces")] == ["absent: this is not Linux", "absent", "absent"]


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
