"""Text functions give what SQLite's own give, and end."""

import sqlite3

import apsw
import pytest

from planaria.store.text import PATTERN_BYTES_MAX, SET_MAX, bound

BYTES_MAX = 1_000_000


@pytest.fixture
def connection():
    one = apsw.Connection(":memory:")
    bound(one, bytes_max=BYTES_MAX)
    yield one
    one.close()


VALUES = ("", "a", "aba", "äöä", "a\x00b", "🐛a", 12, None)


@pytest.mark.parametrize(
    "sql, count",
    [
        ("instr(?, ?)", 2),
        ("replace(?, ?, ?)", 3),
        ("trim(?, ?)", 2),
        ("ltrim(?, ?)", 2),
        ("rtrim(?, ?)", 2),
        ("trim(?)", 1),
        ("instr(x'6162', ?)", 1),
    ],
)
def test_they_give_what_sqlite_gives(connection, sql, count):
    theirs = sqlite3.connect(":memory:")
    for number in range(len(VALUES) ** count):
        given = [VALUES[number // len(VALUES) ** place % len(VALUES)] for place in range(count)]
        if "trim" in sql and any("\x00" in one for one in given if isinstance(one, str)):
            continue  # SQLite's own ends a set at a NUL
        wanted = theirs.execute(f"select {sql}", given).fetchone()
        assert list(connection.execute(f"select {sql}", given)) == [wanted], given
    theirs.close()


def test_a_search_in_megabytes_of_like_letters_ends(connection):
    text, part = "a" * 4_000_000, "a" * 1_000_000 + "b"
    assert list(connection.execute("select instr(?, ?), length(replace(?, ?, ''))", (text, part, text[:900_000], part))) == [(0, 900_000)]


@pytest.mark.parametrize(
    "sql, given",
    [
        ("replace(?, 'a', ?)", ("a" * 2_000, "b" * 2_000)),
        ("trim('a', ?)", ("b" * (SET_MAX + 1),)),
        ("'a' like ?", ("%" * (PATTERN_BYTES_MAX + 1),)),
        ("'a' glob ?", ("*" * (PATTERN_BYTES_MAX + 1),)),
    ],
)
def test_what_would_take_too_long_or_too_much_fails(connection, sql, given):
    with pytest.raises((apsw.Error, ValueError)):
        list(connection.execute(f"select {sql}", given))


def test_a_migration_may_use_them_in_an_index(connection):
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.execute(
        "create table t (x text check (instr(x, 'a') = 1)); create index i on t (replace(x, 'a', 'b')); insert into t values ('ab')"
    )
    with pytest.raises(apsw.ConstraintError):
        connection.execute("insert into t values ('ba')")
