"""Scopes: who owns a table, and the authorizer that holds every statement to its owner.

Why: cells share one database file for one fsync, so what keeps them apart must be SQLite itself: it asks `Guard` about
every table, function and kind of statement while it compiles, views, triggers and virtual tables included, and whatever
is not named here is denied.
Decision D-071: isolation by table prefix and authorizer. Because one file per cell would cost one fsync per cell and no
event could be written in its sender's transaction. Revisit when a cell needs a quota of its own.
Not here: running statements (`session`), the text of migrations (`migration`).
"""

import re
from dataclasses import dataclass

import apsw

from planaria.store.error import ScopeWrong

SCOPE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
HOST = "planaria"

# Table-valued functions that hold no data of anyone.
FREE_TABLES = frozenset({"json_each", "json_tree"})
# Functions that reach beyond the database or into its inside.
REFUSED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "sqlite_log"})

ACTIONS = {
    apsw.SQLITE_READ: "read",
    apsw.SQLITE_INSERT: "insert into",
    apsw.SQLITE_UPDATE: "update",
    apsw.SQLITE_DELETE: "delete from",
    apsw.SQLITE_CREATE_TABLE: "create table",
    apsw.SQLITE_CREATE_INDEX: "create index",
    apsw.SQLITE_CREATE_VIEW: "create view",
    apsw.SQLITE_CREATE_TRIGGER: "create trigger",
    apsw.SQLITE_CREATE_VTABLE: "create virtual table",
    apsw.SQLITE_DROP_TABLE: "drop table",
    apsw.SQLITE_DROP_INDEX: "drop index",
    apsw.SQLITE_DROP_VIEW: "drop view",
    apsw.SQLITE_DROP_TRIGGER: "drop trigger",
    apsw.SQLITE_DROP_VTABLE: "drop virtual table",
    apsw.SQLITE_ALTER_TABLE: "alter table",
    apsw.SQLITE_REINDEX: "reindex",
    apsw.SQLITE_ANALYZE: "analyze",
    apsw.SQLITE_PRAGMA: "pragma",
    apsw.SQLITE_ATTACH: "attach",
    apsw.SQLITE_DETACH: "detach",
    apsw.SQLITE_TRANSACTION: "transaction control",
    apsw.SQLITE_SAVEPOINT: "transaction control",
    apsw.SQLITE_FUNCTION: "function",
}
TOUCHING = frozenset({apsw.SQLITE_READ, apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})
CREATING = frozenset({apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_VIEW})
# Statements that begin with one of these hold no query of their own, so SQLite alone reads the schema in them.
REWRITING = frozenset(
    {
        apsw.SQLITE_DROP_TABLE,
        apsw.SQLITE_DROP_INDEX,
        apsw.SQLITE_DROP_VIEW,
        apsw.SQLITE_DROP_TRIGGER,
        apsw.SQLITE_DROP_VTABLE,
        apsw.SQLITE_ALTER_TABLE,
    }
)
SCHEMA_TABLES = frozenset({"sqlite_master", "sqlite_temp_master", "sqlite_sequence", "pragma_quick_check"})


def prefix_of(scope: str) -> str:
    """Return what the names of all tables of `scope` begin with.

    Raises:
        ScopeWrong: PLN-S101. Among others `a_` and `a__b`, whose tables could be taken for those of `a`.

    >>> prefix_of("library")
    'library__'
    >>> prefix_of("library__page")
    Traceback (most recent call last):
        ...
    planaria.store.error.ScopeWrong: PLN-S101: 'library__page' cannot be a scope of the store
      why: tables are named scope__table, so a scope is lower-case words joined by single underscores
      fix: name the cell like 'library' or 'reading_room'
    """
    if not SCOPE.fullmatch(scope):
        raise ScopeWrong(scope=scope)
    return f"{scope}__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What the guard denied last: the action in words, its subject, and whether that is a table of someone else."""

    action: str
    subject: str
    foreign: bool


class Guard:
    """Answer SQLite's question whether the statement it compiles may do a thing; deny what is not known.

    It stands open until `enter` names a scope, and again after `leave`: the store's own statements run then.

    >>> guard = Guard()
    >>> guard.enter("library__")
    >>> guard(apsw.SQLITE_DELETE, "till__sale", None, "main", None) == apsw.SQLITE_DENY
    True
    >>> guard.denial
    Denial(action='delete from', subject='till__sale', foreign=True)
    """

    __slots__ = ("_defining", "_prefix", "_rewriting", "cell", "denial")

    def __init__(self) -> None:
        self._prefix: str | None = None
        self._defining = self._rewriting = False
        self.denial: Denial | None = None
        self.cell = "?"

    def enter(self, prefix: str, *, defining: bool = False) -> None:
        """Hold statements to the tables of `prefix`; while `defining`, they may also make and change such tables.

        The last cell that was held so stays in `cell`, for errors that come at the end of its transaction.
        """
        self._prefix, self._defining, self._rewriting, self.denial = prefix, defining, False, None
        if not defining:
            self.cell = prefix

    def leave(self) -> None:
        """Stand open again for the store's own statements."""
        self._prefix = None

    def next_statement(self, *_: object) -> bool:
        """Forget what the statement before was; a tracer of statements that lets all of them run."""
        self._rewriting = False
        return True

    def __call__(self, action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
        """Answer for one action; the meaning of `first` and `second` is that of SQLite's authorizer."""
        prefix = self._prefix
        if prefix is None or self._runs(prefix, action, first, second, database):
            return apsw.SQLITE_OK
        if self._defining and self._defines(prefix, action, first, second, database):
            return apsw.SQLITE_OK
        subject = second if action in (apsw.SQLITE_FUNCTION, apsw.SQLITE_ALTER_TABLE) else first
        on_trigger = action in (apsw.SQLITE_CREATE_TRIGGER, apsw.SQLITE_DROP_TRIGGER, apsw.SQLITE_CREATE_INDEX)
        if on_trigger and first and first.startswith(prefix):
            subject = second
        owned = subject is not None and subject.startswith(prefix)
        foreign = not owned and (action in TOUCHING or (self._defining and action in ACTIONS and "__" in (subject or "")))
        self.denial = Denial(action=ACTIONS.get(action, f"action {action}"), subject=subject or "", foreign=foreign)
        return apsw.SQLITE_DENY

    def _runs(self, prefix: str, action: int, first: str | None, second: str | None, database: str | None) -> bool:
        if action in TOUCHING:
            if first is None or database not in ("main", None):
                return False
            return first.startswith(prefix) or (action == apsw.SQLITE_READ and first in FREE_TABLES)
        if action == apsw.SQLITE_FUNCTION:
            return second not in REFUSED_FUNCTIONS
        if action == apsw.SQLITE_PRAGMA:
            # The full-text index asks for it inside its own statements; it tells nothing of anyone.
            return first == "data_version" and second is None
        return action in (apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE)

    def _defines(self, prefix: str, action: int, first: str | None, second: str | None, database: str | None) -> bool:
        if action in REWRITING:
            owner = second if action == apsw.SQLITE_ALTER_TABLE else first
            self._rewriting = owned = _owned(prefix, owner)
            return owned
        if action in TOUCHING and first in SCHEMA_TABLES:
            if self._rewriting:
                return True
            return first == "sqlite_master" and (action != apsw.SQLITE_READ or second == "ROWID")
        if action in CREATING:
            return database == "main" and (_owned(prefix, first) or first == "sqlite_sequence")
        if action in (apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_CREATE_TRIGGER):
            return database == "main" and _owned(prefix, first) and _owned(prefix, second)
        if action == apsw.SQLITE_CREATE_VTABLE:
            return _owned(prefix, first) and second == "fts5"
        if action == apsw.SQLITE_PRAGMA:
            # SQLite asks for it inside `alter table … add column … check`, of the table that it alters.
            return first == "quick_check" and _owned(prefix, second)
        return action == apsw.SQLITE_REINDEX and _owned(prefix, first)


def _owned(prefix: str, name: str | None) -> bool:
    return name is not None and name.startswith((prefix, f"sqlite_autoindex_{prefix}"))
