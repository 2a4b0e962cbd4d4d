import json

import pytest

from planaria.assemble import doctor
from planaria.attack import suite
from planaria.attack.catalogue import Attack
from planaria.attack.report import Outcome, Report


def test_tells_the_facts_of_machine_and_system(shop, planaria):
    ended = planaria("doctor")
    assert ended.code == 0
    for name in ("python", "sqlite", "fsync", "disk", "tripwire", "store", "keys", "ledger", "running"):
        assert f" {name} " in ended.out


def test_a_machine_gets_them_as_data(shop, planaria):
    told = json.loads(planaria("doctor", "--json").out)
    assert {one["name"] for one in told["system"]} == {"store", "keys", "ledger", "running", "stock", "cart"}
    assert told["root"] == str(shop)


def test_works_where_there_is_no_system(planaria, tmp_path):
    ended = planaria("doctor", cwd=tmp_path)
    assert (ended.code, "no system here" in ended.out) == (0, True)


def test_a_root_that_is_none_is_refused(planaria, tmp_path):
    assert planaria("doctor", "--root", str(tmp_path / "gone"), cwd=tmp_path).code == 2


def test_what_is_wrong_comes_with_a_cure_and_says_no(shop, planaria, monkeypatch):
    monkeypatch.setattr(doctor, "FREE_LOW_BYTES", 10**30)
    ended = planaria("doctor")
    assert (ended.code, "fix: make room" in ended.out) == (1, True)


def outcome(name, *, stopped):
    return Outcome(attack=Attack(name=name, theme="file", what="tries", allows="reading a file"), stopped=stopped, why="because")


@pytest.fixture
def attacked(monkeypatch):
    """Give the report that the next attack makes."""

    def make(*, stopped, worked, name="opens"):
        async def run(placement, *, told):
            tried, sanity = outcome(name, stopped=stopped), (outcome("computes", stopped=not worked),)
            told(tried)
            return Report(placement=placement, attacks=(tried,), sanity=sanity, seconds=1.0, conditions=("as root",))

        monkeypatch.setattr(suite, "run_attacks", run)

    return make


def test_an_attack_that_is_stopped_is_a_yes(planaria, attacked):
    attacked(stopped=True, worked=True)
    ended = planaria("doctor", "--attack", "process")
    assert (ended.code, "1 of 1 attacks stopped; nothing got through but what" in ended.out) == (0, True)
    assert "1 of 1 things that must work do" in ended.out


def test_what_is_known_to_get_through_is_shown_and_is_no_surprise(planaria, attacked):
    attacked(stopped=False, worked=True, name="measures_sharply")
    ended = planaria("doctor", "--attack", "process")
    assert (ended.code, "known    measures_sharply: because" in ended.out) == (0, True)
    assert planaria("doctor", "--attack", "wasm").code == 1


@pytest.mark.parametrize("stopped, worked, line", [(False, True, "through  opens: because"), (True, False, "broken   computes: because")])
def test_what_gets_through_and_what_does_not_work_is_a_no(planaria, attacked, stopped, worked, line):
    attacked(stopped=stopped, worked=worked)
    ended = planaria("doctor", "--attack", "wasm")
    assert (ended.code, line in ended.out) == (1, True)


def test_a_machine_gets_the_report_of_an_attack(planaria, attacked):
    attacked(stopped=False, worked=True)
    told = json.loads(planaria("doctor", "--attack", "process", "--json").out)
    assert (told["placement"], told["tried"], told["stopped"], told["through"][0]["attack"]) == ("process", 1, 0, "opens")


def test_only_what_is_to_hold_something_can_be_attacked(planaria):
    assert planaria("doctor", "--attack", "inprocess").code == 2
