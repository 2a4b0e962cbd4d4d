"""The doctor: facts about this machine and this system, each well, worth watching, or wrong, with a cure.

Why: what keeps a system from being fast, safe or startable is mostly outside of its code, and should be seen before it hurts.
A machine that cannot confine is worth watching; a system that needs it there is wrong.
Figures: an fsync below 2 ms is a fast disk, above 20 ms each durable write is felt by a person.
Not here: the system's own code (`check`), attacks (`planaria.attack`), printing (`cli.doctor`).
"""

import importlib.metadata
import os
import platform
import shutil
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

from planaria.assemble.place import Places

FSYNCS, FSYNC_FAST_MS, FSYNC_SLOW_MS = 21, 2.0, 20.0
FREE_LOW_BYTES, FREE_WATCHED_BYTES = 200_000_000, 2_000_000_000
Level = Literal["well", "watch", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact, what it means, and what to do where it is not well; `more` are lines of detail."""

    name: str
    level: Level
    value: str
    cure: str = ""
    meaning: str = ""
    more: tuple[str, ...] = ()


def facts_of_machine(directory: Path) -> list[Fact]:
    """Return the facts of this machine, as seen from `directory`.

    >>> facts_of_machine(Path("."))[0].name
    'python'
    """
    return [_python(), _sqlite(), _fsync(directory), _space(directory), *_sandbox(), _wasm(), _tripwire()]


def facts_of_system(root: Path) -> list[Fact]:
    """Return the facts of the system at `root`: its store, keys, ledger and note.

    >>> [one.value for one in facts_of_system(Path("nowhere"))][:1]
    ['none yet']
    """
    places = Places.of(root)
    return [_store(places), *_modes(places), _ledger(places), _running(places), *_placements(places)]


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


def _sandbox() -> Iterator[Fact]:
    """Say what this machine can enforce on a cell placed as `process`, found out by doing it."""
    from planaria.placement.sandbox.machine import machine

    for one in machine():
        level: Level = "watch" if one.level == "wrong" else one.level
        yield Fact(name=one.name, level=level, value=one.value, cure=one.cure, meaning=one.meaning)


def _wasm() -> Fact:
    meaning = "a cell placed as `wasm` gets nothing but what its contract declares, within memory, fuel and time"
    try:
        version = importlib.metadata.version("wasmtime")
    except importlib.metadata.PackageNotFoundError:
        cure = "install planaria with the extra `wasm`, where a cell is to be placed so"
        return Fact(name="wasm", level="watch", value="wasmtime is not installed", meaning="`wasm` refuses every cell", cure=cure)
    return Fact(name="wasm", level="well", value=f"wasmtime {version}", meaning=meaning)


def _tripwire() -> Fact:
    from planaria.placement.tripwire import PASSES

    return Fact(
        name="tripwire", level="well", value="undeclared effects of cells in this process are refused and recorded",
        meaning="it is a tripwire and no boundary; what passes it:", more=tuple(text for _, text in PASSES),
    )  # fmt: skip


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


def _placements(places: Places) -> Iterator[Fact]:
    """Say where each cell runs, what keeps it from running there, and what it uses where the system is up."""
    from planaria.assemble.client import Client
    from planaria.assemble.placement import check_placement
    from planaria.assemble.system import system_at
    from planaria.kernel.error import PlanariaError

    try:
        system = system_at(places.root)
    except PlanariaError as error:
        yield Fact(name="placements", level="watch", value=error.plain()["what"], cure="see `planaria check`")
        return
    used = {one["cell"]: one for one in _used(Client.find(places.root))}
    for name, plan in system.cells.items():
        try:
            check_placement(plan, places)
        except PlanariaError as error:
            yield Fact(name=name, level="wrong", value=f"{plan.placement}: {error.plain()['what']}", cure=error.plain()["fix"])
            continue
        told = used.get(name)
        figures = figures_told(told) if told else ""
        level: Level = "watch" if told and told["touches"].get("refused") else "well"
        cure = "declare these effects in its contract, or find out why it touches them" if level == "watch" else ""
        yield Fact(
            name=name, level=level, value=f"{plan.placement}{f': {figures}' if figures else ''}", cure=cure,
            more=tuple(told["notes"]) if told else (),
        )  # fmt: skip


def _used(client: Any) -> list[dict[str, Any]]:
    from planaria.kernel.error import PlanariaError

    try:
        found: list[dict[str, Any]] = client.ask("GET", "/placements") if client else []
    except PlanariaError:
        return []
    return found


def figures_told(used: Mapping[str, Any]) -> str:
    """Return what a running cell uses as one line; what its placement cannot tell is left out.

    >>> figures_told({"seats": 1, "memory_bytes": 5_000_000, "memory_max_bytes": None, "calls": 3, "cpu_s": 0.5, "touches": {"reads": 2}})
    '5.0 MB, 0.50 s of processor, 3 calls; touches: 2 reads'
    """
    parts = []
    if used.get("memory_bytes") is not None:
        most = f" (at most {used['memory_max_bytes'] / 1e6:.1f} MB)" if used.get("memory_max_bytes") else ""
        parts.append(f"{used['memory_bytes'] / 1e6:.1f} MB{most}")
    if used.get("cpu_s") is not None:
        parts.append(f"{used['cpu_s']:.2f} s of processor")
    if used.get("fuel") is not None:
        parts.append(f"{used['fuel']:,} of fuel")
    if used.get("calls") is not None:
        parts.append(f"{used['calls']} calls")
    counts = {name: ", ".join(f"{count} {kind}" for kind, count in (used.get(name) or {}).items()) for name in ("touches", "accesses")}
    return "; ".join([", ".join(parts), *(f"{name}: {text}" for name, text in counts.items() if text)]).removeprefix("; ")
