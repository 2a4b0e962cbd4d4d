"""What is absent: modules in the place of packages that are not installed here, which fail where they are used.

Why: code that imports a package and uses it in one function can be run in all others; a version that cannot be imported at all is
compared in nothing. Only what fails an import is stood in for, so `try: import` keeps its meaning. Names of names are there too,
since annotations and base classes are no use.
Not here: when it is needed (`player`).
"""

import importlib.abc
import importlib.machinery
import types
from collections.abc import Collection, Sequence
from typing import Any


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Find modules of packages that are known to be absent; put it last, so that what is there is found first.

    >>> finder = Absent({"nowhere"})
    >>> finder.find_spec("nowhere.inner").name, finder.find_spec("elsewhere")
    ('nowhere.inner', None)
    """

    def __init__(self, roots: Collection[str]) -> None:
        self.roots = roots

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Return a module for a name below an absent package."""
        del path, target
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self.roots else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Return a module whose every name is there, and fails where it is called."""
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: _named(spec.name, name)  # type: ignore[method-assign]  # how a module gives what it does not hold
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Run nothing: there is nothing."""


class _Nothing(type):
    """The type of absent names: they have names in turn, and can be subscribed, but not called."""

    def __getattr__(cls, name: str) -> Any:
        return _named(cls.__module__, name)

    def __getitem__(cls, _: Any) -> Any:
        return cls


def _named(module: str, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)

    def refuse(*_: Any, **__: Any) -> Any:
        root = module.partition(".")[0]
        raise ModuleNotFoundError(f"No module named {root!r}", name=root)

    return _Nothing(name, (), {"__new__": refuse, "__module__": module})
