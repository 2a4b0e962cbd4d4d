from dataclasses import dataclass

import pytest

from planaria.derive.wit import wit
from planaria.kernel.contract import Contract, operation
from planaria.kernel.error import NoSuchCell
from planaria.kernel.system import System


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int


class Stock(Contract):
    """Counts articles."""

    @operation()
    async def left(self, sku: str) -> int:
        """Count what is left."""
        raise NotImplementedError


class Cart(Contract):
    """Holds articles."""

    @operation()
    async def add(self, line: Line) -> None:
        """Put one in."""
        raise NotImplementedError


@pytest.fixture
def system():
    system = System("shop")
    system.add(Stock)
    system.add(Cart, uses=(Stock,))
    return system


def test_says_where_it_comes_from_and_what_the_cell_exports(system):
    text = wit(system, "cart").decode()
    assert text.startswith("// Derived from its contract by `planaria derive wit cart`.\npackage planaria:cells;\n")
    assert "  add: func(line: line) -> result<_, error>;" in text


def test_imports_only_the_cells_that_the_composition_grants(system):
    assert b"import stock;" in wit(system, "cart")
    assert b"import" not in wit(system, "stock").replace(b"import planaria:host", b"")


def test_gives_the_same_bytes_for_the_same_contracts(system):
    assert wit(system, "cart") == wit(system, "cart")


def test_a_cell_that_is_not_there_is_named(system):
    with pytest.raises(NoSuchCell):
        wit(system, "card")
