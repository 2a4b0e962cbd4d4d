"""The cart's contract."""

from dataclasses import dataclass

from planaria import CellError, Contract, operation, requires


@dataclass(frozen=True, slots=True)
class Line:
    """An article in a cart."""

    sku: str
    quantity: int


class NoSuchArticle(CellError):
    """There is no such article."""

    code = "SHOP-1"
    what = "there is no article {sku}"


class Cart(Contract):
    """What a visitor means to buy."""

    @operation(errors=(NoSuchArticle,))
    @requires("the quantity is 1 to 99", lambda quantity: 1 <= quantity <= 99)
    async def add(self, visitor: str, sku: str, quantity: int = 1) -> tuple[Line, ...]:
        """Put an article in a visitor's cart.

        >>> await cart.add("ada", "pear", 2)
        (Line(sku='pear', quantity=2),)
        >>> await cart.add("ada", "apple")
        (Line(sku='apple', quantity=1), Line(sku='pear', quantity=2))
        >>> await cart.add("ada", "unicorn")
        Traceback (most recent call last):
        NoSuchArticle: SHOP-1: there is no article unicorn...
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def rebate(self, pieces: int) -> int:
        """Say how many per cent are taken off.

        >>> await cart.rebate(3), await cart.rebate(10)
        (0, 5)
        """
        raise NotImplementedError
