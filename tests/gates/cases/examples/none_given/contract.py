"""A contract."""

from planaria import Contract, operation


class Cart(Contract):
    """Nothing."""

    @operation()
    async def rebate(self, pieces: int) -> int:
        """Say it."""
        raise NotImplementedError
