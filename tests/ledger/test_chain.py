import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from planaria.ledger.chain import Ledger
from planaria.ledger.error import FactsWrong, ForeignKey, KeyExposed, LedgerBroken, NoKey
from planaria.ledger.key import make_key
from planaria.ledger.verification import verify


def files(ledger):
    return sorted(path.name for path in ledger.directory.iterdir())


def test_entries_read_back_in_order_and_verify(five):
    entries = five.entries()
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.facts["generation"] for entry in entries] == ["g0", "g1", "g2", "g3", "g4"]
    assert entries[1].previous == entries[0].hash
    assert five.head().count == 5
    assert verify(five.directory) == ()
    assert files(five) == [*(f"00000{n}.json" for n in range(1, 6)), "head.json", "public.pem"]


def test_a_ledger_that_is_absent_is_empty(ledger):
    assert ledger.entries() == ()
    assert ledger.head() is None
    assert not ledger.directory.exists()


def test_writes_nothing_without_a_key(tmp_path, key_path):
    ledger = Ledger.open(tmp_path / "ledger", None, clock=None)
    absent = Ledger.open(tmp_path / "ledger", tmp_path / "absent.pem", clock=None)
    for one in (ledger, absent):
        with pytest.raises(NoKey):
            one.append("x", {})
    key_path.chmod(0o644)
    with pytest.raises(KeyExposed):
        Ledger.open(tmp_path / "ledger", key_path, clock=None).append("x", {})
    assert not (tmp_path / "ledger").exists()


def nested(depth):
    return {"a": nested(depth - 1)} if depth else {}


FACTS = [{"a": object()}, {"a": 2**60}, {1: 2}, {"a": float("inf")}, {"a": "\ud800"}, {"a": b""}]


@pytest.mark.parametrize("facts", FACTS, ids=str)
def test_refuses_facts_that_are_no_json(five, facts):
    with pytest.raises(FactsWrong):
        five.append("x", facts)
    assert five.head().count == 5


def test_refuses_facts_without_end(five):
    endless = {}
    endless["a"] = endless
    with pytest.raises(FactsWrong):
        five.append("x", endless)


def test_whole_fractions_and_tuples_are_recorded_as_what_they_are(ledger):
    ledger.append("x", {"cost": 1.0, "cells": ("a", "b"), "small": 3e-05})
    (entry,) = ledger.entries()
    assert entry.facts == {"cost": 1, "cells": ["a", "b"], "small": 3e-05}
    assert verify(ledger.directory) == ()


def test_refuses_the_key_of_another(five, tmp_path):
    make_key(tmp_path / "other.pem")
    with pytest.raises(ForeignKey):
        Ledger.open(five.directory, tmp_path / "other.pem", clock=None).append("x", {})


def test_does_not_build_on_a_broken_chain(five, key_path, tmp_path):
    path = five.directory / "000002.json"
    path.write_text(path.read_text().replace("g1", "g9"))
    again = Ledger.open(five.directory, key_path, clock=five._clock)
    with pytest.raises(LedgerBroken) as caught:
        again.append("x", {})
    assert "000002.json" in str(caught.value)
    path.write_text("{")
    (five.directory / "head.json").write_text("{")
    for read in (again.entries, again.head):
        with pytest.raises(LedgerBroken):
            read()
    (five.directory / "public.pem").unlink()
    with pytest.raises(LedgerBroken):
        again.append("x", {})


def test_two_ledgers_on_one_folder_take_turns(five, key_path):
    other = Ledger.open(five.directory, key_path, clock=five._clock)
    for _ in range(3):
        other.append("other", {})
        five.append("own", {})
    assert [entry.kind for entry in five.entries()[5:]] == ["other", "own"] * 3
    assert verify(five.directory) == ()


def test_threads_that_append_at_once_lose_nothing(five, key_path):
    def add(number):
        Ledger.open(five.directory, key_path, clock=five._clock).append("x", {"n": number})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(12)))
    assert sorted(entry.facts["n"] for entry in five.entries()[5:]) == list(range(12))
    assert verify(five.directory) == ()


def crash_at(ledger, monkeypatch, name):
    """Let the process 'die' just before the file `name` is put in place; what was written before stays."""
    write = Ledger._write

    def dying(self, file, text):
        if file == name:
            (self.directory / f".{file}.partial").write_bytes(text[: len(text) // 2])
            raise SystemExit
        write(self, file, text)

    monkeypatch.setattr(Ledger, "_write", dying)
    with pytest.raises(SystemExit):
        ledger.append("crashed", {})
    monkeypatch.undo()


def test_a_crash_between_entry_and_head_is_healed_at_the_next_append(five, key_path, monkeypatch):
    crash_at(five, monkeypatch, "head.json")
    (finding,) = verify(five.directory)
    assert (finding.rule, finding.number, finding.broken) == ("head behind", 6, False)
    assert "healed at the next append" in finding.cure
    for one in (Ledger.open(five.directory, key_path, clock=five._clock), five):
        one.append("next", {})
    assert [entry.kind for entry in five.entries()[5:]] == ["crashed", "next", "next"]
    assert verify(five.directory) == ()
    assert not [name for name in files(five) if "partial" in name]


def test_a_crash_at_the_very_first_entry_is_healed_too(ledger, key_path, monkeypatch):
    crash_at(ledger, monkeypatch, "head.json")
    assert [finding.broken for finding in verify(ledger.directory)] == [False]
    Ledger.open(ledger.directory, key_path, clock=ledger._clock).append("next", {})
    assert verify(ledger.directory) == ()
    assert len(ledger.entries()) == 2


def test_a_crash_before_the_entry_leaves_the_ledger_sound(five, monkeypatch):
    crash_at(five, monkeypatch, "000006.json")
    assert verify(five.directory) == ()
    assert five.append("next", {}).number == 6
    assert verify(five.directory) == ()


def test_a_crash_after_the_public_key_leaves_an_empty_ledger(ledger, monkeypatch):
    crash_at(ledger, monkeypatch, "000001.json")
    assert verify(ledger.directory) == ()
    assert ledger.append("next", {}).number == 1


async def test_a_process_that_is_killed_while_it_appends_leaves_a_ledger_that_holds(five, key_path):
    program = """
import sys
from pathlib import Path
from planaria.ledger.chain import Ledger
class Noon:
    def now(self): return 43200.0
ledger = Ledger.open(Path(sys.argv[1]), Path(sys.argv[2]), clock=Noon())
while True:
    print(ledger.append("x", {"text": "y" * 2000}).number, flush=True)
"""
    arguments = [sys.executable, "-c", program, str(five.directory), str(key_path)]
    for round_ in range(4):
        process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        for _ in range(2 + round_):
            told = int(await process.stdout.readline())
        process.kill()
        rest, _ = await process.communicate()
        told = max([told, *map(int, rest.split())])
        assert [finding for finding in verify(five.directory) if finding.broken] == []
        assert len(five.entries()) >= told
    five.append("after", {})
    assert verify(five.directory) == ()


def test_the_files_are_plain_json_with_sorted_keys(five):
    text = (five.directory / "head.json").read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2) + "\n"
