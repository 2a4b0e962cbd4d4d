"""Scopes: what names stand for in examples and tests, so that their expressions can be written anew for a script.

Why: a test says `mi.chunked(data, 2)`, where `mi` is an import and `data` a list above; a script says the same with nothing outside it.
Not here: which lines of a test become steps (`seed`).
"""

import ast
import builtins
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from planaria.witness.script.form import SEQUENCES, Code, Form, Made, literal
from planaria.witness.script.subject import Subjects

BUILTINS = frozenset(dir(builtins)) - {"exit", "quit", "input", "help", "breakpoint", "open"}


class UnresolvedError(Exception):
    """An expression holds a name that a script cannot know."""


@dataclass(frozen=True, slots=True)
class Path:
    """A name that stands for something of the version (`is_own`) or of an installed module, by its full text."""

    text: str
    is_own: bool = True


UNKNOWN = Path("", is_own=False)  # a name that a test binds to what no script can know


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A name that a step of the script has bound, and the symbol of the class it is an object of, if known.

    `prop` is the prop that it is, where `is_prop`, or an object of.
    """

    name: str
    owner: str = ""
    prop: str = ""
    is_prop: bool = False


Meaning = Path | Variable | Form


@dataclass(frozen=False, slots=True)
class Scope:
    """Names and what they stand for; `used` gathers the installed modules that were needed.

    `asked` says for each prop which symbol of the version each of its methods asks; of an empty name, the prop as a whole.
    """

    subjects: Subjects
    names: dict[str, Meaning] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    by_last: dict[str, list[str]] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def begin(self) -> "Scope":
        """Return a scope within this one."""
        return Scope(subjects=self.subjects, names=dict(self.names), used=set(), by_last=self.by_last, asked=dict(self.asked))

    def learn_imports(self, tree: ast.AST) -> None:
        """Bind what a file imports, wherever in it."""
        roots = {one.partition(".")[0] for one in self.subjects.modules}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for one in node.names:
                    name = one.name if one.asname else one.name.partition(".")[0]
                    self.names[one.asname or name] = Path(name, is_own=name.partition(".")[0] in roots)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                is_own = bool(node.level) or module.partition(".")[0] in roots
                for one in node.names:
                    if one.name != "*":
                        path = f"{module}.{one.name}" if module else one.name
                        self.names[one.asname or one.name] = self.own(path) if is_own else Path(path, is_own=False)

    def own(self, path: str) -> Path:
        """Return what a dotted path into the version stands for, however its names are exported."""
        subjects = self.subjects
        if path in subjects.functions or path in subjects.classes or path in subjects.modules:
            return Path(path)
        last = path.rpartition(".")[2]
        found = self.by_last.get(last, ())
        return Path(found[0]) if found else Path(path if subjects.dotted else last)

    def symbol_of(self, node: ast.expr) -> str:
        """Return the symbol of a function or class of the version that an expression names, or an empty text."""
        if isinstance(node, ast.Name):
            meant = self.names.get(node.id)
            text = meant.text if isinstance(meant, Path) and meant.is_own else node.id if meant is None else ""
        elif isinstance(node, ast.Attribute):
            owner = self.symbol_of(node.value)
            if owner in self.subjects.classes and node.attr in self.subjects.classes[owner].methods:
                return f"{owner}.{node.attr}"
            meant = self.names.get(ast.unparse(node)) if isinstance(node.value, ast.Name) else None
            text = meant.text if isinstance(meant, Path) and meant.is_own else self._path(node)
        elif isinstance(node, ast.Subscript):  # a class with the types that it is for
            owner = self.symbol_of(node.value)
            return owner if owner in self.subjects.classes else ""
        else:
            return ""
        if not text:
            return ""
        own = self.own(text).text
        return own if own in self.subjects.functions or own in self.subjects.classes else ""

    def _path(self, node: ast.expr) -> str:
        """Return the dotted path of a chain of attributes that begins with something of the version."""
        if isinstance(node, ast.Attribute):
            before = self._path(node.value)
            return f"{before}.{node.attr}" if before else ""
        if isinstance(node, ast.Name):
            meant = self.names.get(node.id)
            return meant.text if isinstance(meant, Path) and meant.is_own else ""
        return ""

    def form(self, node: ast.expr) -> Form:
        """Return an expression as a form.

        Raises:
            UnresolvedError: where it holds an unknown name.
        """
        known = ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        if known in self.names and not isinstance(self.names[known], (Path, Variable)):
            return self.names[known]
        try:
            if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and not any(isinstance(one, ast.Starred) for one in node.elts):
                return SEQUENCES[type(node)]([self.form(one) for one in node.elts])
            if isinstance(node, ast.Dict) and None not in node.keys:
                return {self.form(key): self.form(one) for key, one in zip(node.keys, node.values, strict=True) if key is not None}
        except TypeError as error:  # a list in a set
            raise UnresolvedError(str(error)) from error
        if (
            isinstance(node, ast.Call)
            and all(one.arg for one in node.keywords)
            and not any(isinstance(one, ast.Starred) for one in node.args)
        ):
            callee = self.text(node.func)
            if callee.replace(".", "").isidentifier():
                return Made(callee, tuple(map(self.form, node.args)), tuple((str(one.arg), self.form(one.value)) for one in node.keywords))
        made = literal(node)
        return Code(self.text(node)) if isinstance(made, Code) else made

    def text(self, node: ast.AST) -> str:
        """Return code with every outer name replaced by what it stands for.

        Raises:
            UnresolvedError: where it holds an unknown name.
        """
        text = ast.unparse(node)
        copy = ast.parse(text).body[0] if isinstance(node, ast.stmt) else ast.parse(text, mode="eval").body
        return ast.unparse(_Renamer(self, set(_bound(node))).visit(copy))

    def meaning(self, name: str) -> str:
        """Return the text that a name stands for.

        Raises:
            UnresolvedError: where nobody knows it.
        """
        if name in self.names and self.names[name] is not UNKNOWN:
            meant = self.names[name]
            if isinstance(meant, Variable):
                return meant.name
            if isinstance(meant, Path):
                if not meant.is_own:
                    self.used.add(_module(meant.text))
                return meant.text
            return repr(meant)
        if name in self.by_last and name not in self.names:
            return self.by_last[name][0]
        if name in BUILTINS and name not in self.names:
            return name
        if not self.subjects.dotted and name not in self.names and name not in ("self", "_"):
            return name  # a name of the one module, perhaps one that cannot be called
        raise UnresolvedError(name)


def scope_of(subjects: Subjects) -> Scope:
    """Return the scope in which only the version's own names are known.

    >>> from planaria.witness.script.subject import subjects_of
    >>> scope_of(subjects_of({"m": ast.parse("def f(): ...")})).by_last
    {'f': ['f']}
    """
    by_last: dict[str, list[str]] = defaultdict(list)
    for symbol in (*subjects.functions, *subjects.classes):
        by_last[symbol.rpartition(".")[2]].append(symbol)
    return Scope(subjects=subjects, by_last=dict(by_last))


def _module(path: str) -> str:
    """Return the module in a dotted path: the longest that is known to be one, at least the first name."""
    names = path.split(".")
    for count in range(len(names), 1, -1):
        if ".".join(names[:count]) in sys.modules:
            return ".".join(names[:count])
    return names[0] if len(names) < 3 else ".".join(names[:-1])  # noqa: PLR2004 - a package, its module, the name


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.ExceptHandler)) and node.name:
            yield node.name


class _Renamer(ast.NodeTransformer):
    def __init__(self, scope: Scope, bound: Iterable[str]) -> None:
        self.scope, self.bound = scope, bound

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.bound:
            return node
        return ast.parse(self.scope.meaning(node.id), mode="eval").body

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "self" and f"self.{node.attr}" in self.scope.names:
            return ast.parse(self.scope.meaning(f"self.{node.attr}"), mode="eval").body
        symbol = self.scope.symbol_of(node) if not isinstance(node.value, ast.Name) or node.value.id not in self.bound else ""
        if symbol:
            return ast.parse(symbol, mode="eval").body
        self.generic_visit(node)
        return node
