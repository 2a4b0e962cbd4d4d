"""Shapes: what a module defines, each definition as a digest of its tree that does not depend on how it is written.

Why: two definitions mean the same where their trees differ only in documents, in `pass`, in annotations of locals and in the
names of locals; so locals are numbered by their first use, scope by scope, as the language resolves them. Where code can see
its own locals by name (`locals()`, `eval`, frames) they keep their names.
Not here: the order of definitions (`order`), what a difference comes to (`normal`).
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Import = ast.Import | ast.ImportFrom
_SEES_NAMES = frozenset(("locals", "vars", "eval", "exec", "dir"))
_SEES_FRAMES = frozenset(("_getframe", "currentframe", "f_locals", "evaluate", "eval", "query"))
_BINDS = {(ast.ExceptHandler, "name"), (ast.MatchAs, "name"), (ast.MatchStar, "name"), (ast.MatchMapping, "rest")}
_HEAD = ("decorator_list", "type_params", "bases", "keywords", "args", "returns")
_FIELDS: dict[type, tuple[str, tuple[tuple[str, bool, bool], ...]]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A definition or a named value of a module: `Cart`, `Cart.add`, `LIMIT`; its digests are equal where its meaning is."""

    name: str
    node: ast.stmt
    head: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A module: its units by name, and the statements of each of its blocks (`""` is the module's own) with what each is."""

    units: Mapping[str, list[Unit]]
    blocks: Mapping[str, list[tuple[str, ast.stmt]]]


def shape(tree: ast.Module, *, keeps_documents: bool = False, keeps_names: bool = False) -> Shape:
    r"""Return the shape of a module.

    >>> one, two = (ast.parse(f"def f(x):\n    {name} = x + 1; return {name}") for name in ("a", "b"))
    >>> shape(one).units["f"][0].body == shape(two).units["f"][0].body
    True
    """
    writer = _Writer(keeps_documents=keeps_documents, keeps_names=keeps_names)
    writer.block("", tree.body)
    return Shape(units=writer.units, blocks=writer.blocks)


def split_import(node: Import) -> Iterable[tuple[str, str]]:
    """Yield what each name of an import statement stands for, and the name.

    >>> list(split_import(ast.parse("from .a import b as c").body[0])), list(split_import(ast.parse("import os.path").body[0]))
    ([('.a b', 'c')], [('os.path', 'os')])
    """
    for one in node.names:
        if isinstance(node, ast.Import):
            yield (one.name if one.asname is None or "." not in one.name else f"{one.name} itself"), one.asname or one.name.split(".")[0]
        else:
            yield f"{'.' * node.level}{node.module or ''} {one.name}", one.asname or one.name


def absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """Return the module from which a statement of a module imports.

    >>> absolute(ast.parse("from ..b import c").body[0], "p.q.a", is_package=False)
    'p.b'
    """
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + is_package] if node.level else []
    return ".".join([*kept, *([node.module] if node.module else [])])


def parameters(given: ast.arguments) -> list[str]:
    """Return the names of all parameters.

    >>> parameters(ast.parse("lambda a, *b: 1", mode="eval").body.args)
    ['a', 'b']
    """
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg) if one]


@dataclass(frozen=False, slots=True)
class _Scope:
    """A scope: `fixed` names are seen from outside, `outer` ones belong to another scope, `shared` ones to the module."""

    kind: str
    above: "_Scope | None" = None
    depth: int = 0
    fixed: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    seen: list[tuple[int, str]] = field(default_factory=list)
    keeps_names: bool = False


@dataclass(frozen=False, slots=True, kw_only=True)
class _Writer:
    keeps_documents: bool
    keeps_names: bool
    out: list[str] = field(default_factory=list)
    scope: _Scope = field(default_factory=lambda: _Scope("module"))
    path: str = ""
    units: dict[str, list[Unit]] = field(default_factory=dict)
    blocks: dict[str, list[tuple[str, ast.stmt]]] = field(default_factory=dict)

    def block(self, name: str, body: list[ast.stmt]) -> None:
        items = self.blocks.setdefault(name, [])
        for node in body:
            if isinstance(node, Definition):
                self.define(node)
                items.append((f"define {node.name}", node))
            elif isinstance(node, Import):
                for one, (what, bound) in zip(node.names, split_import(node), strict=True):
                    single = ast.Import([one]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [one], node.level)
                    items.append((f"import {what} as {bound}", single))
                    self.scope.bound.add(bound)
            elif not self.is_idle(node):
                content = self.apart(self.put, node)
                targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
                if len(targets) == 1 and isinstance(targets[0], ast.Name):
                    self.unit(targets[0].id, node, "=", content)
                    content = f"set {targets[0].id}"
                items.append((content, node))

    def is_idle(self, node: ast.stmt) -> bool:
        """Say whether a statement does nothing: `pass`, or a value that nobody takes, unless it may be a document that is read."""
        is_value = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        return isinstance(node, ast.Pass) or (is_value and not self.keeps_documents)

    def apart(self, write: Callable[[Any], None], node: ast.AST) -> str:
        """Return a digest of what is written of a node, the same only for the same texts."""
        before, self.out = self.out, []
        write(node)
        written, self.out = "\0".join(self.out), before
        return blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def unit(self, name: str, node: ast.stmt, head: str, body: str) -> None:
        name = self.path + name
        self.units.setdefault(name, []).append(Unit(name=name, node=node, head=head, body=body))

    def define(self, node: Definition) -> None:
        self.scope.bound.add(node.name)
        head = self.apart(self.head, node)
        if isinstance(node, ast.ClassDef):
            self.unit(node.name, node, head, "class")
            before = self.scope, self.path
            self.scope, self.path = _Scope("class", self.scope), f"{self.path}{node.name}."
            self.block(self.path[:-1], node.body)
            self.scope, self.path = before
        else:
            self.unit(node.name, node, head, self.apart(self.inside, node))

    def definition(self, node: Definition) -> None:
        """Write a definition where it stands: one that the module or a class of it holds is a unit of its own."""
        self.out.append(f"define {node.name}")
        if self.scope.kind == "module" or (self.scope.kind == "class" and self.path):
            self.define(node)
            return
        self.head(node)
        self.fix(node.name)
        path, self.path = self.path, "" if isinstance(node, ast.ClassDef) else self.path
        self.inside(node)
        self.path = path

    def head(self, node: Definition) -> None:
        self.out.append(node.__class__.__name__)
        for name in _HEAD:
            value = getattr(node, name, None)
            self.each(value) if isinstance(value, list) else self.put(value)

    def inside(self, node: Definition | ast.Lambda) -> None:
        if isinstance(node, ast.ClassDef):
            self.scope = _Scope("class", self.scope, self.scope.depth)
        else:
            self.enter("function", parameters(node.args))
        self.put(node.body) if isinstance(node, ast.Lambda) else self.statements(node.body)
        self.leave()

    def enter(self, kind: str, fixed: Iterable[str] = ()) -> None:
        self.scope = _Scope(kind, self.scope, self.scope.depth + 1, set(fixed), set(fixed), keeps_names=self.keeps_names)

    def leave(self) -> None:
        """Give locals their numbers, and hand what is not its own to the scope around it, as the language looks names up."""
        scope, labels = self.scope, dict[str, str]()
        assert scope.above is not None, "the module's scope is never left"
        self.scope = beyond = scope.above
        while beyond.kind == "class" and beyond.above is not None:
            beyond = beyond.above
        for place, name in scope.seen:
            if name in scope.bound and name not in scope.outer:
                if scope.kind != "class" and not scope.keeps_names and name not in scope.fixed:
                    self.out[place] = labels.setdefault(name, f"\1{scope.depth}.{len(labels)}")
            elif name not in scope.shared:
                beyond.seen.append((place, name))
        if beyond.kind == "module":
            beyond.seen.clear()
        beyond.keeps_names |= scope.keeps_names

    def fix(self, name: str) -> None:
        self.scope.fixed.add(name)
        self.scope.bound.add(name)

    def see(self, name: str) -> None:
        self.scope.seen.append((len(self.out), name))
        self.out.append(name)

    def bind(self, name: str | None) -> None:
        if name is None:
            self.out.append("~")
        else:
            self.scope.bound.add(name)
            self.see(name)

    def each(self, nodes: Iterable[Any]) -> None:
        for node in nodes:
            self.put(node)
        self.out.append("]")

    def statements(self, body: Iterable[ast.stmt]) -> None:
        self.each(node for node in body if not self.is_idle(node))

    def put(self, node: Any) -> None:
        kind = node.__class__
        special = _SPECIAL.get(kind)
        if special is not None:
            special(self, node)
            return
        tag, fields = _FIELDS.get(kind) or _fields(kind)
        self.out.append(tag)
        for name, is_body, binds in fields:
            value = getattr(node, name, None)
            if binds:
                self.bind(value)
            elif value.__class__ is list:
                self.statements(value) if is_body else self.each(value)
            elif value is None or isinstance(value, ast.AST):
                self.put(value)
            else:
                self.out.append(repr(value))

    def nothing(self, _: None) -> None:
        self.out.append("~")

    def name(self, node: ast.Name) -> None:
        self.see(node.id)
        if node.ctx.__class__ is not ast.Load:
            self.scope.bound.add(node.id)
        elif node.id in _SEES_NAMES:
            self.scope.keeps_names = True

    def attribute(self, node: ast.Attribute) -> None:
        self.scope.keeps_names |= node.attr in _SEES_FRAMES
        self.out.append(f".{node.attr}")
        self.put(node.value)

    def constant(self, node: ast.Constant) -> None:
        value = node.value
        self.out.append(f"={value:#x}" if value.__class__ is int else f"={value!r}")

    def keyword(self, node: ast.keyword) -> None:
        """Write an argument by name; the parameters of a `key` function are locals, since it is called by position."""
        self.out.append(f"{node.arg}=")
        value = node.value
        is_plain = isinstance(value, ast.Lambda) and not value.args.defaults and len(value.args.args) == len(parameters(value.args))
        if node.arg != "key" or not isinstance(value, ast.Lambda) or not is_plain:
            self.put(value)
            return
        self.out.append("key")
        self.enter("function")
        for one in value.args.args:
            self.bind(one.arg)
        self.put(value.body)
        self.leave()

    def lambda_(self, node: ast.Lambda) -> None:
        self.out.append("Lambda(")
        self.put(node.args)
        self.inside(node)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self.out.append(f"{node.__class__.__name__}(")
        self.put(node.generators[0].iter)
        self.enter("comprehension")
        for number, one in enumerate(node.generators):
            self.out.append(f"for {one.is_async}")
            self.put(one.target)
            self.put(one.iter if number else None)
            self.each(one.ifs)
        self.each((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        self.leave()

    def walrus(self, node: ast.NamedExpr) -> None:
        inner = self.scope
        while self.scope.kind == "comprehension" and self.scope.above is not None:
            self.scope = self.scope.above
        self.out.append(":=")
        self.bind(node.target.id)
        self.scope = inner
        self.put(node.value)

    def imported(self, node: Import) -> None:
        for one, (what, name) in zip(node.names, split_import(node), strict=True):
            self.out.append(f"import {what}")
            if one.asname is None:
                self.fix(name)
            self.bind(name)

    def borrowed(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.outer.update(node.names)
        self.scope.shared.update(node.names if isinstance(node, ast.Global) else ())
        self.out.append(node.__class__.__name__)
        for name in node.names:
            self.see(name)
        self.out.append("]")

    def annotated(self, node: ast.AnnAssign) -> None:
        """Write a value with its annotation, which nobody can see of a local."""
        if self.scope.kind != "function":
            self.out.append(f"AnnAssign{node.simple}")
            self.each((node.target, node.annotation, node.value))
        elif node.value is not None:
            self.put(ast.Assign([node.target], node.value))
        elif isinstance(node.target, ast.Name):
            self.scope.bound.add(node.target.id)
        else:
            self.put(ast.Expr(node.target))

    def returned(self, node: ast.Return) -> None:
        self.out.append("return")
        self.put(node.value or ast.Constant(None))


def _fields(kind: type[ast.AST]) -> tuple[str, tuple[tuple[str, bool, bool], ...]]:
    names = [name for name in kind._fields if name not in ("ctx", "type_comment", "type_ignores")]
    rows = tuple((name, name in ("body", "orelse", "finalbody"), (kind, name) in _BINDS) for name in names)
    return _FIELDS.setdefault(kind, (f"{kind.__name__}(", rows))


_SPECIAL: dict[type, Callable[[_Writer, Any], None]] = {
    type(None): _Writer.nothing, ast.Name: _Writer.name, ast.Attribute: _Writer.attribute, ast.Constant: _Writer.constant,
    ast.keyword: _Writer.keyword, ast.Lambda: _Writer.lambda_, ast.NamedExpr: _Writer.walrus, ast.AnnAssign: _Writer.annotated,
    ast.Return: _Writer.returned,
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef), _Writer.definition),
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _Writer.comprehension),
    **dict.fromkeys((ast.Import, ast.ImportFrom), _Writer.imported), **dict.fromkeys((ast.Global, ast.Nonlocal), _Writer.borrowed),
}  # fmt: skip
