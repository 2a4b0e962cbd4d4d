"""The errors of the store, family S.

Why: a cell imports no database library, so what SQLite says must reach it as planaria's own errors with a cure.
Not here: the choice of which SQLite error becomes which of these (`session`).
"""

from planaria.kernel.error import Failed, Refused


class ScopeWrong(Refused):
    """The name of a scope would make its tables ambiguous."""

    code = "PLN-S101"
    what = "'{scope}' cannot be a scope of the store"
    why = "tables are named scope__table, so a scope is lower-case words joined by single underscores"
    fix = "name the cell like 'library' or 'reading_room'"


class ForeignTable(Refused):
    """A statement touches a table of another cell."""

    code = "PLN-S102"
    what = "cell '{cell}' may not {action} '{table}'"
    why = "a cell touches only tables named {cell}__…; everything else belongs to someone"
    fix = "call the operations of the cell that owns '{table}', or name your own table {cell}__…"


class StatementRefused(Refused):
    """A statement is of a kind that a cell may not run."""

    code = "PLN-S103"
    what = "cell '{cell}' may not run this statement: {action} {subject}"
    why = "{reason}"
    fix = "{cure}"


class SeveralStatements(Refused):
    """More than one statement in one text."""

    code = "PLN-S104"
    what = "cell '{cell}' gave more than one statement: {rest}"
    why = "one call runs one statement, so that an injected second one cannot run"
    fix = "call once for each statement, without text after the semicolon; they share the transaction"


class WriteInRead(Refused):
    """A body that only reads tried to write."""

    code = "PLN-S105"
    what = "cell '{cell}' tried to write while reading: {sql}"
    why = "a read runs on a snapshot that cannot be changed"
    fix = "use write instead of read"


class StoreBusy(Refused):
    """The store's queue is full, or another process holds the database."""

    code = "PLN-S106"
    what = "the store is busy: {text}"
    why = "its queue is bounded, so that no one waits for nothing"
    fix = "try again in {retry_after_s} s; make transactions shorter, or fewer at a time"


class StoreClosed(Refused):
    """The store is closed."""

    code = "PLN-S107"
    what = "the store {path} is closed"
    why = "it was closed before this body could run"
    fix = "use the store only while the system is up"


class StoreInUse(Refused):
    """A live process holds the store."""

    code = "PLN-S108"
    what = "the store {path} is in use by process {pid}"
    why = "two systems on one store would each believe to be alone"
    fix = "stop process {pid}, or use another store"


class SessionOver(Refused):
    """A session was used after its body had ended."""

    code = "PLN-S109"
    what = "cell '{cell}' used a session after its transaction had ended"
    why = "what it did then would belong to nobody's transaction"
    fix = "use the session only inside the body, and let the body return what you need"


class BodyWrong(Refused):
    """A body is a coroutine function."""

    code = "PLN-S110"
    what = "the body {body} is asynchronous"
    why = "a body runs in one go in a thread of the store, where nothing can be awaited"
    fix = "make it a plain function: await before or after the transaction"


class ConstraintBroken(Failed):
    """A constraint of the schema does not hold; the body is rolled back unless it catches this."""

    code = "PLN-S301"
    what = "cell '{cell}' broke a constraint: {text}"
    why = "the schema of its migrations asks for it"
    fix = "check before writing, or catch ConstraintBroken and decide"


class SqlWrong(Failed):
    """SQLite does not accept the statement or its parameters."""

    code = "PLN-S302"
    what = "cell '{cell}' gave a statement that SQLite does not accept: {text}"
    why = "in: {sql}"
    fix = "correct the statement; the tables are those of cells/{cell}/migrations"


class StoreFailed(Failed):
    """The database could not do its work; nothing of the transaction is visible."""

    code = "PLN-S303"
    what = "the store {path} failed: {text}"
    why = "the disk, the file or the system beneath did not do what SQLite asked for"
    fix = "look at the free space and the disk; check the file with `planaria store backup`; a backup can be restored"


class BodyStopped(Failed):
    """A body raised something that is not an ordinary error; it is rolled back."""

    code = "PLN-S304"
    what = "a body raised {error}: {text}"
    why = "only subclasses of Exception other than StopIteration may leave a body"
    fix = "raise an ordinary error in the body"


class StatementTooMuch(Failed):
    """A statement ran too long, or gave too much; the body is rolled back unless it catches this."""

    code = "PLN-S305"
    what = "cell '{cell}' gave a statement that {text}"
    why = "while it runs others wait, and what it gives is held in memory whole; in: {sql}"
    fix = "ask for less at once: a limit, a range of keys, an index, or several statements"


class MigrationsWrong(Refused):
    """The migration files are not what they must be."""

    code = "PLN-S111"
    what = "the migrations of cell '{cell}' cannot be used:\n{text}"
    why = "they are numbered without gaps, reversible, and never changed once applied"
    fix = "cure each as it says; the folder is {directory}"


class MigrationFailed(Refused):
    """A migration failed in its rehearsal; the store is as it was."""

    code = "PLN-S112"
    what = "migration {number} of cell '{cell}' failed going {direction}: {text}"
    why = "every migration is rehearsed on a copy (up, down, up again) before it may touch the store"
    fix = "correct cells/{cell}/migrations/{file}"


class BackupRefused(Refused):
    """A backup or a restore would destroy something, or its source is not sound."""

    code = "PLN-S113"
    what = "no {action} from {source} to {target}: {text}"
    why = "a backup is worth nothing unless it is whole and overwrites nothing"
    fix = "{cure}"
