"""The cart, in a table."""

from cells.cart.contract import Cart, Line, NoSuchArticle
from cells.stock.contract import Stock
from planaria import State, state, uses

from .rebate import per_cent

SHOW = "SELECT sku, quantity FROM cart__line WHERE visitor = ? ORDER BY sku"
ADD = "INSERT INTO cart__line VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity"


class CartCell(Cart):
    lines: State = state()
    stock: Stock = uses(Stock)

    async def add(self, visitor, sku, amount):
        if not await self.stock.known(sku):
            raise NoSuchArticle(sku=sku)

        def body(tx):
            tx.change(ADD, (visitor, sku, quantity))
            return tuple(Line(*row) for row in tx.rows(SHOW, (visitor,)))

        return await self.lines.write(body)

    async def rebate(self, *pieces, **more):
        return per_cent(pieces)
