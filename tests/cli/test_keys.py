import json

from planaria.assemble import Places
from planaria.assemble.clock import SystemClock
from planaria.gateway.keys import Keys


def test_a_key_is_shown_once_and_alone_on_its_line(shop, planaria):
    ended = planaria("keys", "make", "laptop")
    secret = ended.out.strip()
    found = Keys(Places.of(shop).keys, clock=SystemClock()).find(secret)
    assert (found.label, found.cells) == ("laptop", {"stock", "cart"})
    assert secret not in ended.err + Places.of(shop).keys.read_text()


def test_a_key_may_be_for_some_cells_alone(shop, planaria):
    told = json.loads(planaria("keys", "make", "laptop", "--cells", "cart", "--json").out)
    assert told["cells"] == ["cart"]
    ended = planaria("keys", "make", "laptop", "--cells", "crt")
    assert (ended.code, "use one of: stock, cart" in ended.err) == (2, True)


def test_keys_are_listed_and_revoked(shop, planaria):
    assert "there are no keys" in planaria("keys").out
    made = json.loads(planaria("keys", "make", "laptop", "--json").out)
    assert made["id"] in planaria("keys", "list").out
    assert planaria("keys", "revoke", made["id"]).code == 0
    assert json.loads(planaria("keys", "--json").out)["keys"] == []
    assert "PLN-U110" in planaria("keys", "revoke", made["id"]).err


def test_what_is_missing_is_named(shop, planaria):
    assert "missing: LABEL" in planaria("keys", "make").err
    assert "missing: ID" in planaria("keys", "revoke").err
    assert planaria("call", "stock").err.splitlines()[0] == "PLN-U101: missing: OPERATION", "arguments may be absent"
