"""The contract of the cell `regen`: which generations a running system has, and the swap from one to another.

Why: the command line, HTTP and other callers change what runs through one door, with the same rights and the same audit; the
process that regenerates is another one, and may end without harm.
Not here: regenerating and rolling back (`attempt`, `promotion`): they hold the lock and write the ledger, then call this.
"""

from dataclasses import dataclass

from planaria.kernel.contract import Contract, operation
from planaria.regen.error import GenerationMissing, NotACell, SwapRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationKept:
    """A generation on the shelf, and whether the running system has it now.

    >>> GenerationKept(digest="9f2c", running=False).running
    False
    """

    digest: str
    running: bool


class Regeneration(Contract):
    """What runs, and what could. Why: a generation goes live only from the shelf, where it was put whole and under its digest."""

    @operation(idempotent=True, deadline_s=5, errors=(NotACell,))
    async def generations(self, cell: str) -> tuple[GenerationKept, ...]:
        """List the generations of a cell, the newest on the shelf first; the running one is listed even if it was never put there.

        >>> await regen.generations("nothing")
        Traceback (most recent call last):
        NotACell: PLN-R107: cell 'nothing' cannot be regenerated...
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=120, errors=(NotACell, GenerationMissing, SwapRefused))
    async def swap(self, cell: str, generation: str) -> GenerationKept:
        """Replace what runs by a generation from the shelf, named by its digest or the beginning of it; no call is lost.

        >>> await regen.swap("nothing", "9f2c")
        Traceback (most recent call last):
        NotACell: PLN-R107: cell 'nothing' cannot be regenerated...
        """
        raise NotImplementedError
