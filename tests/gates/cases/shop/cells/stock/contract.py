"""The stock's contract."""

from planaria import Contract, operation


class Stock(Contract):
    """Which articles there are."""

    @operation(idempotent=True)
    async def known(self, sku: str) -> bool:
        """Say whether an article exists.

        >>> await stock.known("apple"), await stock.known("unicorn")
        (True, False)
        """
        raise NotImplementedError
