"""What the cell `regen` is given of the system around it: its root, and how to see and swap what runs.

Why: the cell is loaded like every implementation, and an implementation reaches the life around it only by what it is handed.
Not here: the handing (`assemble.host`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from planaria.kernel.life import Life
from planaria.kernel.loader import Generation
from planaria.record.status import status_of

DIRECTORY = Path(__file__).parent / "cell"


@dataclass(frozen=True, slots=True)
class Host:
    """The gift to the cell `regen`.

    >>> Host.__slots__
    ('root', 'around')
    """

    root: Path
    around: Life

    def running(self) -> Mapping[str, str]:
        """Return the digest of what runs, by cell; cells of planaria itself are not among them."""
        return {one.cell: one.generation for one in status_of(self.around) if (self.root / "cells" / one.cell).is_dir()}

    @property
    def swap(self) -> Callable[[str, Generation], Awaitable[None]]:
        """Return how to swap."""
        return self.around.swap


def host_of(root: Path, life: Life) -> Host:
    """Make the gift from a life."""
    return Host(root.resolve(), life)
