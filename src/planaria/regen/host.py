"""What the cell `regen` is given of the system around it: its root, and how to see and swap what runs.

Why: the cell is loaded like every implementation, and an implementation reaches the life around it only by what it is handed.
Not here: the handing (`assemble.host`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from planaria.kernel.life import CellStatus, Life
from planaria.kernel.loader import Generation

DIRECTORY = Path(__file__).parent / "cell"


class Around(Protocol):
    """What is needed of a life."""

    def status(self) -> list[CellStatus]:
        """Return how every cell is."""
        ...

    async def swap(self, cell: str, generation: Generation) -> None:
        """Replace a cell's generation under load."""
        ...


@dataclass(frozen=True, slots=True)
class Host:
    """The gift to the cell `regen`.

    >>> Host.__slots__
    ('root', 'around')
    """

    root: Path
    around: Around

    def running(self) -> Mapping[str, str]:
        """Return the digest of what runs, by cell; cells of planaria itself are not among them."""
        return {one.cell: one.generation for one in self.around.status() if (self.root / "cells" / one.cell).is_dir()}

    @property
    def swap(self) -> Callable[[str, Generation], Awaitable[None]]:
        """Return how to swap."""
        return self.around.swap


def host_of(root: Path, life: Life) -> Host:
    """Make the gift from a life."""
    return Host(root.resolve(), life)
