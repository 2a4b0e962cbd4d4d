"""The shelf: every generation that was once in force or accepted, by cell and digest, in `.planaria/generations`.

Why: rolling back must need no model and no version control, and a running system loads a generation from a folder that nobody
edits; so a generation is put there whole and is checked against its digest when it is taken.
Not here: which one is in force (`promotion`).
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from planaria.kernel.loader import Generation, digest_of, files_of
from planaria.regen.error import GenerationMissing
from planaria.regen.scratch import remove, write_files

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The generations of one system.

    >>> Shelf(Path("shop")).folder("cart").as_posix()
    'shop/.planaria/generations/cart'
    """

    root: Path

    def folder(self, cell: str) -> Path:
        """Return where a cell's generations are."""
        return self.root / ".planaria" / "generations" / cell

    def keep(self, cell: str, directory: Path) -> Generation:
        """Put a copy of an implementation on the shelf; whole or not at all."""
        files = files_of(directory)
        digest = digest_of(files)
        place = self.folder(cell) / digest
        if not place.is_dir() or digest_of(files_of(place)) != digest:
            partial = self.folder(cell) / f".{digest}.partial"
            remove(partial)
            write_files(partial, files)
            for path in [*sorted(partial.rglob("*"), reverse=True), partial]:
                sync(path)
            remove(place)
            partial.rename(place)
            sync(place.parent)
        return Generation(cell=cell, digest=digest, directory=place)

    def take(self, cell: str, digest: str) -> Generation:
        """Return a generation, by its digest or the beginning of it.

        Raises:
            GenerationMissing: PLN-R105.
        """
        known = self.digests(cell)
        found = [one for one in known if digest and one.startswith(digest)]
        shown = ", ".join(one[:12] for one in known) or "none"
        if len(found) != 1:
            text = "it was never put there" if not found else "more than one begins like that"
            raise GenerationMissing(cell=cell, generation=digest[:12], text=text, known=shown)
        place = self.folder(cell) / found[0]
        if digest_of(files_of(place)) != found[0]:
            raise GenerationMissing(cell=cell, generation=digest[:12], text="its files were changed", known=shown)
        return Generation(cell=cell, digest=found[0], directory=place)

    def digests(self, cell: str) -> list[str]:
        """Return the digests of a cell's generations, those put there last first."""
        folder = self.folder(cell)
        found = [one for one in folder.iterdir() if DIGEST.fullmatch(one.name)] if folder.is_dir() else []
        return [one.name for one in sorted(found, key=lambda one: (-one.stat().st_mtime, one.name))]


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
