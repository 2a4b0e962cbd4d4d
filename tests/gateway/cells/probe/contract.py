"""A cell that shows the gateway every outcome."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

from planaria.kernel.contract import Contract, operation, requires
from planaria.kernel.error import CellError


@dataclass(frozen=True)
class Echo:
    text: str
    times: int


@dataclass(frozen=True)
class Rung:
    bell: str


class Taken(CellError):
    """Somebody else has it."""

    code = "PROBE-1"
    what = "'{name}' is taken"
    fix = "choose another name"


class Costly(CellError):
    """It must be paid for."""

    code = "PROBE-2"
    what = "'{name}' costs money"
    status: ClassVar[int] = 402


class Probe(Contract):
    """Shows every outcome."""

    @operation(idempotent=True)
    @requires("times is 1 to 50", lambda times: 1 <= times <= 50)
    async def echo(self, text: str, times: int = 1) -> Echo:
        """Say it again.

        >>> await probe.echo("a")
        Echo(text='a', times=1)
        """
        raise NotImplementedError

    @operation()
    async def count(self) -> int:
        """Count the calls."""
        raise NotImplementedError

    @operation(errors=(Taken, Costly))
    async def fail(self, how: str) -> None:
        """Fail in one of many ways."""

    @operation()
    async def hold(self) -> str:
        """Answer when the test says so."""
        raise NotImplementedError

    @operation(deadline_s=0.05)
    async def late(self) -> None:
        """Never answer."""

    @operation(deadline_s=5, errors=(Taken,))
    @requires("the count is not negative", lambda count: count >= 0)
    def stream(self, count: int, then: str = "end") -> AsyncIterator[Echo]:
        """Give echoes, then end as asked."""
        raise NotImplementedError
