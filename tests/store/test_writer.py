import asyncio

import apsw
import pytest

from planaria.store import connection as connection_module
from planaria.store.error import (
    BodyStopped,
    ConstraintBroken,
    StoreBusy,
    StoreFailed,
)
from tests.store.queued import ADD, Gate, adding, names


async def test_bodies_that_wait_together_are_committed_together(store):
    gate, commits = Gate(), []
    held = await gate.close(store)
    store._writer._connection.set_commit_hook(lambda: bool(commits.append(1)))
    tasks = [asyncio.create_task(store.write(adding(f"n{n}"))) for n in range(40)]
    await asyncio.sleep(0)
    gate.opened.set()
    assert await asyncio.gather(*tasks) == [f"n{n}" for n in range(40)]
    await held
    assert len(commits) == 2  # the body that held the writer, then all forty
    assert await names(store) == [f"n{n}" for n in range(40)]


async def test_a_group_is_bounded(store, monkeypatch):
    monkeypatch.setattr("planaria.store.writer.GROUP_MAX", 3)
    gate = Gate()
    held = await gate.close(store)
    tasks = [asyncio.create_task(store.write(adding(f"n{n}"))) for n in range(10)]
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(held, *tasks)
    assert len(await names(store)) == 10


ORDINARY = [ValueError("no"), KeyError("k"), TimeoutError()]
STRANGE = [StopIteration(1), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()]


@pytest.mark.parametrize("error", [*ORDINARY, *STRANGE], ids=lambda error: type(error).__name__)
async def test_a_body_that_raises_is_rolled_back_alone(store, error):
    gate = Gate()
    held = await gate.close(store)
    bodies = [adding("before"), adding("lost", then=error), adding("after")]
    tasks = [asyncio.create_task(store.write(body)) for body in bodies]
    await asyncio.sleep(0)
    gate.opened.set()
    await held
    before, lost, after = await asyncio.gather(*tasks, return_exceptions=True)
    assert (before, after) == ("before", "after")
    if error in ORDINARY:
        assert lost is error
    else:
        assert isinstance(lost, BodyStopped)
        assert lost.facts["error"] == type(error).__name__
    assert await names(store) == ["before", "after"]


async def test_a_deferred_constraint_fails_its_own_body_and_not_the_group(store):
    def orphan(session):
        session.execute("a", "insert into a__part values (1, 99)")

    def whole(session):
        session.execute("a", "insert into a__part values (2, 98)")
        session.execute("a", "insert into a__item values (98, 'late')")

    results = await asyncio.gather(*map(store.write, (orphan, whole, adding("x"))), return_exceptions=True)
    assert isinstance(results[0], ConstraintBroken)
    assert results[0].facts["cell"] == "a"
    assert results[1:] == [None, "x"]
    assert await store.read(lambda session: session.execute("a", "select id from a__part")) == [(2,)]


async def test_when_the_commit_fails_all_of_the_group_fail_and_nothing_is_visible(store):
    gate = Gate()
    held = await gate.close(store)
    store._writer._connection.set_commit_hook(lambda: True)
    tasks = [asyncio.create_task(store.write(adding(f"n{n}"))) for n in range(3)]
    own = asyncio.create_task(store.write(adding("x", then=ValueError("own"))))
    await asyncio.sleep(0)
    gate.opened.set()
    results = await asyncio.gather(held, *tasks, return_exceptions=True)
    assert {type(one) for one in results} == {StoreFailed}
    with pytest.raises(ValueError, match="own"):
        await own
    store._writer._connection.set_commit_hook(None)
    assert await names(store) == []
    await store.write(adding("again"))
    assert await names(store) == ["again"]


async def test_a_full_disk_fails_those_who_wrote_and_leaves_the_store_usable(store):
    connection = store._writer._connection
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages + 8)
    gate = Gate()
    held = await gate.close(store)
    big = lambda session: session.execute("a", "insert into a__text values (?)", ["word " * 200_000])
    tasks = [asyncio.create_task(store.write(body)) for body in (adding("small"), big, adding("later"))]
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(held, return_exceptions=True)
    _, filled, _ = results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(filled, StoreFailed)
    assert await names(store) == [one for one in results if isinstance(one, str)]
    connection.pragma("max_page_count", 2**30)
    await store.write(adding("again"))
    assert "again" in await names(store)


async def test_when_sqlite_undoes_the_transaction_those_who_ran_fail_and_the_rest_run(store):
    gate = Gate()
    held = await gate.close(store)
    connection = store._writer._connection

    def undone(session):
        connection.execute("rollback")

    async def told(body):
        try:
            return await store.write(body)
        except StoreFailed:
            return "failed"

    tasks = [asyncio.create_task(told(body)) for body in (adding("first"), undone, adding("rest"))]
    await asyncio.sleep(0)
    gate.opened.set()
    await held
    assert await asyncio.gather(*tasks) == ["failed", "failed", "rest"]
    assert await names(store) == ["rest"]


async def test_whatever_breaks_inside_the_group_every_caller_is_told(store, monkeypatch):
    gate = Gate()
    held = await gate.close(store)
    run_one, seen = store._writer._run_one, []

    def breaking(work):
        seen.append(work)
        if len(seen) == 2:
            raise MemoryError("no more")
        return run_one(work)

    monkeypatch.setattr(store._writer, "_run_one", breaking)
    tasks = [asyncio.create_task(store.write(adding(f"n{n}"))) for n in range(4)]
    await asyncio.sleep(0)
    gate.opened.set()
    await held
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in results} == {StoreFailed}
    assert await names(store) == []


async def test_a_rollback_that_fails_does_not_end_the_thread(store):
    writer = store._writer
    kept, writer._connection = writer._connection, Unrollable()
    writer._undo()
    assert writer.trouble is not None
    writer._connection = kept
    await store.write(adding("x"))


class Unrollable:
    in_transaction = True

    def execute(self, sql):
        raise apsw.IOError(sql)


async def test_a_write_whose_caller_is_cancelled_while_it_waits_is_skipped(store):
    gate = Gate()
    held = await gate.close(store)
    waiting = asyncio.create_task(store.write(adding("skipped")))
    reading = asyncio.create_task(store.read(lambda session: None))
    await asyncio.sleep(0)
    waiting.cancel()
    reading.cancel()
    await asyncio.gather(waiting, reading, return_exceptions=True)
    gate.opened.set()
    await held
    await store.write(adding("kept"))
    assert await names(store) == ["kept"]


async def test_a_write_whose_caller_is_cancelled_while_it_runs_stays(store):
    gate = Gate()

    def body(session):
        session.execute("a", ADD, ["stays"])
        gate.body(session)

    task = asyncio.create_task(store.write(body))
    await asyncio.to_thread(gate.entered.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.opened.set()
    await store.write(adding("next"))
    assert await names(store) == ["stays", "next"]


async def test_a_database_held_by_another_process_is_busy_not_lost(store, monkeypatch):
    store._writer._connection.set_busy_timeout(0)
    other = connection_module.connect(store.path)
    other.connection.execute("begin immediate")
    with pytest.raises(StoreBusy):
        await store.write(adding("x"))
    other.connection.execute("rollback")
    other.connection.close()
    await store.write(adding("x"))
    assert await names(store) == ["x"]


async def test_a_broken_connection_fails_the_caller_and_not_the_thread(store):
    store._writer._connection.execute("begin")
    with pytest.raises(StoreFailed):
        await store.write(adding("x"))
    store._writer._connection.execute("rollback")
    for reader in store._readers:
        reader._link.connection.execute("begin")
    with pytest.raises(StoreFailed):
        await store.read(lambda session: None)
    for reader in store._readers:
        reader._link.connection.execute("rollback")
    await store.write(adding("x"))
    assert await names(store) == ["x"]
