import json

from planaria.assemble import doctor


def test_tells_the_facts_of_machine_and_system(shop, planaria):
    ended = planaria("doctor")
    assert ended.code == 0
    for name in ("python", "sqlite", "fsync", "disk", "landlock", "store", "keys", "ledger", "running"):
        assert f" {name} " in ended.out


def test_a_machine_gets_them_as_data(shop, planaria):
    told = json.loads(planaria("doctor", "--json").out)
    assert {one["name"] for one in told["system"]} == {"store", "keys", "ledger", "running"}
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
