"""Traces: what each function of a module mentions, what that stands for, and where it touches the outside, read in one walk.

Why: what a function can do is what it does itself and what it comes to; both are read from names, as far as imports, locals
and plain types (`x = Cart()`, `x: Cart`, `self.x = Cart()`) tell what a name stands for.
Not here: what a name of another module leads to (`graph`).
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from planaria.diff.effect.touch import (
    COMMON,
    HIDDEN,
    METHODS,
    NO_TOUCH,
    OPENS,
    PATH,
    PATH_METHODS,
    covering,
    is_seeded,
    kinds_of,
    open_kinds,
)
from planaria.diff.shape import Function, Import, absolute, parameters
from planaria.diff.source import BUILTINS

_REACHING = frozenset(("__globals__", "__builtins__", "__subclasses__", "__code__", "__loader__", "__import__"))
_PATHS = (PATH, "anyio.Path")
_PART = 2  # names of a part of oneself and of what is asked of it: `self.store.save`
_NOTED = (ast.Call, ast.Assign, ast.AnnAssign, ast.withitem, ast.Import, ast.ImportFrom)
_PLAIN = (ast.Constant, ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_INNER = ("handlers", "body", "orelse", "finalbody", "cases")  # what is tried first is read last, and stands
_LEAVES = frozenset(("ctx", "op", "ops", "attr", "arg", "name", "names", "kind", "type", "type_comment", "annotation", "returns", "cls"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A place that touches the outside: the kind of effect, by which name, on which target (`''` where none can be read)."""

    kind: str
    name: str
    target: str
    node: ast.expr = field(compare=False, repr=False)


@dataclass(frozen=False, slots=True, kw_only=True)
class Place:
    """A function, a method, a class, or what a module does on import: the names it mentions and what it touches itself.

    `methods` are names of attributes with the class of what they are asked of, or '' where that is not known.
    """

    name: str
    module: str = ""
    line: int = 0
    names: set[str] = field(default_factory=set)
    methods: set[tuple[str, str]] = field(default_factory=set)
    origins: list[Origin] = field(default_factory=list)
    bases: tuple[str, ...] = ()


@dataclass(frozen=False, slots=True, kw_only=True)
class Trace:
    """A module: its places by name, what its imported names stand for, and the packages it imports, each with its line.

    A package is `optional` where the import may fail without harm; what is imported for types only is left out.
    """

    module: str
    places: dict[str, Place] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    imports: dict[str, tuple[int, bool]] = field(default_factory=dict)


def trace(module: str, tree: ast.Module, *, is_package: bool = False) -> Trace:
    r"""Return what the places of a module mention and touch.

    >>> found = trace("a", ast.parse("import time\ndef f(): return g(time.time())\ndef g(x): return x"))
    >>> sorted(found.places["a.f"].names), [(one.kind, one.name) for one in found.places["a.f"].origins]
    (['a.g', 'time.time'], [('clock', 'time.time')])
    """
    found = Trace(module=module)
    for node, is_optional in _imports(tree.body):
        if isinstance(node, ast.Import):
            found.known.update((one.asname, one.name) if one.asname else (one.name.split(".")[0],) * 2 for one in node.names)
            packages = [one.name for one in node.names]
        else:
            source = absolute(node, module, is_package=is_package)
            found.known.update((one.asname or one.name, f"{source}.{one.name}") for one in node.names)
            found.stars += [source] if node.names[0].name == "*" else []
            packages = [] if node.level else [source]
        for name in (one.split(".")[0] for one in packages):
            line, was_optional = found.imports.get(name, (node.lineno, True))
            found.imports[name] = line, was_optional and is_optional
    has_paths = any(one.startswith("pathlib") for one in found.known.values())
    walker = _Walker(trace=found, names=_Names(module=module, known=found.known), has_paths=has_paths)
    walker.names.top.update(node.name for node in tree.body if isinstance(node, Function | ast.ClassDef))
    for each in tree.body:
        list(walker.names.note(each, {}))
    walker.names.values = frozenset(walker.names.types)
    walker.body(module, tree.body)
    return found


@dataclass(frozen=False, slots=True, kw_only=True)
class _Names:
    """What is known of names at one point of a walk through a module.

    `top` are its definitions and `values` what it sets, `parts` the classes of the attributes of the class `owner`.
    """

    module: str
    known: dict[str, str]
    top: set[str] = field(default_factory=set)
    values: frozenset[str] = frozenset()
    texts: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    owner: str = ""
    parts: dict[str, str] = field(default_factory=dict)

    def note(self, node: ast.AST, calls: dict[int, ast.Call]) -> Iterator[str]:
        """Remember what is called, and the type and the text of what a name is set to; yield what is imported."""
        if isinstance(node, ast.Call):
            calls[id(node.func)] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (one.asname or one.name.split(".")[0] for one in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and (name := _named(node)) and node.value is not None:
            self.types[name] = self.named_type(node.annotation) if isinstance(node, ast.AnnAssign) else self.type_of(node.value)
            self.texts[name] = self.text(node.value)
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            self.types[node.optional_vars.id] = self.type_of(node.context_expr)

    def resolve(self, name: str, local: set[str]) -> str:
        if name in local:
            return ""
        is_builtin = name in BUILTINS and name not in self.top and name not in self.values
        return self.known.get(name) or (f"builtins.{name}" if is_builtin else f"{self.module}.{name}")

    def stands_for(self, node: ast.AST | None) -> str:
        if isinstance(node, ast.Call | ast.Subscript):
            node = node.func if isinstance(node, ast.Call) else node.value
        root, names = _chain(node) if isinstance(node, ast.Attribute) else (node, [])
        return ".".join((self.resolve(root.id, set()), *names)) if isinstance(root, ast.Name) else ""

    def named_type(self, node: ast.expr | None) -> str:
        if isinstance(node, ast.BinOp):
            node = node.right if isinstance(node.left, ast.Constant) and node.left.value is None else node.left
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.named_type(ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                return ""
        if isinstance(node, ast.Subscript) and self.stands_for(node).endswith(("Optional", "Annotated", "ClassVar", "Final")):
            return self.named_type(node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice)
        return self.stands_for(node)

    def type_of(self, node: ast.AST) -> str:
        """Return the class of a value as far as it shows: a class that is called, a literal, a name that was set to one."""
        while isinstance(node, ast.Await | ast.BinOp | ast.NamedExpr):
            node = node.left if isinstance(node, ast.BinOp) else node.value
        if isinstance(node, ast.Name):
            return self.types.get(node.id, "") or (f"{self.module}.{node.id}" if node.id in self.top else "")
        if isinstance(node, ast.Attribute):
            return PATH if node.attr in ("parent", "parents") and self.type_of(node.value) == PATH else ""
        if not isinstance(node, ast.Call):
            return "builtins.value" if isinstance(node, _PLAIN) else ""
        name = self.stands_for(node.func)
        if name == "builtins.super":
            return f"super {self.owner}"
        if name.startswith(f"{PATH}.") or (isinstance(node.func, ast.Attribute) and self.type_of(node.func.value) == PATH):
            return PATH
        is_class = name.rpartition(".")[2].lstrip("_")[:1].isupper()
        return "builtins.file" if name in OPENS else name if is_class else ""

    def text(self, node: ast.AST | None) -> str:
        if isinstance(node, ast.Constant):
            return str(node.value) if isinstance(node.value, str | bytes) else ""
        if isinstance(node, ast.JoinedStr):
            return self.text(node.values[0]) if node.values else ""
        if isinstance(node, ast.List | ast.Tuple):
            return " ".join(filter(None, map(self.text, node.elts)))
        return self.text(node.left) if isinstance(node, ast.BinOp) else self.texts.get(node.id, "") if isinstance(node, ast.Name) else ""

    def target(self, call: ast.Call | None) -> str:
        if call is None:
            return ""
        given = [*call.args[:2], *(one.value for one in call.keywords if one.arg in ("url", "path", "file", "host", "args", "filename"))]
        found = [text for one in given if (text := self.text(one))]
        if not found and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
            return self.target(call.func.value)
        return next((one for one in found if "://" in one), found[0] if found else "")

    def outside(self, name: str) -> tuple[str, ...]:
        return kinds_of(name) if name.partition(".")[0] != self.module.partition(".")[0] else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walker:
    trace: Trace
    names: _Names
    has_paths: bool

    def place(self, name: str, line: int) -> Place:
        return self.trace.places.setdefault(name, Place(name=name, module=self.trace.module, line=line))

    def body(self, path: str, body: list[ast.stmt], owner: str = "") -> None:
        here = self.place(self.trace.module, 1)
        loose, waiting = list[ast.AST](), list[Any](body)
        while waiting:
            node = waiting.pop()
            if isinstance(node, Function):
                loose += filter(None, (*node.args.defaults, *node.args.kw_defaults))
                self.function(f"{path}.{node.name}", node, owner)
            elif isinstance(node, ast.ClassDef):
                loose += [*node.bases, *node.keywords]
                self.class_(f"{path}.{node.name}", node)
            elif isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and getattr(node.test.left, "id", "") == "__name__":
                self.read(self.place(f"{path}.__main__", node.lineno), node.body)
            elif isinstance(node, ast.If | ast.Try | ast.With | ast.ExceptHandler):
                waiting += _parts(node)
                loose += [node.test] if isinstance(node, ast.If) else getattr(node, "items", [])
            elif isinstance(node, ast.Assign | ast.AnnAssign) and (name := _named(node)):
                held = self.place(f"{path}.{name}", node.lineno)
                held.bases = (self.names.stands_for(node.value),) if isinstance(node.value, ast.Name | ast.Attribute) else ()
                self.read(here, [node], held=held)
            else:
                loose.append(node)
        self.read(here, loose, held=Place(name=""))

    def class_(self, name: str, node: ast.ClassDef) -> None:
        place, names = self.place(name, node.lineno), self.names
        place.bases = tuple(names.stands_for(one.value if isinstance(one, ast.Subscript) else one) for one in node.bases)
        place.names.update(place.bases)
        self.read(place, list(node.decorator_list))
        before = names.owner, names.parts
        names.owner, names.parts = name, {}
        for one in (each for part in node.body for each in (part, *(part.body if isinstance(part, ast.FunctionDef) else ()))):
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Attribute):
                names.parts[one.targets[0].attr] = names.type_of(one.value)
            elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name | ast.Attribute):
                names.parts[one.target.id if isinstance(one.target, ast.Name) else one.target.attr] = names.named_type(one.annotation)
        self.body(name, node.body, owner=name)
        names.owner, names.parts = before

    def function(self, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str) -> None:
        place, names = self.place(name, node.lineno), self.names
        self.read(place, list(node.decorator_list))
        before = dict(names.types), dict(names.texts)
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if owner and given and not any(getattr(one, "id", "") == "staticmethod" for one in node.decorator_list):
            names.types[given[0].arg] = owner
        names.types.update((one.arg, names.named_type(one.annotation)) for one in given if one.annotation is not None)
        self.read(place, node.body, bound=set(parameters(node.args)))
        names.types, names.texts = before

    def read(self, place: Place, nodes: list[Any], bound: set[str] | None = None, held: Place | None = None) -> None:
        """Walk through code that belongs to one place; functions inside it have locals of their own.

        What runs on import comes only to what it calls; `held` is the place of what it but holds.
        """
        local, imported, inner = set(bound or ()), set[str](), list[Any]()
        mentions, calls = list[tuple[ast.expr, ast.expr, list[str]]](), dict[int, ast.Call]()
        waiting = nodes[::-1]
        while waiting:
            node = waiting.pop()
            kind = node.__class__
            if kind is ast.Name:
                if node.ctx.__class__ is ast.Load:
                    mentions.append((node, node, []))
                elif bound is not None:
                    local.add(node.id)
            elif kind is ast.Attribute:
                root, names = _chain(node)
                mentions.append((node, root, names))
                waiting += [root] if root.__class__ is not ast.Name else []
            elif kind in _FUNCTIONS:
                inner.append(node)
                waiting += filter(None, (*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults))
            else:
                if kind in _NOTED:
                    imported.update(self.names.note(node, calls))
                waiting += _children(node)
        local -= imported
        for node, root, names in mentions:
            call = calls.get(id(node))
            runs = call or not held or (names[-1] if names else getattr(root, "id", "")) in ("environ", "environb", "modules")
            self.mention(place if runs else held or place, node, (root, names), local=local, call=call)
        known = local | {one.name for one in inner if not isinstance(one, ast.Lambda)}
        for node in inner:
            self.read(held or place, node.body if isinstance(node.body, list) else [node.body], bound=known | set(parameters(node.args)))

    def mention(self, place: Place, node: Any, parts: tuple[Any, list[str]], *, local: set[str], call: ast.Call | None) -> None:
        root, names = parts
        base = self.names.resolve(root.id, local) if root.__class__ is ast.Name else ""
        is_value = base.startswith(f"{self.trace.module}.") and root.id in self.names.values
        if base:
            place.names.add(name := base if is_value else ".".join((base, *names)))
        if base and not is_value:
            kind, target = self.touched(name, call), self.names.target(call)
            if kind == "cell":
                target = self.names.stands_for(call.args[0]) if call is not None and call.args else ""
                kind = f"cell {target.rpartition('.')[2]}"
            name = name.removeprefix("builtins.")
        elif names:
            owner = self.names.type_of(root)
            if len(names) > 1:
                owner = self.names.parts.get(names[0], "") if owner == self.names.owner and owner and len(names) == _PART else ""
            place.methods.update((("", one) for one in names[:-1]), ((owner, names[-1]),))
            kind, name, target = self.asked(owner, names[-1], call), f".{names[-1]}()", self.names.target(call)
        else:
            return
        if kind:
            place.origins.append(Origin(kind=kind, name=name, target=target, node=call or node))

    def touched(self, name: str, call: ast.Call | None) -> str:
        last = name.rpartition(".")[2]
        if name in OPENS:
            return open_kinds(call)[-1]
        if name == "builtins.getattr" and call is not None and len(call.args) > 1:
            asked, of = self.names.text(call.args[1]), self.names.stands_for(call.args[0])
            is_open = of.split(".")[0] in sys.stdlib_module_names and not asked
            return "code" if is_open else self.touched(f"{of}.{asked}", None) if of and asked else ""
        if covering(name, HIDDEN) and not (name == "yaml.load" and call is not None and "Safe" in ast.unparse(call)):
            return "code"
        if name == "planaria.uses":
            return "cell"
        if name.startswith(_PATHS):
            return PATH_METHODS.get(last, "")
        is_none = last.endswith(NO_TOUCH) or last.isupper() or ".exceptions." in name or is_seeded(name, call)
        return "" if is_none else next(reversed(self.names.outside(name)), "")

    def asked(self, owner: str, name: str, call: ast.Call | None) -> str:
        """Return the kind of effect of a method that is asked of a thing of some class, or of an unknown one (`""`)."""
        if name == "open" and (owner in _PATHS or (self.has_paths and not owner and call is not None)):
            return open_kinds(call, 0)[0]
        if owner in _PATHS:
            return PATH_METHODS.get(name, "")
        if name in _REACHING:
            return "code"
        if call is None:
            return ""
        if name in METHODS and owner not in self.trace.places:
            return METHODS[name][0]
        if not owner:
            return PATH_METHODS.get(name, "") if self.has_paths and name not in COMMON else ""
        return next(reversed(() if is_seeded(owner, ast.Call(call, [call], [])) else self.names.outside(owner)), "")


def _chain(node: ast.expr) -> tuple[ast.expr, list[str]]:
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return node, names[::-1]


def _named(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return target.id if isinstance(target, ast.Name) else ""


def _parts(node: ast.AST) -> list[Any]:
    is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in (getattr(node.test, "id", ""), getattr(node.test, "attr", ""))
    return [each for name in (("orelse",) if is_for_types else _INNER) for each in getattr(node, name, ())]


def _imports(body: list[ast.stmt]) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield the imports that run, wherever they are, and whether they may fail."""
    waiting: list[tuple[Any, bool]] = [(one, False) for one in body[::-1]]
    while waiting:
        node, is_optional = waiting.pop()
        if isinstance(node, Import):
            yield node, is_optional
        elif hasattr(node, "body") or isinstance(node, ast.Match):
            waiting += [(one, is_optional or isinstance(node, ast.Try)) for one in _parts(node)[::-1]]


def _children(node: Any) -> list[Any]:
    """Return what is below a node and may touch something, last things first."""
    if node.__class__ is ast.Call and node.func.__class__ is ast.Name and node.func.id in ("isinstance", "issubclass"):
        return list(node.args[:1])
    found: list[Any] = []
    for name in _fields(node.__class__):
        value = getattr(node, name)
        if value.__class__ is list:
            found += filter(None, reversed(value))
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


@cache
def _fields(kind: type[ast.AST]) -> list[str]:
    return [name for name in reversed(kind._fields) if name not in _LEAVES]
