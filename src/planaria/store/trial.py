"""A store for trials: in memory, and set back to where it began in microseconds.

Why: who compares two implementations runs thousands of short sequences, each from the same state; a savepoint that is
rolled back costs nothing, and a copy of a file would cost more than the calls.
Not here: the durable store (`sqlite`).
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw

from planaria.kernel.port import Clock, Session
from planaria.store.connection import Link, connect
from planaria.store.error import ConstraintBroken
from planaria.store.migrator import apply, plan
from planaria.store.session import Statements
from planaria.store.work import Work, carry_out

T = TypeVar("T")


class TrialStore:
    """Keep state that can be set back: an adapter of the kernel's `Store` that runs bodies at once, where they are called.

    >>> store = TrialStore.fresh({}, clock=None)
    >>> _ = await store.write(lambda session: session.execute("planaria", "create table planaria__note (text)"))
    >>> store.keep()
    >>> _ = await store.write(lambda session: session.execute("planaria", "insert into planaria__note values (1)"))
    >>> store.changes, store.set_back(), await store.read(lambda session: session.execute("planaria", "select * from planaria__note"))
    (1, None, [])
    """

    def __init__(self, link: Link) -> None:
        self._link, self._connection, self._statements = link, link.connection, Statements(link)
        self._connection.execute("begin")
        self._connection.execute("savepoint kept")

    @classmethod
    def fresh(cls, migrations: Mapping[str, Path], *, clock: Clock) -> "TrialStore":
        """Make an empty store, with the migrations of these cells carried out."""
        link = connect(Path(":memory:"))
        for cell, directory in migrations.items():
            apply(link, plan(Path("no store yet"), cell, directory), clock)
        return cls(link)

    @classmethod
    def copy_of(cls, path: Path) -> "TrialStore":
        """Copy the store at `path`, which stays as it is."""
        link = connect(Path(":memory:"))
        with closing(connect(path, readonly=True).connection) as source, link.connection.backup("main", source, "main") as backup:
            backup.step()
        return cls(link)

    @property
    def changes(self) -> int:
        """Return how many rows were ever changed; only its growth means something."""
        return self._connection.total_changes()

    def keep(self) -> None:
        """Make what is now in it the state that `set_back` returns to."""
        self._connection.execute("release kept")
        self._connection.execute("savepoint kept")

    def set_back(self) -> None:
        """Return to what was kept."""
        self._connection.execute("rollback to kept")

    async def read(self, body: Callable[[Session], T]) -> T:
        """Run `body`; it cannot write."""
        self._connection.pragma("query_only", 1)
        try:
            return self._run(body)
        finally:
            self._connection.pragma("query_only", 0)

    async def write(self, body: Callable[[Session], T]) -> T:
        """Run `body` atomically; nothing here is durable.

        Raises:
            ConstraintBroken: PLN-S301, and whatever the body raises. Nothing was kept.
        """
        return self._run(body)

    def _run(self, body: Callable[[Session], T]) -> T:
        execute = self._connection.execute
        execute("savepoint body")
        kept = False
        try:
            outcome = carry_out(Work(body, cast("Any", None), cast("Any", None)), self._statements)
            if outcome.error is not None:
                raise outcome.error
            if self._connection.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0]:
                raise ConstraintBroken(cell="?", text="FOREIGN KEY constraint failed (deferred)")
            kept = True
            return cast("T", outcome.value)
        finally:
            if not kept:
                execute("rollback to body")
            execute("release body")
