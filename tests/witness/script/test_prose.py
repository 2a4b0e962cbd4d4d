import ast

import pytest

from planaria.witness.script.prose import from_document
from planaria.witness.script.scope import scope_of
from planaria.witness.script.subject import subjects_of

CODE = "def f(items, k=1, *rest): ...\ndef g(a, b): ...\ndef h(): ..."


def lines(text: str, symbol: str = "f", code: str = CODE) -> list[list[str]]:
    return [one.lines for one in from_document(text, scope_of(subjects_of({"m": ast.parse(code)})), symbol=symbol)]


@pytest.mark.parametrize(
    "text, symbol, found",
    [
        (">>> f([1])\n1\n>>> x = 2\n>>> f(x, k=3)\n4", "f", [["f([1])", "f(2, k=3)"]]),
        ("f(3) gives 6, f( 3 ) again and f((1)) too; f(oops is no call", "f", [["f(3)"], ["f(1)"]]),
        (">>> f(1)\n2\nAs f(1) is 2, f(2) is 4.", "f", [["f(1)"], ["f(2)"]]),
        ("For a = [1, 2], b = 'x, y' it is 3. And a = 0.5, b = (1\n), so.", "g", [["g([1, 2], 'x, y')"], ["g(0.5, 1)"]]),
        ("items is 7.", "f", [["f(7)"]]),
        ("Input: 12\nOutput: 3\nFor example [1, 2]) too", "f", [["f(12)"], ["f([1, 2])"]]),
        ("old_name(5) == 6, other(1, 2), old_name(x)", "f", [["f(5)"]]),
        ("Given nothing at all. items = what; a == 1", "f", []),
        ("a = 1, 2", "g", []),
        ("Nothing.", "h", []),
        (">>> f(1)\n  indented wrongly\n >>> f('a\nb')\n", "f", [["f(1)", "f('a\\nb')"]]),
        (">>> f(1\n2\n>>> f(2)\n", "f", [["f(2)"]]),
        (">>> f(]\n>>>f(3)\n>>> f(4)", "f", [["f(4)"]]),
    ],
)
def test_calls_are_found_where_a_document_shows_them(text, symbol, found):
    assert lines(text, symbol) == found


def test_a_method_is_called_on_the_object_of_its_example():
    code = "class Bank:\n    def put(self, x): ..."
    assert lines(">>> bank = Bank()\n>>> bank.put(3)\n>>> bank.total\n3", "Bank", code) == [["bank = Bank()", "bank.put(3)", "bank.total"]]


def test_a_value_in_quotes_may_hold_brackets_and_one_that_never_closes_is_none():
    assert lines('items = "a)]" and so on') == [["f('a)]')"]]
    assert lines("items = [1, 2 and so on") == []


def test_an_object_that_examples_take_for_granted_is_made_where_that_needs_nothing():
    code = "class Till:\n    def add(self, x): ...\n    def sum(self): ...\n"
    code += "class Bank:\n    def __init__(self, x): ...\n    def put(self, x): ..."
    known = scope_of(subjects_of({"m": ast.parse(code)}))
    document = ">>> till.add(3)\n>>> till.sum()\n3\n>>> other = Till()\n>>> other.add(1)\n>>> unknown.gone()"
    (made,) = from_document(document, known, symbol="Till")
    assert made.lines == ["till = Till()", "till.add(3)", "till.sum()", "other = Till()", "other.add(1)"]
    assert list(from_document(">>> bank.put(3)", known, symbol="Bank")) == []
