"""The doctor: facts about this machine and this system, each well, worth watching, or wrong, with a cure.

Why: what keeps a system from being fast, safe or startable is mostly outside of its code, and should be seen before it hurts.
Figures: an fsync below 2 ms is a fast disk, above 20 ms each durable write is felt by a person.
Not here: the system's own code (`check`), printing (`cli.doctor`).
"""

import os
import platform
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Literal

from planaria.assemble.place import Places

FSYNCS, FSYNC_FAST_MS, FSYNC_SLOW_MS = 21, 2.0, 20.0
FREE_LOW_BYTES, FREE_WATCHED_BYTES = 200_000_000, 2_000_000_000
LANDLOCK_CREATE_RULESET = 444
Level = Literal["well", "watch", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact, and what to do where it is not well."""

    name: str
    level: Level
    value: str
    cure: str = ""


def facts_of_machine(directory: Path) -> list[Fact]:
    """Return the facts of this machine, as seen from `directory`.

    >>> facts_of_machine(Path("."))[0].name
    'python'
    """
    return [_python(), _sqlite(), _fsync(directory), _space(directory), *_confinement()]


def facts_of_system(root: Path) -> list[Fact]:
    """Return the facts of the system at `root`: its store, keys, ledger and note.

    >>> [one.value for one in facts_of_system(Path("nowhere"))][:1]
    ['none yet']
    """
    places = Places.of(root)
    return [_store(places), *_modes(places), _ledger(places), _running(places)]


def _python() -> Fact:
    version = platform.python_version()
    return Fact(name="python", level="well", value=f"{version}, {platform.machine()}, {os.cpu_count()} processors")


def _sqlite() -> Fact:
    from planaria.store.connection import connect

    connection = connect(Path(":memory:")).connection
    try:
        ((version,),) = connection.execute("select sqlite_version()")
    finally:
        connection.close()
    return Fact(name="sqlite", level="well", value=f"{version} (embedded)")


def _fsync(directory: Path) -> Fact:
    """Measure what a durable write costs on the disk of `directory`."""
    try:
        with TemporaryDirectory(prefix=".planaria-doctor-", dir=directory) as scratch:
            took_ms = statistics.median(_one_fsync_ms(Path(scratch) / "probe") for _ in range(FSYNCS))
    except OSError as error:
        return Fact(name="fsync", level="wrong", value=f"nothing can be written here: {error.strerror}", cure="make the folder writable")
    value = f"{took_ms:.2f} ms for a durable write"
    if took_ms < FSYNC_FAST_MS:
        return Fact(name="fsync", level="well", value=f"{value}: fast")
    level: Level = "well" if took_ms < FSYNC_SLOW_MS else "watch"
    kind = "usual" if level == "well" else "slow"
    cure = "" if level == "well" else "keep the system on a local disk; a network file system also breaks locks"
    return Fact(name="fsync", level=level, value=f"{value}: {kind}", cure=cure)


def _one_fsync_ms(path: Path) -> float:
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        os.write(handle, b"x" * 4096)
        started = perf_counter()
        os.fsync(handle)
        return (perf_counter() - started) * 1000
    finally:
        os.close(handle)


def _space(directory: Path) -> Fact:
    free = shutil.disk_usage(directory).free
    level: Level = "wrong" if free < FREE_LOW_BYTES else "watch" if free < FREE_WATCHED_BYTES else "well"
    return Fact(
        name="disk",
        level=level,
        value=f"{free / 1e9:.1f} GB free",
        cure="" if level == "well" else "make room: a full disk stops all writes",
    )


def _confinement() -> Iterator[Fact]:
    """Say what the kernel of this machine offers to confine a process with; used by placements that isolate."""
    for name, found in (("landlock", _landlock()), ("seccomp", _seccomp()), ("user namespaces", _namespaces())):
        yield Fact(name=name, level="well", value=found)


def _landlock() -> str:
    if sys.platform != "linux":
        return "absent: this is not Linux"
    import ctypes

    version = ctypes.CDLL(None, use_errno=True).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)
    return f"present, version {version}" if version > 0 else "absent"


def _seccomp() -> str:
    status = _text(Path("/proc/self/status"))
    return "present" if "Seccomp_filters:" in status or "Seccomp:" in status else "absent"


def _namespaces() -> str:
    most = _text(Path("/proc/sys/user/max_user_namespaces")).strip()
    allowed = _text(Path("/proc/sys/kernel/unprivileged_userns_clone")).strip()
    if not most or most == "0" or allowed == "0":
        return "absent"
    return "present"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _store(places: Places) -> Fact:
    if not places.store.exists():
        return Fact(name="store", level="well", value="none yet")
    from planaria.kernel.error import PlanariaError
    from planaria.store import backup

    size = places.store.stat().st_size
    try:
        with TemporaryDirectory(prefix="planaria-doctor-") as scratch:
            backup(places.store, Path(scratch) / "copy.sqlite")
    except PlanariaError as error:
        return Fact(name="store", level="wrong", value=error.plain()["what"], cure="restore a backup: `planaria store restore FILE`")
    return Fact(name="store", level="well", value=f"{size / 1e6:.1f} MB, integrity checked on a copy")


def _modes(places: Places) -> Iterator[Fact]:
    """Look at who may read what only the owner should."""
    private = [places.keys, places.run, *sorted(places.runtime.glob("keys/*"))]
    for file in private:
        if file.exists() and file.stat().st_mode & 0o077:
            value = f"{file.relative_to(places.root)} may be read by others (mode {file.stat().st_mode & 0o777:o})"
            yield Fact(name="keys", level="wrong", value=value, cure=f"chmod 600 {file}")
            return
    yield Fact(name="keys", level="well", value="readable by their owner alone" if any(one.exists() for one in private) else "none yet")


def _running(places: Places) -> Fact:
    """Say whether the system is up: the lock of its store tells, since a number of a process may by now be another's."""
    from planaria.assemble.note import read_note
    from planaria.store.lock import Lock

    note = read_note(places.run)
    if note is None:
        return Fact(name="running", level="well", value="not up")
    if not Lock.is_held(places.store):
        return Fact(
            name="running", level="well", value=f"not up; process {note.pid} ended without leaving in order, the next start recovers"
        )
    return Fact(name="running", level="well", value=f"up at {note.url}, as process {note.pid}")


def _ledger(places: Places) -> Fact:
    from planaria.ledger import verify

    if not places.ledger.is_dir():
        return Fact(name="ledger", level="well", value="none yet")
    broken = [one for one in verify(places.ledger) if one.broken]
    if broken:
        value = f"{len(broken)} findings; the first: {broken[0].problem}"
        return Fact(name="ledger", level="wrong", value=value, cure="see all with `planaria ledger verify`, and ask who changed it")
    return Fact(name="ledger", level="well", value="verified")
