import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planaria.attack.catalogue import SOURCES, attacks, attacks_for, calls_used
from planaria.attack.target.impl import found
from planaria.attack.target.impl.means import REGISTER
from planaria.attack.victim import victims

BARE = Path(__file__).parent / "bare.py"
WAYS = {"attempt", "give", "pour"}
# A few of each kind; each runs in a plain process of its own, and must get through there.
REAL = [
    "reading.reads_a_secret_of_the_host", "reading.opens_a_file_by_its_number" if os.getuid() == 0 else "reading.lists_a_home",
    "change.writes_a_file_outside", "change.takes_a_file_out", "network.connects_over_tcp", "network.connects_with_the_first_bytes",
    "network.visits_an_abstract_socket", "network.sends_a_datagram", "process.starts_a_shell", "process.leaves_a_process_behind",
    "signalling.signals_through_a_process_descriptor", "signalling.limits_another_process", "signalling.has_the_kernel_signal",
    "memory.turns_data_into_code", "memory.fills_memory_that_is_not_counted", "introspection.unpacks_a_program",
    "observation.measures_sharply",
]  # fmt: skip


def test_there_are_enough_attacks_for_each_placement():
    for placement in ("process", "wasm"):
        assert len([one for one in attacks_for(placement) if not one.sane]) >= 150


def test_every_attack_has_a_name_of_its_own_and_says_what_it_tries_and_allows():
    names = [one.name for one in attacks()]
    assert len(set(names)) == len(names)
    assert [one.name for one in attacks() if not one.what.endswith(".")] == []
    assert [one.name for one in attacks() if not one.allows.endswith(".") and not one.sane] == []
    assert {one.way for one in attacks()} == WAYS
    assert {one.only for one in attacks()} == {"", "process", "wasm"}


def test_what_is_read_from_the_source_is_what_would_run():
    assert {one.name for one in attacks()} == {found(one.path).__name__ for one in attacks()} == set(REGISTER)


def test_every_theme_is_a_file_of_attacks():
    assert {one.theme for one in attacks()} == {path.stem for path in SOURCES.glob("*.py")} - {"__init__", "means"}


def test_the_system_calls_that_attacks_make_are_known_by_name():
    assert {"io_uring_setup", "ptrace", "process_vm_writev", "open_by_handle_at", "vmsplice"} <= calls_used()


def bare(path: str, facts: dict[str, str], scratch: Path) -> tuple[str, str]:
    ran = subprocess.run(
        [sys.executable, BARE, path], input=json.dumps(facts), capture_output=True, text=True, timeout=60, check=False,
        env={"TMPDIR": str(scratch), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    outcome, detail = json.loads(ran.stdout.splitlines()[-1])
    return outcome, detail


@pytest.mark.parametrize("path", REAL)
async def test_an_attack_gets_through_where_nothing_holds_it(path, tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "victims").mkdir()
    async with victims(tmp_path / "victims") as around:
        facts = around.facts | {"memory_mb": "16", "disk_mb": "1"}
        outcome, detail = await asyncio.to_thread(bare, path, facts, tmp_path / "scratch")
        seen = await around.observed()
        assert outcome == "through" or seen, detail
        assert await around.observed() == []
