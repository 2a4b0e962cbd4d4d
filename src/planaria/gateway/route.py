"""Routes: one operation each, with everything that a call needs made beforehand.

Why: decoders and paths are the same for every request; a swap of generations changes neither, because an operation of a
running cell outlives the generations behind it.
Not here: the call path itself (`kernel.call`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planaria.kernel.call import Operation
from planaria.kernel.life import Life
from planaria.placement.codec import MsgspecCodec


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation, ready to be called over HTTP."""

    cell: str
    operation: Operation
    decode: Callable[[bytes], tuple[Any, ...]]
    deadline_s: float


def routes_of(life: Life, codec: MsgspecCodec) -> dict[str, Route]:
    """Return every operation of a system by its path.

    Raises: `PLN-P103` for an operation whose types cannot travel.
    """
    return {
        f"/cells/{cell}/{name}": Route(
            cell=cell, operation=operation, decode=codec.arguments_decoder(operation.description), deadline_s=operation.deadline_s
        )
        for cell, running in life.cells.items()
        for name, operation in running.operations.items()
        if operation.description.handles is None
    }  # fmt: skip
