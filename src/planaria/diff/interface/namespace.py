"""Namespaces: what a dotted name stands for in one version, through imports, stars, aliases and parents; which names are public.

Why: a break is one break however many paths lead to it, and what moved is still there if its old path still leads to it.
Modules are read when they are first needed, so that a small change of a large package costs little.
Not here: reading one file (`surface`), the comparison (`difference`).
"""

import ast
import builtins
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from planaria.diff.interface.surface import Definition, Found, Module, called, dotted, read
from planaria.diff.version import Version

BORROWED = ("vendor", "vendored", "extern", "externals", "third_party")
APART = frozenset(("docs", "doc", "examples", "example", "benchmarks", "benchmark", "conftest", *BORROWED))
ALONE = frozenset(("setup", "noxfile", "fabfile", "tasks", "tests"))
TEST = re.compile(r"\.test_[^.]*$|_test$")
TESTER = re.compile(rb"\b(unittest|pytest)\b")
DEPTH_MAX = 12


@dataclass(frozen=False, slots=True, kw_only=True)
class Side:
    """One version, its modules read on demand: the `Space` of its definitions.

    >>> side = Side(version=Version(label="", files={"a/__init__.py": b"from .b import f", "a/b.py": b"def f(): ..."}))
    >>> side.find("a.f").key
    ('a.b', 'f')
    """

    version: Version
    trees: dict[bytes, ast.Module | None] = field(default_factory=dict)
    read_so_far: dict[str, Module | None] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    answers: dict[tuple[str, str], Found] = field(default_factory=dict)
    lines: dict[tuple[str, str], tuple[list[Definition], list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.roots = frozenset(one.partition(".")[0] for one in self.version.modules)

    def module(self, name: str) -> Module | None:
        """Return a module, or nothing where there is none or it is no Python."""
        if name not in self.read_so_far:
            path, made = self.version.modules.get(name, ""), None
            content = self.version.files.get(path, b"")
            tree = self._tree(name, content) if path else None
            if tree:
                made = read(Module(name=name, path=path, space=self, lines=content.splitlines(), tree=tree))
            self.read_so_far[name] = made
        return self.read_so_far[name]

    def _tree(self, name: str, content: bytes) -> ast.Module | None:
        """Parse once what is the same on both sides, and not at all what the version has parsed for others."""
        if "trees" in vars(self.version):
            return self.version.trees.get(name)
        if content not in self.trees:
            try:
                self.trees[content] = ast.parse(content)
            except (SyntaxError, ValueError, RecursionError):
                self.trees[content] = None
        return self.trees[content]

    def forget(self) -> None:
        """Let go of all that was read: definitions and modules know each other, and would wait for the collector."""
        for module in filter(None, self.read_so_far.values()):
            module.names.clear()
        for known in (self.trees, self.read_so_far, self.answers, self.lines):
            known.clear()

    def find(self, name: str, depth: int = 0) -> Found:
        """Return what a dotted name from outside stands for; text: something that is not in this version."""
        parts = name.split(".")
        if parts[0] not in self.roots:
            return name
        for count in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:count]))
            if module:
                return self._descend(module, parts[count:], depth)
        return None

    def name(self, module: Module, expression: ast.AST | None, within: Definition | None = None) -> Found:
        """Return what a chain of names in a module (in a class of it) stands for."""
        first, *rest = dotted(expression).split(".")
        if not first:
            return None
        start: Found = (within.members.get(first) if within else None) or self.lookup(module, first)
        if start is None:
            return ".".join(["builtins", first, *rest]) if hasattr(builtins, first) else None
        return self._descend(start, rest, 0)

    def lookup(self, module: Module, name: str, depth: int = 0) -> Found:
        """Return what a name in a module stands for, whoever made it; circles lead nowhere."""
        key = module.name, name
        if key not in self.answers:
            self.answers[key] = module.names.get(name)
            self.answers[key] = self._lookup(module, name, depth)
        return self.answers[key]

    def _lookup(self, module: Module, name: str, depth: int) -> Found:
        own, path = module.names.get(name), f"{module.name}.{name}"
        if depth > DEPTH_MAX:
            return own
        if own and own.sort != "import":
            first, *rest = dotted(own.value).split(".") if own.sort == "attribute" else [""]
            start = self.lookup(module, first, depth + 1) if first and first != own.name else None
            alias = self._descend(start, rest, depth + 1)
            return alias if isinstance(alias, Definition) else own
        if own and own.target != path:
            return self.find(own.target, depth + 1) or own
        if path in self.version.modules:
            return self.module(path)
        for star in module.stars:
            source = self.module(star)
            if not source or source is module:
                continue
            exported = self.exports(source)
            if name in exported if exported is not None else not name.startswith("_"):
                found = self.lookup(source, name, depth + 1)
                if found:
                    return found
        return None

    def _descend(self, start: Found, parts: list[str], depth: int) -> Found:
        for place, part in enumerate(parts):
            if start is None:
                return None
            if isinstance(start, str):
                return ".".join([start, *parts[place:]])
            start = self.lookup(start, part, depth) if isinstance(start, Module) else start.members.get(part)
        return start

    def exports(self, module: Module, depth: int = 0) -> list[str] | None:
        """Return the names in `__all__`, if it can be read."""
        if module.exports is None or depth > DEPTH_MAX:
            return None
        return self._listed(module, ast.Tuple(module.exports), depth)

    def _listed(self, module: Module, node: ast.expr, depth: int) -> list[str] | None:
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value] if isinstance(node, ast.Starred) else []
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            parts = node.elts
        elif isinstance(node, ast.Call):
            parts = node.args if called(node) in ("list", "tuple", "sorted", "set") else []
        elif dotted(node).endswith("__all__"):
            alias = module.names.get(dotted(node))
            source = alias.target.rpartition(".")[0] if alias else ""
            other = self.name(module, node.value) if isinstance(node, ast.Attribute) else self.find(source) if source else None
            return self.exports(other, depth + 1) if isinstance(other, Module) else None
        lists = [self._listed(module, each, depth) for each in parts]
        is_known = bool(parts) or isinstance(node, ast.List | ast.Tuple | ast.Set)
        return [name for each in lists for name in each or ()] if is_known and None not in lists else None

    def public(self, module: Module) -> Iterator[str]:
        """Yield the names that a public module offers: those in its `__all__`; or all it defines and, in a package, re-exports."""
        exported = self.exports(module)
        if exported is not None:
            yield from (one for one in exported if not (one.startswith("__") and one not in module.names))
            return
        used = _used(module) if module.is_package else frozenset[str]()
        for name, one in module.names.items():
            if not name.startswith("_") and not one.is_for_types and (one.sort != "import" or self._is_passed_on(module, one, used)):
                yield name
        for star in module.stars if module.is_package else ():
            source = self.find(star, 1)
            if isinstance(source, Module):
                yield from (one for one in self.public(source) if one not in module.names)

    def unlisted(self, module: Module) -> Iterator[str]:
        """Yield the functions and classes beside a module's `__all__` that are not named as private: some callers use them."""
        exported = self.exports(module)
        for name, one in module.names.items() if exported is not None else ():
            if one.sort in ("function", "class") and name not in (exported or ()) and not name.startswith("_") and not one.is_for_types:
                yield name

    def _is_passed_on(self, module: Module, one: Definition, used: frozenset[str]) -> bool:
        if any(alias.asname == one.name == alias.name for alias in getattr(one.node, "names", ())):
            return True
        root = one.target.partition(".")[0]
        is_foreign = root in sys.stdlib_module_names or root == "typing_extensions" or re.search(r"(^|\.)_?(py\d?_?)?compat\.", one.target)
        if not module.is_package or is_foreign or one.name in used or not isinstance(one.node, ast.ImportFrom):
            return False
        return not isinstance(self.find(one.target, 1), Module)

    def ancestry(self, one: Definition) -> tuple[list[Definition], list[str]]:
        """Return a class and its parents in this version as they are searched, and the dotted names of all others ('?': unknown)."""
        if one.key not in self.lines:
            self.lines[one.key] = ([one], [])
            inner, outer = [one], list[str]()
            for base in getattr(one.node, "bases", ()):
                found = self.name(one.home, base.value if isinstance(base, ast.Subscript) else base)
                if isinstance(found, Definition) and found.sort == "class":
                    above, beyond = self.ancestry(found)
                    inner = [each for each in inner if each not in above] + above
                    outer += [each for each in beyond if each not in outer]
                else:
                    outer += self._outer(one.home, base, found)
            self.lines[one.key] = (inner, outer)
        return self.lines[one.key]

    def _outer(self, module: Module, base: ast.expr, found: Found) -> list[str]:
        """Return the dotted names that a base class outside of a version adds."""
        if isinstance(base, ast.Call):
            made = str(self.name(module, base.func))
            if made.endswith("with_metaclass"):
                return [one if isinstance(one := self.name(module, each), str) else "?" for each in base.args[1:]]
            return ["builtins.tuple" if made.rpartition(".")[2].lower() == "namedtuple" else "?"]
        if found == "typing.NamedTuple":
            return [found, "builtins.tuple"]
        return [found if isinstance(found, str) else "?"]

    def member(self, one: Definition, name: str) -> Definition | None:
        """Return a member of a class, its own or inherited within this version; an alias of a method is that method."""
        for each in self.ancestry(one)[0]:
            found = each.members.get(name)
            if found and not found.is_for_types:
                alias = each.members.get(dotted(found.value)) if found.sort == "attribute" and found.value else None
                return alias if alias and alias.sort == "function" else found
        return None


def metaclass(one: Definition) -> Definition | None:
    """Return the class of a class, where it names one of its version."""
    nodes = [each.value for each in getattr(one.node, "keywords", ()) if each.arg == "metaclass"]
    for each in (*getattr(one.node, "decorator_list", ()), *getattr(one.node, "bases", ())):
        if called(each).endswith(("add_metaclass", "with_metaclass")):
            nodes += each.args[:1]
    found = one.home.space.name(one.home, nodes[0]) if nodes else None
    return found if isinstance(found, Definition) and found.sort == "class" else None


def _used(module: Module) -> frozenset[str]:
    """Return the names that the code of a package's own file uses: those imports are not there to be passed on."""
    if not any(one.sort in ("function", "class") for one in module.names.values()):
        return frozenset()
    return frozenset(one.id for one in ast.walk(module.tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load))


def is_public(name: str, version: Version) -> bool:
    """Say whether a module is one that callers may use: no part of its name is private, and it is no test, example or borrowed code.

    >>> version = Version(label="", files={"shop/test.py": b"import pytest"})
    >>> [is_public(one, version) for one in ("shop.cart", "shop._cart", "shop.docs.cart", "test_shop", "shop.test")]
    [True, False, False, False, False]
    """
    parts = name.split(".")
    if parts[0] in APART | ALONE or parts[-1].startswith("test_") or "packages" in parts[1:]:
        return False
    if any(one.startswith("_") or one in APART for one in parts[1:]):
        return False
    place = next((place for place, one in enumerate(parts) if one in ("test", "tests")), None)
    if place is None:
        return True
    folder = ".".join(parts[: place + 1])
    inside = [one for one in version.modules if one == folder or one.startswith(f"{folder}.")]
    is_asked = parts[place] == "tests" or len(inside) == 1
    return not any(TEST.search(one) or (is_asked and TESTER.search(version.files[version.modules[one]])) for one in inside)
