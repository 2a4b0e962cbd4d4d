import asyncio
import threading

import pytest

from planaria.store import connection as connection_module
from planaria.store.error import (
    BodyWrong,
    StoreBusy,
    StoreClosed,
    StoreFailed,
    StoreInUse,
)
from planaria.store.sqlite import SqliteStore
from tests.store.queued import NAMES, Gate, adding, names


async def test_a_read_sees_one_snapshot_while_others_write(store):
    await store.write(adding("first"))
    began, go_on = threading.Event(), threading.Event()

    def body(session):
        before = session.execute("a", NAMES)
        began.set()
        assert go_on.wait(30)
        return before, session.execute("a", NAMES)

    reading = asyncio.create_task(store.read(body))
    await asyncio.to_thread(began.wait, 30)
    await store.write(adding("second"))
    assert await names(store) == ["first", "second"]
    go_on.set()
    before, after = await reading
    assert before == after == [("first",)]


async def test_refuses_a_body_that_is_asynchronous(store):
    async def body(session):
        """Never runs."""

    for run in (store.read, store.write):
        with pytest.raises(BodyWrong):
            await run(body)


async def test_its_queues_are_bounded(tmp_path):
    store = SqliteStore.open(tmp_path / "small.sqlite", queue=2, readers=1)
    gate = Gate()
    held = await gate.close(store)
    tasks = [asyncio.create_task(store.write(lambda session: None)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy) as caught:
        await store.write(lambda session: None)
    assert caught.value.facts["retry_after_s"] > 0
    gate.opened.set()
    await asyncio.gather(held, *tasks)
    await store.close()


async def test_a_closed_store_ran_what_waited_and_refuses_the_rest(store):
    gate = Gate()
    held = await gate.close(store)
    waiting = asyncio.create_task(store.write(adding("waited")))
    await asyncio.sleep(0)
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    for run in (store.read, store.write):
        with pytest.raises(StoreClosed):
            await run(lambda session: None)
    gate.opened.set()
    await asyncio.gather(held, closing)
    assert await waiting == "waited"
    await store.close()
    assert not store.path.with_name("store.sqlite-wal").exists()
    again = SqliteStore.open(store.path)
    assert await names(again) == ["waited"]
    await again.close()


async def test_work_that_slips_in_behind_the_close_is_told_so(store):
    await store.close()
    store._closed = False
    late = asyncio.create_task(store.write(lambda session: None))
    await asyncio.sleep(0)
    await store.close()
    with pytest.raises(StoreClosed):
        await late


async def test_two_systems_cannot_open_one_store(store):
    import os

    with pytest.raises(StoreInUse) as caught:
        SqliteStore.open(store.path)
    assert caught.value.facts["pid"] == str(os.getpid())


async def test_a_store_that_cannot_be_opened_gives_its_lock_back(tmp_path):
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"this is no database, however long it may be" * 100)
    for _ in range(2):
        with pytest.raises(StoreFailed):
            SqliteStore.open(path)
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StoreFailed):
        SqliteStore.open(tmp_path / "folder.sqlite")


async def test_a_store_whose_readers_cannot_be_opened_is_closed_again(tmp_path, monkeypatch):
    def no_readers(path, **given):
        if given.get("readonly"):
            raise StoreFailed(path=str(path), text="no")
        return connection_module.connect(path, **given)

    monkeypatch.setattr("planaria.store.sqlite.connect", no_readers)
    with pytest.raises(StoreFailed):
        SqliteStore.open(tmp_path / "store.sqlite")
    monkeypatch.undo()
    await SqliteStore.open(tmp_path / "store.sqlite").close()


async def test_normal_durability_is_a_setting(tmp_path):
    store = SqliteStore.open(tmp_path / "store.sqlite", synchronous="normal")
    assert store._writer._connection.pragma("synchronous") == 1
    await store.close()


def test_one_store_serves_loop_after_loop(tmp_path):
    store = SqliteStore.open(tmp_path / "store.sqlite")
    make = lambda session: session.execute("planaria", "create table if not exists planaria__x (id)")
    for _ in range(2):
        asyncio.run(store.write(make))
    asyncio.run(store.close())


async def test_a_change_is_on_the_disk_when_the_write_returns_even_if_the_process_is_killed(tmp_path):
    import signal
    import sys

    program = """
import asyncio, os, signal, sys
from pathlib import Path
from planaria.store.sqlite import SqliteStore
from tests.store.queued import ADD, NAMES, Gate, adding, names

async def main():
    store = SqliteStore.open(Path(sys.argv[1]))
    await store.write(lambda s: s.execute("planaria", "create table planaria__n (n integer)"))
    async def count(n):
        await store.write(lambda s: s.execute("planaria", "insert into planaria__n values (?)", [n]))
        sys.stdout.write(f"{n}\\n")
        sys.stdout.flush()
        if n == 500:
            os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.gather(*map(count, range(2000)))

asyncio.run(main())
"""
    path = tmp_path / "store.sqlite"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path), stdout=pipe)
    out, _ = await process.communicate()
    assert process.returncode == -signal.SIGKILL
    told = set(map(int, out.split()))
    store = SqliteStore.open(path)
    kept = await store.read(lambda session: session.execute("planaria", "select n from planaria__n"))
    assert told
    assert told <= {n for (n,) in kept}
    await store.close()
