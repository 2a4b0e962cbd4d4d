import pytest

from planaria.kernel.contract import Contract
from planaria.kernel.error import NoSuchCell
from planaria.kernel.state import State
from planaria.kernel.system import System, SystemProblems, cell_name, state, uses, wires_of


class Stock(Contract):
    """Counts."""


class Till(Contract):
    """Sells."""


class Shop(Contract):
    """Opens."""


def test_a_plan_holds_rights_limits_and_placement():
    system = System("shop")
    system.add(Stock)
    system.add(Till, uses=(Stock,), concurrency=8, queue=4, restarts=1, restarts_within_s=5.0, drain_s=2.0)
    system.place(Till, "moon", memory=1)
    plan = system.plan("till")
    assert (plan.name, plan.contract, plan.uses, plan.placement, plan.limits) == ("till", Till, (Stock,), "moon", {"memory": 1})
    assert (plan.concurrency, plan.queue, plan.restarts, plan.restarts_within_s, plan.drain_s) == (8, 4, 1, 5.0, 2.0)
    assert (system.plan(Stock).placement, list(system.cells)) == ("inprocess", ["stock", "till"])


def test_a_cell_is_added_once_only():
    system = System("shop")
    system.add(Stock)
    with pytest.raises(SystemProblems) as problems:
        system.add(Stock)
    assert problems.value.facts["problems"] == ["cell 'stock' is added twice"]


def test_a_cell_that_is_not_there_is_named_with_those_that_are():
    system = System("shop")
    system.add(Stock)
    for wrong in (Till, "till"):
        with pytest.raises(NoSuchCell) as missing:
            system.plan(wrong)
        assert missing.value.facts == {"cell": "till", "known": "stock"}
    with pytest.raises(NoSuchCell):
        system.place(Till, "moon")


def test_what_a_cell_uses_starts_before_it_and_otherwise_the_order_is_as_written():
    system = System("shop")
    system.add(Shop, uses=(Till, Stock))
    system.add(Till, uses=(Stock,))
    system.add(Stock)
    assert [one.name for one in system.start_order()] == ["stock", "till", "shop"]


def test_cells_that_use_each_other_start_in_some_order():
    system = System("shop")
    system.add(Till, uses=(Stock,))
    system.add(Stock, uses=(Till,))
    assert [one.name for one in system.start_order()] == ["stock", "till"]


def test_a_right_to_a_cell_that_is_not_there_is_found_before_anything_starts():
    system = System("shop")
    system.add(Till, uses=(Stock,))
    with pytest.raises(NoSuchCell):
        system.start_order()


def test_no_cell_may_have_the_name_of_the_tables_that_are_planarias_own():
    with pytest.raises(SystemProblems) as problems:
        System("shop").add(type("Planaria", (Contract,), {}))
    assert "cell 'planaria' has the name of planaria's own tables" in str(problems.value)


def test_a_cell_is_named_after_its_folder_or_after_its_contract():
    assert cell_name(Stock) == "stock"
    assert cell_name(type("Cart", (Contract,), {"__module__": "cells.basket.contract"})) == "basket"
    assert cell_name(type("Cart", (Contract,), {"__module__": "contract"})) == "cart"


def test_wires_are_what_a_class_declares_and_its_subclasses_leave():
    class First(Till):
        stock: Stock = uses(Stock)
        pages: State = state()
        other = 1

    class Second(First):
        stock = None

    assert wires_of(First) == {"stock": "stock", "pages": None}
    assert wires_of(Second) == {"pages": None}
