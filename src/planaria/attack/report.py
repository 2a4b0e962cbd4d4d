"""The report of a run of attacks, as data.

Why: a user, a test and a page read the same report; who prints it is somebody else.
Not here: printing (`cli`), the page SECURITY.md (`document`).
"""

from dataclasses import dataclass
from typing import Any

from planaria.attack.catalogue import Attack


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attack went: whether it was stopped, and by what or with which success; `notice` is what its victims saw.

    >>> Outcome(attack=Attack(name="a", theme="t", what="", allows=""), stopped=True, why="refused").plain()["outcome"]
    'stopped'
    """

    attack: Attack
    stopped: bool
    why: str
    elapsed_s: float = 0.0

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        outcome = "stopped" if self.stopped else "through"
        one = self.attack
        return {
            "attack": one.name,
            "theme": one.theme,
            "what": one.what,
            "outcome": outcome,
            "why": self.why,
            "elapsed_s": round(self.elapsed_s, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How all went: `attacks` were tried, and what is in `sanity` had to work.

    >>> Report(placement="process", attacks=(), sanity=(), seconds=1.0, conditions=()).plain()["tried"]
    0
    """

    placement: str
    attacks: tuple[Outcome, ...]
    sanity: tuple[Outcome, ...]
    seconds: float
    conditions: tuple[str, ...]

    @property
    def through(self) -> tuple[Outcome, ...]:
        """Return the attacks that got through."""
        return tuple(one for one in self.attacks if not one.stopped)

    @property
    def broken(self) -> tuple[Outcome, ...]:
        """Return what had to work and did not; for these, `stopped` is bad news."""
        return tuple(one for one in self.sanity if one.stopped)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "placement": self.placement, "tried": len(self.attacks), "stopped": len(self.attacks) - len(self.through),
            "through": [{"attack": one.attack.name, "why": one.why, "allows": one.attack.allows} for one in self.through],
            "sanity": {"tried": len(self.sanity), "broken": [{"case": one.attack.name, "why": one.why} for one in self.broken]},
            "seconds": round(self.seconds, 1), "conditions": list(self.conditions), "attacks": [one.plain() for one in self.attacks],
        }  # fmt: skip
