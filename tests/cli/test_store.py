import json


def test_a_backup_made_while_the_system_runs_can_be_restored(up, shop, planaria, tmp_path):
    planaria("call", "stock", "receive", "sku=apple", "quantity=5")
    file = str(tmp_path / "monday.sqlite")
    assert json.loads(planaria("store", "backup", file, "--json").out)["bytes"] > 0
    planaria("call", "stock", "receive", "sku=apple", "quantity=5")
    assert "PLN-U105" in planaria("store", "restore", file).err
    up.end()
    ended = planaria("store", "restore", file)
    assert (ended.code, "is kept as" in ended.out) == (0, True)
    from tests.cli.conftest import Up

    again = Up(shop, "--json")
    assert planaria("call", "stock", "left", "sku=apple").out == "5\n"
    again.end()


def test_a_store_can_be_restored_where_none_was(shop, planaria, tmp_path):
    source = tmp_path / "b.sqlite"
    planaria("events", "redeliver")
    assert "PLN-S113" in planaria("store", "backup", str(source)).err
    assert "PLN-S113" in planaria("store", "restore", str(source)).err


def test_a_backup_never_overwrites(up, planaria, tmp_path):
    file = str(tmp_path / "b.sqlite")
    assert planaria("store", "backup", file).code == 0
    assert "the target exists" in planaria("store", "backup", file).err
