"""The contract of the cell `outbox`: parked deliveries.

Why: an event whose handler failed too often waits for a person, who must see it and be able to try it again.
Not here: events in general (`kernel.event`).
"""

import msgspec

from planaria.kernel.contract import Contract, operation
from planaria.kernel.error import CellError


class ParkedDelivery(msgspec.Struct, frozen=True):
    """A delivery that failed too often: which event for which handler, its key, the last error, and the event as text."""

    event: int
    handler: str
    key: str
    attempts: int
    error: str
    payload: str


class NotParked(CellError):
    """No such delivery is parked."""

    code = "PLN-E110"
    what = "no delivery of event {event} to '{handler}' is parked"
    why = "it was delivered meanwhile, or never existed"
    fix = "list what is parked with `planaria events`"


class ParkedDeliveries(Contract):
    """What waits for a person. Why: nothing that was emitted is ever dropped, and nothing is tried for ever."""

    @operation(idempotent=True, deadline_s=5)
    async def parked(self) -> tuple[ParkedDelivery, ...]:
        """List the parked deliveries, oldest first.

        >>> await outbox.parked()
        ()
        """
        raise NotImplementedError

    @operation(idempotent=False, deadline_s=5, errors=(NotParked,))
    async def redeliver(self, event: int, handler: str) -> None:
        """Try a parked delivery again, from its first attempt.

        >>> await outbox.redeliver(1, "stock.sold")
        Traceback (most recent call last):
        NotParked: PLN-E110: no delivery of event 1 to 'stock.sold' is parked...
        """
        raise NotImplementedError
