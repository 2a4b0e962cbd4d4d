"""Sessions: the statements of one body, each held to the tables of the scope that gives it.

Why: SQLite asks the guard only when it compiles, and compiled statements are kept by their text; so every text begins
with the name of its scope, which no caller can forge, and no cell can reuse what was compiled for another.
Not here: the rules (`scope`), transactions (`writer`, `reader`).
"""

import re
from collections.abc import Sequence
from typing import Any

import apsw

from planaria.kernel.error import PlanariaError
from planaria.store.connection import Link
from planaria.store.error import (
    ConstraintBroken,
    ForeignTable,
    SessionOver,
    SeveralStatements,
    SqlWrong,
    StatementRefused,
    StatementTooMuch,
    StoreFailed,
    WriteInRead,
)
from planaria.store.pace import ROWS_BYTES_MAX, STATEMENT_S, Pace, TooMany, taken
from planaria.store.scope import HOST, Denial, prefix_of

TEXTS_KEPT = 4096
SQL_SHOWN = 200
_QUIET = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_ROLLBACK = re.compile(r"\brollback\b", re.IGNORECASE)
_GIVEN_WRONG = (
    apsw.SQLError,
    apsw.BindingsError,
    apsw.MismatchError,
    apsw.RangeError,
    apsw.TooBigError,
    TypeError,
    ValueError,
    OverflowError,
)


class Statements:
    """The texts that were found to be one statement each, ready to run; one per connection.

    >>> from pathlib import Path
    >>> from planaria.store.connection import connect
    >>> Statements(connect(Path(":memory:"))).text("library", "select 1")
    '/*library*/ select 1'
    """

    __slots__ = ("_known", "link")

    def __init__(self, link: Link) -> None:
        self.link = link
        self._known: dict[tuple[str, str], str] = {}

    def text(self, scope: str, sql: str) -> str:
        """Return the text to run for `sql`, marked with its scope.

        Raises:
            ScopeWrong, StatementRefused, SeveralStatements: PLN-S101, PLN-S103, PLN-S104.
        """
        known = self._known.get((scope, sql))
        if known is not None:
            return known
        prefix = prefix_of(scope)
        if _ROLLBACK.search(sql) and _ROLLBACK.search(_QUIET.sub(" ", sql)):
            # `or rollback` and raise(rollback) would undo the transactions of others in the same group commit.
            raise refused(scope, Denial(action="rollback in", subject=sql[:SQL_SHOWN], foreign=False))
        text = f"/*{scope}*/ {sql}"
        if ";" in sql:
            self._single(scope, prefix, text)
        if len(self._known) >= TEXTS_KEPT:
            self._known.clear()
        self._known[scope, sql] = text
        return text

    def _single(self, scope: str, prefix: str, text: str) -> None:
        """Let SQLite itself say where the first statement ends; nothing is run."""
        rest = ""

        def stop(_: apsw.Cursor, first: str, __: Any) -> bool:
            nonlocal rest
            rest = text[len(first) :]
            return False

        cursor = self.link.connection.cursor()
        cursor.exec_trace = stop
        self.link.guard.enter(prefix, defining=scope == HOST)
        try:
            cursor.execute(text, can_cache=False)
        except apsw.ExecTraceAbort:
            pass
        except Exception as error:
            raise self.translate(error, scope, text) from error
        finally:
            self.link.guard.leave()
        if rest.strip():
            raise SeveralStatements(cell=scope, rest=rest.strip()[:SQL_SHOWN])

    def translate(self, error: Exception, scope: str, text: str) -> PlanariaError:
        """Say in planaria's errors what SQLite said."""
        denial, shown = self.link.guard.denial, text[:SQL_SHOWN]
        if denial is not None:
            return refused(scope, denial)
        if isinstance(error, apsw.InterruptError):
            return StatementTooMuch(cell=scope, text=f"ran for more than {STATEMENT_S:.0f} s", sql=shown)
        if isinstance(error, TooMany):
            return StatementTooMuch(cell=scope, text=f"gave more than {ROWS_BYTES_MAX >> 20} MB", sql=shown)
        if isinstance(error, apsw.ConstraintError):
            return ConstraintBroken(cell=scope, text=str(error))
        if isinstance(error, apsw.ReadOnlyError):
            return WriteInRead(cell=scope, sql=shown)
        if isinstance(error, _GIVEN_WRONG):
            return SqlWrong(cell=scope, text=str(error), sql=shown)
        return StoreFailed(path=str(self.link.path), text=f"{type(error).__name__}: {error}")


def refused(scope: str, denial: Denial) -> ForeignTable | StatementRefused:
    """Make the error for what the guard denied.

    >>> refused("library", Denial(action="pragma", subject="user_version", foreign=False)).code
    'PLN-S103'
    """
    if denial.foreign:
        return ForeignTable(cell=scope, action=denial.action, table=denial.subject)
    reason, cure = {
        "transaction control": ("the store begins and ends transactions", "raise an error in the body to undo it"),
        "rollback in": ("it would undo the work of others in the same group", "use `or abort`, `or fail`, raise(abort)"),
        "pragma": ("settings belong to the store", "leave it out"),
        "function": ("this function reaches out of the database", "do it in Python, outside the transaction"),
    }.get(denial.action, ("the schema is changed by migrations alone", f"write it in cells/{scope}/migrations"))
    return StatementRefused(cell=scope, action=denial.action, subject=denial.subject, reason=reason, cure=cure)


class SqliteSession:
    """Run the statements of one body; the adapter of the kernel's `Session`.

    >>> from pathlib import Path
    >>> from planaria.store.connection import connect
    >>> session = SqliteSession(Statements(connect(Path(":memory:"))))
    >>> session.execute("library", "select ?", [1])
    [(1,)]
    """

    __slots__ = ("_connection", "_guard", "_pace", "_statements", "_total")

    def __init__(self, statements: Statements) -> None:
        link = statements.link
        self._statements: Statements | None = statements
        self._connection, self._guard = link.connection, link.guard
        self._pace: Pace = link.pace
        self._total = self._connection.total_changes()

    def execute(self, scope: str, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement under the rights of `scope` and return its rows.

        Raises:
            ForeignTable, StatementRefused, SeveralStatements, WriteInRead: PLN-S102 to PLN-S105.
            ConstraintBroken, SqlWrong, StoreFailed, StatementTooMuch: PLN-S301 to PLN-S303, PLN-S305.
        """
        statements = self._statements
        if statements is None:
            raise SessionOver(cell=scope)
        text = statements.text(scope, sql)
        guard = self._guard
        guard.enter(f"{scope}__", defining=scope == HOST)
        self._total = self._connection.total_changes()
        self._pace.begin()
        try:
            return taken(self._connection.execute(text, parameters))
        except Exception as error:
            raise statements.translate(error, scope, sql) from error
        finally:
            self._pace.end()
            guard.leave()

    def changes(self) -> int:
        """Return how many rows the last statement changed; 0 after one that only read."""
        if self._statements is None or self._connection.total_changes() == self._total:
            return 0
        return self._connection.changes()

    def end(self) -> None:
        """Refuse every further use."""
        self._statements = None
