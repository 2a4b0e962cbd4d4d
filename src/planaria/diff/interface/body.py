"""Bodies: what callers feel of a function's inside: the keywords it reads out of `**kwargs`, what it raises, whether it yields.

Why: a signature that ends in `**kwargs` says nothing, and its readers are the true parameters. Only bodies that differ are read.
Not here: named parameters (`parameter`); what a function does (behaviour).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from planaria.diff.interface.surface import Definition, Function, called, dotted, texts

READERS = ("pop", "get", "setdefault")
SUMS = (ast.BinOp, ast.SetComp, ast.ListComp)
DISPLAYS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
APART = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
HIDING = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.comprehension)
PLAIN = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.AugAssign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Facts of a body: `keys` are keywords read, with whether each must be given; `is_closed`: others are refused.

    `passes_on` are the calls that get all of `**kwargs`; `always_raises` names what it does and nothing else.
    """

    keys: dict[str, bool]
    is_closed: bool
    is_used: bool
    passes_on: tuple[ast.Call, ...]
    raises: frozenset[str]
    always_raises: str
    is_empty: bool
    yields: bool
    returns_container: bool
    warns: bool


def body(one: Definition, owner: Definition | None = None) -> Body:
    """Read a function's body (a method's, reached through the class `owner`), once."""
    key, function = (one.name, id(one.node), owner and owner.key), one.function
    assert function, "only functions have bodies"
    known = one.home.facts.get(key)
    if not isinstance(known, Body):
        known = one.home.facts[key] = _body(function, one, owner)
    return known


def _body(function: Function, one: Definition, owner: Definition | None) -> Body:
    nodes = list(_within([*function.body], APART))
    name = function.args.kwarg.arg if function.args.kwarg else ""
    keys, is_closed = _keys(name, nodes, (one, owner)) if name else ({}, True)
    certain = {id(each) for each in _within([each for each in function.body if isinstance(each, PLAIN)], HIDING)} if keys else set[int]()
    read = {id(each) for node in nodes if _read(node, name)[0] is not None for each in ast.walk(node)} if name else set[int]()
    first = [each for each in function.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    calls = [each for each in nodes if isinstance(each, ast.Call)]
    shown = [each.value for each in nodes if isinstance(each, ast.Return)]
    return Body(
        keys={key: must in certain for key, must in keys.items()},
        is_closed=is_closed,
        is_used=any(isinstance(each, ast.Name) and each.id == name and id(each) not in read for each in nodes),
        passes_on=tuple(each for each in calls if name and name in map(dotted, [*each.args, *(given.value for given in each.keywords)])),
        raises=frozenset(filter(None, map(_raised, nodes))),
        always_raises=_raised(first[0]) if first else "",
        is_empty=all(isinstance(each, ast.Pass | ast.Return) and getattr(each, "value", None) is None for each in first),
        yields=any(isinstance(each, ast.Yield | ast.YieldFrom) for each in nodes),
        returns_container=any(isinstance(each, DISPLAYS) or called(each) in ("list", "tuple", "sorted", "dict", "set") for each in shown),
        warns=any(called(each).endswith("warn") and "Deprecat" in ast.unparse(each) for each in calls),
    )


def _within(waiting: list[ast.AST], apart: tuple[type, ...]) -> Iterator[ast.AST]:
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, apart):
            waiting += ast.iter_child_nodes(one)


def _raised(node: ast.AST) -> str:
    return called(node.exc) or dotted(node.exc) if isinstance(node, ast.Raise) else ""


def _keys(name: str, nodes: list[ast.AST], place: tuple[Definition, Definition | None]) -> tuple[dict[str, int], bool]:
    """Return the keys with the identity of the expression that must find each (0: none must), and whether others are refused."""
    keys, has_refusal, assigned = dict[str, int](), False, [one for one in nodes if isinstance(one, ast.Assign)]
    here = {dotted(each): found for one in assigned if (found := texts(one.value)) for each in one.targets}
    here |= {dotted(one.target): found for one in nodes if isinstance(one, ast.AnnAssign) and (found := texts(one.value))}
    loops = [one for one in nodes if isinstance(one, ast.For | ast.comprehension)]
    turning = {dotted(one.target): texts(one.iter) or here.get(dotted(one.iter)) or _held(one.iter, place) for one in loops}
    targets = {dotted(one.target.elts[0] if isinstance(one.target, ast.Tuple) else one.target): one for one in loops}
    related = {name} | {target for target, one in targets.items() if _has(one.iter, {name})}
    for one in nodes:
        read, must = _read(one, name)
        if isinstance(read, ast.Constant):
            keys[str(read.value)] = keys.get(str(read.value), 0) or must * id(one)
        elif read and dotted(read) in turning:
            keys |= dict.fromkeys(turning[dotted(read)] or [], 0)
        if isinstance(one, ast.Assign) and any(dotted(each) not in ("", name) for each in one.targets) and _has(one.value, {name}):
            is_view = called(one.value) in ("set", "list", "sorted", "frozenset", f"{name}.keys")
            related |= {dotted(each) for each in one.targets if is_view or isinstance(one.value, (ast.Name, *SUMS))}
        right = one.comparators if isinstance(one, ast.Compare) else [one.right] if isinstance(one, ast.BinOp) else []
        sides = [one.left, *right] if isinstance(one, ast.Compare | ast.BinOp) else []
        if any(_has(each, related) for each in sides):
            named = [texts(each) or here.get(dotted(each)) or _held(each, place) or [] for each in sides]
            keys |= {text: 0 for each in named for text in each if text not in keys}
        if isinstance(one, ast.If) and any(isinstance(each, ast.Raise) for inner in one.body for each in ast.walk(inner)):
            # such as `unknown = set(kwargs) - KNOWN` before it
            made = {
                dotted(each) for sum_ in assigned if isinstance(sum_.value, SUMS) and _has(sum_.value, related) for each in sum_.targets
            }
            has_refusal |= _has(one.test, related | made)
    keys = {key: must for key, must in keys.items() if key.isidentifier()}
    return keys, has_refusal and (bool(keys) or any(isinstance(one, ast.If) and dotted(one.test) == name for one in nodes))


def _read(node: ast.AST, name: str) -> tuple[ast.expr | None, bool]:
    """Return the key that an expression reads from a mapping, and whether it must be there."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and dotted(node.func.value) == name and node.args:
        return (node.args[0], node.func.attr == "pop" and len(node.args) == 1) if node.func.attr in READERS else (None, False)
    if isinstance(node, ast.Subscript) and dotted(node.value) == name and not isinstance(node.ctx, ast.Store):
        return node.slice, isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn) and dotted(node.comparators[0]) == name:
        return node.left, False
    return None, False


def _has(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node))


def _held(node: ast.expr, place: tuple[Definition, Definition | None]) -> list[str] | None:
    """Return the texts in a collection that a name of the module or of the class stands for."""
    (one, owner), name = place, dotted(node)
    within = owner is not None and name.partition(".")[0] in ("self", "cls", owner.short)
    space = one.home.space
    found = space.member(owner, name.rpartition(".")[2]) if within and owner else space.name(one.home, node) if name else None
    return texts(found.value) if isinstance(found, Definition) else None
