"""A file of tests is read with all that it takes from others, as pytest would run it."""

import ast
import textwrap

import pytest

from planaria.witness.script.files import Files
from planaria.witness.script.scope import scope_of
from planaria.witness.script.seed import from_tests
from planaria.witness.script.subject import subjects_of

CODE = """
class Bank:
    def __init__(self, start=0): ...
    def put(self, amount): ...
def keep(bank): ...
def memo(function): ...
"""
BASE = """
import unittest
from m import Bank, keep

class Coin:
    pass

class Vault(Bank):
    pass

def filled(amount):
    return keep(Bank(amount))

class Cases:
    Kind = Bank

    def bank(self, start):
        '''Return one.'''
        return self.Kind(start)

    def paid(self, *amounts):
        self.count = len(amounts)
        return self.count

    def test_put(self):
        bank = self.bank(3)
        bank.put(Coin())

    def test_paid(self):
        bank = self.bank(start=1)
        bank.put(self.paid(5, 6))
"""


def scripts(files, path):
    scope = scope_of(subjects_of({"m": ast.parse(CODE)}, dotted=True))
    tree = Files({name: textwrap.dedent(text).encode() for name, text in files.items()}).whole(path)
    return {one.source.rpartition(":")[2]: one for one in from_tests(tree, scope, source=path)}


def lines(script):
    """Return the lines of a script without those that define what it uses."""
    return [one.text for one in script.steps if one.kind != "do"]


@pytest.mark.parametrize(
    "imported",
    [
        "from tests.base import Cases",
        "from .base import Cases",
        "from base import Cases",
        "from .base import *",
        "from .again import Cases",
        "from . import Cases",
    ],
)
def test_what_a_class_inherits_from_another_file_is_read_as_its_own(imported):
    own = f"{imported}\nimport unittest\nclass BankTest(unittest.TestCase, Cases): ...\n"
    files = {"tests/base.py": BASE, "tests/test_bank.py": own}
    files |= {"tests/again.py": "from .base import Cases", "tests/__init__.py": "from .again import Cases"}
    found = scripts(files, "tests/test_bank.py")
    assert lines(found["test_put"]) == ["bank = m.Bank(3)", "bank.put(Coin())"]
    assert lines(found["test_paid"]) == ["bank_case = BankCase()", "bank = m.Bank(1)", "bank.put(bank_case.paid(5, 6))"]
    assert [one.target for one in found["test_paid"].steps if one.kind == "do"] == ["BankCase"]
    assert scripts(files, "tests/base.py") == {}, "nobody runs a class that is only there to be inherited"


def test_what_a_class_says_for_itself_stands_before_what_it_inherits():
    own = """
    from m import keep
    from .base import Cases, Vault

    class TestVault(Cases):
        Kind = Vault

        def test_put(self):
            keep(self.bank(2))
    """
    found = scripts({"tests/base.py": BASE, "tests/test_vault.py": own}, "tests/test_vault.py")
    assert lines(found["test_put"])[-1] == "m.keep(Vault(2))"
    assert lines(found["test_paid"])[1:] == ["bank = Vault(1)", "bank.put(vault_case.paid(5, 6))"]
    assert [one.symbol for one in found["test_paid"].steps][-2:] == ["m.Bank", "m.Bank.put"]


def test_what_tests_define_asks_the_version_in_its_place():
    own = """
    from m import Bank, memo
    from base import filled

    class Shop:
        def __init__(self):
            self.bank = Bank()

        @memo
        def sold(self, count):
            return count

    def test_shop(count=3):
        shop = Shop()
        assert shop.sold(count) == 3

    def test_filled():
        assert filled(4) is None

    def test_later():
        class Later:
            pass

        Later.sold = memo(len)
        assert Later().sold(4)

    def test_within():
        @memo
        def cheap(price):
            return price < 3

        assert cheap(2)
    """
    found = scripts({"base.py": BASE, "test_shop.py": own}, "test_shop.py")
    assert [(one.text, one.symbol) for one in found["test_shop"].steps][-2:] == [("shop = Shop()", ""), ("shop.sold(3)", "m.memo")]
    assert [(one.text, one.symbol) for one in found["test_filled"].steps][-1:] == [("filled(4)", "m.keep")]
    assert [(one.text, one.symbol) for one in found["test_later"].steps][-1:] == [("made.sold(4)", "m.memo")]
    assert [(one.text, one.symbol) for one in found["test_within"].steps][-1:] == [("cheap(2)", "m.memo")]


@pytest.mark.parametrize(
    "path, own",
    [
        ("test_a.py", "from .base import Cases\nclass TestA(Cases): ..."),
        ("test_a.py", "from test_a import Cases\nclass TestA(Cases): ..."),
        ("test_a.py", "from ...base import Cases\nclass TestA(Cases): ..."),
        ("test_a.py", "class TestA(TestA): ..."),
        (
            "test_a.py",
            "import unittest\nclass TestA(unittest.TestCase):\n    def one(self): return self.one()\n    def test(self): self.one()",
        ),
        (
            "test_a.py",
            "class TestA:\n    def one(self): return self.two()\n    def two(self): return self.one()\n    def test(self): self.one()",
        ),
    ],
)
def test_what_leads_nowhere_or_in_a_circle_is_left_out(path, own):
    assert scripts({path: own}, path) == {}


def test_a_method_that_only_begins_like_a_set_up_is_one_of_its_own():
    own = "from m import keep\nclass TestA:\n    def setup_money(self): return 3\n    def test_keep(self): keep(self.setup_money())"
    assert lines(scripts({"test_a.py": own}, "test_a.py")["test_keep"]) == ["m.keep(3)"]


def test_a_class_that_nobody_inherits_from_holds_tests_whatever_its_name():
    found = scripts({"test_a.py": "from m import keep\nclass KeepTests:\n    def test_keep(self): keep(1)"}, "test_a.py")
    assert lines(found["test_keep"]) == ["m.keep(1)"]


def test_what_is_no_python_is_none():
    assert Files({"test_a.py": b"def (:"}).whole("test_a.py") is None
