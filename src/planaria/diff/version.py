"""Versions: the files of one side of a comparison, below the folder from which they are imported; nothing is imported.

Why: a file, a package, a folder of packages and a git revision are compared alike once they are names and contents.
Not here: running them (`witness`), generations of a cell (`kernel.loader`).
"""

import ast
from collections.abc import Mapping
from functools import cached_property


class Version:
    """One side: how its user named it, and its files by path below the import root (`shop/cart.py`), as bytes.

    `origin` says where a path begins for its user: what to take away, and what to put there. `beside` are tests that were
    found near the code, by the paths of their user; they are no part of it.

    >>> Version(label="old.py", files={"shop/cart.py": b"x = 1", "shop/logo.png": b""}).modules
    {'shop.cart': 'shop/cart.py'}
    """

    def __init__(
        self, *, label: str, files: Mapping[str, bytes], origin: tuple[str, str] = ("", ""), beside: Mapping[str, bytes] | None = None
    ) -> None:
        self.label, self.files, self.origin, self.beside = label, files, origin, beside or {}
        self._parsed: dict[str, ast.Module | Exception] = {}

    @cached_property
    def modules(self) -> Mapping[str, str]:
        """Return the path of every module by its dotted name."""
        paths = {name: name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in self.files if name.endswith(".py")}
        return {dotted: path for path, dotted in sorted(paths.items(), key=lambda one: one[1])}

    @cached_property
    def is_one_module(self) -> bool:
        """Say whether it is a single module, whose symbols need no module before their names."""
        return len(self.modules) == 1

    @cached_property
    def trees(self) -> Mapping[str, ast.Module]:
        """Return the syntax tree of every module by its dotted name, those that are no Python left out (see `unreadable`)."""
        return {name: tree for name in self.modules if isinstance(tree := self.parsed(name), ast.Module)}

    def tree(self, module: str) -> ast.Module | None:
        """Return the syntax tree of one module, or None where it is missing or no Python; others are not parsed for it."""
        found = self.parsed(module) if module in self.modules else None
        return found if isinstance(found, ast.Module) else None

    @cached_property
    def unreadable(self) -> Mapping[str, str]:
        """Return why a file could not be parsed, by path."""
        return {path: str(error) for name, path in self.modules.items() if isinstance(error := self.parsed(name), Exception)}

    def parsed(self, module: str) -> ast.Module | Exception:
        """Return the syntax tree of one module, or why it has none; the others are not read for it."""
        if module not in self._parsed:
            self._parsed[module] = _parse(self.files[self.modules[module]], self.modules[module])
        return self._parsed[module]

    def text(self, path: str) -> str:
        """Return a file as text."""
        return self.files[path].decode("utf-8", "replace")

    def place(self, path: str) -> str:
        """Return where its user finds a file.

        >>> Version(label="old", files={"shop/cart.py": b""}, origin=("shop/", "old/shop/")).place("shop/cart.py")
        'old/shop/cart.py'
        """
        return self.origin[1] + path.removeprefix(self.origin[0]) if path in self.files else path

    def symbol(self, module: str, name: str) -> str:
        """Return how a name of a module is told: with its module, where there are several."""
        return name if self.is_one_module or not module else f"{module}.{name}"


def _parse(content: bytes, path: str) -> ast.Module | Exception:
    try:
        return ast.parse(content, filename=path)
    except (SyntaxError, ValueError, RecursionError) as error:
        return error
