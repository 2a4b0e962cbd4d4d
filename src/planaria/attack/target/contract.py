"""The contract of the cell that attacks: three ways in which a cell touches its host.

Why: a cell acts while it runs, it gives values back, and it pours streams; each way is attacked apart. What it declares is
what it may do: read below `public`, reach one host that is not there, and call its neighbour.
Not here: the attacks (`impl`).
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from planaria.kernel.contract import Contract, operation
from planaria.kernel.effect import Connects, Reads
from planaria.kernel.error import CellError

EFFECTS = (Reads("public"), Connects("allowed.invalid:443"))


class Declared(CellError):
    """An error that the contract declares, so that hostile facts can be put into it."""

    code = "PLN-A112"
    what = "the target raised the error that it declares: {text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What an attack says of itself: `through`, `stopped`, or `absent` where what it needs is not there."""

    outcome: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A value with a field of each kind, to be filled with what does not belong there."""

    text: str = ""
    count: int = 0
    share: float = 0.0
    lines: tuple[str, ...] = ()
    inside: "Parcel | None" = None


class Target(Contract):
    """Run attacks against whoever runs it."""

    @operation(deadline_s=20, effects=EFFECTS)
    async def attempt(self, attack: str, facts: Mapping[str, str]) -> Account:
        """Run one attack, and say how it went."""
        raise NotImplementedError

    @operation(deadline_s=20, effects=EFFECTS, errors=(Declared,))
    async def give(self, attack: str, facts: Mapping[str, str]) -> Parcel:
        """Give back, or raise, what one attack makes."""
        raise NotImplementedError

    @operation(deadline_s=20, effects=EFFECTS)
    def pour(self, attack: str, facts: Mapping[str, str]) -> AsyncIterator[Parcel]:
        """Pour what one attack makes."""
        raise NotImplementedError
