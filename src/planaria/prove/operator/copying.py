"""Copying: left out."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place


def _changes(node: ast.AST, _: Place) -> Iterator[Change]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="copy") as module, attr="deepcopy"), args=args):
            yield ast.Call(func=ast.Attribute(value=module, attr="copy", ctx=ast.Load()), args=args[:1], keywords=[])
        case (
            ast.Call(func=ast.Name(id="list" | "dict" | "set" | "tuple"), args=[ast.Name() | ast.Attribute() as one], keywords=[])
            | ast.Call(func=ast.Name(id="list"), args=[ast.Call(func=ast.Attribute(attr="items" | "keys" | "values")) as one])
            | ast.Call(func=ast.Name(id="copy" | "deepcopy") | ast.Attribute(value=ast.Name(id="copy"), attr="copy"), args=[one])
            | ast.Call(func=ast.Attribute(value=one, attr="copy"), args=[])
            | ast.Subscript(value=one, slice=ast.Slice(lower=None, upper=None, step=None))
            | ast.List(elts=[ast.Starred(value=one)])
            | ast.Dict(keys=[None], values=[one])
        ):
            yield one


COPYING = Operator(
    name="copying",
    what="leaves out a copy; makes a deep one shallow",
    why="two names for one list agree until one of them changes it, after the test has looked",
    before="before = list(rows)", after="before = rows",
    kinds=(ast.expr,), changes=_changes,
)  # fmt: skip
