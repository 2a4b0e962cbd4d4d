from typing import Any

from planaria.diff.contract import contract_changes

OPERATION: dict[str, Any] = {
    "name": "add", "parameters": [{"name": "sku", "type": "str"}, {"name": "count", "type": "int", "default": "1"}], "returns": "bool",
    "deadline_s": 30.0, "idempotent": True, "effects": [], "errors": ["A-1 Gone"], "requires": [{"text": "some", "source": "count > 0"}],
}  # fmt: skip


def contract(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"operations": list(operations), "handlers": [], "values": {}, "events": [], **more}


def told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one.what, one.breaking) for one in contract_changes(old, new)]


def changed(**more: Any) -> list[tuple[str, bool]]:
    return told(contract(OPERATION), contract(OPERATION | more))


def test_a_contract_does_not_differ_from_itself() -> None:
    assert changed() == []


def test_an_operation_that_is_gone_breaks_and_a_new_one_does_not() -> None:
    assert told(contract(OPERATION), contract()) == [("operation 'add' is gone", True)]
    assert told(contract(), contract(OPERATION)) == [("operation 'add' is new", False)]
    assert told(contract(handlers=[OPERATION]), contract()) == [("handler 'add' is gone", True)]


def test_a_new_parameter_breaks_unless_it_has_a_default() -> None:
    sku, count = OPERATION["parameters"]
    assert changed(parameters=[sku, count, {"name": "note", "type": "str"}]) == [("parameter 'note' is new", True)]
    assert changed(parameters=[sku, count, {"name": "note", "type": "str", "default": "''"}]) == [("parameter 'note' is new", False)]
    assert changed(parameters=[sku]) == [("parameter 'count' is gone", True)]
    assert changed(parameters=[count, sku]) == [("its parameters come in another order", True)]
    assert changed(parameters=[sku, count | {"default": "2"}]) == [("parameter 'count' was int = 1 and is int = 2", True)]


def test_what_is_promised_less_breaks_and_what_is_promised_more_does_not() -> None:
    assert changed(returns="int") == [("returns was bool and is int", True)]
    assert changed(idempotent=False) == [("idempotent was True and is False", True)]
    assert changed(deadline_s=5.0) == [("deadline_s was 30.0 and is 5.0", False)]
    assert changed(errors=[]) == [("error A-1 Gone is gone", False)]
    assert changed(errors=["A-1 Gone", "A-2 Full"]) == [("error A-2 Full is new", True)]
    assert changed(effects=["clock *"]) == [("effect clock * is new", False)]
    assert changed(requires=[]) == [("condition 'some' (count > 0) is gone", False)]


def test_values_and_events_are_compared_too() -> None:
    before, after = contract(values={"Line": {"fields": 1}, "Other": 1}), contract(values={"Line": {"fields": 2}})
    assert told(before, after) == [("value Line was {'fields': 1} and is {'fields': 2}", True)]
    added = contract(events=[{"event": "Added", "key": "sku"}])
    assert told(added, contract()) == [("event Added is gone", True)]
    assert told(contract(), added) == [("event Added is new", False)]


def test_a_change_becomes_plain_data() -> None:
    (one,) = contract_changes(contract(), contract(OPERATION))
    assert one.plain() == {"place": "add", "what": "operation 'add' is new", "breaking": False}
