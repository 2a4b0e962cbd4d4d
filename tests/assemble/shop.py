"""A shop as `planaria new` writes it, for tests of whole systems."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planaria.cli.new import write_system


@contextmanager
def shop_in(directory: Path) -> Iterator[Path]:
    """Write a shop, and forget what loading it puts on the path."""
    path = list(sys.path)
    write_system(directory, "shop")
    try:
        yield directory / "shop"
    finally:
        sys.path[:] = path


def mend(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{old!r} is not in {file}"
    file.write_text(text.replace(old, new))
