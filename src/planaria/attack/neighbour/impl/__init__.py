"""The innocent cell: it keeps its secret in its own table.

Why: a table is where a cell's data is, so that is where a thief looks.
"""

from planaria.attack.neighbour.contract import Neighbour
from planaria.kernel.state import State
from planaria.kernel.system import state


class NeighbourCell(Neighbour):
    """Answers, and looks at its table."""

    shelf: State = state()

    async def answer(self, number: int) -> int:
        """Count on by one."""
        return number + 1

    async def visits(self) -> int:
        """Count its rows."""
        row = await self.shelf.read(lambda tx: tx.row("select count(*) from neighbour__secret"))
        return int(row[0]) if row else 0
