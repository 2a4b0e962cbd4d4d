"""The file of added tests: beside the user's own, made by us alone, and written whole or not at all.

Why: a test that a person wrote is never edited; what was added before stays, and what is added now comes after it.
Not here: which tests are kept (`run`).
"""

import ast
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from planaria.prove.harden.writing import Written

MARK = "Added by `planaria harden`"
HEADER = f'"""{MARK}: each test fails for a change of the code that no other test noticed."""'
LINE_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFile:
    """A file of added tests as it is: the lines that import, and the tests below them."""

    path: Path
    imports: tuple[str, ...] = ()
    body: str = ""

    @classmethod
    def at(cls, path: Path) -> "SuiteFile":
        """Read the file at a path; where another's file stands there, the next free name is taken."""
        for count in range(1, 100):
            place = path if count == 1 else path.with_name(f"{path.stem}_{count}.py")
            if not place.exists():
                return cls(path=place)
            text = place.read_text(encoding="utf-8")
            if MARK in text.partition("\n")[0]:
                return cls._read(place, text)
        raise AssertionError("a hundred files of that name are a mistake")

    @classmethod
    def _read(cls, path: Path, text: str) -> "SuiteFile":
        lines: list[str] = []
        last = 1
        for node in ast.parse(text).body[1:]:
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                break
            last = node.end_lineno or last
            lines += lines_of(node)
        return cls(path=path, imports=tuple(lines), body="\n".join(text.splitlines()[last:]).strip("\n"))

    @property
    def names(self) -> set[str]:
        """Return the names of its tests."""
        return {node.name for node in ast.parse(self.body).body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}

    @property
    def taken(self) -> dict[str, str]:
        """Return from which module each imported name comes."""
        froms = [one.split() for one in self.imports if one.startswith("from ") and " as " not in one]
        return {words[3]: words[1] for words in froms}

    @property
    def props(self) -> dict[str, str]:
        """Return what it defines for its tests, by name."""
        nodes = [one for one in ast.parse(self.body).body if isinstance(one, (ast.FunctionDef, ast.ClassDef))]
        return {one.name: ast.unparse(one) for one in nodes if not one.name.startswith("test")}

    def text(self, added: Sequence[Written]) -> str:
        """Return the file with tests added at its end, after the props of theirs that it lacks."""
        imports = import_lines({*self.imports, *(line for one in added for line in one.imports)})
        known = set(self.props.values())
        props = dict.fromkeys(prop for one in added for prop in one.props if prop not in known)
        parts = [part for part in (self.body, *props, *(one.source.rstrip("\n") for one in added)) if part]
        return "\n\n\n".join(["\n\n".join(filter(None, (HEADER, imports))), *parts]) + "\n"

    def write(self, added: Sequence[Written]) -> None:
        """Put the file in its place whole, by one rename."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, self.text(added))


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, by one rename."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".hardened-", suffix=".tmp", delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def lines_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return an import as one line for each name.

    >>> lines_of(ast.parse("from a import b, c as d").body[0])
    ['from a import b', 'from a import c as d']
    """
    head = f"from {'.' * node.level}{node.module or ''} import" if isinstance(node, ast.ImportFrom) else "import"
    return [f"{head} {one.name}{f' as {one.asname}' if one.asname else ''}" for one in node.names]


def import_lines(lines: Iterable[str]) -> str:
    r"""Return imports in the usual order: the standard library, pytest, the code; names of one module together.

    >>> import_lines(["from m import b", "import pytest", "from m import a", "import math"])
    'import math\n\nimport pytest\n\nfrom m import a, b'
    """
    sections: dict[int, list[str]] = defaultdict(list)
    names: dict[str, list[str]] = defaultdict(list)
    for line in sorted(lines):
        words = line.split(maxsplit=3)
        if words[0] == "import":
            sections[_section(words[1])].append(line)
        else:
            names[words[1]].append(words[3])
    for module, some in sorted(names.items()):
        line = f"from {module} import {', '.join(some)}"
        long = f"from {module} import (\n{''.join(f'    {one},{chr(10)}' for one in some)})"
        sections[_section(module)].append(line if len(line) <= LINE_MAX else long)
    return "\n\n".join("\n".join(sections[number]) for number in sorted(sections))


def _section(module: str) -> int:
    root = module.partition(".")[0]
    return 0 if root in sys.stdlib_module_names else 1 if root == "pytest" else 2


def folder_of(files: Iterable[str], root: Path, *, cell: str = "") -> Path:
    """Return where most tests lie."""
    if cell:
        return root / "cells" / cell / "tests"
    counted = Counter(str(Path(one).parent) for one in files if "test" in Path(one).name)
    return root / counted.most_common(1)[0][0] if counted else root / "tests"
