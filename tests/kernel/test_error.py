import copy
import pickle

import pytest

from planaria.kernel.error import Failed, NoSuchCell, NoSuchOperation, PlanariaError, Several, every_error


def test_an_error_says_what_why_and_how_to_cure_it():
    error = NoSuchOperation(cell="cart", operation="ad", known="add")
    assert str(error).splitlines() == [
        "PLN-C104: cell 'cart' has no operation 'ad'",
        "  why: it is not in the contract",
        "  fix: use one of: add; or add it to cells/cart/contract.py",
    ]
    assert error.plain() == {
        "code": "PLN-C104",
        "what": "cell 'cart' has no operation 'ad'",
        "why": "it is not in the contract",
        "fix": "use one of: add; or add it to cells/cart/contract.py",
        "facts": {"cell": "cart", "operation": "ad", "known": "add"},
    }


def test_a_fact_that_is_missing_does_not_hide_the_error():
    assert NoSuchCell(cell="card").plain()["fix"] == "use one of: ?; or add it in system.py"


@pytest.mark.parametrize("through", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_being_copied(through):
    error = through(Failed(cell="cart", text="{braces}"))
    assert (type(error), error.facts, str(error)) == (Failed, {"cell": "cart", "text": "{braces}"}, str(Failed(**error.facts)))


def test_several_problems_are_told_at_once():
    several = Several.of("system 's'", ["one", "two"])
    assert several.plain()["what"] == "2 problems in system 's':\n- one\n- two"
    assert several.facts["problems"] == ["one", "two"]


def test_the_catalogue_holds_every_error_once_and_every_code_is_taken_once():
    kinds = [kind for kind in every_error() if kind.__module__.startswith("planaria.")]
    assert len(kinds) == len(set(kinds))
    assert {PlanariaError, Several, NoSuchCell} <= set(kinds)
