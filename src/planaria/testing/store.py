"""A store in memory, on the loop: no thread, no file, and faults on demand.

Why: a simulation needs a store that a seed repeats and that fails when it is told to; it holds statements to the same
rule as the real one, because it runs them through the same sessions.
Not here: the real store (`planaria.store`), the suite that both pass (`conform.store`).
"""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from planaria.kernel.port import Session
from planaria.store.connection import connect
from planaria.store.error import StoreClosed, StoreFailed
from planaria.store.migration import Migration
from planaria.store.migrator import run
from planaria.store.session import Statements
from planaria.store.work import Outcome, Work, carry_out

T = TypeVar("T")
Fault = Literal["", "before", "after"]
MEMORY = Path(":memory:")
FULL = "FullError: database or disk is full"


class Trouble(Protocol):
    """What decides how a `MemoryStore` behaves; a seeded one repeats."""

    def delay_s(self, stage: str) -> float:
        """Return how long a stage takes: `read`, `commit`, or `answer` (of a write)."""

    def group(self, waiting: int) -> int:
        """Return how many of the bodies that wait share the next commit, from 1."""

    def fault(self) -> Fault:
        """Return whether the next commit fails for a full disk: not, before it takes effect, or after."""


class NoTrouble:
    """Behave well: no delay, no fault, one commit for all that wait.

    >>> NoTrouble().fault()
    ''
    """

    def delay_s(self, stage: str) -> float:
        """Take no time."""
        return 0.0

    def group(self, waiting: int) -> int:
        """Commit all at once."""
        return waiting

    def fault(self) -> Fault:
        """Do not fail."""
        return ""


class MemoryStore:
    """Keep the state of a system in memory; what was committed outlives `crash`, as a disk would keep it.

    >>> store = MemoryStore()
    >>> store.define("till", "create table till__sale (price integer);")
    >>> _ = await store.write(lambda session: session.execute("till", "insert into till__sale values (?)", [3]))
    >>> await store.read(lambda session: session.execute("till", "select price from till__sale"))
    [(3,)]
    """

    def __init__(self, trouble: Trouble | None = None) -> None:
        self.trouble: Trouble = trouble or NoTrouble()
        self.commits = 0
        self._link = connect(MEMORY)
        self._connection, self._statements = self._link.connection, Statements(self._link)
        self._waiting: deque[Work] = deque()
        self._reading: set[Work] = set()
        self._life, self._working, self._closed = 0, False, False

    def define(self, cell: str, text: str) -> None:
        """Make a cell's tables, as its migrations would.

        Raises:
            MigrationFailed: PLN-S112.
        """
        self._connection.execute("begin")
        try:
            run(self._link, Migration(cell=cell, number=1, name="tables", digest="", up=text, down=""), back=False)
            self._connection.execute("commit")
        finally:
            self._undo()

    async def read(self, body: Callable[[Session], T]) -> T:
        """Run `body` on the state as it is committed.

        Raises:
            StoreClosed, BodyWrong, WriteInRead: PLN-S107, PLN-S110, PLN-S105.
        """
        work = self._work(body)
        self._reading.add(work)
        self._after("read", self._read, work)
        result: T = await work.future
        return result

    async def write(self, body: Callable[[Session], T]) -> T:
        """Run `body` atomically, after all writes before it; committed when this returns.

        Raises:
            StoreClosed, BodyWrong: PLN-S107, PLN-S110. Nothing was written.
            StoreFailed, ConstraintBroken, BodyStopped: PLN-S303, PLN-S301, PLN-S304.
        """
        work = self._work(body)
        self._waiting.append(work)
        self._go_on()
        result: T = await work.future
        return result

    async def close(self) -> None:
        """Run what waits, then refuse every further use; safe to call twice."""
        self._closed = True
        while waiting := [one.future for one in (*self._waiting, *self._reading)]:
            await asyncio.wait(waiting)

    def crash(self) -> None:
        """Lose everything that is not committed, as when the process is killed; the store can be used by another loop then."""
        self._life += 1
        for work in (*self._waiting, *self._reading):
            if not work.future.done() and not work.loop.is_closed():
                work.future.set_exception(StoreClosed(path=str(MEMORY)))
        self._waiting.clear()
        self._reading.clear()
        self._working = False
        self._undo()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read anything that is committed, whoever owns it; for the invariants of a test."""
        return self._connection.execute(sql).fetchall()

    def _work(self, body: Callable[[Session], Any]) -> Work:
        if self._closed:
            raise StoreClosed(path=str(MEMORY))
        loop = asyncio.get_running_loop()
        return Work(body, loop.create_future(), loop)

    def _after(self, stage: str, act: Callable[..., None], *arguments: Any) -> None:
        """Act after the stage's delay, unless the life that asked is over by then."""
        loop, life = asyncio.get_running_loop(), self._life

        def acting() -> None:
            if life == self._life:
                act(*arguments)

        delay_s = self.trouble.delay_s(stage)
        if delay_s > 0:
            loop.call_later(delay_s, acting)
        else:
            loop.call_soon(acting)

    def _read(self, work: Work) -> None:
        self._reading.discard(work)
        if work.future.done():
            return
        self._connection.pragma("query_only", 1)
        try:
            self._settle(carry_out(work, self._statements))
        finally:
            self._connection.pragma("query_only", 0)

    def _go_on(self) -> None:
        if self._waiting and not self._working:
            self._working = True
            self._after("commit", self._commit)

    def _commit(self) -> None:
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), max(1, self.trouble.group(len(self._waiting)))))]
        outcomes, fault = [], self.trouble.fault()
        self._connection.execute("begin immediate")
        try:
            outcomes = [self._run(work) for work in group if not work.future.done()]
            self._connection.execute("rollback" if fault == "before" else "commit")
        finally:
            self._undo()
        self.commits += 1
        if fault:
            failed = functools.partial(StoreFailed, path=str(MEMORY), text=FULL)
            outcomes = [Outcome(one.work, None, one.error or failed()) for one in outcomes]
        self._working = False
        for outcome in outcomes:
            self._after("answer", self._settle, outcome)
        self._go_on()

    def _run(self, work: Work) -> Outcome:
        self._connection.execute("savepoint body")
        outcome = carry_out(work, self._statements)
        if outcome.error is not None:
            self._connection.execute("rollback to body")
        self._connection.execute("release body")
        return outcome

    def _settle(self, outcome: Outcome) -> None:
        future = outcome.work.future
        if future.done():
            return
        if outcome.error is None:
            future.set_result(outcome.value)
        else:
            future.set_exception(outcome.error)

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")
