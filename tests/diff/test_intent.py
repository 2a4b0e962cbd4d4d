import json

import pytest

from planaria.diff.finding import Finding
from planaria.diff.intent import Expectation, ExpectationWrong, expectations, marked

GONE = Finding(kind="interface", level="breaking", symbol="shop.Cart.add", what="parameter 'x' of list[int] is gone", cure="")
TOML = '[[expect]]\nsymbol = "Cart.add"\nwhat = "is gone"\n'


@pytest.mark.parametrize(
    "entry, covers",
    [({"symbol": "shop.Cart.add"}, True), ({"symbol": "add"}, True), ({"symbol": "Cart.*"}, True), ({"symbol": "art.add"}, False),
     ({"symbol": "Cart"}, False), ({"what": "list[int]"}, True), ({"what": "parameter * is gone"}, True), ({"what": "is new"}, False),
     ({"what": "/param.*(gone|new)$/"}, True), ({"what": "/^gone/"}, False), ({"symbol": "add", "kind": "schema"}, False)],
)  # fmt: skip
def test_an_entry_covers_what_it_names_and_nothing_else(entry, covers):
    assert Expectation(**entry).covers(GONE) is covers


@pytest.mark.parametrize(
    "file, text",
    [("a.toml", TOML), ("a.json", json.dumps({"expect": [{"symbol": "Cart.add", "what": "is gone"}]})),
     ("a.json", json.dumps([{"symbol": "Cart.add", "what": "is gone"}])), ("a.md", f"Why.\n\n```toml\n{TOML}```\n")],
)  # fmt: skip
def test_entries_are_read_from_every_form(file, text):
    assert expectations(text, file) == (Expectation(symbol="Cart.add", what="is gone"),)


@pytest.mark.parametrize(
    "text, told",
    [("expect = 3", "list"), ("[[expected]]\n", "list"), ("[[expect]]\n", "everything"), ('[[expect]]\nsymbol = "*"', "everything"),
     ('[[expect]]\nsymbols = "a"', "other keys"), ('[[expect]]\nsymbol = "a"\nkind = "shape"', "interface, schema"),
     ('[[expect]]\nsymbol = "a"\nuntil = "soon"', "2031-12-31"), ('[[expect]]\nwhat = "/(/"', "unterminated"), ("[[", "end of document")],
)  # fmt: skip
def test_what_is_not_plain_is_refused_with_the_reason(text, told):
    with pytest.raises(ExpectationWrong) as raised:
        expectations(text, "a.toml")
    assert told in raised.value.plain()["what"]


def test_declared_findings_are_marked_and_what_did_not_come_is_told():
    entries = [Expectation(symbol="add", until="2030-05-01"), Expectation(symbol="gone"), Expectation(what="is gone", until="2029-12-31")]
    found, told = marked([GONE], entries, today="2030-05-01")
    assert found[0].intended
    assert told == {"unmatched": ["symbol 'gone'"], "expired": ["what 'is gone', until '2029-12-31'"]}
    assert not marked([GONE], entries[1:], today="2030-05-01")[0][0].intended
