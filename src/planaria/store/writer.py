"""The writer: one thread, one connection, and group commit.

Why: a durable commit costs one fsync whatever it holds, so bodies that wait together share one transaction; each runs in
a savepoint of its own, so that one that fails undoes nothing of the others. No caller is told before the commit.
Figure: 150 tasks that write one row each reach several times the rate of one commit per row (benchmarks).
Not here: how outcomes travel (`work`), what statements may do (`session`).
"""

from queue import Empty, SimpleQueue
from threading import Thread

import apsw

from planaria.store.connection import Link
from planaria.store.error import ConstraintBroken, StoreBusy, StoreFailed
from planaria.store.session import Statements
from planaria.store.work import Outcome, Work, carry_out, deliver

GROUP_MAX = 256
RETRY_AFTER_S = 0.2


class Writer:
    """Run bodies one after another, committing those that wait together at once."""

    def __init__(self, link: Link) -> None:
        self.queue: SimpleQueue[Work | None] = SimpleQueue()
        self.thread = Thread(target=self._run, name="planaria-writer", daemon=True)
        self.trouble: apsw.Error | None = None
        self._link, self._connection = link, link.connection
        self._statements = Statements(link)

    def _run(self) -> None:
        ended = False
        while not ended:
            group, alone, ended = self._gather()
            while group:
                group, outcomes = self._commit(group)
                deliver(outcomes)
            if alone is not None and not alone.future.cancelled():
                deliver([self._run_alone(alone)])
        self._connection.close()

    def _gather(self) -> tuple[list[Work], Work | None, bool]:
        """Wait for work, then take all that is there."""
        group: list[Work] = []
        work = self.queue.get()
        while work is not None:
            if work.alone:
                return group, work, False
            group.append(work)
            if len(group) >= GROUP_MAX:
                return group, None, False
            try:
                work = self.queue.get_nowait()
            except Empty:
                return group, None, False
        return group, None, True

    def _commit(self, group: list[Work]) -> tuple[list[Work], list[Outcome]]:
        """Run a group in one transaction; return what could not begin, and the outcomes of the rest."""
        outcomes: list[Outcome] = []
        try:
            self._connection.execute("begin immediate")
        except apsw.Error as error:
            return [], [Outcome(work, None, self._busy(error)) for work in group]
        try:
            for position, work in enumerate(group):
                if work.future.cancelled():
                    continue
                outcomes.append(self._run_one(work))
                if not self._connection.in_transaction:
                    # SQLite has undone the whole transaction (disk full, out of memory): those who had run have failed.
                    return group[position + 1 :], self._all_failed(outcomes, "the transaction was undone by SQLite")
            self._connection.execute("commit")
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must live on and every caller be told
            self._undo()
            heard = {id(one.work) for one in outcomes}
            outcomes += [Outcome(work, None, None) for work in group if id(work) not in heard]
            return [], self._all_failed(outcomes, f"{type(error).__name__}: {error}")
        return [], outcomes

    def _run_one(self, work: Work) -> Outcome:
        execute = self._connection.execute
        execute("savepoint body")
        outcome = carry_out(work, self._statements)
        if outcome.error is None and self._connection.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0]:
            # Left alone, a deferred foreign key would fail the commit of the whole group.
            cell = self._link.guard.cell.removesuffix("__")
            broken = ConstraintBroken(cell=cell, text="FOREIGN KEY constraint failed (deferred)")
            outcome = Outcome(work, None, broken)
        if outcome.error is not None and self._connection.in_transaction:
            execute("rollback to body")
        if self._connection.in_transaction:
            execute("release body")
        return outcome

    def _run_alone(self, work: Work) -> Outcome:
        try:
            return Outcome(work, work.body(self._link), None)
        except Exception as error:  # noqa: BLE001 - the caller gets it
            return Outcome(work, None, error)
        finally:
            self._undo()

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
        except apsw.Error as error:
            # The next group cannot begin then, and its callers are told.
            self.trouble = error

    def _busy(self, error: apsw.Error) -> StoreBusy | StoreFailed:
        if isinstance(error, apsw.BusyError):
            return StoreBusy(text="another process holds the database", retry_after_s=RETRY_AFTER_S)
        return StoreFailed(path=str(self._link.path), text=f"{type(error).__name__}: {error}")

    def _all_failed(self, outcomes: list[Outcome], text: str) -> list[Outcome]:
        """Fail every body that had succeeded; one that failed by itself keeps its own error."""
        return [Outcome(one.work, None, one.error or StoreFailed(path=str(self._link.path), text=text)) for one in outcomes]
