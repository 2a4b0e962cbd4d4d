"""Parking: the deliveries that failed too often, and letting one out.

Why: the kernel parks what it cannot deliver, and a person decides what follows.
Not here: delivering (`kernel.event`), the cell that offers this to commands and to HTTP (`impl`).
"""

from functools import partial
from typing import Any, NamedTuple

from planaria.kernel.error import PlanariaError
from planaria.kernel.event import SCOPE, Outbox
from planaria.kernel.port import Session

PARKED = """select d.event, d.handler, d.key, d.attempts, d.error, e.payload from planaria__delivery d
    join planaria__event e on e.id = d.event where d.parked = 1 order by d.event"""
UNPARK = "update planaria__delivery set parked = 0, attempts = 0, due = 0 where event = ? and handler = ? and parked = 1 returning event"


class NoSuchDelivery(PlanariaError):
    """There is no such parked delivery."""

    code = "PLN-E104"
    what = "event {event} is not parked for '{handler}'"
    why = "it was delivered, redelivered, or never failed"
    fix = "list what is parked with `planaria events`"


class Parked(NamedTuple):
    """A delivery that failed too often and waits for a person."""

    event: int
    handler: str
    key: str
    attempts: int
    error: str
    payload: bytes


class Parking:
    """The parked deliveries of one outbox.

    >>> [name for name in vars(Parking) if not name.startswith("_")]
    ['parked', 'redeliver']
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def parked(self) -> list[Parked]:
        """List the parked deliveries, oldest first."""
        return [Parked(*row) for row in await self._outbox.ports.store.read(_list)]

    async def redeliver(self, event: int, handler: str) -> None:
        """Take a delivery out of parking and try it again, from its first attempt.

        Raises:
            NoSuchDelivery: PLN-E104.
        """
        if not await self._outbox.ports.store.write(partial(_release, event, handler)):
            raise NoSuchDelivery(event=event, handler=handler)
        self._outbox.wake()


def _list(session: Session) -> list[tuple[Any, ...]]:
    return session.execute(SCOPE, PARKED, ())


def _release(event: int, handler: str, session: Session) -> list[tuple[Any, ...]]:
    return session.execute(SCOPE, UNPARK, (event, handler))
