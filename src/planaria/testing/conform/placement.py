"""What a placement promises: a cell does there what it does anywhere.

Why: a cell moves by one line of configuration, so values, errors, deadlines, concurrency, events, streams, state, swaps,
crashes and restarts must be the same wherever it runs.
Not here: isolation and limits; each placement has its own, and its own tests of them.
"""

from planaria.testing.conform.change import CHANGE_PROMISES
from planaria.testing.conform.concurrency import CONCURRENCY_PROMISES
from planaria.testing.conform.crash import CRASH_PROMISES
from planaria.testing.conform.event import EVENT_PROMISES
from planaria.testing.conform.outcome import OUTCOME_PROMISES
from planaria.testing.conform.state import STATE_PROMISES
from planaria.testing.conform.stream import STREAM_PROMISES
from planaria.testing.conform.value import VALUE_PROMISES

PLACEMENT_PROMISES = (
    *VALUE_PROMISES, *OUTCOME_PROMISES, *CONCURRENCY_PROMISES, *EVENT_PROMISES, *STREAM_PROMISES, *STATE_PROMISES, *CHANGE_PROMISES,
    *CRASH_PROMISES,
)  # fmt: skip
