"""The migrator: rehearses migrations on a copy, then carries them out in one transaction.

Why: a migration that fails, cannot be undone or reaches for another cell's tables must be found before it touches the
store (D-008); so each is run up, down and up again (or down, up, down) on a copy of the real data first.
Not here: the files (`migration`), what a schema is (`schema`).
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw

from planaria.kernel.port import Clock
from planaria.store.connection import Link, connect
from planaria.store.error import MigrationFailed, StatementRefused, StoreFailed
from planaria.store.lock import Lock
from planaria.store.migration import Applied, Migration, Plan, make_plan
from planaria.store.schema import difference, schema_of, trespasses
from planaria.store.scope import HOST, prefix_of

_APPLIED = "select number, name, digest, applied_at from planaria__migration where cell = ? order by number"
_FORGET = "delete from planaria__migration where cell = ? and number = ?"


def plan(path: Path, cell: str, directory: Path, *, to: int | None = None) -> Plan:
    """Say what `migrate` would do; changes nothing, and works while the system runs.

    Raises:
        MigrationsWrong: PLN-S111.

    >>> plan(Path("nowhere.sqlite"), "library", Path("cells/library/migrations")).steps
    ()
    """
    if not path.exists():
        return _plan_of(None, cell, directory, to)
    with _told(path), closing(connect(path, readonly=True).connection) as connection:
        return _plan_of(connection, cell, directory, to)


def migrate(path: Path, cell: str, directory: Path, *, to: int | None = None, clock: Clock) -> Plan:
    r"""Bring the tables of one cell to migration `to` (the last without it) in a store that nobody has open.

    Raises:
        StoreInUse, MigrationsWrong, MigrationFailed: PLN-S108, PLN-S111, PLN-S112. The store is as it was.

    >>> class Noon:
    ...     def now(self): return 43200.0
    >>> with TemporaryDirectory() as folder:
    ...     text = "-- up\ncreate table library__page (id);\n-- down\ndrop table library__page;\n"
    ...     _ = (Path(folder) / "0001_pages.sql").write_text(text)
    ...     migrate(Path(folder) / "store.sqlite", "library", Path(folder), clock=Noon()).to
    1
    """
    lock = Lock.take(path)
    try:
        link = connect(path)
        with closing(link.connection):
            made = rehearsed(path, cell, directory, to=to)
            return apply(link, made, clock)
    finally:
        lock.release()


def rehearsed(path: Path, cell: str, directory: Path, *, to: int | None = None) -> Plan:
    """Make the plan and run it on a copy of the store at `path`, each step there, back and there again.

    Raises:
        MigrationsWrong, MigrationFailed: PLN-S111, PLN-S112.

    >>> with TemporaryDirectory() as folder:
    ...     connect(Path(folder) / "store.sqlite").connection.close()
    ...     rehearsed(Path(folder) / "store.sqlite", "library", Path(folder)).steps
    ()
    """
    made = plan(path, cell, directory, to=to)
    if made.steps:
        with _told(path), TemporaryDirectory(prefix="planaria-rehearsal-") as folder:
            copy = _copy(path, Path(folder) / "rehearsal.sqlite")
            with closing(copy.connection):
                for step in made.steps:
                    _rehearse(copy, step, back=made.back)
    return made


def apply(link: Link, made: Plan, clock: Clock) -> Plan:
    """Carry out a plan in one transaction and remember it.

    Raises:
        MigrationFailed: PLN-S112. Nothing was changed.

    >>> link = connect(Path(":memory:"))
    >>> apply(link, Plan(cell="cart", at=0, to=0, applied=(), steps=()), None).to
    0
    """
    connection = link.connection
    if not made.steps:
        return made
    with _told(link.path):
        connection.pragma("foreign_keys", "off")
        try:
            connection.execute("begin immediate")
            _run_all(link, made, clock)
            connection.execute("commit")
        finally:
            if connection.in_transaction:
                connection.execute("rollback")
            connection.pragma("foreign_keys", "on")
    return made


def _run_all(link: Link, made: Plan, clock: Clock) -> None:
    if _applied(link.connection, made.cell) != made.applied:
        raise _failed(made.steps[0], "another process migrated this cell meanwhile; run it again", back=made.back)
    for step in made.steps:
        run(link, step, back=made.back)
        if made.back:
            link.connection.execute(_FORGET, (step.cell, step.number))
        else:
            row = (step.cell, step.number, step.name, step.digest, clock.now())
            link.connection.execute("insert into planaria__migration values (?, ?, ?, ?, ?)", row)


def run(link: Link, step: Migration, *, back: bool) -> None:
    """Run one section under the rights of its cell, inside the transaction that is open.

    Raises:
        MigrationFailed: PLN-S112. The caller rolls back.

    >>> step = Migration(cell="cart", number=1, name="x", digest="", up="create table till__x (id)", down="")
    >>> run(connect(Path(":memory:")), step, back=False)
    Traceback (most recent call last):
        ...
    planaria.store.error.MigrationFailed: PLN-S112: migration 1 of cell 'cart' failed going up: may not create table 'till__x'
      why: every migration is rehearsed on a copy (up, down, up again) before it may touch the store
      fix: correct cells/cart/migrations/0001_x.sql
    """
    connection, guard = link.connection, link.guard
    others = schema_of(connection, step.cell).others
    cursor = connection.cursor()
    cursor.exec_trace = guard.next_statement
    guard.enter(prefix_of(step.cell), defining=True)
    try:
        for _ in cursor.execute(step.down if back else step.up, can_cache=False):
            pass
    except (apsw.Error, ValueError) as error:
        denial = guard.denial
        text = str(error) if denial is None else f"may not {denial.action} '{denial.subject}'"
        raise _failed(step, text, back=back) from error
    finally:
        guard.leave()
    problems = trespasses(link, step.cell)
    if schema_of(connection, step.cell).others != others:
        problems.append(f"it changes or makes something that is not named {step.cell}__…")
    problems += [f"a row of {row[0]} breaks its foreign key to {row[2]}" for row in connection.execute("pragma foreign_key_check")]
    if problems:
        raise _failed(step, "; ".join(dict.fromkeys(problems)), back=back)


def _rehearse(copy: Link, step: Migration, *, back: bool) -> None:
    connection = copy.connection
    before = schema_of(connection, step.cell)
    _run_whole(copy, step, back=back)
    after = schema_of(connection, step.cell)
    _run_whole(copy, step, back=not back)
    told = difference(before, schema_of(connection, step.cell))
    if told:
        raise _failed(step, f"it does not lead back to the schema before: {told}", back=not back)
    _run_whole(copy, step, back=back)
    told = difference(after, schema_of(connection, step.cell))
    if told:
        raise _failed(step, f"a second run leads to another schema: {told}", back=back)
    result = connection.pragma("integrity_check")
    if result != "ok":
        raise _failed(step, f"the integrity check says: {result}", back=back)


def _run_whole(copy: Link, step: Migration, *, back: bool) -> None:
    copy.connection.execute("begin")
    try:
        run(copy, step, back=back)
        copy.connection.execute("commit")
    finally:
        if copy.connection.in_transaction:
            copy.connection.execute("rollback")


def _copy(path: Path, target: Path) -> Link:
    with (
        closing(connect(path, readonly=True).connection) as source,
        closing(apsw.Connection(str(target))) as connection,
        connection.backup("main", source, "main") as running,
    ):
        running.step()
    link = connect(target)
    link.connection.pragma("synchronous", "off")
    link.connection.pragma("foreign_keys", "off")
    return link


def _plan_of(connection: apsw.Connection | None, cell: str, directory: Path, to: int | None) -> Plan:
    prefix_of(cell)
    if cell == HOST:
        raise StatementRefused(
            cell=cell, action="migrate", subject=HOST, reason="planaria makes its own tables", cure="name the cell otherwise"
        )
    return make_plan(cell, directory, () if connection is None else _applied(connection, cell), to=to)


def _applied(connection: apsw.Connection, cell: str) -> tuple[Applied, ...]:
    if not connection.table_exists("main", "planaria__migration"):
        return ()
    rows: list[tuple[Any, ...]] = connection.execute(_APPLIED, (cell,)).fetchall()
    return tuple(Applied(number=number, name=name, digest=digest, applied_at=at) for number, name, digest, at in rows)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise StoreFailed(path=str(path), text=f"{type(error).__name__}: {error}") from error


def _failed(step: Migration, text: str, *, back: bool) -> MigrationFailed:
    direction = "down" if back else "up"
    return MigrationFailed(cell=step.cell, number=step.number, direction=direction, text=text, file=step.file)
