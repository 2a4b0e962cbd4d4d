"""Subjects: what of a version can be called, read from its syntax trees: functions, and classes with their methods and attributes.

Why: the judge must know names, parameters and examples without importing anything.
Not here: what changed between two versions (`diff.normal`), values for parameters (`kind`).
"""

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef
OPERATORS = {
    "__len__": "len({0})", "__str__": "str({0})", "__repr__": "repr({0})", "__iter__": "list({0})", "__bool__": "bool({0})",
    "__int__": "int({0})", "__float__": "float({0})", "__hash__": "isinstance(hash({0}), int)", "__neg__": "-{0}", "__abs__": "abs({0})",
}  # fmt: skip
COPIED = ("__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__")
METHODS = (
    "__getitem__", "__setitem__", "__delitem__", "__contains__", "__call__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
    "__add__", "__sub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__and__", "__or__", "__xor__", "__radd__", "__rsub__",
    "__rmul__", "__iadd__", "__isub__", "__imul__", "__reversed__", "__pow__", "__enter__", "__copy__", "__matmul__", "__invert__",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter, as it is written."""

    name: str
    annotation: ast.expr | None = None
    default: ast.expr | None = None
    is_required: bool = True
    is_keyword: bool = False
    is_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function or a method: its symbol, the text that calls it, its parameters without `self`, its document."""

    symbol: str
    callee: str
    parameters: tuple[Parameter, ...]
    document: str = ""
    kind: str = "function"
    node: Definition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A class: how it is made, what can be called and looked at on an object of it."""

    symbol: str
    callee: str
    maker: Function
    methods: Mapping[str, Function]
    looks: tuple[str, ...]
    document: str = ""
    is_error: bool = False
    members: tuple[str, ...] = ()
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """All of a version, by symbol (`Bank`, `Bank.deposit`, with the module before it where there are several)."""

    functions: Mapping[str, Function] = field(default_factory=dict)
    classes: Mapping[str, Class] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    dotted: bool = False

    def callable_at(self, symbol: str) -> Function | None:
        """Return the function, method or constructor of a symbol."""
        if symbol in self.functions:
            return self.functions[symbol]
        if symbol in self.classes:
            return self.classes[symbol].maker
        owner, _, name = symbol.rpartition(".")
        return self.classes[owner].methods.get(name) if owner in self.classes else None


def subjects_of(trees: Mapping[str, ast.Module], *, dotted: bool | None = None) -> Subjects:
    r"""Read what can be called in the modules of a version.

    >>> found = subjects_of({"m": ast.parse("def f(x, *, y=1): ...\nclass C:\n    def g(self): ...")})
    >>> [one.name for one in found.functions["f"].parameters], list(found.classes["C"].methods)
    (['x', 'y'], ['g'])
    """
    many = len(trees) > 1 if dotted is None else dotted
    functions: dict[str, Function] = {}
    nodes: dict[str, tuple[ast.ClassDef, str]] = {}
    for module, tree in trees.items():
        prefix = f"{module}." if many else ""
        exported = _exported(tree)
        for node in _definitions(tree.body):
            if node.name.startswith("_") and node.name not in exported and node.name != "__getattr__":
                continue
            if isinstance(node, ast.ClassDef):
                nodes[prefix + node.name] = node, prefix
            else:
                functions[prefix + node.name] = _function(node, prefix + node.name, prefix + node.name)
        functions |= _aliases(tree, prefix, functions)
    by_name = {symbol: node for symbol, (node, _) in nodes.items()}
    classes = {symbol: _class(node, symbol, prefix, by_name) for symbol, (node, prefix) in nodes.items()}
    return Subjects(functions=functions, classes=classes, modules=tuple(trees), dotted=many)


def _aliases(tree: ast.Module, prefix: str, known: Mapping[str, Function]) -> dict[str, Function]:
    """Return the public names of functions whose own name is private: `batched = _batched`."""
    private = {one.name: one for one in _definitions(tree.body) if isinstance(one, Definition) and one.name.startswith("_")}
    pairs = [
        (target.id, node.value.id)
        for node in _statements(tree.body)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in private
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    ]
    return {prefix + name: _function(private[other], prefix + name, prefix + name) for name, other in pairs if prefix + name not in known}


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            yield from _statements([*node.body, *node.orelse])


def _exported(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets):
            return {one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return set()


def _definitions(body: list[ast.stmt]) -> Iterator[Definition | ast.ClassDef]:
    return (one for one in _statements(body) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)))


def _function(node: Definition, symbol: str, callee: str, *, kind: str = "function") -> Function:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    found = [
        Parameter(name=one.arg, annotation=one.annotation, default=default, is_required=default is None)
        for one, default in zip(positional, defaults, strict=True)
    ]
    if kind in ("method", "property", "classmethod"):
        found = found[1:]
    if arguments.vararg:
        found.append(Parameter(name=arguments.vararg.arg, annotation=arguments.vararg.annotation, is_required=False, is_rest=True))
    found += [
        Parameter(name=one.arg, annotation=one.annotation, default=default, is_required=default is None, is_keyword=True)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return Function(symbol=symbol, callee=callee, parameters=tuple(found), document=ast.get_docstring(node) or "", kind=kind, node=node)


def _method_kind(node: Definition) -> str:
    words = {ast.unparse(one).rpartition(".")[2].partition("(")[0] for one in node.decorator_list}
    if words & {"property", "cached_property"}:
        return "property"
    return "ignored" if words & {"setter", "deleter", "overload"} else next(iter(words & {"staticmethod", "classmethod"}), "method")


def _class(node: ast.ClassDef, symbol: str, prefix: str, by_name: Mapping[str, ast.ClassDef]) -> Class:
    lineage = list(_lineage(node, prefix, by_name, set()))
    methods: dict[str, Function] = {}
    looks: dict[str, None] = {}
    maker: Function | None = None
    for one in reversed(lineage):
        for item in one.body:
            if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            kind = _method_kind(item)
            if item.name in ("__init__", "__new__") and (item.name == "__init__" or maker is None):
                maker = _function(item, symbol, symbol, kind="method")
            elif item.name in OPERATORS:
                looks[OPERATORS[item.name]] = None
            elif kind == "property" and (not item.name.startswith("_") or item.name.endswith("__")):
                looks[f"{{0}}.{item.name}"] = None
            elif (not item.name.startswith("_") or item.name in METHODS) and kind != "ignored":
                methods[item.name] = _function(item, f"{symbol}.{item.name}", item.name, kind=kind)
    methods = {**_assigned_methods(lineage, symbol), **methods}
    looks |= dict.fromkeys(f"{{0}}.{name}" for name in (*_attributes(lineage), *_inherited(lineage)))
    if any(getattr(item, "name", "") in COPIED for one in lineage for item in one.body):
        looks |= dict.fromkeys(("copy.copy({0})", "copy.deepcopy({0})"))
    fields = _fields(lineage)
    if maker is None:
        maker = Function(symbol=symbol, callee=symbol, parameters=fields, document="", kind="method")
    bases = " ".join(ast.unparse(base) for one in lineage for base in one.bases)
    members = tuple(
        target.id for item in node.body if isinstance(item, ast.Assign) for target in item.targets if isinstance(target, ast.Name)
    )
    return Class(
        symbol=symbol, callee=symbol, maker=maker, methods=methods, looks=tuple(looks), document=ast.get_docstring(node) or "",
        is_error="Exception" in bases or "Error" in bases, members=members if "Enum" in bases or "Flag" in bases else (),
        above=tuple(name for one in lineage[1:] for name, other in by_name.items() if other is one),
    )  # fmt: skip


def _lineage(node: ast.ClassDef, prefix: str, by_name: Mapping[str, ast.ClassDef], seen: set[str]) -> Iterator[ast.ClassDef]:
    yield node
    for base in node.bases:
        name = ast.unparse(base)
        above = by_name.get(prefix + name) or by_name.get(name)
        if above is not None and name not in seen:
            yield from _lineage(above, prefix, by_name, seen | {name})


def _assigned_methods(lineage: list[ast.ClassDef], symbol: str) -> dict[str, Function]:
    """Return the operators that a class takes from elsewhere: `__lt__ = compared(operator.lt)`."""
    names = {
        target.id
        for one in lineage
        for item in one.body
        if isinstance(item, ast.Assign) and not isinstance(item.value, ast.Constant)
        for target in item.targets
        if isinstance(target, ast.Name) and target.id in METHODS
    }
    other = (Parameter(name="other"),)
    return {name: Function(symbol=f"{symbol}.{name}", callee=name, parameters=other, kind="method") for name in sorted(names)}


def _attributes(lineage: list[ast.ClassDef]) -> Iterator[str]:
    """Yield the public attributes that methods set on `self`, and those that a class makes by a call for its objects."""
    for one in lineage:
        yield from (
            target.id
            for item in one.body
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call)
            for target in item.targets
            if isinstance(target, ast.Name) and not target.id.startswith("_")
        )
        for node in ast.walk(one):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
                yield from () if node.attr.startswith("_") else (node.attr,)


def _inherited(lineage: list[ast.ClassDef]) -> Iterator[str]:
    """Yield the public attributes that objects have of a class of Python's own: the three functions of a property, say."""
    for base in dict.fromkeys(ast.unparse(base) for one in lineage for base in one.bases):
        above = getattr(builtins, base, None)
        if isinstance(above, type) and not issubclass(above, BaseException):
            yield from (
                name for name, one in vars(above).items() if not name.startswith("_") and not callable(one) and hasattr(one, "__get__")
            )


def _fields(lineage: list[ast.ClassDef]) -> tuple[Parameter, ...]:
    """Return the annotated fields of a class as the parameters of the constructor that is made for it."""
    made = any(
        word in ast.unparse(one)
        for node in lineage
        for one in (*node.decorator_list, *node.bases)
        for word in ("dataclass", "NamedTuple", "Struct", "BaseModel", "define")
    )
    found: dict[str, Parameter] = {}
    for node in reversed(lineage) if made else ():
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and "ClassVar" not in ast.unparse(item.annotation):
                found[item.target.id] = Parameter(
                    name=item.target.id, annotation=item.annotation, default=item.value if isinstance(item.value, ast.Constant) else None,
                    is_required=item.value is None,
                )  # fmt: skip
    return tuple(found.values())


def words_of(trees: Mapping[str, ast.Module]) -> Iterator[Any]:
    """Yield the constants that the code of a version uses, its documents apart."""
    for tree in trees.values():
        documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in documents:
                yield node.value
