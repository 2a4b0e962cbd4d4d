"""Scratch copies: where a proposer writes, and where its candidate is judged.

Why: a proposer may do anything in its copy, so only the text of `cells/NAME/impl` leaves it, read with care: no links, no
devices, nothing too large, nothing but UTF-8. Whatever else changed there is found and refuses the candidate. The candidate
is judged in another copy, made from the originals, so that nobody can edit the judges.
The copies lie in the system's folder for temporary files, not inside the user's repository, where a tool that looks for
the repository above it would work on the real one.
Not here: what the text holds (`gates.policy`).
"""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from planaria.gates.verdict import Finding, Limits

PREFIX = "planaria-scratch-"
GATE = "policy"
LEFT_BEHIND = frozenset(("__pycache__", "node_modules", "venv"))
# Folders that tools leave when they run: not used, and no reason to refuse.
TRACES = frozenset(("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".coverage"))
SHOWN_MAX = 10


def _copied(name: str, *, is_top: bool) -> bool:
    return name not in LEFT_BEHIND and not (is_top and name.startswith("."))


def copy_system(root: Path, target: Path) -> None:
    """Copy a system without what it makes at run time, hidden folders, and links that leave it."""
    top = root.resolve()
    for folder, folders, files in os.walk(top):
        here = Path(folder)
        is_top = here == top
        folders[:] = [one for one in folders if _copied(one, is_top=is_top) and not (here / one).is_symlink()]
        there = target / here.relative_to(top)
        there.mkdir(parents=True, exist_ok=True)
        for name in files:
            whole = here / name
            if _copied(name, is_top=is_top) and whole.is_file() and whole.resolve().is_relative_to(top):
                shutil.copyfile(whole, there / name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """One folder for one regeneration; everything in it is gone after `close`."""

    folder: Path

    @classmethod
    def open(cls, parent: Path | None = None) -> "Scratch":
        """Make a folder of its own.

        >>> scratch = Scratch.open()
        >>> scratch.close()
        >>> scratch.folder.exists()
        False
        """
        return cls(folder=Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)))

    def proposing(self, root: Path, cell: str, attempt: int) -> "SystemCopy":
        """Make the copy in which the proposer of an attempt works."""
        system = self.folder / f"attempt-{attempt}" / "system"
        copy_system(root, system)
        return SystemCopy(system=system, cell=cell, before=_state(system, cell))

    def judging(self, root: Path, cell: str, attempt: int, files: Mapping[str, bytes]) -> "SystemCopy":
        """Make the copy in which a candidate is judged: the originals, with its files as the implementation."""
        system = self.folder / f"judged-{attempt}" / "system"
        copy_system(root, system)
        impl = system / "cells" / cell / "impl"
        shutil.rmtree(impl, ignore_errors=True)
        write_files(impl, files)
        return SystemCopy(system=system, cell=cell, before=_state(system, cell))

    def close(self) -> None:
        """Remove everything; whatever a proposer did to the rights of its folders."""
        remove(self.folder)


def remove(folder: Path) -> None:
    """Remove a folder and all in it, also where a folder in it is not writable."""
    for here, folders, _ in os.walk(folder):
        for one in folders:
            if not (Path(here) / one).is_symlink():
                (Path(here) / one).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write an implementation's files."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _state(system: Path, cell: str) -> dict[str, str]:
    """Return what lies outside the implementation: each path with its kind and content."""
    impl, found = system / "cells" / cell / "impl", {}
    for folder, folders, files in os.walk(system):
        here = Path(folder)
        folders[:] = [one for one in folders if one not in TRACES]
        for name in [*folders, *files]:
            path = here / name
            if name not in TRACES and path != impl:
                found[str(path.relative_to(system))] = _mark(path)
        folders[:] = [one for one in folders if here / one != impl]
    return found


def _mark(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link to {path.readlink()}"
    if stat.S_ISREG(mode):
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            return f"unreadable: {error.strerror}"
    return "folder" if stat.S_ISDIR(mode) else "special file"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCopy:
    """A copy of the system in which a proposer works or a candidate is judged, and how it was before."""

    system: Path
    cell: str
    before: Mapping[str, str]

    def collect(self, limits: Limits) -> tuple[dict[str, bytes], list[Finding]]:
        """Return the candidate's files, and a finding for everything that refuses it here."""
        findings = list(self._elsewhere())
        files: dict[str, bytes] = {}
        folder = self.system
        for part in ("cells", self.cell, "impl"):
            folder = folder / part
            if folder.is_symlink() or not folder.is_dir():
                return {}, [*findings, _refuse(f"{folder.relative_to(self.system)} is no folder any more", "leave the folders as they are")]
        for path in _walk(folder):
            problem, content = _read(path, limits)
            name = str(path.relative_to(folder))
            if problem:
                findings.append(_refuse(problem[0], problem[1], file=f"impl/{name}"))
            else:
                files[name] = content
            if len(files) > limits.files_max:
                findings.append(_refuse(f"it has more than {limits.files_max} files", "write it in fewer files"))
                break
        return files, findings

    def changed(self) -> list[str]:
        """Return what is not as it was, outside the implementation."""
        after = _state(self.system, self.cell)
        return sorted(path for path in {**self.before, **after} if self.before.get(path) != after.get(path))

    def _elsewhere(self) -> Iterator[Finding]:
        changed = self.changed()
        if changed:
            shown = ", ".join(changed[:SHOWN_MAX]) + (f" and {len(changed) - SHOWN_MAX} more" if len(changed) > SHOWN_MAX else "")
            cure = f"change only files below cells/{self.cell}/impl"
            yield _refuse(f"it changed what is outside the implementation: {shown}", cure, file=changed[0])


def _walk(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        seen = [one for one in folders if not one.startswith((".", "__pycache__"))]
        folders[:] = [one for one in seen if not (Path(here) / one).is_symlink()]
        links = [one for one in seen if one not in folders]
        yield from (Path(here) / one for one in sorted([*files, *links]) if not one.startswith((".", "__pycache__")))


def _read(path: Path, limits: Limits) -> tuple[tuple[str, str] | None, bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        what = "it is a link" if path.is_symlink() else f"it cannot be read: {error.strerror}"
        return (what, "write a plain file"), b""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ("it is no plain file", "write a plain file"), b""
        content = file.read(limits.bytes_max + 1)
    if len(content) > limits.bytes_max:
        return (f"it is larger than {limits.bytes_max:,} bytes", "write it shorter"), b""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return ("it is not UTF-8", "write it as UTF-8"), b""
    return None, content


def _refuse(what: str, cure: str, *, file: str = "") -> Finding:
    return Finding(gate=GATE, level="refuse", what=what, cure=cure, file=file)
