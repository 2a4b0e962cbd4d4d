"""Figures of the demo: how long users waited, in windows of time that are quiet or hold a swap.

Why: a p99 says something only beside another of the same machine in the same minute, so quiet and busy windows are laid
side by side.
Not here: measuring (`users`), the story (`story`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

SEEN = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of monotonic time, in seconds."""

    start: float
    end: float


@dataclass(frozen=False, slots=True)
class Waits:
    """What the users saw: (ended, waited_s, problem); no problem is an empty text."""

    seen: list[SEEN] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Count all requests."""
        return len(self.seen)

    @property
    def failed(self) -> int:
        """Count the failed ones."""
        return len(self.problems)

    @property
    def problems(self) -> list[str]:
        """Return what went wrong, once for each failed request."""
        return [problem for _, _, problem in self.seen if problem]

    def failed_within(self, windows: Iterable[Window]) -> int:
        """Count the failed requests that ended in the windows."""
        spans = list(windows)
        return sum(problem != "" for ended, _, problem in self.seen if any(one.start <= ended <= one.end for one in spans))

    def within(self, windows: Iterable[Window]) -> list[float]:
        """Return the seconds waited of requests that ended in the windows."""
        spans = list(windows)
        return [waited for ended, waited, _ in self.seen if any(one.start <= ended <= one.end for one in spans)]


def p99_ms(waits: list[float]) -> float:
    """Return the 99th percentile in milliseconds; 0 where there is nothing.

    >>> p99_ms([number / 1000 for number in range(1, 101)])
    100.0
    """
    ordered = sorted(waits)
    return round(ordered[int(len(ordered) * 0.99)] * 1000, 2) if ordered else 0.0


def swap_ratio(waits: Waits, pairs: list[tuple[Window, Window]]) -> float:
    """Return the median over (quiet, swap) pairs of p99 in the swap over p99 in the quiet before it.

    >>> swap_ratio(Waits([(1.0, 0.010, ""), (3.0, 0.015, "")]), [(Window(0, 2), Window(2, 4))])
    1.5
    """
    ratios = [p99_ms(waits.within([swap])) / p99_ms(waits.within([quiet])) for quiet, swap in pairs if waits.within([quiet])]
    return round(median(ratios), 3) if ratios else float("inf")
