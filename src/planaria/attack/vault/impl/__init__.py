"""The cell that the target was not granted.

Why: its answers differ from the neighbour's, so that whoever gets one shows it.
"""

from planaria.attack.vault.contract import Vault


class VaultCell(Vault):
    """Answers."""

    async def answer(self, number: int) -> int:
        """Turn a number around."""
        return -number
