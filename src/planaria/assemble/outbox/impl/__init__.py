"""The cell `outbox` over the outbox of the life around it.

Why: it is loaded like every implementation, and given the outbox by the placement `host`.
Not here: what it promises (`contract`).
"""

from planaria.assemble.outbox.contract import NotParked, ParkedDeliveries, ParkedDelivery
from planaria.assemble.outbox.parking import NoSuchDelivery, Parking


class ParkedDeliveriesCell(ParkedDeliveries):
    """Answer from the parking that is handed in."""

    host: Parking

    async def parked(self) -> tuple[ParkedDelivery, ...]:
        """List the parked deliveries."""
        return tuple(
            ParkedDelivery(
                event=one.event, handler=one.handler, key=one.key, attempts=one.attempts, error=one.error,
                payload=one.payload.decode("utf-8", "replace"),
            )
            for one in await self.host.parked()
        )  # fmt: skip

    async def redeliver(self, event: int, handler: str) -> None:
        """Try one again."""
        try:
            await self.host.redeliver(event, handler)
        except NoSuchDelivery as error:
            raise NotParked(event=event, handler=handler) from error
