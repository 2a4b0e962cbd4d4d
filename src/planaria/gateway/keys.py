"""API keys: made here, kept as hashes, revoked by id.

Why: a key is 32 random bytes, so one SHA-256 keeps it safe at rest and checks it in a microsecond; whoever reads the
file can call nothing. Another process may change the file while the gateway runs: `refresh` sees it.
Not here: finding the key in a request (`admission`).
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from planaria.gateway.error import KeysUnreadable
from planaria.kernel.port import Clock

PREFIX = "pk_"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key, without its secret; `cells` is None where it may call every cell, those of planaria itself among them."""

    id: str
    label: str
    cells: frozenset[str] | None
    created: str
    sha256: str

    @property
    def caller(self) -> str:
        """Return the name under which its calls are recorded."""
        return f"gateway:{self.id}"


class Keys:
    """The keys of a system, in one file that only its owner may read.

    >>> import tempfile
    >>> from types import SimpleNamespace
    >>> keys = Keys(Path(tempfile.mkdtemp()) / "keys.json", clock=SimpleNamespace(now=lambda: 0.0))
    >>> key, secret = keys.make("a laptop", cells=("library",))
    >>> keys.find(secret) == key, keys.find("pk_wrong")
    (True, None)
    """

    def __init__(self, path: Path, *, clock: Clock, chance: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.path, self.clock, self.chance = path, clock, chance
        self.version = 0
        self._by_hash: dict[str, Key] = {}
        self._seen: tuple[int, int, int] | None = None
        self.refresh()

    def list(self) -> tuple[Key, ...]:
        """Return every key, oldest first."""
        self.refresh()
        return tuple(self._by_hash.values())

    def make(self, label: str, *, cells: Iterable[str] | None = None) -> tuple[Key, str]:
        """Make a key and return it with its secret, which is shown only this once; without `cells` it is an owner's."""
        secret = PREFIX + base64.urlsafe_b64encode(self.chance(SECRET_BYTES)).rstrip(b"=").decode()
        digest = _digest(secret)
        key = Key(
            id="k" + digest[:10], label=label, cells=None if cells is None else frozenset(cells),
            created=datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="seconds"), sha256=digest,
        )  # fmt: skip
        with self._changing() as keys:
            keys[digest] = key
        return key, secret

    def revoke(self, key_id: str) -> bool:
        """Forget a key; false where there is none of this id."""
        with self._changing() as keys:
            found = [digest for digest, key in keys.items() if key.id == key_id]
            for digest in found:
                del keys[digest]
        return bool(found)

    def find(self, secret: str) -> Key | None:
        """Return the key of a secret; a look-up by hash tells nothing by the time it takes."""
        return self._by_hash.get(_digest(secret)) if secret.startswith(PREFIX) else None

    def refresh(self) -> None:
        """Read the file again where another process has changed it; while it cannot be read, no key is known.

        Raises: `PLN-G103`.
        """
        seen = self._stamp()
        if seen == self._seen:
            return
        self._by_hash, self.version = {}, self.version + 1
        self._seen, self._by_hash = seen, _read(self.path) if seen else {}

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Key]]:
        """Hold the file against other processes, read it, let the body change it, and write it whole."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refresh()
            keys = dict(self._by_hash)
            yield keys
            _write(self.path, keys.values())
            self._by_hash, self._seen, self.version = keys, self._stamp(), self.version + 1
        finally:
            os.close(lock)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(path: Path) -> dict[str, Key]:
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_bytes())["keys"]
        cells = [None if row["cells"] is None else frozenset(row.pop("cells")) for row in rows]
        return {row["sha256"]: Key(**{**row, "cells": some}) for row, some in zip(rows, cells, strict=True)}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise KeysUnreadable(path=str(path), text=f"{type(error).__name__}: {error}") from error


def _write(path: Path, keys: Iterable[Key]) -> None:
    rows = [
        {
            "id": key.id, "label": key.label, "cells": None if key.cells is None else sorted(key.cells),
            "created": key.created, "sha256": key.sha256,
        }
        for key in keys
    ]  # fmt: skip
    fresh = path.with_suffix(f".{os.getpid()}.new")
    handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps({"keys": rows}, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
