"""The store of a system that is not up, opened for a moment.

Why: a system that cannot start must still be looked into and mended.
Not here: running it (`life`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from planaria.assemble.clock import RandomIds, SystemClock
from planaria.assemble.outbox.parking import Parking
from planaria.assemble.place import Places
from planaria.kernel.event import Outbox
from planaria.kernel.port import Ports


async def parked_at(root: Path, *, again: Iterable[tuple[int, str]] = ()) -> list[dict[str, Any]]:
    """Return the parked deliveries of the system at `root` as plain data; those in `again` (event, handler) are due at its next start.

    Raises:
        StoreInUse: PLN-S108, when the system is up.

    >>> await parked_at(Path("nowhere"))
    []
    """
    from planaria.placement.codec import MsgspecCodec
    from planaria.store import SqliteStore

    places = Places.of(root)
    if not places.store.exists():
        return []
    store = SqliteStore.open(places.store)
    try:
        ports = Ports(store=store, codec=MsgspecCodec(), clock=SystemClock(), ids=RandomIds(), placements={})
        outbox = Outbox(ports, complain=lambda _: None)
        await outbox.prepare()
        parking = Parking(outbox)
        for event, handler in again:
            await parking.redeliver(event, handler)
        return [{**one._asdict(), "payload": one.payload.decode("utf-8", "replace")} for one in await parking.parked()]
    finally:
        await store.close()
