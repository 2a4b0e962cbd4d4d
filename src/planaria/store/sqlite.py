"""The store of one system: the adapter of the kernel's `Store` port on SQLite.

Why: embedded, so there is no server to install; one writer with group commit, because SQLite has one writer anyway.
Decision D-070: bodies run in the store's threads, not on the loop. Because a commit waits for the disk. Revisit when
Python can wait for fsync without a thread.
Not here: the threads (`writer`, `reader`), rights (`scope`), migrations offline (`migrator`), backup (`backup`).
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from planaria.kernel.port import Clock, Session
from planaria.store.connection import Link, Synchronous, connect
from planaria.store.error import StoreBusy, StoreClosed
from planaria.store.lock import Lock
from planaria.store.migration import Plan
from planaria.store.migrator import apply, rehearsed
from planaria.store.reader import Reader
from planaria.store.work import Outcome, Work, deliver
from planaria.store.writer import RETRY_AFTER_S, Writer

T = TypeVar("T")
QUEUE_MAX = 4096


class SqliteStore:
    """Keep the state of a system in one SQLite file; `read` and `write` run a body in a thread of the store.

    >>> from tempfile import TemporaryDirectory
    >>> folder = TemporaryDirectory()
    >>> store = SqliteStore.open(Path(folder.name) / "store.sqlite")
    >>> _ = await store.write(lambda session: session.execute("planaria", "create table planaria__note (text)"))
    >>> _ = await store.write(lambda session: session.execute("planaria", "insert into planaria__note values (?)", ["a"]))
    >>> await store.read(lambda session: session.execute("planaria", "select text from planaria__note"))
    [('a',)]
    >>> await store.close()
    >>> folder.cleanup()
    """

    def __init__(
        self, path: Path, lock: Lock, writer: Writer, readers: tuple[Reader, ...], *, reads: "SimpleQueue[Work | None]", queue: int
    ) -> None:
        self.path = path
        self._lock, self._writer, self._readers = lock, writer, readers
        self._reads, self._queue_max, self._closed = reads, queue, False

    @classmethod
    def open(cls, path: Path, *, readers: int = 2, synchronous: Synchronous = "full", queue: int = QUEUE_MAX) -> "SqliteStore":
        """Open the store at `path`, making it where it is missing, and hold its lock until `close`.

        `synchronous="normal"` is faster and may lose the last commits when the machine (not the process) stops.
        At most `queue` bodies wait for the writer, and as many for the readers.

        Raises:
            StoreInUse, StoreFailed: PLN-S108, PLN-S303.
        """
        path = Path(path).absolute()
        lock = Lock.take(path)
        links: list[Link] = []
        try:
            links.append(connect(path, synchronous=synchronous))
            links.extend(connect(path, readonly=True) for _ in range(readers))
        except BaseException:
            for link in links:
                link.connection.close()
            lock.release()
            raise
        reads: SimpleQueue[Work | None] = SimpleQueue()
        store = cls(path, lock, Writer(links[0]), tuple(Reader(link, reads) for link in links[1:]), reads=reads, queue=queue)
        for thread in store._threads():
            thread.start()
        return store

    async def write(self, body: Callable[[Session], T]) -> T:
        """Run `body` atomically, after all writes before it; durable when this returns.

        Cancelled while the body waits, the body is skipped; cancelled later, it stays as it is.

        Raises:
            StoreBusy, StoreClosed, BodyWrong: PLN-S106, PLN-S107, PLN-S110. Nothing was written.
            StoreFailed, ConstraintBroken, BodyStopped: PLN-S303, PLN-S301, PLN-S304. Nothing was kept.
        """
        result: T = await self._submit(self._writer.queue, body)
        return result

    async def read(self, body: Callable[[Session], T]) -> T:
        """Run `body` on one snapshot, which holds every write that returned before.

        Raises:
            StoreBusy, StoreClosed, BodyWrong, WriteInRead: PLN-S106, PLN-S107, PLN-S110, PLN-S105.
        """
        result: T = await self._submit(self._reads, body)
        return result

    async def migrate(self, cell: str, directory: Path, *, to: int | None = None, clock: Clock) -> Plan:
        """Rehearse and carry out the migrations of one cell while the system runs; other writes wait meanwhile.

        Raises:
            MigrationsWrong, MigrationFailed: PLN-S111, PLN-S112. The store is as it was.
        """
        plan = await asyncio.to_thread(rehearsed, self.path, cell, directory, to=to)
        result: Plan = await self._submit(self._writer.queue, lambda link: apply(link, plan, clock), alone=True)
        return result

    async def close(self) -> None:
        """Run what waits, then close the database and give back its lock; safe to call twice."""
        if not self._closed:
            self._closed = True
            for _ in self._readers:
                self._reads.put(None)
            self._writer.queue.put(None)
        await asyncio.to_thread(self._join)

    def _threads(self) -> tuple[Thread, ...]:
        # Readers close before the writer, whose connection, the last one, folds the log into the file.
        return (*(reader.thread for reader in self._readers), self._writer.thread)

    def _join(self) -> None:
        for thread in self._threads():
            thread.join()
        for queue in (self._reads, self._writer.queue):
            self._refuse_all(queue)
        self._lock.release()

    def _refuse_all(self, queue: "SimpleQueue[Work | None]") -> None:
        while True:
            try:
                work = queue.get_nowait()
            except Empty:
                return
            if work is not None:
                deliver([Outcome(work, None, StoreClosed(path=str(self.path)))])

    def _submit(self, queue: "SimpleQueue[Work | None]", body: Callable[[Any], Any], *, alone: bool = False) -> "asyncio.Future[Any]":
        if self._closed:
            raise StoreClosed(path=str(self.path))
        if queue.qsize() >= self._queue_max:
            raise StoreBusy(text=f"{self._queue_max} bodies wait", retry_after_s=RETRY_AFTER_S)
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        queue.put(Work(body, future, loop, alone))
        return future
