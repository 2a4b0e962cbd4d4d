"""Backups of a store while it is in use, and their restoration.

Why: a copy of a database file that is being written is no backup; SQLite's online backup takes one snapshot while
writers go on. A backup that cannot be restored is none either, so both are rehearsed in the tests.
Not here: backups of the ledger (git holds it) and of keys.
"""

import os
from contextlib import closing
from pathlib import Path

import apsw

from planaria.store.error import BackupRefused
from planaria.store.lock import Lock


def backup(path: Path, target: Path) -> int:
    """Copy the store at `path` to a new file `target`, checked and whole, and return its size in bytes.

    Works while the system runs, in this process or another. `target` appears only when it is complete.

    Raises:
        BackupRefused: PLN-S113.

    >>> from tempfile import TemporaryDirectory
    >>> from planaria.store.connection import connect
    >>> with TemporaryDirectory() as folder:
    ...     connect(Path(folder) / "store.sqlite").connection.close()
    ...     backup(Path(folder) / "store.sqlite", Path(folder) / "monday.sqlite") > 0
    True
    """
    if target.exists():
        raise _refused("backup", path, target, "the target exists", "choose another name for the target")
    return _copy("backup", path, target)


def restore(source: Path, path: Path) -> Path | None:
    """Put a backup in the place of the store at `path`; return where the replaced file was kept, if there was one.

    The replaced file is kept beside it as `….before-restore`, with a number when that name is taken.

    Raises:
        StoreInUse: PLN-S108. A live process has the store open.
        BackupRefused: PLN-S113. The source is not sound.

    >>> from tempfile import TemporaryDirectory
    >>> from planaria.store.connection import connect
    >>> with TemporaryDirectory() as folder:
    ...     connect(Path(folder) / "store.sqlite").connection.close()
    ...     _ = backup(Path(folder) / "store.sqlite", Path(folder) / "monday.sqlite")
    ...     print(restore(Path(folder) / "monday.sqlite", Path(folder) / "store.sqlite").name)
    store.sqlite.before-restore
    """
    lock = Lock.take(path)
    try:
        fresh = path.with_name(f"{path.name}.restoring")
        fresh.unlink(missing_ok=True)
        _copy("restore", source, fresh)
        kept = _keep(path) if path.exists() else None
        fresh.replace(path)
        _sync(path.parent)
        return kept
    finally:
        lock.release()


def _copy(action: str, source: Path, target: Path) -> int:
    if not source.is_file():
        raise _refused(action, source, target, "the source does not exist", "name an existing file")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)) as original,
            closing(apsw.Connection(str(partial))) as copy,
        ):
            with copy.backup("main", original, "main") as running:
                # One step takes all pages: one snapshot, and writers in the log are not held up by it.
                running.step()
            copy.pragma("journal_mode", "delete")
            result = copy.pragma("integrity_check")
        if result != "ok":
            raise _refused(action, source, target, f"the copy is damaged: {result}", "use an older backup")
        _sync(partial)
        partial.rename(target)
        _sync(target.parent)
    except apsw.Error as error:
        raise _refused(action, source, target, f"{type(error).__name__}: {error}", "use a sound file of a store") from error
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def _keep(path: Path) -> Path:
    """Give the old file and its log second names before the log, which would spoil the new file, is removed."""
    kept, number = path.with_name(f"{path.name}.before-restore"), 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.before-restore-{number}")
    os.link(path, kept)
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        os.link(log, kept.with_name(f"{kept.name}-wal"))
        _sync(path.parent)
        log.unlink()
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return kept


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(action: str, source: Path, target: Path, text: str, cure: str) -> BackupRefused:
    return BackupRefused(action=action, source=str(source), target=str(target), text=text, cure=cure)
