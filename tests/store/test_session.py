import apsw
import pytest

from planaria.store import session as session_module
from planaria.store.error import (
    ConstraintBroken,
    SessionOver,
    SeveralStatements,
    SqlWrong,
    StoreFailed,
    WriteInRead,
)

SEVERAL = ["select 1; select 2", "select 1; -- more", "delete from a__item where name = ';'; select 1"]


@pytest.mark.parametrize("sql", SEVERAL)
async def test_runs_one_statement_only_and_nothing_of_several(store, sql):
    with pytest.raises(SeveralStatements):
        await store.write(lambda session: session.execute("a", sql))
    assert await store.read(lambda session: session.execute("a", "select name from a__item")) == [("one",)]


WRONG = [
    ("selct 1", ()),
    ("select nothing from a__item", ()),
    ("select * from a__gone", ()),
    ("select ?", ()),
    ("select 1", (1,)),
    ("select ?", (object(),)),
    ("select ?", (2**70,)),
    ("select 1\0", ()),
    ("select ';' from nowhere at all;", ()),
    ('select "a string" from a__item', ()),
    ("insert into a__item values ('x', 'not a number')", ()),
    ("select zeroblob(3000000000)", ()),
]


@pytest.mark.parametrize("sql, parameters", WRONG)
async def test_says_what_sqlite_does_not_accept(store, sql, parameters):
    with pytest.raises(SqlWrong) as caught:
        await store.write(lambda session: session.execute("a", sql, parameters))
    assert caught.value.facts["cell"] == "a"


async def test_a_broken_constraint_can_be_caught_in_the_body(store):
    def body(session):
        session.execute("a", "insert into a__item(name) values ('kept')")
        with pytest.raises(ConstraintBroken):
            session.execute("a", "insert into a__item(name) values ('one')")
        return session.changes()

    assert await store.write(body) == 0
    assert await store.read(lambda session: session.execute("a", "select count(*) from a__item")) == [(2,)]


async def test_a_read_cannot_write(store):
    with pytest.raises(WriteInRead):
        await store.read(lambda session: session.execute("a", "insert into a__item(name) values ('x')"))


async def test_counts_the_rows_that_the_last_statement_changed(store):
    def body(session):
        counts = [session.changes()]
        for sql in (
            "insert into a__item(name) values ('x'), ('y')",
            "select * from a__item",
            "update a__item set name = name || '!'",
            "delete from a__item where id > 100",
        ):
            session.execute("a", sql)
            counts.append(session.changes())
        return counts

    assert await store.write(body) == [0, 2, 0, 3, 0]
    assert await store.write(lambda session: session.changes()) == 0
    assert await store.read(lambda session: session.changes()) == 0


async def test_a_session_is_over_when_its_body_has_ended(store):
    kept = await store.write(lambda session: session)
    with pytest.raises(SessionOver):
        kept.execute("a", "select 1")
    assert kept.changes() == 0


async def test_remembers_only_so_many_texts(store, monkeypatch):
    monkeypatch.setattr(session_module, "TEXTS_KEPT", 2)
    for number in range(5):
        sql = f"select {number}"
        assert await store.read(lambda session, sql=sql: session.execute("a", sql)) == [(number,)]


async def test_what_the_disk_does_is_the_stores_failure(store):
    statements = store._writer._statements
    for error in (apsw.IOError("disk I/O error"), apsw.FullError("full"), apsw.CorruptError("malformed")):
        store._writer._link.guard.enter("a__")
        told = statements.translate(error, "a", "select 1")
        assert isinstance(told, StoreFailed)
        assert str(error) in str(told)
