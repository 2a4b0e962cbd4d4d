"""In place: the caller's value is changed, where a new one was made."""

import ast
from collections.abc import Iterator, Sequence

from planaria.prove.operator.shape import Change, Operator, Place


def _call(name: str, method: str, args: list[ast.expr], keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    func = ast.Attribute(value=ast.Name(id=name, ctx=ast.Load()), attr=method, ctx=ast.Load())
    return ast.Call(func=func, args=args, keywords=[*keywords])


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    match node:
        case (
            ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.List() | ast.ListComp() as more)
            | ast.List(elts=[ast.Starred(value=ast.Name(id=name)), _, *_] as more)
        ) if name in place.parameters:
            yield _call(name, "__iadd__", [ast.List(elts=more[1:], ctx=ast.Load()) if isinstance(more, list) else more])
        case ast.BinOp(left=ast.Name(id=name), op=ast.BitOr(), right=ast.Dict() | ast.Set() as more) if name in place.parameters:
            yield _call(name, "__ior__", [more])
        case ast.Dict(keys=[None, _, *_] as keys, values=[ast.Name(id=name), *rest]) if name in place.parameters:
            yield _call(name, "__ior__", [ast.Dict(keys=keys[1:], values=rest)])
        case ast.Call(func=ast.Name(id="sorted"), args=[ast.Name(id=name) as own], keywords=keywords) if name in place.parameters:
            yield ast.BoolOp(op=ast.Or(), values=[_call(name, "sort", [], keywords), own])


IN_PLACE = Operator(
    name="in_place",
    what="changes a parameter's list, dict or set in place, instead of making a new one",
    why="the result is right, and the caller's own value is spoilt",
    before="def taxed(lines):\n    return lines + [tax]", after="def taxed(lines):\n    return lines.__iadd__([tax])",
    kinds=(ast.expr,), changes=_changes,
)  # fmt: skip
