"""Held generations: an implementation's modules found in memory, for a process that may read no file.

Why: the host sends the files it has judged, so a worker needs no right to read them, and cannot read what lies beside them.
Not here: choosing and checking the class (the kernel's `loader`).
"""

import importlib.abc
import importlib.util
import os
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path

from planaria.kernel.loader import Generation


class HeldFiles(importlib.abc.SourceLoader):
    """Load the modules of one generation from its files, by relative path; `directory` is only shown.

    >>> HeldFiles(Path("cart"), {"__init__.py": b""}).get_filename("planaria_generation.cart.g0")
    'cart/__init__.py'
    """

    def __init__(self, directory: Path, files: Mapping[str, bytes]) -> None:
        self.directory, self.files = directory, files

    def get_filename(self, fullname: str) -> str:
        """Return the path of a module, or nothing where there is none."""
        below = fullname.split(".")[3:]
        found = [one for one in ("/".join([*below, "__init__.py"]), "/".join(below) + ".py") if one in self.files]
        return str(self.directory / found[0]) if found else ""

    def get_data(self, path: str | bytes) -> bytes:
        """Return the content of a file; `pkgutil.get_data` and tracebacks ask for it."""
        name = os.path.relpath(os.fsdecode(path), self.directory)
        if name not in self.files:
            raise FileNotFoundError(path)
        return self.files[name]

    def spec(self, fullname: str) -> ModuleSpec | None:
        """Return how to load a module, or None where there is none."""
        path = self.get_filename(fullname)
        return importlib.util.spec_from_file_location(fullname, path, loader=self) if path else None


def held_generation(cell: str, digest: str, directory: str, files: Mapping[str, bytes]) -> Generation:
    """Return a generation that the kernel's loader takes from memory.

    >>> specs = held_generation("cart", "00", "cart", {"__init__.py": b""}).specs
    >>> specs("planaria_generation.cart.g00").origin.endswith("cart/__init__.py")
    True
    """
    return Generation(cell=cell, digest=digest, directory=Path(directory), specs=HeldFiles(Path(directory), files).spec)
