import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planaria.attack.error import AttackNotRun, NotAttackable
from planaria.attack.finding import known_in
from planaria.attack.suite import run_attacks
from planaria.placement.inprocess import InProcess

PROGRAM = "import asyncio, json, sys; from planaria.attack.suite import run_attacks; \
print(json.dumps(asyncio.run(run_attacks(sys.argv[1], only=sys.argv[2:])).plain()))"
ORDINARY = Path(__file__).parent / "ordinary.py"
SOME = [
    "reads_a_secret_of_the_host", "reads_through_the_root_of_the_host", "races_a_path", "learns_the_size_of_a_secret",
    "writes_a_file_outside",
    "finds_an_inherited_file", "finds_a_secret_in_the_environment", "connects_over_tcp", "connects_with_the_first_bytes",
    "sends_a_datagram",
    "visits_an_abstract_socket", "asks_for_the_loopback", "starts_a_shell", "forks_by_a_raw_call", "signals_a_process",
    "reads_the_memory_of_the_host",
    "turns_data_into_code", "speaks_the_older_abi", "becomes_root_of_its_own_users", "queues_work_by_io_uring", "walks_the_frames",
    "calls_what_was_not_granted", "takes_memory_without_end", "kills_itself", "leaves_at_once", "cancels_whoever_waits",
    "gives_a_text_instead",
    "gives_half_a_character", "gives_a_value_that_is_nested_deeply", "raises_with_controls_of_a_terminal", "raises_a_refusal",
    "pours_without_end",
    "breaks_while_it_pours", "writes_noise", "claims_a_huge_length", "floods_the_host_with_questions", "reads_the_table_of_another_cell",
    "attaches_another_database", "makes_a_huge_value_in_the_store", "prints_controls_of_a_terminal", "measures_sharply",
    "calls_its_neighbour", "keeps_state_of_its_own", "gives_a_whole_value", "pours_what_was_asked_for", "imports_what_cells_import",
]  # fmt: skip
GUEST = [
    "returns_noise_from_a_turn",
    "claims_lengths_that_are_wrong",
    "asks_the_host_directly_for_what_is_not",
    "answers_in_json_that_is_nested_deeply",
]


class Open:
    """A placement that holds nothing in."""

    def __init__(self, root):
        self.inside = InProcess()

    def open(self, order):
        return self.inside.open(order)

    async def close(self):
        pass


async def test_what_gets_through_an_open_placement_is_found():
    told = []
    harmless = ["reads_a_secret_of_the_host", "writes_a_file_outside", "connects_over_tcp", "signals_a_process", "gives_a_text_instead"]
    harmless += ["raises_with_controls_of_a_terminal", "visits_an_abstract_socket", "reads_the_memory_of_the_host", "gives_a_whole_value"]
    report = await run_attacks("process", only=harmless, make=Open, told=told.append)
    why = {one.attack.name: one.why for one in report.attacks if not one.stopped}
    assert set(why) >= {*harmless} - {"gives_a_whole_value", "reads_the_memory_of_the_host"}
    assert "(the secret)" in why["reads_a_secret_of_the_host"]
    assert "changed: outside/planted" in why["writes_a_file_outside"]
    assert "somebody came to tcp" in why["connects_over_tcp"]
    assert "the canary was signalled" in why["signals_a_process"]
    assert report.broken == ()
    assert {one.attack.name for one in told} == {*harmless}


async def test_a_placement_that_is_none_is_refused():
    with pytest.raises(NotAttackable):
        await run_attacks("inprocess")


def attacked(placement: str, only: list[str], *before: str) -> dict[str, object]:
    ran = subprocess.run([*before, sys.executable, "-c", PROGRAM, placement, *only], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    plain: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    return plain


def names(findings):
    return {one["attack"] for one in findings}


# An ordinary user can be tried by root alone; who is none tries what he is.
WAYS = [(), (sys.executable, str(ORDINARY)), (sys.executable, str(ORDINARY), "--without-namespaces")] if os.getuid() == 0 else [()]


@pytest.mark.parametrize("before", WAYS, ids=lambda before: before[-1].rpartition("/")[2] if before else "as it is")
def test_a_process_holds_and_lets_cells_work(before):
    plain = attacked("process", SOME, *before)
    namespaces = "--without-namespaces" not in before
    assert names(plain["through"]) <= known_in("process", namespaces=namespaces), plain["through"]
    assert plain["sanity"]["broken"] == []
    assert plain["tried"] == len(SOME) - 5


def test_a_guest_holds_and_lets_cells_work():
    plain = attacked("wasm", [*SOME, *GUEST])
    assert names(plain["through"]) <= known_in("wasm", namespaces=True), plain["through"]
    assert plain["sanity"]["broken"] == []


class Refusing(Open):
    """A placement that takes the neighbour, and no other."""

    def open(self, order):
        if order.cell == "target":
            raise NotAttackable(placement="this", known="none")
        return super().open(order)


async def test_an_attack_that_could_not_be_run_is_not_called_stopped():
    with pytest.raises(AttackNotRun):
        await run_attacks("process", only=["starts_a_shell"], make=Refusing)


async def test_whoever_waits_for_a_stream_that_never_comes_leaves_it():
    report = await run_attacks("process", only=["pours_nothing", "cancels_whoever_waits"], make=Open)
    why = {one.attack.name: one.why for one in report.attacks}
    assert why["pours_nothing"] == "0 items were taken before the reader left"
