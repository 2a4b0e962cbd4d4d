"""Pace: how long one statement may run, and how much it may give.

Why: everybody waits for the writer, and what a statement gives is held in memory whole; so a statement without end, which
a few words can ask for, must end, and one that gives more than anybody can use must be refused.
Decision D-113: the bounds are the same for every cell. Because a cell in a sandbox and one in this process share the store, and a
cell moves between them unchanged. Revisit when a report needs longer: it should then read a copy.
Not here: bodies that hold a transaction without running a statement (the placements).
"""

from collections.abc import Iterable
from itertools import chain
from sys import getsizeof
from time import monotonic
from typing import Any

STATEMENT_S = 5.0
STEPS_BETWEEN = 50_000
VALUE_BYTES_MAX = ROWS_BYTES_MAX = 32 * 1024 * 1024


class TooMany(Exception):
    """The rows of one statement are too many or too large."""


class Pace:
    """The time that is left to the statement that runs; SQLite asks every few thousand steps.

    >>> pace = Pace()
    >>> pace.begin()
    >>> pace.over()
    False
    """

    __slots__ = ("until",)

    def __init__(self) -> None:
        self.until = float("inf")

    def begin(self) -> None:
        """Give the next statement its time."""
        self.until = monotonic() + STATEMENT_S

    def end(self) -> None:
        """Let what is not a cell's statement take what it needs."""
        self.until = float("inf")

    def over(self) -> bool:
        """Say whether the time is over."""
        return monotonic() > self.until


def taken(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return all rows, as long as they are not too much.

    Raises:
        TooMany: their values take more than `ROWS_BYTES_MAX`.

    >>> taken(iter([(1, "a")]))
    [(1, 'a')]
    """
    kept, size = list[tuple[Any, ...]](), 0
    for row in rows:
        kept.append(row)
        size += sum(map(getsizeof, chain(row, (row,))))
        if size > ROWS_BYTES_MAX:
            raise TooMany
    return kept
