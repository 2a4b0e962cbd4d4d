"""The contract of the cell that the target was not granted; its operation has the neighbour's name and shape on purpose.

Not here: who is granted what (`planaria.attack.host`).
"""

from planaria.kernel.contract import Contract, operation


class Vault(Contract):
    """Answer, but not to everybody."""

    @operation(idempotent=True)
    async def answer(self, number: int) -> int:
        """Return the opposite of a number.

        >>> await vault.answer(1)
        -1
        """
        raise NotImplementedError
