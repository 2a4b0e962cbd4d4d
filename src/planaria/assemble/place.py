"""Places: where the files of a system are, relative to its root.

Why: commands, the recorder, regeneration and a running system must agree on every path, so each has its name here.
Not here: what is in the files.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The files of the system at `root`.

    >>> Places(root=Path("shop")).impl("cart").as_posix()
    'shop/cells/cart/impl'
    """

    root: Path

    @classmethod
    def of(cls, root: Path) -> "Places":
        """Return the places of a root that may be relative."""
        return cls(root=root.resolve())

    @property
    def runtime(self) -> Path:
        """Return the folder of what the system makes while it runs."""
        return self.root / ".planaria"

    @property
    def store(self) -> Path:
        """Return the database."""
        return self.runtime / "store.sqlite"

    @property
    def run(self) -> Path:
        """Return the note that a running system leaves: port, process and admin key."""
        return self.runtime / "run.json"

    @property
    def keys(self) -> Path:
        """Return the file of API keys."""
        return self.runtime / "keys.json"

    @property
    def recordings(self) -> Path:
        """Return the folder of recorded calls."""
        return self.runtime / "recordings"

    @property
    def ledger(self) -> Path:
        """Return the folder of the ledger."""
        return self.root / "ledger"

    @property
    def ledger_key(self) -> Path:
        """Return the private key that signs the ledger."""
        return self.runtime / "keys" / "ledger.pem"

    def cell(self, name: str) -> Path:
        """Return the folder of a cell."""
        return self.root / "cells" / name

    def impl(self, name: str) -> Path:
        """Return the folder of a cell's current implementation."""
        return self.cell(name) / "impl"

    def migrations(self, name: str) -> Path:
        """Return the folder of a cell's migrations."""
        return self.cell(name) / "migrations"
