"""A clock that a test sets.

Why: the time of day is a port, and a test that waits for the real one is slow and true only sometimes.
Not here: durations; they are the event loop's.
"""

from collections.abc import Callable

NOON = 1_767_355_200.0


class FakeClock:
    """Stand at a moment, by default 2026-01-02 12:00 UTC; `advance` moves it, and `follow` (a source of seconds) lets it run.

    >>> clock = FakeClock()
    >>> clock.advance(60)
    >>> clock.now() - NOON
    60.0
    """

    def __init__(self, now: float = NOON, *, follow: Callable[[], float] | None = None) -> None:
        self._follow = follow or float
        self._offset = now - self._follow()

    def now(self) -> float:
        """Return Unix seconds."""
        return self._offset + self._follow()

    def advance(self, seconds: float) -> None:
        """Move the clock; a negative number moves it back, as a correction of the real one would."""
        self._offset += seconds
