"""The clock and the ids of a real system.

Why: time and chance are ports, and these are what stands behind them outside of tests.
Not here: fakes of both (`testing`).
"""

import secrets
import time


class SystemClock:
    """The time of day of this machine.

    >>> SystemClock().now() > 1_700_000_000
    True
    """

    def now(self) -> float:
        """Return Unix seconds."""
        return time.time()


class RandomIds:
    """Identifiers of 64 random bits.

    >>> len(RandomIds().new())
    16
    """

    def new(self) -> str:
        """Return an identifier that was not given before."""
        return secrets.token_hex(8)
