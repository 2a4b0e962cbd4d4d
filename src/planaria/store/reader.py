"""Readers: a few threads, each with a connection that cannot write, each body on one snapshot.

Why: readers never wait for the writer in SQLite's write-ahead log, so reads need no queue of their own kind.
Not here: writes (`writer`).
"""

from queue import SimpleQueue
from threading import Thread

import apsw

from planaria.store.connection import Link
from planaria.store.error import StoreFailed
from planaria.store.session import Statements
from planaria.store.work import Outcome, Work, carry_out, deliver


class Reader:
    """Take bodies from a queue that all readers share and run each in a transaction that only reads."""

    def __init__(self, link: Link, queue: "SimpleQueue[Work | None]") -> None:
        self.thread = Thread(target=self._run, name="planaria-reader", daemon=True)
        self._link, self._queue = link, queue
        self._statements = Statements(link)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            if not work.future.cancelled():
                deliver([self._read(work)])
        self._link.connection.close()

    def _read(self, work: Work) -> Outcome:
        connection = self._link.connection
        try:
            connection.execute("begin")
            outcome = carry_out(work, self._statements)
            if connection.in_transaction:
                connection.execute("rollback")
        except apsw.Error as error:
            failed = StoreFailed(path=str(self._link.path), text=f"{type(error).__name__}: {error}")
            return Outcome(work, None, failed)
        return outcome
