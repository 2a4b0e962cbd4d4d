"""The lock of a store: one live process holds it for as long as its store is open.

Why: SQLite lets many processes share a file, but two systems on one store would both deliver its events.
Trap: a child that is forked without exec inherits the lock and keeps it; close the store's descriptor there.
Not here: SQLite's own locks.
"""

import fcntl
import os
from pathlib import Path

from planaria.store.error import StoreInUse


class Lock:
    """Hold the lock file beside a store from `take` until `release` or the end of the process.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     lock = Lock.take(Path(folder) / "store.sqlite")
    ...     lock.release()
    ...     print(lock.path.name)
    store.sqlite.lock
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self._descriptor = path, descriptor

    @classmethod
    def take(cls, store: Path) -> "Lock":
        """Take the lock of the store at `store`, or refuse at once.

        Raises:
            StoreInUse: PLN-S108, naming the process that holds it.
        """
        path = store.with_name(f"{store.name}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StoreInUse(path=str(store), pid=holder or "?") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        return cls(path, descriptor)

    @classmethod
    def is_held(cls, store: Path) -> bool:
        """Say whether a process holds the lock of the store at `store`; it is neither made nor taken.

        >>> Lock.is_held(Path("nowhere/store.sqlite"))
        False
        """
        try:
            descriptor = os.open(store.with_name(f"{store.name}.lock"), os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
