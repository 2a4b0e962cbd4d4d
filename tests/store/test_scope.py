import apsw
import pytest

from planaria.kernel.error import PlanariaError
from planaria.store.connection import connect
from planaria.store.error import ForeignTable, ScopeWrong, SqlWrong, StatementRefused
from planaria.store.scope import Guard, prefix_of


@pytest.mark.parametrize("scope", ["", "a__b", "a_", "_a", "A", "a b", "a*/", "1a", "a-b", "ä", "a\n"])
def test_refuses_a_scope_whose_tables_would_be_ambiguous(scope):
    with pytest.raises(ScopeWrong) as caught:
        prefix_of(scope)
    assert caught.value.facts == {"scope": scope}


def test_a_scope_may_have_words_and_digits():
    assert prefix_of("reading_room2") == "reading_room2__"


OTHERS = [
    "select * from b__item",
    "select count(*) from b__item",
    "select exists (select 1 from b__item)",
    "select name from a__item union select name from b__item",
    "with x as (select name from b__item) select * from x",
    "insert into a__item(name) select name from b__item",
    "insert into b__item(name) values ('x')",
    "replace into b__item values (1, 'x')",
    "update b__item set name = 'x'",
    "update a__item set name = b.name from b__item b",
    "delete from b__item",
    "delete from a__item where name in (select name from b__item)",
    "delete from a__item returning (select name from b__item)",
    "select * from B__ITEM",
    'select * from "b__item"',
    "select * from main.b__item",
    "select * from planaria__migration",
    "select * from sqlite_master",
    "select * from sqlite_schema",
    "select * from sqlite_temp_master",
    "select * from sqlite_sequence",
    "select * from dbstat",
    "select * from pragma_table_list",
    "explain select * from b__item",
]


@pytest.mark.parametrize("sql", OTHERS)
@pytest.mark.parametrize("kind", ["read", "write"])
async def test_a_cell_cannot_touch_what_is_not_its_own(store, sql, kind):
    with pytest.raises(ForeignTable) as caught:
        await getattr(store, kind)(lambda session: session.execute("a", sql))
    assert caught.value.facts["cell"] == "a"
    assert caught.value.facts["table"] not in str(caught.value.facts["cell"])
    kept = await store.read(lambda session: session.execute("b", "select * from b__item"))
    assert kept == [(1, "secret")]


KINDS = [
    "attach ':memory:' as x",
    "detach main",
    "pragma user_version",
    "pragma user_version = 7",
    "pragma writable_schema = on",
    "select load_extension('x')",
    "create table a__new (x)",
    "create table b__new (x)",
    "create temp table a__new (x)",
    "create view a__view as select 1",
    "create trigger a__t after insert on a__item begin select 1; end",
    "create index a__i on a__item (name)",
    "create virtual table a__v using fts5(x)",
    "create virtual table a__v using fts5vocab(a__text, row)",
    "drop table a__item",
    "alter table a__item add column x",
    "alter table a__item rename to b__thing",
    "begin",
    "begin immediate",
    "commit",
    "end",
    "rollback",
    "savepoint x",
    "release body",
    "rollback to body",
    "analyze",
    "reindex a__item",
    "insert or rollback into a__item values (1, 'one')",
    "insert or /**/ RollBack into a__item values (1, 'one')",
    "update or rollback a__item set id = 1",
]


@pytest.mark.parametrize("sql", KINDS)
async def test_a_cell_cannot_run_a_statement_of_this_kind(store, sql):
    with pytest.raises((StatementRefused, ForeignTable)) as caught:
        await store.write(lambda session: session.execute("a", sql))
    assert caught.value.facts["cell"] == "a"


async def test_a_cell_cannot_vacuum_the_file_of_all(store):
    for sql in ("vacuum", "vacuum into 'copy.sqlite'"):
        with pytest.raises(SqlWrong, match="from within a transaction"):
            await store.write(lambda session, sql=sql: session.execute("a", sql))


OWN = [
    ("select 'rollback', \"name\" from a__item -- rollback", [("rollback", "one")]),
    ("select count(*) from a__item", [(1,)]),
    ("with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) select i from n", [(1,), (2,), (3,)]),
    ("select value from json_each('[1, 2]')", [(1,), (2,)]),
    ("select upper(name), row_number() over (order by id) from a__item", [("ONE", 1)]),
    ("insert into a__item values (1, 'x') on conflict (id) do update set name = excluded.name returning name", [("x",)]),
    ("select words from a__text where a__text match 'none'", []),
    ("select 1;", [(1,)]),
    ("select ';' ;  ", [(";",)]),
]


@pytest.mark.parametrize("sql, rows", OWN)
async def test_a_cell_may_do_all_else_with_its_own_tables(store, sql, rows):
    assert await store.write(lambda session: session.execute("a", sql)) == rows


async def test_a_cell_searches_and_keeps_its_full_text_index(store):
    def fill(session):
        session.execute("a", "insert into a__text values ('the flat worm'), ('a round worm')")
        session.execute("a", "insert into a__text(a__text) values ('optimize')")
        session.execute("a", "delete from a__text where rowid = 2")

    await store.write(fill)
    sql = "select snippet(a__text, 0, '[', ']', '', 5), bm25(a__text) < 0 from a__text where a__text match ?"
    assert await store.read(lambda session: session.execute("a", sql, ["worm"])) == [("the flat [worm]", 1)]
    assert await store.write(lambda session: session.execute("a", sql, ["worm"])) == [("the flat [worm]", 1)]
    with pytest.raises(ForeignTable):
        await store.read(lambda session: session.execute("b", sql, ["worm"]))


async def test_a_cell_cannot_damage_the_inside_of_its_full_text_index(store):
    with pytest.raises(PlanariaError):
        await store.write(lambda session: session.execute("a", "delete from a__text_data"))


async def test_a_cell_cannot_reuse_the_compiled_statement_of_another(store):
    sql = "select name from b__item"
    for _ in range(3):
        assert await store.write(lambda session: session.execute("b", sql)) == [("secret",)]
        for text in (sql, f"/*b*/ {sql}", f"*/ {sql}", f"/*b*/ /*a*/ {sql}"):
            with pytest.raises(PlanariaError) as caught:
                await store.write(lambda session, text=text: session.execute("a", text))
            assert caught.value.code in ("PLN-S102", "PLN-S302")


async def test_a_body_may_speak_for_two_scopes_but_each_statement_for_one(store):
    def body(session):
        session.execute("a", "insert into a__item(name) values ('two')")
        return session.execute("b", "select name from b__item")

    assert await store.write(body) == [("secret",)]


async def test_planaria_itself_may_make_its_own_tables_but_not_those_of_cells(store):
    make = "create table if not exists planaria__x (id integer primary key autoincrement)"
    await store.write(lambda session: session.execute("planaria", make))
    await store.write(lambda session: session.execute("planaria", make))
    with pytest.raises(ForeignTable):
        await store.write(lambda session: session.execute("planaria", "create table a__y (id)"))
    with pytest.raises(ForeignTable):
        await store.write(lambda session: session.execute("planaria", "select * from a__item"))


async def test_a_view_made_behind_the_stores_back_still_shows_nothing_of_others(tmp_path, store):
    link = connect(tmp_path / "store.sqlite")
    link.connection.execute("create view a__peek as select name from b__item")
    link.connection.execute("create trigger a__poke after insert on a__item begin insert into b__item(name) values (new.name); end")
    link.connection.close()
    with pytest.raises(ForeignTable):
        await store.read(lambda session: session.execute("a", "select * from a__peek"))
    with pytest.raises(ForeignTable):
        await store.write(lambda session: session.execute("a", "insert into a__item(name) values ('x')"))


async def test_a_full_text_index_cannot_read_the_content_of_others(tmp_path, store):
    link = connect(tmp_path / "store.sqlite")
    link.connection.execute("create virtual table a__thief using fts5(name, content='b__item', content_rowid='id')")
    link.connection.close()
    for sql in ("select name from a__thief", "insert into a__thief(a__thief) values ('rebuild')"):
        with pytest.raises(PlanariaError):
            await store.write(lambda session, sql=sql: session.execute("a", sql))


def test_an_action_that_is_not_known_is_denied():
    guard = Guard()
    guard.enter("a__")
    assert guard(12345, None, None, None, None) == apsw.SQLITE_DENY
    assert guard(apsw.SQLITE_READ, None, None, None, None) == apsw.SQLITE_DENY
    assert guard(apsw.SQLITE_READ, "a__x", "y", "temp", None) == apsw.SQLITE_DENY
    guard.leave()
    assert guard(12345, None, None, None, None) == apsw.SQLITE_OK
