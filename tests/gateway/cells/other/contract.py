"""A second cell."""

from planaria.kernel.contract import Contract, operation


class Other(Contract):
    """Another cell."""

    @operation()
    async def greet(self) -> str:
        """Greet."""
        raise NotImplementedError
