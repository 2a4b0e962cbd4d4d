"""Loader: the only way in for an implementation; each generation under a module name of its own.

Why: two generations must live side by side without mixing (Decision D-003), so nothing is found by its folder's name:
a generation is its files' digest, and importing `cells.X.impl` by name is refused.
Not here: starting what was loaded (`cell`).
"""

import hashlib
import importlib.abc
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from planaria.kernel.contract import Contract, implementation_problems
from planaria.kernel.error import PlanariaError, Several

PREFIX = "planaria_generation"


class ImplementationProblems(Several):
    """Code that does not implement its contract."""

    code = "PLN-L101"
    why = "a generation must be complete before anything calls it"


class ImportOfImplementation(PlanariaError, ImportError):
    """An implementation was imported by name."""

    code = "PLN-L102"
    what = "'{module}' cannot be imported"
    why = "an implementation is disposable: only the kernel loads it, and others reach it through its contract"
    fix = "import the contract, and declare `uses(Contract)`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One implementation, named by the digest of its files; `specs` finds its modules where the directory cannot be read."""

    cell: str
    digest: str
    directory: Path
    specs: Callable[[str], ModuleSpec | None] | None = None


class _Source(SourceFileLoader):
    def path_stats(self, path: str) -> Mapping[str, Any]:
        raise OSError(f"{path} is always compiled: bytecode kept by time and size may be of another generation")


class _Guard(importlib.abc.MetaPathFinder):
    def __init__(self) -> None:
        self.held: dict[str, Callable[[str], ModuleSpec | None]] = {}

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        parts = fullname.split(".")
        if parts[0] == "cells" and parts[2:3] == ["impl"]:
            raise ImportOfImplementation(module=fullname)
        if (held := self.held.get(".".join(parts[:3]))) is not None:
            return held(fullname)
        return FileFinder(path[0], (_Source, [".py"])).find_spec(fullname) if parts[0] == PREFIX and path else None


GUARD = _Guard()


def files_of(directory: Path) -> dict[str, bytes]:
    """Return an implementation's files by relative path; caches and hidden files apart."""
    paths = {path.relative_to(directory): path for path in sorted(directory.rglob("*")) if path.is_file()}
    kept = [name for name in paths if not any(part.startswith((".", "__pycache__")) for part in name.parts)]
    return {str(name): paths[name].read_bytes() for name in kept}


def digest_of(files: dict[str, bytes]) -> str:
    """Return the SHA-256 (hex) over the sorted names and contents.

    >>> digest_of({})[:8]
    'e3b0c442'
    """
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{len(name)} {name} {len(content)} ".encode() + content)
    return whole.hexdigest()


def generation_at(cell: str, directory: Path) -> Generation:
    """Name the generation that a directory holds."""
    return Generation(cell=cell, digest=digest_of(files_of(directory)), directory=directory)


def load(generation: Generation, contract: type[Contract]) -> type[Contract]:
    """Load a generation and return its class.

    Raises:
        ImplementationProblems: PLN-L101, with every problem found.
    """
    if GUARD not in sys.meta_path:
        sys.meta_path.insert(0, GUARD)
    subject = f"cell '{generation.cell}', generation {generation.digest[:12]}"
    name = f"{PREFIX}.{generation.cell}.g{generation.digest[:12]}"
    for part in (PREFIX, f"{PREFIX}.{generation.cell}"):
        sys.modules.setdefault(part, ModuleType(part)).__path__ = []
    _forget(name)
    GUARD.held.pop(name, None)
    start = generation.directory / "__init__.py"
    if generation.specs is not None:
        GUARD.held[name], spec = generation.specs, generation.specs(name)
    else:
        spec = importlib.util.spec_from_loader(name, _Source(name, str(start)), is_package=True) if start.is_file() else None
    if spec is None or spec.loader is None:
        raise ImplementationProblems.of(subject, [f"there is no {start}: write the class there"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        _forget(name)
        if isinstance(error, PlanariaError) or not isinstance(error, Exception):
            raise
        raise ImplementationProblems.of(subject, [f"it does not load: {type(error).__name__}: {error}"]) from error
    return _class_in(module, contract, subject)


def _class_in(module: ModuleType, contract: type[Contract], subject: str) -> type[Contract]:
    own = {one: None for one in vars(module).values() if inspect.isclass(one) and one.__module__.startswith(module.__name__)}
    found = [one for one in own if issubclass(one, contract)]
    if len(found) != 1:
        names = ", ".join(one.__name__ for one in found) or "none"
        raise ImplementationProblems.of(subject, [f"__init__.py must hold exactly one subclass of {contract.__name__}; found: {names}"])
    problems = implementation_problems(contract, found[0])
    if problems:
        raise ImplementationProblems.of(subject, problems)
    return found[0]


def _forget(name: str) -> None:
    for one in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
        del sys.modules[one]
