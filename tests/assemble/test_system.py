import sys

import pytest

from planaria.assemble import root_above, system_at
from planaria.assemble.error import BrokenSystemFile, NoSystem, SystemFileWithoutSystem
from planaria.kernel.contract import ContractProblems
from planaria.kernel.system import SystemProblems
from tests.assemble.shop import mend, shop_in


def test_loads_what_system_py_composes(shop):
    system = system_at(shop)
    assert (system.name, list(system.cells)) == ("shop", ["stock", "cart"])


def test_contracts_are_one_class_in_one_process(shop):
    first, second = system_at(shop), system_at(shop)
    assert first is not second
    assert first.cells["stock"].contract is second.cells["stock"].contract


def test_two_systems_with_cells_of_the_same_names_do_not_mix(tmp_path):
    (tmp_path / "other").mkdir()
    with shop_in(tmp_path) as one, shop_in(tmp_path / "other") as two:
        mine, theirs = system_at(one), system_at(two)
        assert mine.cells["stock"].contract is not theirs.cells["stock"].contract
        assert sys.modules["cells.stock.contract"].__file__ == str(two / "cells" / "stock" / "contract.py")
        assert system_at(one).cells["stock"].contract is mine.cells["stock"].contract


def test_cells_that_are_packages_do_not_mix_either(tmp_path):
    (tmp_path / "other").mkdir()
    with shop_in(tmp_path) as one, shop_in(tmp_path / "other") as two:
        (one / "cells" / "stock" / "__init__.py").touch()
        mine = system_at(one)
        assert system_at(two).cells["stock"].contract is not mine.cells["stock"].contract


def test_limits_that_let_nothing_through_are_refused_all_at_once(shop):
    mend(shop / "system.py", "system.add(Stock)", "system.add(Stock, concurrency=0, queue=-1)")
    with pytest.raises(SystemProblems) as refused:
        system_at(shop)
    assert refused.value.facts["problems"] == [
        "cell 'stock': concurrency is 0, at least 1 is needed",
        "cell 'stock': queue is -1, at least 0 is needed",
    ]


def test_finds_the_root_from_any_folder_inside(shop):
    assert root_above(shop / "cells" / "stock" / "impl") == shop


def test_a_folder_without_system_py_is_no_system(tmp_path):
    with pytest.raises(NoSystem):
        system_at(tmp_path)
    with pytest.raises(NoSystem):
        root_above(tmp_path)


@pytest.mark.parametrize(
    "text, place",
    [("import nothing_of_that_name\n", "system.py:1"), ("\nx = (\n", "system.py:2"), ("raise SystemExit(3)\n", "system.py:1")],
)
def test_names_the_line_at_which_the_file_broke(shop, text, place):
    (shop / "system.py").write_text(text)
    with pytest.raises(BrokenSystemFile) as caught:
        system_at(shop)
    assert caught.value.facts["place"].endswith(place)


def test_names_the_line_of_a_contract_that_broke(shop):
    mend(shop / "cells" / "cart" / "contract.py", "import msgspec", "import nothing_of_that_name")
    with pytest.raises(BrokenSystemFile) as caught:
        system_at(shop)
    assert "cells/cart/contract.py" in caught.value.facts["place"]


def test_problems_of_a_contract_are_told_as_they_are(shop):
    mend(shop / "cells" / "stock" / "contract.py", "sku: str, quantity: int) -> int", "sku: str, quantity: list) -> int")
    with pytest.raises(ContractProblems):
        system_at(shop)


@pytest.mark.parametrize("text, found", [("x = 1\n", "nothing of that name"), ("system = 1\n", "int")])
def test_says_what_stands_where_the_system_should(shop, text, found):
    (shop / "system.py").write_text(text)
    with pytest.raises(SystemFileWithoutSystem, match=found):
        system_at(shop)


def test_a_system_without_cells_can_be_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "system.py").write_text("from planaria import System\nsystem = System('empty')\n")
    assert system_at(tmp_path).cells == {}
