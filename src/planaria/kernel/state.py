"""State: what a cell sees of the store, its own tables only.

Why: events are written in the caller's transaction, and a handler's memory of an event in the handler's; so both go
through the one object that a cell uses to write.
Not here: the outbox's tables and deliveries (`event`), the database (an adapter of the `Store` port).
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from planaria.kernel.error import Refused
from planaria.kernel.event import Outbox
from planaria.kernel.port import Session, Store
from planaria.kernel.request import REQUEST

T = TypeVar("T")


class OneWriteOnly(Refused):
    """A handler began a second transaction for one event."""

    code = "PLN-E101"
    what = "handler '{handler}' wrote twice for one event"
    why = "the memory of the event goes with the first transaction, so a crash between the two would lose the second"
    fix = "write everything in one transaction"


class AlreadySeen(Refused):
    """The handler has handled this event before."""

    code = "PLN-E102"
    what = "handler '{handler}' has handled event {event} before"
    why = "events are delivered at least once, and handled once"
    fix = "nothing: it is done"


class Transaction:
    """One transaction on a cell's own tables, named `{cell}__…`.

    A body gets it: `await self.shelf.write(lambda tx: tx.change("delete from library__page"))`.

    >>> [name for name in vars(Transaction) if not name.startswith("_")]
    ['rows', 'row', 'change', 'emit']
    """

    def __init__(self, cell: str, session: Session, outbox: Outbox) -> None:
        self._cell, self._session, self._outbox = cell, session, outbox
        self.emitted = 0

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self._session.execute(self._cell, sql, parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Run one statement and return its first row, or None."""
        return next(iter(self.rows(sql, parameters)), None)

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        self._session.execute(self._cell, sql, parameters)
        return self._session.changes()

    def emit(self, fact: Any) -> None:
        """Write an event that the contract declares; it is delivered after this transaction is durable."""
        self._outbox.write(self._session, self._cell, fact)
        self.emitted += 1


class State:
    """A cell's own durable state. A body runs in one transaction, off the loop; it must not await.

    >>> [name for name in vars(State) if not name.startswith("_")]
    ['read', 'write']
    """

    def __init__(self, cell: str, store: Store, outbox: Outbox) -> None:
        self._cell, self._store, self._outbox = cell, store, outbox

    async def read(self, body: Callable[[Transaction], T]) -> T:
        """Run `body` on one snapshot of the state."""
        return await self._store.read(lambda session: body(Transaction(self._cell, session, self._outbox)))

    async def write(self, body: Callable[[Transaction], T]) -> T:
        """Run `body` atomically; what it wrote and emitted is durable when this returns.

        Raises:
            OneWriteOnly: PLN-E101, in a handler that writes a second time for one event.
        """
        delivery, emitted = REQUEST.get().delivery, 0
        if delivery is not None and delivery.handler.split(".")[0] != self._cell:
            delivery = None
        if delivery is not None and delivery.marked:
            raise OneWriteOnly(handler=delivery.handler)

        def run(session: Session) -> T:
            nonlocal emitted
            if delivery is not None and not self._outbox.remember(session, delivery):
                raise AlreadySeen(handler=delivery.handler, event=delivery.event)
            transaction = Transaction(self._cell, session, self._outbox)
            result = body(transaction)
            emitted = transaction.emitted
            return result

        result = await self._store.write(run)
        if delivery is not None:
            delivery.marked = True
        if emitted:
            self._outbox.wake()
        return result
