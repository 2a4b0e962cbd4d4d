import json

from planaria.assemble import Places
from planaria.ledger import Ledger


class Noon:
    def now(self):
        return 43200.0


def record(shop):
    places = Places.of(shop)
    ledger = Ledger.open(places.ledger, places.ledger_key, clock=Noon())
    ledger.append("refused", {"attempt": 1, "findings": ["a"], "candidate": "9f2c" * 16}, cell="stock")
    return ledger.append("promoted", {"attempt": 2}, cell="stock")


def test_an_empty_ledger_is_no_problem(shop, planaria):
    assert planaria("ledger").out == "nothing is recorded yet\n"
    assert planaria("ledger", "verify").out == "the ledger holds: 0 entries\n"


def test_entries_are_listed_shown_and_verified(shop, planaria, golden):
    assert planaria("ledger", "key").code == 0
    record(shop)
    golden("cli/ledger.txt", planaria("ledger").out)
    assert '"attempt": 2' in planaria("ledger", "show", "2").out
    assert planaria("ledger", "verify").out == "the ledger holds: 2 entries\n"
    assert len(json.loads(planaria("ledger", "--json").out)["entries"]) == 2


def test_a_changed_entry_is_found_and_says_no(shop, planaria):
    planaria("ledger", "key")
    file = Places.of(shop).ledger / record(shop).file
    file.write_text(file.read_text().replace('"attempt": 2', '"attempt": 3'))
    ended = planaria("ledger", "verify")
    assert (ended.code, "entry 2" in ended.out, "the ledger does not hold" in ended.out) == (1, True, True)
    assert json.loads(planaria("ledger", "verify", "--json").out)["ok"] is False


def test_a_key_is_never_made_twice(shop, planaria):
    planaria("ledger", "key")
    assert "PLN-K104" in planaria("ledger", "key").err


def test_an_entry_that_is_not_there_is_refused(shop, planaria):
    for arguments in (["show"], ["show", "7"]):
        assert planaria("ledger", *arguments).code == 2
