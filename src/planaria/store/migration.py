"""Migrations as they stand in a cell's folder, and the plan to bring the store to one of them.

Why: state outlives every generation (D-008), so its changes are numbered, reversible files that people review, and a
file that was applied can never change unseen.
Not here: running them (`migrator`), comparing schemas (`schema`).
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from planaria.store.error import MigrationsWrong

FILE_NAME = re.compile(r"(\d{4})_([a-z0-9][a-z0-9_]*)\.sql")
_MARK = re.compile(r"^--[ \t]*(up|down)[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered change of a cell's tables, and the way back."""

    cell: str
    number: int
    name: str
    digest: str
    up: str
    down: str

    @property
    def file(self) -> str:
        """Return the name of its file."""
        return f"{self.number:04}_{self.name}.sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A migration that the store remembers."""

    number: int
    name: str
    digest: str
    applied_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run, in order, to bring one cell from one number to another; `steps` go up, or down when `back`."""

    cell: str
    at: int
    to: int
    applied: tuple[Applied, ...]
    steps: tuple[Migration, ...]

    @property
    def back(self) -> bool:
        """Return whether the steps go down."""
        return self.to < self.at


def migrations_in(cell: str, directory: Path) -> tuple[Migration, ...]:
    r"""Read the migrations of one cell; a folder that is missing or empty has none.

    A file is named `0001_pages.sql` and holds a section after a line `-- up` and one after a line `-- down`.

    Raises:
        MigrationsWrong: PLN-S111, with every problem of every file.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     text = "-- up\ncreate table library__page (id);\n-- down\ndrop table library__page;\n"
    ...     _ = (Path(folder) / "0001_pages.sql").write_text(text)
    ...     [one.file for one in migrations_in("library", Path(folder))]
    ['0001_pages.sql']
    """
    found: list[Migration] = []
    problems: list[str] = []
    for path in sorted(directory.glob("*.sql")):
        matched = FILE_NAME.fullmatch(path.name)
        if matched is None:
            problems.append(f"{path.name}: the name is not like 0001_pages.sql")
            continue
        migration = _read(cell, int(matched[1]), matched[2], path)
        if isinstance(migration, str):
            problems.append(f"{path.name}: {migration}")
        else:
            found.append(migration)
    numbers = [int(path.name[:4]) for path in sorted(directory.glob("*.sql")) if FILE_NAME.fullmatch(path.name)]
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(f"the numbers are {', '.join(map(str, numbers))}; they must run from 1 without gaps or doubles")
    if problems:
        raise wrong(cell, directory, problems)
    return tuple(found)


def wrong(cell: str, directory: Path, problems: list[str]) -> MigrationsWrong:
    """Make one error of the problems of one folder.

    >>> wrong("library", Path("migrations"), ["no file 1"]).facts["problems"]
    ['no file 1']
    """
    text = "\n".join(f"- {problem}" for problem in problems)
    return MigrationsWrong(cell=cell, directory=str(directory), text=text, problems=problems)


def _read(cell: str, number: int, name: str, path: Path) -> Migration | str:
    text = path.read_bytes().replace(b"\r\n", b"\n")
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 text ({error.reason} at byte {error.start})"
    parts = _MARK.split(decoded)
    if parts[1::2] != ["up", "down"] or _COMMENT.sub("", parts[0]).strip():
        return "it must hold a line '-- up', what to do, a line '-- down', and how to undo it, in this order"
    up, down = parts[2], parts[4]
    if not _COMMENT.sub("", up).strip() or not _COMMENT.sub("", down).strip():
        return "a section is empty; a migration must be reversible"
    digest = hashlib.sha256(text).hexdigest()
    return Migration(cell=cell, number=number, name=name, digest=digest, up=up, down=down)


def make_plan(cell: str, directory: Path, applied: tuple[Applied, ...], *, to: int | None = None) -> Plan:
    """Decide the steps from what is applied to number `to`; without it, to the last file.

    Raises:
        MigrationsWrong: PLN-S111. A file is wrong, an applied one has changed or vanished, or `to` does not exist.

    >>> make_plan("library", Path("nowhere"), ()).steps
    ()
    """
    files = migrations_in(cell, directory)
    problems = []
    for one in applied:
        file = next((file for file in files if file.number == one.number), None)
        if file is None:
            problems.append(f"{one.number:04}_{one.name}.sql was applied and has vanished: bring it back")
        elif file.digest != one.digest:
            problems.append(f"{file.file} was applied and has changed since: bring it back and add a new migration")
    at, last = len(applied), len(files)
    target = last if to is None else to
    if not 0 <= target <= last:
        problems.append(f"there is no migration {target}: the last one is {last}")
    if problems:
        raise wrong(cell, directory, problems)
    steps = files[at:target] if target >= at else tuple(reversed(files[target:at]))
    return Plan(cell=cell, at=at, to=target, applied=applied, steps=steps)
