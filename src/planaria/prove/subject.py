"""The subject of a proof: which files are proven, by which tests, from where.

Why: `planaria prove PATH` takes a module, a package, a project or a cell, as people have them; what is found is told, so that a wrong
guess is seen and can be corrected by naming the tests.
Not here: running anything (`session`).
"""

import configparser
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from planaria.kernel.error import PlanariaError

MARKS = ("pyproject.toml", "pytest.ini", "setup.cfg", "setup.py", "tox.ini", ".git")
NO_CODE = ("setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py")
NO_FOLDERS = ("test", "tests", "testing", "docs", "doc", "build", "dist", "node_modules", "venv", "benchmarks", "examples", "site-packages")
TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py|tests\.py")


class NothingToProve(PlanariaError):
    """A path holds no code that can be proven."""

    code = "PLN-J104"
    what = "there is nothing to prove at {path}: {text}"
    why = "a proof needs Python files with functions, and tests that pytest can collect"
    fix = "name a module, a package, a project or cells/NAME; and the tests by --tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is proven: files relative to `root`, the arguments that make pytest collect their tests, and folders to import from.

    `cell` is the name of the cell, if it is one: its implementation is loaded anew by every test.
    """

    root: Path
    files: tuple[str, ...]
    arguments: tuple[str, ...]
    path: tuple[str, ...]
    cell: str = ""


def subject_at(path: Path, tests: Sequence[Path] = ()) -> Subject:
    """Find what stands at a path, and its tests.

    Raises:
        NothingToProve: PLN-J104.
    """
    path = path.resolve()
    if not path.exists():
        raise NothingToProve(path=str(path), text="it does not exist")
    if (path / "contract.py").is_file() and (path / "impl").is_dir():
        return _cell(path, tests)
    root = _root(path)
    files = tuple(str(one.relative_to(root)) for one in sorted(_code(path, root)))
    if not files:
        raise NothingToProve(path=str(path), text="it holds no Python file but tests")
    _known(path, tests)
    given = tuple(str(one.resolve()) for one in tests) or _tests(root, path)
    if not given and not _says_where(root):
        raise NothingToProve(path=str(path), text=f"no tests were found below {root}")
    folders = [str(root / "src")] if (root / "src").is_dir() else []
    top = path.parent if path.is_file() else path
    while (top / "__init__.py").is_file():
        top = top.parent
    return Subject(root=root, files=files, arguments=given, path=tuple(dict.fromkeys([*folders, str(root), str(top)])))


def _cell(path: Path, tests: Sequence[Path]) -> Subject:
    root = next((one for one in path.parents if (one / "system.py").is_file()), None)
    if root is None:
        raise NothingToProve(path=str(path), text="no folder above the cell has a system.py")
    files = tuple(str(one.relative_to(root)) for one in sorted((path / "impl").rglob("*.py")))
    given = [str(one.resolve()) for one in tests] or [str(path / "tests")]
    _known(path, [Path(one) for one in given])
    options = ("-pplanaria.testing.fixtures", "--import-mode=importlib", f"--confcutdir={root}")
    return Subject(root=root, files=files, arguments=(*options, *given), path=(str(root),), cell=path.name)


def _known(path: Path, tests: Sequence[Path]) -> None:
    for one in tests:
        if not Path(str(one).partition("::")[0]).exists():
            raise NothingToProve(path=str(path), text=f"there are no tests at {one}")


def _root(path: Path) -> Path:
    """Return the project's folder: the nearest above that says so, or the one that holds the outermost package."""
    start = path if path.is_dir() else path.parent
    for one in (start, *start.parents):
        if any((one / name).exists() for name in MARKS):
            return one
    while (start / "__init__.py").is_file():
        start = start.parent
    return start


def _code(path: Path, root: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if path == root and not (path / "__init__.py").is_file():
        tops = [one for one in (root / "src", root) if one.is_dir()]
        for top in tops:
            found = [
                one for one in sorted(top.iterdir()) if one.is_dir() and (one / "__init__.py").is_file() and one.name not in NO_FOLDERS
            ]
            found += [one for one in sorted(top.glob("*.py")) if _is_code(one)]
            if found:
                for one in found:
                    yield from [one] if one.is_file() else _below(one)
                return
        return
    yield from _below(path)


def _below(folder: Path) -> Iterator[Path]:
    for one in folder.rglob("*.py"):
        inner = one.relative_to(folder).parts[:-1]
        if _is_code(one) and not any(part in NO_FOLDERS or part.startswith((".", "__pycache__")) for part in inner):
            yield one


def _is_code(path: Path) -> bool:
    return path.name not in NO_CODE and not TEST_FILE.fullmatch(path.name)


def _tests(root: Path, path: Path) -> tuple[str, ...]:
    """Return the tests of the path itself; else none where the project's settings name them; else the project's."""
    near, far = (path.parent if path.is_file() else path), root
    for folder in (near, far) if near != root else (far,):
        if folder == root and _says_where(root):
            return ()
        found = [one for one in (folder / "tests", folder / "test") if one.is_dir()]
        found = found or [one for one in sorted(folder.glob("*.py")) if TEST_FILE.fullmatch(one.name)]
        if found:
            return tuple(map(str, found))
    return ()


def _says_where(root: Path) -> bool:
    """Say whether the project's settings of pytest name where its tests are."""
    try:
        told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        if "testpaths" in told.get("tool", {}).get("pytest", {}).get("ini_options", {}):
            return True
    except (OSError, ValueError):
        pass
    for name, section in (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(root / name, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        if parser.has_option(section, "testpaths"):
            return True
    return False
