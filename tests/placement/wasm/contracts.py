"""The contracts of the cells that this placement's tests run; a module of its own, because it is sent to the guest."""

from dataclasses import dataclass

from planaria.kernel.contract import Contract, event, operation
from planaria.kernel.effect import Chance, Clock, Connects, Secret
from planaria.kernel.error import CellError


@dataclass(frozen=True, slots=True)
class Noted:
    """Something was noted."""

    text: str


class Sour(CellError):
    """A declared error."""

    code = "PLN-T195"
    what = "it is {taste}"


class Guest(Contract):
    """Does what a test wants."""

    events = (event(Noted, key="text"),)

    @operation(errors=(Sour,))
    async def act(self, text: str = "", number: int = 0) -> str:
        """Do it."""
        raise NotImplementedError

    @operation(effects=(Clock(), Chance(), Connects("127.0.0.1:*"), Secret("KEY")))
    async def reach(self, text: str = "", number: int = 0) -> str:
        """Do what reaches outside."""
        raise NotImplementedError

    @operation()
    async def length(self, data: bytes) -> int:
        """Count bytes."""
        raise NotImplementedError


class Plain(Contract):
    """Declares nothing."""

    @operation()
    async def act(self, text: str = "", number: int = 0) -> str:
        """Do it."""
        raise NotImplementedError
