"""A contract that declares what it touches."""

from planaria import Chance, Clock, Connects, Contract, Reads, operation


class Cart(Contract):
    """Touches."""

    @operation(effects=(Clock(), Chance(), Connects("host:80"), Reads("x")))
    async def touch(self, address: str) -> int:
        """Touch it."""
        raise NotImplementedError
