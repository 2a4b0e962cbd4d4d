from contextlib import closing

import pytest

from planaria.store.connection import connect
from planaria.store.error import MigrationFailed, MigrationsWrong, ScopeWrong, StatementRefused, StoreFailed, StoreInUse
from planaria.store.migrator import apply, migrate, plan, rehearsed
from planaria.store.sqlite import SqliteStore

FIRST = """-- up
create table a__item (id integer primary key autoincrement, name text unique, item integer references a__item(id));
create index a__item_item on a__item (item);
insert into a__item(name) values ('one'), ('two');
-- down
drop table a__item;
"""
SECOND = """-- up
alter table a__item add column note text not null default 'x' check (length(note) > 0);
alter table a__item rename column name to title;
create virtual table a__text using fts5(title, content='a__item', content_rowid='id');
insert into a__text(a__text) values ('rebuild');
create trigger a__fill after insert on a__item begin
    insert into a__text(rowid, title) values (new.id, new.title);
end;
create view a__titles as select title from a__item;
create trigger a__into instead of insert on a__titles begin
    insert into a__item(title) values (new.title);
end;
-- down
drop view a__titles;
drop trigger a__fill;
drop table a__text;
alter table a__item rename column title to name;
alter table a__item drop column note;
"""


@pytest.fixture
def cell(tmp_path):
    """A store in which cell `b` has a table with a row, and a folder for the migrations of cell `a`."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    path = tmp_path / "store.sqlite"
    with closing(connect(path).connection) as connection:
        connection.execute("create table b__item (id integer primary key, name); insert into b__item values (1, 'b')")
        connection.execute("create index b__i on b__item (name); create view b__v as select 1 as one")

    class Cell:
        def __init__(self):
            self.folder, self.path = folder, path

        def write(self, *texts):
            for number, text in enumerate(texts, start=1):
                (folder / f"{number:04}_step.sql").write_text(text)
            return self

        def rows(self, sql):
            with closing(connect(path).connection) as connection:
                return connection.execute(sql).fetchall()

        def schema(self):
            return self.rows("select name, sql from sqlite_schema order by name")

    return Cell()


def one(up, down="select 1;"):
    return f"-- up\n{up}\n-- down\n{down}\n"


def test_goes_up_and_back_and_remembers_when(cell, noon):
    cell.write(FIRST, SECOND)
    before = cell.schema()
    made = migrate(cell.path, "a", cell.folder, clock=noon)
    assert (made.at, made.to) == (0, 2)
    assert cell.rows("select cell, number, name, applied_at from planaria__migration") == [
        ("a", 1, "step", 43200.0),
        ("a", 2, "step", 43200.0),
    ]
    assert cell.rows("select rowid from a__text where a__text match 'two'") == [(2,)]
    cell.rows("insert into a__titles values ('three')")
    assert cell.rows("select rowid from a__text where a__text match 'three'") == [(3,)]
    assert migrate(cell.path, "a", cell.folder, clock=noon).steps == ()
    assert migrate(cell.path, "a", cell.folder, to=1, clock=noon).back
    assert cell.rows("select name from a__item order by id") == [("one",), ("two",), ("three",)]
    migrate(cell.path, "a", cell.folder, to=0, clock=noon)
    assert [row for row in cell.schema() if row[0] != "sqlite_sequence"] == before
    assert cell.rows("select * from planaria__migration") == []


def test_a_plan_changes_nothing(cell, noon, tmp_path):
    cell.write(FIRST, SECOND)
    assert [step.number for step in plan(cell.path, "a", cell.folder).steps] == [1, 2]
    assert [step.number for step in plan(tmp_path / "absent.sqlite", "a", cell.folder).steps] == [1, 2]
    assert not (tmp_path / "absent.sqlite").exists()
    assert cell.rows("select * from planaria__migration") == []


TRESPASSES = {
    "a table": "create table b__new (id);",
    "a table without an owner": "create table loose (id);",
    "a trigger on": "create trigger a__t after insert on b__item begin select 1; end;",
    "a trigger named": "create table a__x (id); create trigger b__t after insert on a__x begin select 1; end;",
    "a trigger into": ("create table a__x (id); create trigger a__t after insert on a__x begin insert into b__item values (2, 'x'); end;"),
    "a trigger on update into": (
        "create table a__x (id, n); create trigger a__t after update of n on a__x begin delete from b__item; end;"
    ),
    "a view": "create view a__v as select name from b__item;",
    "a view named": "create view b__w as select 1;",
    "a view of the schema": "create view a__v as select name from sqlite_master;",
    "a view over a view": "create view a__v as select * from b__v;",
    "a foreign key": "create table a__x (id references b__item (id) on delete cascade);",
    "an index": "create index a__i on b__item (id);",
    "an index named": "create table a__x (id); create index b__j on a__x (id);",
    "a full text index": "create virtual table b__t using fts5(x);",
    "the content of a full text index": (
        "create virtual table a__t using fts5(name, content='b__item', content_rowid='id');insert into a__t(a__t) values ('rebuild');"
    ),
    "a vocabulary": "create virtual table a__t using fts5vocab('b__item', 'row');",
    "a rename": "create table a__x (id); alter table a__x rename to b__x;",
    "a rename of theirs": "alter table b__item rename to a__item;",
    "a column": "alter table b__item add column x;",
    "a drop": "drop table b__item;",
    "a drop of an index": "drop index b__i;",
    "a drop of a view": "drop view b__v;",
    "a copy": "create table a__x as select * from b__item;",
    "a copy of the schema": "create table a__x as select name from sqlite_master;",
    "rows": "insert into b__item values (2, 'x');",
    "the memory of migrations": "delete from planaria__migration;",
    "the schema": "update sqlite_master set sql = '';",
    "the sequence": "create table a__x (id integer primary key autoincrement); delete from sqlite_sequence;",
    "a temporary table": "create temp table a__x (id);",
    "a temporary trigger": "create temp trigger a__t after insert on b__item begin select 1; end;",
    "an attached file": "attach 'other.sqlite' as other;",
    "a setting": "pragma writable_schema = on;",
    "a transaction": "commit;",
    "a rollback": "rollback;",
    "a savepoint": "savepoint x;",
    "an index of theirs": "reindex b__i;",
    "statistics": "analyze;",
}


@pytest.mark.parametrize("up", TRESPASSES.values(), ids=TRESPASSES.keys())
def test_a_migration_cannot_reach_beyond_its_cell(cell, noon, up):
    cell.write(one(up))
    before = cell.schema()
    with pytest.raises(MigrationFailed) as caught:
        migrate(cell.path, "a", cell.folder, clock=noon)
    assert caught.value.facts["number"] == 1
    assert cell.schema() == before
    assert cell.rows("select * from b__item") == [(1, "b")]


@pytest.mark.parametrize("up", TRESPASSES.values(), ids=TRESPASSES.keys())
def test_nor_can_it_without_a_rehearsal(cell, noon, up):
    made = plan(cell.path, "a", cell.write(one(up)).folder)
    before = cell.schema()
    link = connect(cell.path)
    with closing(link.connection), pytest.raises(MigrationFailed):
        apply(link, made, noon)
    assert cell.schema() == before


IRREVERSIBLE = {
    "nothing is undone": one("create table a__x (id);"),
    "less is undone": one("create table a__x (id); create index a__i on a__x (id);", "drop index a__i;"),
    "another column comes back": one("create table a__x (id);", "alter table a__x rename to a__y;"),
    "the way back fails": one("create table a__x (id);", "drop table a__y;"),
    "the second run differs": one("create table if not exists a__x (id);", "alter table a__x add column y;"),
    "a row breaks its key": one(
        "create table a__x (id primary key, up references a__x); insert into a__x values (1, 2);", "drop table a__x;"
    ),
    "a trigger that cannot compile": one(
        "create table a__x (id); create trigger a__t after delete on a__x begin delete from a__gone; end;",
        "drop table a__x;",
    ),
    "a view that cannot compile": one("create view a__v as select * from a__gone;", "drop view a__v;"),
    "the words are wrong": one("creat table a__x (id);"),
    "a null character": one("select '\0';"),
}


@pytest.mark.parametrize("text", IRREVERSIBLE.values(), ids=IRREVERSIBLE.keys())
def test_refuses_what_does_not_lead_back(cell, noon, text):
    cell.write(text)
    before = cell.schema()
    with pytest.raises(MigrationFailed):
        migrate(cell.path, "a", cell.folder, clock=noon)
    assert cell.schema() == before


def test_refuses_a_migration_whose_second_run_leads_elsewhere(cell, noon):
    up = "create table a__x (id);"
    cell.write(one(up, "drop table a__x;"))
    migrate(cell.path, "a", cell.folder, clock=noon)
    (cell.folder / "0002_step.sql").write_text(
        one("create table if not exists a__log (n); create index if not exists a__i on a__x (id);", "drop index a__i;")
    )
    with pytest.raises(MigrationFailed, match="does not lead back"):
        migrate(cell.path, "a", cell.folder, clock=noon)


def test_refuses_a_way_up_that_finds_what_the_way_back_left(cell, noon, monkeypatch):
    cell.write(FIRST)
    told = iter(["", "changed: table a__item"])
    monkeypatch.setattr("planaria.store.migrator.difference", lambda *_: next(told))
    with pytest.raises(MigrationFailed, match="a second run"):
        migrate(cell.path, "a", cell.folder, clock=noon)


def test_checks_the_integrity_of_the_copy(cell, noon, monkeypatch):
    cell.write(FIRST)
    real = connect

    class Damaged:
        def __init__(self, connection):
            self._connection = connection

        def __getattr__(self, name):
            return getattr(self._connection, name)

        def pragma(self, name, *value):
            return "row 3 missing" if name == "integrity_check" else self._connection.pragma(name, *value)

    def damaged(path, **given):
        link = real(path, **given)
        if path.name != "rehearsal.sqlite":
            return link
        return type(link)(connection=Damaged(link.connection), guard=link.guard, pace=link.pace, path=path)

    monkeypatch.setattr("planaria.store.migrator.connect", damaged)
    with pytest.raises(MigrationFailed, match="row 3 missing"):
        migrate(cell.path, "a", cell.folder, clock=noon)


def test_a_failure_after_steps_that_worked_undoes_them_too(cell, noon):
    cell.write(one("create table a__x (id);", "drop table a__x;"), one("select * from a__gone;"))
    with pytest.raises(MigrationFailed) as caught:
        apply_all(cell, noon)
    assert caught.value.facts["file"] == "0002_step.sql"
    assert "a__x" not in dict(cell.schema())


def apply_all(cell, noon):
    made = plan(cell.path, "a", cell.folder)
    link = connect(cell.path)
    with closing(link.connection):
        apply(link, made, noon)


def test_refuses_when_another_migrated_between_the_plan_and_the_act(cell, noon):
    cell.write(FIRST)
    made = rehearsed(cell.path, "a", cell.folder)
    migrate(cell.path, "a", cell.folder, clock=noon)
    link = connect(cell.path)
    with closing(link.connection), pytest.raises(MigrationFailed, match="another process"):
        apply(link, made, noon)


def test_refuses_an_applied_migration_that_changed(cell, noon):
    cell.write(FIRST)
    migrate(cell.path, "a", cell.folder, clock=noon)
    cell.write(FIRST + "-- a remark\n")
    with pytest.raises(MigrationsWrong):
        migrate(cell.path, "a", cell.folder, clock=noon)


def test_a_file_without_a_memory_of_migrations_has_none_applied(cell, tmp_path):
    (tmp_path / "empty.sqlite").touch()
    assert [step.number for step in plan(tmp_path / "empty.sqlite", "a", cell.write(FIRST).folder).steps] == [1]


def test_a_file_that_is_no_database_is_the_stores_failure(cell, tmp_path):
    (tmp_path / "junk.sqlite").write_bytes(b"junk" * 2000)
    with pytest.raises(StoreFailed):
        plan(tmp_path / "junk.sqlite", "a", cell.write(FIRST).folder)


def test_a_disk_that_is_full_leaves_the_store_as_it_was(cell, noon):
    made = plan(cell.path, "a", cell.write(FIRST).folder)
    before = cell.schema()
    link = connect(cell.path)
    with closing(link.connection):
        link.connection.pragma("max_page_count", link.connection.pragma("page_count"))
        with pytest.raises((StoreFailed, MigrationFailed)):
            apply(link, made, noon)
        link.connection.execute("pragma max_page_count = 1000000")
        other = connect(cell.path)
        other.connection.execute("begin immediate")
        link.connection.set_busy_timeout(0)
        with pytest.raises(StoreFailed, match="BusyError"):
            apply(link, made, noon)
        other.connection.close()
    assert cell.schema() == before


@pytest.mark.parametrize("name", ["A", "a__b", "b_"])
def test_refuses_a_cell_whose_name_is_no_scope(cell, name):
    with pytest.raises(ScopeWrong):
        plan(cell.path, name, cell.folder)


def test_refuses_migrations_of_planaria_itself(cell):
    with pytest.raises(StatementRefused):
        plan(cell.path, "planaria", cell.folder)


async def test_migrates_while_the_system_runs_and_others_write(cell, noon):
    store = SqliteStore.open(cell.path)
    with pytest.raises(StoreInUse):
        migrate(cell.path, "a", cell.folder, clock=noon)
    cell.write(FIRST)
    count = "select count(*) from b__item"
    await store.read(lambda session: session.execute("b", count))
    await store.migrate("a", cell.folder, clock=noon)
    names = "select name from a__item"
    assert await store.read(lambda session: session.execute("a", names)) == [("one",), ("two",)]
    cell.write(FIRST, SECOND)
    await store.migrate("a", cell.folder, clock=noon)
    assert await store.write(lambda session: session.execute("a", "select title from a__item")) == [("one",), ("two",)]
    cell.write(FIRST, SECOND, one("create view a__bad as select * from b__item;", "drop view a__bad;"))
    with pytest.raises(MigrationFailed):
        await store.migrate("a", cell.folder, clock=noon)
    await store.migrate("a", cell.folder, to=0, clock=noon)
    await store.close()


async def test_a_migration_that_fails_at_the_last_moment_leaves_the_running_store_as_it_was(cell, noon, monkeypatch):
    store = SqliteStore.open(cell.path)
    cell.write(one("create view a__bad as select * from b__item;", "drop view a__bad;"))
    monkeypatch.setattr("planaria.store.sqlite.rehearsed", plan)
    with pytest.raises(MigrationFailed):
        await store.migrate("a", cell.folder, clock=noon)
    await store.write(lambda session: session.execute("b", "insert into b__item values (2, 'still')"))
    await store.close()
