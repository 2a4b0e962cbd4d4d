"""Effects: declared touches of the outside.

Why: what an operation may touch is part of its contract, so that a reviewer, a policy gate and a sandbox read the same words.
Not here: enforcement (placements) and detection in code (the policy gate).
"""

from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True)
class Effect:
    """Name one touch of the outside; `what` is `*` where it is not narrowed.

    >>> str(Connects("docs.example:443"))
    'connects docs.example:443'
    """

    kind: str
    what: str = "*"

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"


# Each makes one kind of effect: a host and port, files below a path, a program, a named secret, the time, random numbers.
Connects = partial(Effect, "connects")
Reads = partial(Effect, "reads")
Writes = partial(Effect, "writes")
Spawns = partial(Effect, "spawns")
Secret = partial(Effect, "secret")
Clock = partial(Effect, "clock")
Chance = partial(Effect, "chance")
