import asyncio
import sys
from contextlib import closing

import apsw
import pytest

from planaria.store.backup import backup, restore
from planaria.store.error import BackupRefused, StoreInUse
from planaria.store.sqlite import SqliteStore

MAKE = "create table if not exists planaria__pair (side text, n integer)"


async def fill(store, *, rounds):
    """Write pairs: in every snapshot there are as many left as right sides."""

    def body(session):
        for side in ("left", "right"):
            session.execute("planaria", "insert into planaria__pair values (?, 1)", [side])

    await store.write(lambda session: session.execute("planaria", MAKE))
    for _ in range(rounds):
        await store.write(body)


def sides(path):
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        rows = dict(connection.execute("select side, sum(n) from planaria__pair group by side").fetchall())
        assert connection.pragma("integrity_check") == "ok"
    return rows.get("left", 0), rows.get("right", 0)


async def test_backs_up_whole_transactions_while_writers_run_and_restores_them(store, tmp_path):
    await fill(store, rounds=1)
    writers = [asyncio.create_task(fill(store, rounds=150)) for _ in range(4)]
    for number in range(3):
        size = await asyncio.to_thread(backup, store.path, tmp_path / f"{number}.sqlite")
        assert size == (tmp_path / f"{number}.sqlite").stat().st_size
        assert (tmp_path / f"{number}.sqlite").stat().st_mode & 0o777 == 0o600
        left, right = sides(tmp_path / f"{number}.sqlite")
        assert left == right > 0
    await asyncio.gather(*writers)
    with pytest.raises(StoreInUse):
        restore(tmp_path / "0.sqlite", store.path)
    await store.close()
    kept = restore(tmp_path / "0.sqlite", store.path)
    assert kept == tmp_path / "store.sqlite.before-restore"
    assert sides(kept) == (601, 601)
    assert sides(store.path) == sides(tmp_path / "0.sqlite")
    again = SqliteStore.open(store.path)
    await fill(again, rounds=1)
    await again.close()
    assert restore(tmp_path / "1.sqlite", store.path).name == "store.sqlite.before-restore-2"
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name or "restoring" in path.name] == []


async def test_backs_up_the_store_of_another_process(tmp_path):
    program = """
import asyncio, sys
from pathlib import Path
from planaria.store.sqlite import SqliteStore

async def main():
    store = SqliteStore.open(Path(sys.argv[1]))
    await store.write(lambda s: s.execute("planaria", "create table planaria__pair (side text, n integer)"))
    def body(session):
        for side in ("left", "right"):
            session.execute("planaria", "insert into planaria__pair values (?, 1)", [side])
    await store.write(body)
    print("ready", flush=True)
    while True:
        await store.write(body)

asyncio.run(main())
"""
    path = tmp_path / "store.sqlite"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path), stdout=pipe)
    assert await process.stdout.readline() == b"ready\n"
    await asyncio.to_thread(backup, path, tmp_path / "copy.sqlite")
    with pytest.raises(StoreInUse) as caught:
        restore(tmp_path / "copy.sqlite", path)
    assert caught.value.facts["pid"] == str(process.pid)
    process.kill()
    await process.communicate()
    left, right = sides(tmp_path / "copy.sqlite")
    assert left == right > 0
    restore(tmp_path / "copy.sqlite", path)
    assert sides(path) == (left, right)


def test_refuses_to_overwrite_and_to_copy_what_is_no_store(tmp_path):
    junk, target = tmp_path / "junk.sqlite", tmp_path / "target.sqlite"
    junk.write_bytes(b"junk" * 2000)
    for source in (junk, tmp_path / "absent.sqlite"):
        with pytest.raises(BackupRefused):
            backup(source, target)
        with pytest.raises(BackupRefused):
            restore(source, target)
    assert not target.exists()
    with pytest.raises(BackupRefused, match="the target exists"):
        backup(target, junk)


def damaged(path):
    """Make a database with an index that does not agree with its table."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("create table t (x, y); create index i on t (x); insert into t values (1, 2), (3, 4)")
        connection.pragma("writable_schema", 1)
        connection.execute("update sqlite_schema set sql = 'create index i on t (y)' where name = 'i'")
    return path


def test_refuses_a_source_that_is_damaged(tmp_path):
    with pytest.raises(BackupRefused, match="damaged"):
        backup(damaged(tmp_path / "bad.sqlite"), tmp_path / "copy.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.sqlite"]


async def test_restores_where_there_was_nothing(store, tmp_path):
    await fill(store, rounds=1)
    backup(store.path, tmp_path / "copy.sqlite")
    assert restore(tmp_path / "copy.sqlite", tmp_path / "fresh.sqlite") is None
    assert sides(tmp_path / "fresh.sqlite") == (1, 1)


async def test_a_damaged_store_is_kept_with_its_log_beside_it(store, tmp_path):
    await fill(store, rounds=1)
    backup(store.path, tmp_path / "copy.sqlite")
    await store.close()
    store.path.write_bytes(b"junk" * 2000)
    store.path.with_name("store.sqlite-wal").write_bytes(b"log")
    kept = restore(tmp_path / "copy.sqlite", store.path)
    assert kept.read_bytes() == b"junk" * 2000
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"log"
    assert sides(store.path) == (1, 1)
