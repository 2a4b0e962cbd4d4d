import importlib.util
from pathlib import Path

from cells.cart.contract import Cart


async def test_the_rebate_is_given_inside_and_outside(cells):
    spec = importlib.util.spec_from_file_location("rebate", Path(__file__).parents[1] / "impl" / "rebate.py")
    rebate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rebate)
    assert rebate.per_cent(10) == await cells.handle(Cart).rebate(10) == 5
