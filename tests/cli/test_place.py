import json


def test_says_what_a_move_changes_and_how_to_go_back(shop, planaria):
    ended = planaria("place", "stock", "inprocess", "--limit", "tripwire=record")
    assert ended.code == 0, ended.err
    assert "stock: inprocess -> inprocess" in ended.out
    assert "  - undeclared effects: seen by the tripwire and refused, which is no boundary" in ended.out
    assert "  + undeclared effects: seen by the tripwire and let through" in ended.out
    assert "+system.place(Stock, \"inprocess\", tripwire='record')" in ended.out
    assert "back: planaria place stock inprocess --limit tripwire=null" in ended.out
    assert (
        "back: planaria place stock inprocess --limit tripwire=record\n"
        in planaria("place", "stock", "inprocess", "--limit", "tripwire=null").out
    )
    assert "so already" in planaria("place", "stock", "inprocess").out


def test_a_dry_run_says_that_nothing_was_written(shop, planaria):
    before = (shop / "system.py").read_text()
    assert "nothing was written" in planaria("place", "stock", "inprocess", "--dry-run").out
    assert (shop / "system.py").read_text() == before


def test_a_machine_gets_it_as_data(shop, planaria):
    told = json.loads(planaria("place", "stock", "inprocess", "--dry-run", "--json").out)
    assert (told["ok"], told["cell"], told["done"], told["after"]["placement"]) == (True, "stock", False, "inprocess")


def test_limits_that_this_process_does_not_keep_are_refused(shop, planaria):
    ended = planaria("place", "stock", "inprocess", "--memory-mb", "64", "--cpu-s-per-call", "1", "--scratch-mb", "1")
    assert (ended.code, "PLN-P901" in ended.err) == (2, True)


def test_a_limit_that_is_none_is_refused(shop, planaria):
    assert "PLN-U109" in planaria("place", "stock", "inprocess", "--limit", "tripwire").err


def test_a_running_system_is_said_to_stay_as_it_is(shop, planaria, up):
    planaria("call", "stock", "receive", "sku=apple", "quantity=5")
    ended = planaria("place", "stock", "process", "--memory-mb", "64")
    assert "until it is started again" in ended.out
    assert [line.split()[0] for line in ended.out.splitlines() if line.startswith("  receive")] == ["receive"]
