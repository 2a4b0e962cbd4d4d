import pytest

from planaria.assemble.clock import SystemClock
from planaria.store.error import ConstraintBroken, WriteInRead
from planaria.store.sqlite import SqliteStore
from planaria.store.trial import TrialStore

MIGRATION = (
    "-- up\ncreate table shop__a (id integer primary key);\n"
    "create table shop__b (a integer references shop__a (id) deferrable initially deferred);\n"
    "-- down\ndrop table shop__b;\ndrop table shop__a;\n"
)


@pytest.fixture
def migrations(tmp_path):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_first.sql").write_text(MIGRATION)
    return {"shop": tmp_path / "migrations"}


def insert(table, number):
    return lambda session: session.execute("shop", f"insert into shop__{table} values (?)", (number,))


def rows(table):
    return lambda session: session.execute("shop", f"select * from shop__{table}")


async def test_it_returns_to_what_was_kept(migrations):
    store = TrialStore.fresh(migrations, clock=SystemClock())
    await store.write(insert("a", 1))
    store.keep()
    for _ in range(3):
        await store.write(insert("a", 2))
        assert await store.read(rows("a")) == [(1,), (2,)]
        store.set_back()
        assert await store.read(rows("a")) == [(1,)]


async def test_a_body_that_fails_leaves_nothing(migrations):
    store = TrialStore.fresh(migrations, clock=SystemClock())

    def body(session):
        insert("a", 1)(session)
        raise KeyError("no")

    with pytest.raises(KeyError):
        await store.write(body)
    assert await store.read(rows("a")) == []


async def test_it_refuses_what_the_durable_store_refuses(migrations):
    store = TrialStore.fresh(migrations, clock=SystemClock())
    with pytest.raises(WriteInRead):
        await store.read(insert("a", 1))
    with pytest.raises(ConstraintBroken):
        await store.write(insert("b", 99))
    assert await store.read(rows("b")) == []


async def test_a_copy_leaves_the_store_as_it_is(migrations, tmp_path):
    durable = SqliteStore.open(tmp_path / "store.sqlite")
    await durable.migrate("shop", migrations["shop"], clock=SystemClock())
    await durable.write(insert("a", 7))
    copy = TrialStore.copy_of(tmp_path / "store.sqlite")
    await copy.write(insert("a", 8))
    assert await copy.read(rows("a")) == [(7,), (8,)]
    assert await durable.read(rows("a")) == [(7,)]
    await durable.close()
