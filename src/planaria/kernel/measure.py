"""Measures: counts, errors, time and bytes of one operation.

Why: errors are counted exactly; time is sampled inside the system and taken for every request that enters it, because
two clock readings cost as much as the call itself.
Not here: export (the gateway's metrics).
"""

from bisect import bisect_left
from dataclasses import dataclass, field

BOUNDS_S = (0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=False, slots=True)
class Histogram:
    """Durations in seconds, counted in the buckets of `BOUNDS_S` and one above.

    >>> one = Histogram()
    >>> one.add(0.002)
    >>> one.counts[4], one.total
    (1, 1)
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total: int = 0
    sum_s: float = 0.0

    def add(self, elapsed_s: float) -> None:
        """Count one duration."""
        self.counts[bisect_left(BOUNDS_S, elapsed_s)] += 1
        self.total += 1
        self.sum_s += elapsed_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What one operation did since its cell was added; `bytes_mean` is of encoded arguments and results, sampled."""

    cell: str
    operation: str
    calls: int
    refused: int
    failed: int
    unknown: int
    latency_s: Histogram
    bytes_mean: float
    running: int
    queued: int
