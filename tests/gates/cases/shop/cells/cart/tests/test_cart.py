"""The cart's suite."""

import pytest

from cells.cart.contract import Cart, Line, NoSuchArticle


async def test_the_same_article_twice_is_one_line(cells):
    cart = cells.handle(Cart)
    await cart.add("ada", "pear", 2)
    assert await cart.add("ada", "pear", 3) == (Line("pear", 5),)


async def test_carts_of_two_visitors_are_apart(cells):
    cart = cells.handle(Cart)
    await cart.add("ada", "pear")
    assert await cart.add("bob", "apple") == (Line("apple", 1),)


async def test_an_article_that_is_not_there_is_refused(cells):
    with pytest.raises(NoSuchArticle):
        await cells.handle(Cart).add("ada", "unicorn")


async def test_many_pieces_are_cheaper(cells):
    cart = cells.handle(Cart)
    assert (await cart.rebate(9), await cart.rebate(10)) == (0, 5)
