"""Surfaces: what the modules and classes of one file bind to names, read from the syntax tree, alternatives included.

Why: definitions stand in branches (`try`/`except ImportError`, `if sys.version_info`, `if TYPE_CHECKING`), in several pieces
(overloads, setters) and in assignments; callers see one name. Bodies of functions are not read here, so that it stays cheap;
griffe's visitor reads everything and takes as long for one side as is allowed for both.
Not here: what a name stands for across files (`namespace`), bodies of functions (`body`).
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Literal, Protocol

Function = ast.FunctionDef | ast.AsyncFunctionDef
Sort = Literal["function", "class", "attribute", "import"]
ACCESSORS = ("setter", "deleter", "getter")


class Space(Protocol):
    """What a definition asks of its version (`namespace.Side`)."""

    def find(self, name: str) -> "Found":
        """Return what a dotted name from outside stands for."""

    def lookup(self, module: "Module", name: str) -> "Found":
        """Return what a name in a module stands for."""

    def name(self, module: "Module", expression: ast.AST | None, within: "Definition | None" = None) -> "Found":
        """Return what a chain of names in a module (in a class of it) stands for."""

    def ancestry(self, one: "Definition") -> tuple[list["Definition"], list[str]]:
        """Return a class and its parents, and the names of those outside."""

    def member(self, one: "Definition", name: str) -> "Definition | None":
        """Return a member of a class, its own or inherited."""


@dataclass(frozen=False, slots=True, kw_only=True, eq=False, repr=False)
class Definition:
    """What binds a name: `name` is qualified within its module (`Cart.add`), `target` the dotted origin of an import."""

    sort: Sort
    home: "Module"
    name: str
    node: ast.AST
    value: ast.expr | None = None
    annotation: ast.expr | None = None
    target: str = ""
    is_for_types: bool = False
    is_instance: bool = False
    accessors: frozenset[str] = frozenset()
    overloads: tuple[Function, ...] = ()
    members: Mapping[str, "Definition"] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """Return the last part of its name."""
        return self.name.rpartition(".")[2]

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells it from all others of its version."""
        return self.home.name, self.name

    @property
    def function(self) -> Function | None:
        """Return its node, if it is a function."""
        return self.node if isinstance(self.node, Function) else None

    @property
    def decorators(self) -> list[str]:
        """Return the dotted names of its decorators, arguments left out."""
        found: Sequence[ast.expr] = getattr(self.node, "decorator_list", ())
        return [called(one) or dotted(one) for one in found]

    @property
    def lines(self) -> Sequence[bytes]:
        """Return its text, decorators included."""
        first = min((one.lineno for one in getattr(self.node, "decorator_list", ())), default=getattr(self.node, "lineno", 1))
        return self.home.lines[first - 1 : getattr(self.node, "end_lineno", first)]

    @property
    def ancestry(self) -> tuple[list["Definition"], list[str]]:
        """Return a class and its parents, and the names of those outside (see `namespace.Side.ancestry`)."""
        return self.home.space.ancestry(self)


@dataclass(frozen=False, slots=True, kw_only=True, eq=False, repr=False)
class Module:
    """One module: what it binds, whence it imports everything, and what its `__all__` is the sum of."""

    name: str
    path: str
    space: Space
    lines: Sequence[bytes]
    tree: ast.Module
    names: dict[str, Definition] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    exports: list[ast.expr] | None = None
    facts: dict[object, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells it from all others of its version."""
        return self.name, ""

    @property
    def is_package(self) -> bool:
        """Say whether it is the own file of a package."""
        return self.path.endswith("__init__.py")


Found = Definition | Module | str | None


def dotted(node: ast.AST | None) -> str:
    """Return `a.b.c` for a chain of names, and nothing for anything else.

    >>> dotted(ast.parse("a.b", mode="eval").body)
    'a.b'
    """
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def called(node: ast.AST | None) -> str:
    """Return the dotted name of what a call calls.

    >>> called(ast.parse("a.b(1)", mode="eval").body)
    'a.b'
    """
    return dotted(node.func) if isinstance(node, ast.Call) else ""


def texts(node: ast.AST | None) -> list[str] | None:
    """Return the texts that a list, tuple, set or dictionary display (or a call around one, or a `split`) holds.

    >>> texts(ast.parse("frozenset(('a', 'b'))", mode="eval").body)
    ['a', 'b']
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split" and not node.args:
        return str(node.func.value.value).split() if isinstance(node.func.value, ast.Constant) else None
    if isinstance(node, ast.Call) and len(node.args) == 1 and called(node) in ("set", "frozenset", "tuple", "list", "sorted"):
        return texts(node.args[0])
    if not isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
        return None
    found = node.keys if isinstance(node, ast.Dict) else node.elts
    held = [one.value for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return held if len(held) == len(found) else None


def read(module: Module) -> Module:
    r"""Read the surface of a module from its tree.

    >>> tree = ast.parse("try:\n    from a import f\nexcept ImportError:\n    def f(): ...")
    >>> read(Module(name="m", path="m.py", space=None, lines=(), tree=tree)).names["f"].sort
    'function'
    """
    _Scope(home=module, names=module.names).read(module.tree.body)
    return module


@dataclass(frozen=False, slots=True, kw_only=True)
class _Scope:
    home: Module
    names: dict[str, Definition]
    prefix: str = ""

    def read(self, body: Iterable[ast.stmt], *, is_other: bool = False, is_for_types: bool = False) -> None:
        """Read statements; `is_other`: they run instead of others, whose names stay."""
        for one in body:
            for part, other, types in _branches(one):
                self.read(part, is_other=is_other or other, is_for_types=is_for_types or types)
            for definition in self._definitions(one):
                definition.is_for_types = is_for_types
                self._bind(definition, is_other=is_other)
            for target in one.targets if isinstance(one, ast.Delete) else ():
                self.names.pop(dotted(target), None)
            if isinstance(one, ast.AugAssign):
                self._export(dotted(one.target), one.value, is_more=True)
            elif isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and one.value.args:
                name, _, method = called(one.value).partition(".")
                argument = one.value.args[0]
                self._export(name, {"append": ast.List([argument]), "extend": argument}.get(method), is_more=True)

    def _bind(self, new: Definition, *, is_other: bool) -> None:
        name = new.short
        old = self.names.get(name)
        is_light = old is not None and old.sort in ("import", "attribute")
        if old is None or (old.is_for_types and not new.is_for_types):
            pass
        elif isinstance(new.node, Function):
            accessor = next((one.partition(".")[2] for one in new.decorators if one.startswith(f"{name}.")), "")
            if accessor in ACCESSORS:
                old.accessors |= {accessor}
                return
            if old.function and any(one.endswith("overload") for one in old.decorators):
                new.overloads = (*old.overloads, old.function)
            elif is_other and not is_light:
                return
        elif is_other:
            if not is_light or new.sort != "class":
                return
        elif new.sort == "import" and is_light and name.isupper():
            return  # a constant that was given a value before is one, whoever may replace it
        elif new.is_for_types or (old.sort in ("function", "class") and new.value and _mentions(new.value, name)):
            return
        self.names[name] = new

    def _definitions(self, one: ast.stmt) -> Iterator[Definition]:
        if isinstance(one, Function):
            yield self._made("function", one.name, one)
        elif isinstance(one, ast.ClassDef):
            yield self._class(one)
        elif isinstance(one, ast.Import | ast.ImportFrom):
            yield from self._imports(one)
        elif isinstance(one, ast.Assign):
            for target in one.targets:
                parts = target.elts if isinstance(target, ast.Tuple | ast.List) else None
                given = one.value.elts if isinstance(one.value, ast.Tuple) and parts and len(one.value.elts) == len(parts) else repeat(None)
                for each, value in zip(parts, given, strict=False) if parts is not None else [(target, one.value)]:
                    if isinstance(each, ast.Name):
                        yield self._made("attribute", each.id, one, value=value)
                        self._export(each.id, value, is_more=False)
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            yield self._made("attribute", one.target.id, one, value=one.value, annotation=one.annotation)
            self._export(one.target.id, one.value, is_more=False)
        elif type(one).__name__ == "TypeAlias":
            yield self._made("attribute", dotted(getattr(one, "name", None)), one, value=getattr(one, "value", None))

    def _made(
        self, sort: Sort, name: str, node: ast.AST, *, value: ast.expr | None = None, annotation: ast.expr | None = None
    ) -> Definition:
        return Definition(sort=sort, home=self.home, name=self.prefix + name, node=node, value=value, annotation=annotation)

    def _class(self, node: ast.ClassDef) -> Definition:
        made = self._made("class", node.name, node)
        names = dict[str, Definition]()
        made.members = names
        inner = _Scope(home=self.home, names=names, prefix=f"{made.name}.")
        inner.read(node.body)
        slots = names["__slots__"].value if "__slots__" in names else None
        held = [str(slots.value)] if isinstance(slots, ast.Constant) else texts(slots) or []
        for name in held:
            names.setdefault(name, inner._made("attribute", name, slots or node)).is_instance = True
        for one in own_attributes(names["__init__"].function if "__init__" in names else None):
            if one.attr not in names:
                names[one.attr] = inner._made("attribute", one.attr, one)
                names[one.attr].is_instance = True
        return made

    def _imports(self, one: ast.Import | ast.ImportFrom) -> Iterator[Definition]:
        for alias in one.names:
            if isinstance(one, ast.Import):
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                name = alias.asname or target
            else:
                parts = self.home.name.split(".")
                parent = parts[: len(parts) - one.level + self.home.is_package] if one.level else []
                source = ".".join([*parent, *([one.module] if one.module else [])])
                if alias.name == "*":
                    self.home.stars.append(source)
                    continue
                target, name = f"{source}.{alias.name}", alias.asname or alias.name
            made = self._made("import", name, one)
            made.target = target
            yield made

    def _export(self, name: str, value: ast.expr | None, *, is_more: bool) -> None:
        if name == "__all__" and value:
            self.home.exports = [*(self.home.exports or () if is_more else ()), value]


def _branches(one: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool, bool]]:
    """Yield the statements within a statement, whether they run instead of others, and whether only type checkers read them."""
    if isinstance(one, ast.If):
        runs, is_for_types = _truth(one.test), dotted(one.test).rpartition(".")[2] in ("TYPE_CHECKING", "MYPY")
        if runs is not False or is_for_types:
            yield one.body, runs is None, is_for_types
        if runs is not True:
            yield one.orelse, runs is None, False
    elif isinstance(one, ast.Try):
        yield [*one.body, *one.orelse], False, False
        yield from ((handler.body, True, False) for handler in one.handlers)
        yield one.finalbody, False, False
    elif isinstance(one, ast.With):
        yield one.body, False, False


def own_attributes(node: ast.AST | None) -> Iterator[ast.Attribute]:
    """Yield the attributes that a method (or whatever stands in a class) assigns to its own object."""
    for one in ast.walk(node) if node else ():
        if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store) and isinstance(one.value, ast.Name) and one.value.id == "self":
            yield one


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node))


def _truth(test: ast.expr) -> bool | None:
    """Return what a condition on the Python version is worth today; nothing for any other."""
    name = dotted(test).rpartition(".")[2].lower()
    if name in ("py2", "python2", "is_py2", "type_checking", "mypy"):
        return False
    if name in ("py3", "python3", "is_py3"):
        return True
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand)
        return None if inner is None else not inner
    shown = ast.unparse(test) if isinstance(test, ast.Compare) and len(test.ops) == 1 else ""
    if shown == "__name__ == '__main__'":
        return False
    asked = re.fullmatch(r"(?:sys\.)?version_info(\[0\]|\.major|\[:\d\])? (\S+) (\(.*\)|\d+)", shown)
    if asked is None:
        return None
    part, sign, value = asked.groups()
    limit = tuple(int(one) for one in re.findall(r"\d+", value))
    now = tuple(sys.version_info[: 1 if part in ("[0]", ".major") else 3 if part is None else len(limit)])
    return {"<": now < limit, "<=": now <= limit, ">": now > limit, ">=": now >= limit, "==": now == limit, "!=": now != limit}.get(sign)
