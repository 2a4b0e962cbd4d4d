from cells.cart.contract import Cart


async def test_the_rebate_is_given(cells):
    assert await cells.handle(Cart).rebate(10) == 0
