"""Schemas: what the tables of one cell look like, compared by meaning, and whether they stay within the cell.

Why: a way back is only a way back if it leads to the same schema; and names that SQLite does not show to the authorizer
(the new name of a renamed table, the parent of a foreign key, the body of a view or trigger) are looked at afterwards.
Not here: applying migrations (`migrator`).
"""

import re
from dataclasses import dataclass
from typing import Any

import apsw

from planaria.store.connection import Link
from planaria.store.scope import prefix_of

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\w+|\S", re.DOTALL)
OBJECTS = "select type, name, tbl_name, coalesce(sql, '') from sqlite_schema"
PARENTS = 'select "table" from pragma_foreign_key_list(?)'
COLUMNS = "select name from pragma_table_xinfo(?) where hidden = 0"
_PLAIN_NAME = re.compile(r"[\"`\[]([a-z_][a-z0-9_]*)[\"`\]]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The objects of a scope with their normalised texts, and those of all others as they are."""

    own: frozenset[tuple[str, str, str, str]]
    others: frozenset[tuple[str, str, str, str]]


def schema_of(connection: apsw.Connection, scope: str) -> Schema:
    """Return the schema as `scope` sees it: its own objects and everybody else's.

    >>> connection = apsw.Connection(":memory:")
    >>> _ = connection.execute('create table "cart__line" (sku  text)')
    >>> schema_of(connection, "cart").own
    frozenset({('table', 'cart__line', 'cart__line', 'create table cart__line ( sku text )')})
    """
    prefix = prefix_of(scope)
    rows = [row for row in _rows(connection, OBJECTS) if row[1] != "sqlite_sequence"]
    own = frozenset((kind, name, table, normal(sql)) for kind, name, table, sql in rows if table.startswith(prefix))
    others = frozenset(row for row in rows if not row[2].startswith(prefix))
    return Schema(own=own, others=others)


def normal(sql: str) -> str:
    """Return a statement without comments, with single spaces, plain names unquoted and words outside strings lower.

    >>> normal('CREATE TABLE "a__x"(b /* the b */,c)')
    'create table a__x ( b , c )'
    """
    tokens = (token for token in _TOKEN.findall(sql) if not token.startswith(("--", "/*")))
    unquoted = (_PLAIN_NAME.sub(r"\1", token) if _PLAIN_NAME.fullmatch(token) else token for token in tokens)
    return " ".join(token if token[0] in "'\"`[" else token.lower() for token in unquoted)


def difference(wanted: Schema, got: Schema) -> str:
    """Say in one line how two schemas of the same scope differ; empty where they do not.

    >>> empty = Schema(own=frozenset(), others=frozenset())
    >>> difference(empty, empty)
    ''
    """
    missing = sorted(f"{kind} {name}" for kind, name, _, _ in wanted.own - got.own)
    extra = sorted(f"{kind} {name}" for kind, name, _, _ in got.own - wanted.own)
    changed = [one for one in missing if one in extra]
    told = {
        "changed": changed,
        "missing": [one for one in missing if one not in changed],
        "left over": [one for one in extra if one not in changed],
    }
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in told.items() if names)


def trespasses(link: Link, scope: str) -> list[str]:
    """List what in the schema of `scope` reaches beyond it: foreign keys, views and triggers on tables of others.

    >>> from pathlib import Path
    >>> from planaria.store.connection import connect
    >>> link = connect(Path(":memory:"))
    >>> _ = link.connection.execute("create table till__sale (id)")
    >>> _ = link.connection.execute("create view cart__sale as select id from till__sale")
    >>> trespasses(link, "cart")
    ["view cart__sale: may not read 'till__sale'"]
    """
    prefix, connection = prefix_of(scope), link.connection
    own = [row for row in _rows(connection, OBJECTS) if row[2].startswith(prefix)]
    problems = []
    triggered = {table for kind, _, table, _ in own if kind == "trigger"}
    for kind, name, _, sql in own:
        if kind == "view":
            problems += _compiles(link, prefix, f"view {name}", f"select * from {quoted(name)}")  # noqa: S608 - the names are quoted
        elif kind == "table" and not sql.lower().startswith("create virtual"):
            parents = _rows(connection, PARENTS, name)
            problems += [f"table {name}: a foreign key refers to '{parent}'" for (parent,) in parents if not parent.startswith(prefix)]
    for table in sorted(triggered):
        for statement in _firing(connection, table):
            problems += _compiles(link, prefix, f"a trigger on {table}", statement)
    return sorted(set(problems))


def quoted(name: str) -> str:
    """Quote a name for SQL.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def _rows(connection: apsw.Connection, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
    return list(connection.execute(sql, parameters).fetchall())


def _firing(connection: apsw.Connection, table: str) -> list[str]:
    """Return statements that make SQLite compile every trigger on a table or view."""
    columns = _rows(connection, COLUMNS, table)
    changes = ", ".join(f"{quoted(name)} = {quoted(name)}" for (name,) in columns)
    name = quoted(table)
    return [f"insert into {name} default values", f"update {name} set {changes}", f"delete from {name}"]  # noqa: S608 - the names are quoted


def _compiles(link: Link, prefix: str, subject: str, statement: str) -> list[str]:
    link.guard.enter(prefix)
    try:
        link.connection.execute(f"explain {statement}", can_cache=False).fetchall()
    except apsw.Error as error:
        denial = link.guard.denial
        if denial is not None:
            return [f"{subject}: may not {denial.action} '{denial.subject}'"]
        # A view without a trigger for this kind of change cannot be changed: that is no trespass.
        return [] if "cannot modify" in str(error) else [f"{subject}: {error}"]
    finally:
        link.guard.leave()
    return []
