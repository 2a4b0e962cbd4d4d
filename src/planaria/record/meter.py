"""The meter: how long calls take and how much they carry, from the calls that the kernel times anyway.

Why: time is taken for every request that enters the system and sampled inside it, because two clock readings cost as much
as the call itself; bytes are weighed more seldom still, because encoding costs more.
Not here: exact counts (`kernel.call`), export (the gateway's metrics).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from planaria.kernel.call import CallRecord
from planaria.kernel.life import Life

BYTES_EVERY = 32
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


@dataclass(frozen=False, slots=True)
class Timing:
    """What is known of one operation's calls: their time, and the bytes of their encoded arguments and results."""

    latency_s: Histogram = field(default_factory=Histogram)
    bytes_total: int = 0
    bytes_measured: int = 0

    @property
    def bytes_mean(self) -> float:
        """Return the mean of the calls that were weighed; 0 where none was."""
        return self.bytes_total / max(1, self.bytes_measured)


class Meter:
    """Time the calls of a life: those that enter the system, and a sample of the others.

    >>> Meter(repr).timings["cart", "add"].bytes_mean
    0.0
    """

    def __init__(self, encode: Callable[[Any], Any]) -> None:
        self.encode = encode
        self.timings: defaultdict[tuple[str, str], Timing] = defaultdict(Timing)

    def attach(self, life: Life) -> None:
        """Begin with the calls of `life`."""
        for one in life.operations:
            one.samplers = (self.observe,)

    def observe(self, record: CallRecord) -> None:
        """Take one call into account."""
        timing = self.timings[record.cell, record.operation]
        timing.latency_s.add(record.elapsed_s)
        if timing.latency_s.total % BYTES_EVERY == 1:
            timing.bytes_total += len(self.encode((record.arguments, record.result)))
            timing.bytes_measured += 1
