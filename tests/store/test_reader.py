import pytest


async def test_a_snapshot_that_sqlite_gave_up_ends_with_the_bodys_own_error(store):
    def body(session):
        for reader in store._readers:
            if reader._link.connection.in_transaction:
                reader._link.connection.execute("rollback")
        raise ValueError("own")

    with pytest.raises(ValueError, match="own"):
        await store.read(body)
    assert await store.read(lambda session: session.execute("a", "select 1")) == [(1,)]
