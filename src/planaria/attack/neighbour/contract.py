"""The contract of the innocent cell: the target may call it, and must not see more of it than it says.

Not here: who else asks it whether the host still answers (`planaria.attack.judge`).
"""

from planaria.kernel.contract import Contract, operation


class Neighbour(Contract):
    """Keep one secret, and answer."""

    @operation(idempotent=True, deadline_s=20)
    async def answer(self, number: int) -> int:
        """Return the number that follows.

        >>> await neighbour.answer(1)
        2
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=20)
    async def visits(self) -> int:
        """Return how many rows it keeps: one, the secret, unless somebody wrote into them."""
        raise NotImplementedError
