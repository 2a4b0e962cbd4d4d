import pytest

from planaria.witness.stage.condition import conditions_at

CONTRACT = '''
from __future__ import annotations
import dataclasses
from textwrap import dedent
from planaria.kernel.contract import Contract, operation, requires

@dataclasses.dataclass
class Item:
    name: str

class Shelf(Contract):
    """A shelf."""

    @operation(idempotent=True)
    @requires("some", lambda count: count > 0)
    async def take(self, count: int) -> int:
        """Take."""

class Other:
    def put(self, count):
        """Put."""
        assert count < 9
        assert count != 5

    def look(self, count):
        return count

    def drop(self, count):
        assert count < self.size

def median(values):
    assert values

by_name = {"a": lambda x: x}
'''


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "contract.py"
    path.write_text(CONTRACT)
    return path


def holds(conditions, name, **given):
    ((names, predicate),) = conditions[name]
    assert set(names) >= set(given)
    try:
        return predicate(**{one: given.get(one) for one in names})
    except AssertionError:
        return False


def test_conditions_are_those_of_operations_and_of_functions_of_asserts(contract):
    found = conditions_at(contract)
    assert sorted(found) == ["median", "put", "take"]
    assert [holds(found, "take", count=one) for one in (1, 0)] == [True, False]
    assert [holds(found, "put", count=one) for one in (1, 5)] == [True, False]
    assert [holds(found, "median", values=one) for one in ([1], [])] == [True, False]


def test_one_class_can_be_asked_for(contract):
    assert list(conditions_at(contract, "Shelf")) == ["take"]
    with pytest.raises(LookupError):
        conditions_at(contract, "Shop")
