"""Systems in a few lines."""

import pytest

from planaria import Contract, Failed, operation, uses
from planaria.kernel.cell import RightMissing
from planaria.placement.codec import MsgspecCodec
from planaria.placement.copying import Copying
from planaria.testing import run_cells


class Bread(Contract):
    """Is baked."""

    @operation(idempotent=True)
    async def loaves(self) -> int:
        """Count.

        >>> await bread.loaves()
        4
        """
        raise NotImplementedError


class Shop(Contract):
    """Sells bread."""

    @operation()
    async def open(self) -> int:
        raise NotImplementedError


class BreadCell(Bread):
    async def loaves(self):
        return 3


class ShopCell(Shop):
    bread: Bread = uses(Bread)

    async def open(self):
        return await self.bread.loaves()


SOURCE = "class BreadCell(Bread):\n    async def loaves(self): return 4\n"


@pytest.mark.parametrize("placement", ["inprocess", "copying"])
async def test_a_cell_may_use_those_before_it(placement):
    async with run_cells({Bread: BreadCell, Shop: ShopCell}, placement=placement) as cells:
        assert await cells.handle(Shop).open() == 3
        assert cells.placement == placement


async def test_uses_may_be_said_in_full():
    with pytest.raises(RightMissing):
        async with run_cells({Bread: BreadCell, Shop: ShopCell}, uses={Shop: ()}):
            pass
    async with run_cells({Shop: ShopCell, Bread: BreadCell}, uses={Shop: (Bread,)}) as cells:
        assert await cells.handle(Shop).open() == 3


async def test_source_sees_the_names_of_the_contracts_module():
    async with run_cells({Bread: SOURCE}, placement=Copying(MsgspecCodec())) as cells:
        assert await cells.handle(Bread).loaves() == 4
        assert cells.placement == Copying.__name__.lower()


async def test_limits_reach_the_plan():
    async with run_cells({Bread: BreadCell}, limits={Bread: {"concurrency": 3}}) as cells:
        assert cells.life.system.plan("bread").concurrency == 3


async def test_the_examples_of_a_contract_are_run_against_the_cell():
    async with run_cells({Bread: BreadCell}) as cells:
        (mismatch,) = await cells.mismatches(Bread, "loaves")
        assert (mismatch.want, mismatch.got) == ("4", "3")
    async with run_cells({Bread: SOURCE}) as cells:
        assert await cells.mismatches(Bread, "loaves") == []


async def test_an_assertion_in_a_cell_is_a_failure_of_the_cell():
    async with run_cells({Bread: "class B(Bread):\n    async def loaves(self): assert False\n"}) as cells:
        with pytest.raises(Failed):
            await cells.handle(Bread).loaves()
