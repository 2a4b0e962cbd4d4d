"""The cache of verdicts: what was proven once of code and tests that have not changed since.

Why: a proof is run after every change, and most of what it asks was answered before. A verdict is kept under the digest of all that
can bear on it: the mutant, the functions that its tests reach, what of those files belongs to no function, and the files of tests.
Not here: which mutants run (`run`).
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FORMAT = 1
ENTRIES_MAX = 200_000


class Cache:
    """Verdicts by digest, in one file of a folder; a file that cannot be read counts as empty.

    >>> Cache(None).get("x") is None
    True
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder, self.known, self.used = folder, dict[str, list[Any]](), dict[str, list[Any]]()
        if folder is not None:
            try:
                told = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
                self.known = told["verdicts"] if told["format"] == FORMAT else {}
            except (OSError, ValueError, KeyError, TypeError):
                self.known = {}

    def get(self, key: str) -> list[Any] | None:
        """Return what was kept under a digest."""
        return self.known.get(key)

    def put(self, key: str, verdict: list[Any]) -> None:
        """Keep a verdict, once `write` is called."""
        self.used[key] = verdict

    def write(self) -> None:
        """Write what was put, and as much of the rest as there is room for; the file is whole at every moment."""
        if self.folder is None or not self.used:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        ignored = self.folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
        rest = [(key, value) for key, value in self.known.items() if key not in self.used]
        kept = dict(rest[max(0, len(rest) + len(self.used) - ENTRIES_MAX) :]) | self.used
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix="verdicts-", delete=False, encoding="utf-8") as file:
            json.dump({"format": FORMAT, "verdicts": kept}, file, separators=(",", ":"))
        Path(file.name).replace(self.folder / "verdicts.json")


def digest(parts: Iterable[str]) -> str:
    """Return a short digest of parts, their order included.

    >>> digest(["a", "b"]) == digest(["ab"])
    False
    """
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()[:24]


def digest_of_files(paths: Iterable[Path]) -> Mapping[Path, str]:
    """Return the digest of each file that can be read."""
    found = {}
    for one in dict.fromkeys(paths):
        try:
            found[one] = hashlib.sha256(one.read_bytes()).hexdigest()[:16]
        except OSError:
            continue
    return found


PYTHON = f"{sys.implementation.cache_tag} {sys.platform}"
