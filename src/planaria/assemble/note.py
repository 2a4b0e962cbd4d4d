"""The run note: where a running system is served, and the key of its owner, in `.planaria/run.json`.

Why: commands find the running system and prove that they come from its owner's account: only that account can read it.
Trap: after `kill -9` the note stays; the store's lock, not the note, says whether the system is up.
Not here: the lock (`store.lock`), the keys of others (`gateway.keys`).
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNote:
    """What a running system leaves for commands."""

    host: str
    port: int
    pid: int
    key: str
    started: float

    @property
    def url(self) -> str:
        """Return the address to which paths are added.

        >>> RunNote(host="::1", port=80, pid=1, key="", started=0.0).url
        'http://[::1]:80'
        """
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    def write(self, path: Path) -> None:
        """Write it whole, readable by its owner alone."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as opened:
            json.dump(asdict(self), opened)
            opened.write("\n")
        fresh.replace(path)

    def remove(self, path: Path) -> None:
        """Remove it where it is still this one's."""
        if read_note(path) == self:
            path.unlink(missing_ok=True)


def read_note(path: Path) -> RunNote | None:
    """Read the note; None where there is none, or no sound one.

    >>> read_note(Path("nowhere/run.json")) is None
    True
    """
    try:
        return RunNote(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
