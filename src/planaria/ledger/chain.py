"""The ledger: appends signed entries to a chain of files, one writer at a time.

Why: decisions must be on record before they take effect, whatever crashes when; so an entry is written whole and durable
first, then the head. A crash between the two leaves the head behind by one, which the next append heals.
Not here: what the files hold (`entry`), whether they are sound (`verification`).
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from planaria.kernel.port import Clock
from planaria.ledger.canonical import canonical, normal
from planaria.ledger.entry import FIRST_PREVIOUS, Entry, Head, entry_from, file_of, head_from, text_of
from planaria.ledger.error import FactsWrong, ForeignKey, LedgerBroken, NoKey
from planaria.ledger.key import Key, key_id
from planaria.ledger.merkle import Tree
from planaria.ledger.verification import HEAD, PUBLIC, verify


class Ledger:
    """Append entries to the ledger in a folder, and read them; the key is read when it is first needed.

    >>> from tempfile import TemporaryDirectory
    >>> from planaria.ledger.key import make_key
    >>> class Noon:
    ...     def now(self): return 43200.0
    >>> with TemporaryDirectory() as folder:
    ...     _ = make_key(Path(folder) / "key.pem")
    ...     ledger = Ledger.open(Path(folder) / "ledger", Path(folder) / "key.pem", clock=Noon())
    ...     entry = ledger.append("promoted", {"generation": "9f2c"}, cell="cart")
    ...     print(entry.number, entry.at, ledger.entries() == (entry,), verify(Path(folder) / "ledger"))
    1 1970-01-01T12:00:00.000Z True ()
    """

    def __init__(self, directory: Path, key: Path | None, *, clock: Clock) -> None:
        self.directory, self._key_path, self._clock = directory, key, clock
        self._key: Key | None = None
        self._head: Head | None = None
        self._tree = Tree()

    @classmethod
    def open(cls, directory: Path, key: Path | None, *, clock: Clock) -> "Ledger":
        """Open the ledger in `directory`, which need not exist; without a key it can only be read."""
        return cls(Path(directory), key, clock=clock)

    def append(self, kind: str, facts: Mapping[str, Any], *, cell: str = "") -> Entry:
        """Record a decision; durable and signed when this returns. Blocks for some milliseconds: call it in a thread.

        Raises:
            NoKey, KeyExposed, KeyWrong, ForeignKey: PLN-K101 to PLN-K103, PLN-K107.
            FactsWrong, LedgerBroken: PLN-K105, PLN-K106. Nothing was written.
        """
        key = self._signer()
        plain = self._checked(kind, facts, cell)
        with self._locked():
            self._catch_up(key)
            head = self._head
            at = datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            entry = Entry(
                number=1 if head is None else head.count + 1,
                kind=kind,
                at=at,
                cell=cell,
                facts=plain,
                previous=FIRST_PREVIOUS if head is None else head.entry,
                signer=key.id,
            )
            entry = replace(entry, signature=key.sign(entry.signed_bytes()))
            self._write(entry.file, text_of(entry))
            self._advance(entry, key)
        return entry

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries in order, as they stand in the files; whether they are sound is for `verify` to say.

        Raises:
            LedgerBroken: PLN-K106. A file cannot be read as an entry.
        """
        found = []
        number = 1
        while (path := self.directory / file_of(number)).is_file():
            try:
                found.append(entry_from(path.read_bytes()))
            except (ValueError, RecursionError) as error:
                raise LedgerBroken(directory=str(self.directory), text=f"- {path.name}: {error}") from None
            number += 1
        return tuple(found)

    def head(self) -> Head | None:
        """Return the head as it stands in its file, to be kept elsewhere; None where there is none.

        Raises:
            LedgerBroken: PLN-K106. The file cannot be read as a head.
        """
        path = self.directory / HEAD
        try:
            return head_from(path.read_bytes()) if path.is_file() else None
        except (ValueError, RecursionError) as error:
            raise LedgerBroken(directory=str(self.directory), text=f"- {HEAD}: {error}") from None

    def _signer(self) -> Key:
        if self._key is None:
            if self._key_path is None:
                raise NoKey(path="(none was given)")
            self._key = Key.read(self._key_path)
        return self._key

    def _checked(self, kind: str, facts: Mapping[str, Any], cell: str) -> dict[str, Any]:
        try:
            plain: dict[str, Any] = normal(dict(facts))
            canonical({"kind": kind, "cell": cell, "facts": plain})
        except (ValueError, RecursionError) as error:
            raise FactsWrong(kind=str(kind), text=str(error)) from None
        return plain

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        # The folder itself is locked, so that no file of the lock stands in the user's repository.
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _catch_up(self, key: Key) -> None:
        """Trust what this object wrote itself while nobody else wrote; otherwise check all before building on it."""
        head = self._head
        if head is not None and self._is_last(head):
            return
        self._check_public(key)
        findings = [finding for finding in verify(self.directory) if finding.broken]
        if findings:
            text = "\n".join(f"- {finding.problem}" for finding in findings)
            raise LedgerBroken(directory=str(self.directory), text=text)
        entries = self.entries()
        self._tree, self._head = Tree(entry.signed_bytes() for entry in entries[:-1]), None
        if entries:
            self._advance(entries[-1], key)

    def _is_last(self, head: Head) -> bool:
        path = self.directory / HEAD
        text = path.read_bytes() if path.is_file() else b""
        return text == text_of(head) and not (self.directory / file_of(head.count + 1)).exists()

    def _check_public(self, key: Key) -> None:
        path = self.directory / PUBLIC
        if not path.exists() and not any(self.directory.glob("*.json")):
            self._write(PUBLIC, key.public)
        if path.exists() and key_id(public := path.read_bytes().replace(b"\r\n", b"\n")) != key.id:
            raise ForeignKey(directory=str(self.directory), wanted=key_id(public), signer=key.id)

    def _advance(self, entry: Entry, key: Key) -> None:
        """Write the head that covers `entry`, unless it is there."""
        self._tree.add(entry.signed_bytes())
        head = Head(count=entry.number, entry=entry.hash, root=self._tree.root(), signer=key.id)
        head = replace(head, signature=key.sign(head.signed_bytes()))
        self._head = None
        if not self._is_last(head):
            self._write(HEAD, text_of(head))
        self._head = head

    def _write(self, name: str, text: bytes) -> None:
        """Put a whole file in place, or none; on the disk when this returns."""
        partial = self.directory / f".{name}.partial"
        with partial.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.directory / name)
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
