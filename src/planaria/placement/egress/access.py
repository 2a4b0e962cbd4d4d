"""Accesses: what a cell reached, or tried to, as data; and the last of each cell.

Why: what leaves a system is the first thing that a reviewer asks about.
Not here: showing them.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

LAST = 100

Outcome = Literal["completed", "refused", "failed", "cut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One use of the network: `at` in Unix seconds when it was asked for, bytes as the cell sent and received them.

    `completed`: the line was open and an end closed it. `refused`: the broker said no. `failed`: the source did not
    answer, or broke off. `cut`: a limit ended it. `text` says why, and `address` is empty where none was found.

    >>> Access(cell="intake", host="docs.example", port=443, outcome="refused", code="PLN-P602", at=0.0).sent_bytes
    0
    """

    cell: str
    host: str
    port: int
    outcome: Outcome
    at: float
    address: str = ""
    sent_bytes: int = 0
    received_bytes: int = 0
    seconds: float = 0.0
    code: str = ""
    text: str = ""


class Accesses:
    """Keep the last accesses of each cell; give it to a broker as its `record`.

    >>> kept = Accesses(last=1)
    >>> for port in (80, 443):
    ...     kept(Access(cell="intake", host="docs.example", port=port, outcome="completed", at=0.0))
    >>> [one.port for one in kept.of("intake")], kept.of("desk"), kept.counts("intake")
    ([443], (), {'completed': 2})
    """

    def __init__(self, *, last: int = LAST) -> None:
        self.last = last
        self._kept: dict[str, deque[Access]] = {}
        self._counts: dict[str, dict[str, int]] = {}

    def __call__(self, access: Access) -> None:
        """Keep one access."""
        self._kept.setdefault(access.cell, deque(maxlen=self.last)).append(access)
        counts = self._counts.setdefault(access.cell, {})
        counts[access.outcome] = counts.get(access.outcome, 0) + 1

    def of(self, cell: str) -> tuple[Access, ...]:
        """Return the last accesses of a cell, oldest first."""
        return tuple(self._kept.get(cell, ()))

    def counts(self, cell: str) -> dict[str, int]:
        """Return how many accesses of a cell had each outcome, since the start."""
        return dict(self._counts.get(cell, {}))
