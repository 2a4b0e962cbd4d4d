"""The stock, by heart."""

from cells.stock.contract import Stock


class StockCell(Stock):
    async def known(self, sku):
        return sku in ("apple", "pear")
