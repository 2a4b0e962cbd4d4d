from cells.cart.contract import Cart


async def test_number_0_of_many(cells):
    assert await cells.handle(Cart).rebate(0) == 9


async def test_number_1_of_many(cells):
    assert await cells.handle(Cart).rebate(1) == 9


async def test_number_2_of_many(cells):
    assert await cells.handle(Cart).rebate(2) == 9


async def test_number_3_of_many(cells):
    assert await cells.handle(Cart).rebate(3) == 9
