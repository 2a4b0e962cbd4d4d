"""The store: durable state of all cells in one SQLite file, kept apart by SQLite's own authorizer.

Why: nothing to install, one fsync for many writers, and an event written in the transaction of its sender.
Not here: the outbox and what a cell sees of its state (`kernel`), the ledger (`ledger`).
"""

from planaria.store.backup import backup, restore
from planaria.store.error import (
    BackupRefused,
    ConstraintBroken,
    ForeignTable,
    MigrationFailed,
    MigrationsWrong,
    SqlWrong,
    StatementRefused,
    StoreBusy,
    StoreClosed,
    StoreFailed,
    StoreInUse,
)
from planaria.store.migration import Applied, Migration, Plan, migrations_in
from planaria.store.migrator import migrate, plan
from planaria.store.sqlite import SqliteStore

__all__ = [
    "Applied",
    "BackupRefused",
    "ConstraintBroken",
    "ForeignTable",
    "Migration",
    "MigrationFailed",
    "MigrationsWrong",
    "Plan",
    "SqlWrong",
    "SqliteStore",
    "StatementRefused",
    "StoreBusy",
    "StoreClosed",
    "StoreFailed",
    "StoreInUse",
    "backup",
    "migrate",
    "migrations_in",
    "plan",
    "restore",
]
