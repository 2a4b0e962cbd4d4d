import json

import pytest


def test_values_are_json_or_text(up, planaria):
    assert planaria("call", "stock", "receive", "sku=apple", "quantity=5").out == "5\n"
    assert json.loads(planaria("call", "cart", "put", "visitor=ann", "sku=apple", "quantity=2", "--json").out) == {
        "ok": True, "result": [{"sku": "apple", "quantity": 2}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        (["cart", "checkout", "visitor=ann"], 1, "SHOP-1: the cart of 'ann' is empty"),
        (["stock", "lost", "sku=apple"], 2, "use one of: receive, left"),
        (["stok", "left", "sku=apple"], 2, "there is no cell 'stok'"),
        (["stock", "left", "sku=5"], 2, "Expected `str`, got `int`"),
        (["stock", "receive", "sku=apple", "quantity=0"], 2, "the quantity is 1 to 10,000"),
        (["stock", "left", "apple"], 2, "'apple' is not NAME=VALUE"),
    ],
)
def test_what_the_system_answers_is_told_as_it_is(up, planaria, arguments, code, told):
    ended = planaria("call", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err


def test_needs_a_system_that_is_up(shop, planaria):
    assert "start it with `planaria up`" in planaria("call", "stock", "left", "sku=apple").err
