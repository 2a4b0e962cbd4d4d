"""Reading: both sides of a comparison, from where their user keeps them: files, packages, import roots, git revisions.

Why: two versions lie under two names and are imported under one, so both get the name of the old; nothing is checked out.
Not here: generations of a cell (`assemble.difference`).
"""

import keyword
import os
import posixpath
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from planaria.diff.version import Version
from planaria.kernel.error import PlanariaError

Content = bytes | dict[str, bytes] | None
BYTES_MAX, BESIDE_BYTES_MAX = 100_000_000, 2_000_000
LEFT_OUT = frozenset(("__pycache__", "node_modules"))
PROJECT = frozenset(("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt"))
INSTALLED = re.compile(r"^([\w.]+?)(?:-[^/]*)?\.(?:dist|egg)-info/")
OWN_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(\w+)\.(\w+)", re.MULTILINE)


class NoSuchSide(PlanariaError):
    """What was named cannot be found."""

    code = "PLN-D101"
    what = "'{side}' cannot be read: {text}"
    why = "a side is a file, a folder, a path in a git revision (REV:path) or a generation of a cell (cell@1)"
    fix = "{cure}"


class NothingToCompare(PlanariaError):
    """What was named is there, and is nothing that could be compared, or compared with."""

    code = "PLN-D102"
    what = "'{side}' cannot be used: {text}"
    why = "what is compared is Python, or two JSON Schemas; a contract is Python, and calls are JSON lines"
    fix = "mend what the text says; or name a .py file, a package folder, a folder of packages, or two .json files"


def versions(old: str, new: str, *, folder: Path) -> tuple[Version, Version]:
    """Read both sides, seen from a folder, under the name of the old one.

    Raises:
        NoSuchSide, NothingToCompare: PLN-D101, PLN-D102.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = [(Path(folder) / name).write_text("x = 1") for name in ("was.py", "is.py")]
    ...     versions("was.py", "is.py", folder=Path(folder))[1].modules
    {'was': 'was.py'}
    """
    with_git = any(_is_revision(one, folder) for one in (old, new))
    before, after = (_side(one, folder, with_git=with_git) for one in (old, new))
    other, one = sorted((before, after), key=lambda side: side.origin[0].endswith(".json"))
    if one.origin[0].endswith(".json") and not other.origin[0].endswith(".json"):
        raise NothingToCompare(side=other.label, text=f"'{one.label}' is JSON, and this is not")
    was, now = (re.sub(r"\W.*", "", one.origin[0]) for one in (before, after))
    if was and now and was != now:
        name = _own_name((before, after)) or was
        return _renamed(before, name), _renamed(after, name)
    return before, after


def _is_revision(side: str, folder: Path) -> bool:
    return ":" in side[1:] and not (folder / side).exists()


def _side(side: str, folder: Path, *, with_git: bool) -> Version:
    if _is_revision(side, folder):
        return _revision(side, folder)
    path = folder / side
    if not path.exists():
        near = ", ".join(sorted(os.listdir(path.parent))[:12]) if path.parent.is_dir() else "no such folder"  # noqa: PTH208 - names are wanted
        raise NoSuchSide(side=side, text="it does not exist", cure=f"in {path.parent} there is: {near}")
    content = _read(path, with_git=with_git)
    assert content is not None, "it exists"
    return _shaped(side, side, content, lambda name: _read(folder / name, with_git=with_git), path.resolve().name)


def _read(path: Path, *, with_git: bool) -> Content:
    if not path.is_dir():
        return path.read_bytes() if path.is_file() else None
    listed = _git(path, "ls-files", "-zco", "--exclude-standard") if with_git else b""
    known = set(os.fsdecode(listed).split("\0")) if listed else None  # None also for a folder that git ignores as a whole
    names = [one for one in _below(path) if known is None or one in known]
    if sum((path / one).stat().st_size for one in names) > BYTES_MAX:
        raise NothingToCompare(side=str(path), text=f"it holds more than {BYTES_MAX:,} bytes")
    return {one: (path / one).read_bytes() for one in names}


def _below(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(filter(_is_kept, folders)) if "pyvenv.cfg" not in names else []
        inside = os.path.relpath(place, folder).replace(os.sep, "/")
        for name in sorted(filter(_is_kept, names)) if "pyvenv.cfg" not in names else ():
            if os.path.isfile(f"{place}/{name}"):  # noqa: PTH113 - thousands of them, and Path is slow
                yield name if inside == "." else f"{inside}/{name}"


def _is_kept(path: str) -> bool:
    return not path.endswith(".pyc") and not any(part.startswith(".") or part in LEFT_OUT for part in path.split("/"))


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """Return what git says in a folder, or None where it refuses."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        ended = subprocess.run(command, input=given, capture_output=True, check=False)
    except OSError as error:
        raise NoSuchSide(side="git", text=f"git does not run: {error.strerror}", cure="install git, or give files or folders") from error
    return ended.stdout if ended.returncode == 0 else None


def _said(folder: Path, *arguments: str) -> str:
    return (_git(folder, *arguments) or b"").decode().strip()


def _revision(side: str, folder: Path) -> Version:
    name, _, path = side.partition(":")
    found = None if name.startswith("-") else _git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{tree}}")
    if found is None:
        if _git(folder, "rev-parse", "--git-dir") is None:
            raise NoSuchSide(side=side, text=f"{folder.resolve()} is in no git repository", cure="go into one, or name it with --root")
        known = _said(folder, "for-each-ref", "--count=8", "--format=%(refname:short)").split()
        raise NoSuchSide(side=side, text=f"there is no revision '{name}'", cure=f"use a commit or one of: {', '.join(['HEAD', *known])}")
    tree = found.decode().strip()
    if path.split("/")[0] in (".", ".."):
        path = _said(folder, "rev-parse", "--show-prefix") + path
    path = posixpath.normpath(path).strip("/")
    path = "" if path == "." else path
    content = _blobs(folder, tree, path)
    if content is None:
        above = posixpath.dirname(path)
        near = ", ".join(_said(folder, "ls-tree", "--name-only", f"{tree}:{above}").split("\n")[:12])
        cure = f"a path is seen from the top of the repository, with ./ from here; in '{above or '.'}' there is: {near}"
        raise NoSuchSide(side=side, text=f"that revision has no '{path}'", cure=cure)
    name = posixpath.basename(path or _said(folder, "rev-parse", "--show-toplevel"))
    return _shaped(side, path, content, lambda one: _blobs(folder, tree, one), name)


def _blobs(folder: Path, tree: str, path: str) -> Content:
    """Return what a path is in a tree; links and submodules are left out."""
    kind = _git(folder, "cat-file", "-t", f"{tree}:{path}")
    if kind != b"tree\n":
        return _git(folder, "cat-file", "blob", f"{tree}:{path}") if kind else None
    entries = [one.partition("\t") for one in os.fsdecode(_git(folder, "ls-tree", "-rz", f"{tree}:{path}") or b"").split("\0")]
    blobs = {name: facts.split()[2] for facts, _, name in entries if facts.startswith("100")}
    told = _git(folder, "cat-file", "--batch", given="".join(f"{one}\n" for one in blobs.values()).encode()) or b""
    contents, at = {}, 0
    for name in blobs:
        start = told.index(b"\n", at) + 1
        at = start + int(told[at:start].split()[2])
        contents[name] = told[start:at]
        at += 1
    return contents


def _shaped(side: str, path: str, content: bytes | dict[str, bytes], read: Callable[[str], Content], name: str) -> Version:
    """Say what a path holds: a module, a package, or a folder from which several are imported."""
    above = posixpath.dirname(posixpath.normpath(path))
    if isinstance(content, bytes):
        stem, kind = posixpath.splitext(name)
        stem = posixpath.basename(above) or "module" if stem == "__init__" else stem
        near = (f"test_{stem}.py", f"{stem}_test.py", f"tests/test_{stem}.py", f"../tests/test_{stem}.py")
        file = _identifier(stem) + (".json" if kind == ".json" else ".py")
        return Version(label=side, files={file: content}, origin=(file, path), beside=_beside(above, near, stem, read))
    kept = {one: INSTALLED.sub(r"\1.info/", one) for one in content if _is_kept(one)}  # a folder that has the version in its name
    files = {told: content[one] for one, told in kept.items() if one == told or told.endswith(("/METADATA", "/PKG-INFO"))}
    origin = "" if path in ("", ".") else f"{path.rstrip('/')}/"
    if not any(one.endswith(".py") for one in files):
        raise NothingToCompare(side=side, text="it holds no Python")
    if "__init__.py" in files:
        name = _identifier(name)
        folders = ["tests", "test", *(["../tests"] if posixpath.basename(above) == "src" else [])]
        whole = {f"{name}/{one}": data for one, data in files.items()}
        return Version(label=side, files=whole, origin=(f"{name}/", origin), beside=_beside(above, folders, name, read))
    inner = {one[4:]: data for one, data in files.items() if one.startswith("src/")}
    if "__init__.py" in inner or not any(one.endswith(".py") for one in inner):
        return Version(label=side, files=files, origin=("", origin))
    tests = {f"{origin}{one}": data for one, data in files.items() if re.match(r"tests?/.*\.py$", one)}
    inner |= {one: data for one, data in files.items() if one in PROJECT}
    return Version(label=side, files=inner, origin=("", f"{origin}src/"), beside=tests)


def _beside(above: str, near: Iterable[str], name: str, read: Callable[[str], Content]) -> dict[str, bytes]:
    """Read the tests near the code that speak of it."""
    found: dict[str, bytes] = {}
    for path in (posixpath.normpath(posixpath.join(above, one)) for one in near):
        content = read(path)
        files = {path: content} if isinstance(content, bytes) else {f"{path}/{one}": data for one, data in (content or {}).items()}
        found |= {one: data for one, data in files.items() if one.endswith(".py") and name.encode() in data}
    return found if sum(map(len, found.values())) <= BESIDE_BYTES_MAX else {}


def _identifier(name: str) -> str:
    """Return a name that can be imported, and hides no module of the standard library."""
    made = re.sub(r"^(?=\d|$)|\W", "_", name)
    return f"{made}_" if keyword.iskeyword(made) or made in sys.stdlib_module_names else made


def _own_name(sides: Iterable[Version]) -> str:
    """Return the name by which a package imports its own modules; '' where it does not."""
    used: Counter[str] = Counter()
    for one in sides:
        own = {path.split("/")[1].removesuffix(".py").encode() for path in one.files if "/" in path}
        for path, content in one.files.items():
            if path.endswith(".py"):
                used.update(first.decode() for first, second in OWN_IMPORT.findall(content) if second in own)
    return next((one for one, _ in used.most_common() if one.isidentifier() and one not in sys.stdlib_module_names), "")


def _renamed(version: Version, name: str) -> Version:
    top = version.origin[0]
    renamed = re.sub(r"^\w+", name, top)
    files = {renamed + path.removeprefix(top): data for path, data in version.files.items()}
    return Version(label=version.label, files=files, origin=(renamed, version.origin[1]), beside=version.beside)
