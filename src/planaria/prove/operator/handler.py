"""Handler: of errors, forgotten."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    match node, place.parent:
        case ast.stmt(), ast.ExceptHandler(body=[first, *_]) if node is first and ast.unparse(node) != "raise":
            yield [ast.Raise(exc=None, cause=None)]  # the rest of the handler is no longer reached
        case ast.Tuple(elts=[_, _, *_] as elts), ast.ExceptHandler():
            for one in elts:
                yield ast.Tuple(elts=[other for other in elts if other is not one], ctx=ast.Load())
    match node:
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=[_, *_] as last):
            yield [ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=[]), *last] if handlers else [*body, *last]
        case ast.With(items=[ast.withitem(context_expr=ast.Call(func=func))], body=body) if ast.unparse(func).endswith("suppress"):
            yield body


HANDLER = Operator(
    name="handler",
    what="raises again what a handler caught, forgets one of its errors, drops suppress, or the finally around a block",
    why="the path of errors is written last and tested least",
    before="try:\n    send()\nexcept TimeoutError:\n    retry()", after="try:\n    send()\nexcept TimeoutError:\n    raise",
    kinds=(ast.stmt, ast.Tuple), changes=_changes,
)  # fmt: skip
