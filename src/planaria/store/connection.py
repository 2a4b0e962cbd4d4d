"""Connections: how every connection to a store is opened and what SQLite is told to distrust.

Why: durability, isolation and the authorizer rest on settings of each connection, so they are made in one place.
Not here: threads (`writer`, `reader`), what a statement may do (`scope`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import apsw

from planaria.store.error import StoreFailed
from planaria.store.pace import STEPS_BETWEEN, VALUE_BYTES_MAX, Pace
from planaria.store.scope import Guard
from planaria.store.text import bound

Synchronous = Literal["full", "normal"]
BUSY_MS = 5000
STATEMENTS_CACHED = 256
WAL_BYTES_KEPT = 64 * 1024 * 1024

# Which migrations were applied to the cells' tables; planaria's own, so no cell can read or change it.
MIGRATION_TABLE = """
create table if not exists planaria__migration (
    cell text not null, number integer not null, name text not null, digest text not null, applied_at real not null,
    primary key (cell, number)
) strict, without rowid
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A connection with the guard that watches it, and the pace that its statements keep."""

    connection: apsw.Connection
    guard: Guard
    pace: Pace
    path: Path


def connect(path: Path, *, readonly: bool = False, synchronous: Synchronous = "full") -> Link:
    """Open the database at `path` with the guard in place; a writing connection creates it where it is missing.

    Raises:
        StoreFailed: PLN-S303. The file cannot be opened or is no database.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     link = connect(Path(folder) / "store.sqlite")
    ...     print(link.connection.pragma("journal_mode"), link.connection.pragma("synchronous"))
    ...     link.connection.close()
    wal 2
    """
    flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    try:
        connection = apsw.Connection(str(path), flags=flags, statementcachesize=STATEMENTS_CACHED)
    except apsw.Error as error:
        raise StoreFailed(path=str(path), text=str(error)) from error
    try:
        _distrust(connection)
        if not readonly:
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", synchronous)
            connection.pragma("journal_size_limit", WAL_BYTES_KEPT)
            connection.execute(MIGRATION_TABLE)
        guard, pace = Guard(), Pace()
        connection.authorizer = guard
        connection.set_progress_handler(pace.over, STEPS_BETWEEN)
        return Link(connection=connection, guard=guard, pace=pace, path=path)
    except apsw.Error as error:
        connection.close()
        raise StoreFailed(path=str(path), text=str(error)) from error


def _distrust(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    connection.limit(apsw.SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)
    bound(connection, bytes_max=VALUE_BYTES_MAX)
