"""The cell `regen`, over the shelf of a system and the life around it.

Why: it is loaded like every implementation; the placement `host` gives it what it needs.
Not here: what it promises (`regen.contract`).
"""

from planaria.kernel.cell import SwapFailed
from planaria.regen.contract import GenerationKept, Regeneration
from planaria.regen.error import NotACell, SwapRefused
from planaria.regen.host import Host
from planaria.regen.shelf import Shelf


class RegenerationCell(Regeneration):
    """Answer from the shelf; swap in the life that is handed in."""

    host: Host

    def _running(self, cell: str) -> str:
        running = self.host.running()
        if cell not in running:
            raise NotACell(cell=cell, known=", ".join(running) or "none")
        return running[cell]

    async def generations(self, cell: str) -> tuple[GenerationKept, ...]:
        """List what is on the shelf."""
        running = self._running(cell)
        kept = Shelf(self.host.root).digests(cell)
        return tuple(GenerationKept(digest=one, running=one == running) for one in dict.fromkeys([*kept, running]) if one)

    async def swap(self, cell: str, generation: str) -> GenerationKept:
        """Swap, unless it runs already."""
        running = self._running(cell)
        wanted = Shelf(self.host.root).take(cell, generation)
        if wanted.digest != running:
            try:
                await self.host.swap(cell, wanted)
            except SwapFailed as error:
                raise SwapRefused(cell=cell, generation=wanted.digest[:12], text=error.facts["text"]) from error
        return GenerationKept(digest=wanted.digest, running=True)
