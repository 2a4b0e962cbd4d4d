"""Statement: forgotten, or leaving by the wrong door."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.loop import is_pace
from planaria.prove.operator.message import is_message
from planaria.prove.operator.shape import Change, Operator, Place


def _is_dropped(node: ast.AST, place: Place) -> bool:
    match node, place.parent:
        case _, ast.If(body=[_], orelse=[]) | ast.While(body=[_], orelse=[]) | ast.For(body=[_], orelse=[]):
            return False  # `condition` and `loop` say the same
        case ast.Expr(value=ast.Call() | ast.Await() as value), _:
            return not is_message(value, place)
        case ((ast.Assign(targets=[target]) | ast.Delete(targets=[target]) | ast.AnnAssign(target=target, value=ast.expr())), _):
            return all(isinstance(one, ast.Attribute | ast.Subscript) for one in getattr(target, "elts", [target]))
        case ast.AugAssign(), _:
            return not is_pace(node, place)
    return isinstance(node, ast.Raise)


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    match node:
        case ast.Break():
            loops = [one for one in place.parents if isinstance(one, ast.For | ast.AsyncFor | ast.While)]
            if not (isinstance(loops[-1], ast.While) and isinstance(loops[-1].test, ast.Constant)):  # it would have no end
                yield [ast.Continue()]
        case ast.Continue():
            yield [ast.Break()]
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield [ast.Return(value=ast.Constant(value=None))]
        case ast.Expr(value=ast.Yield(value=ast.expr() as value)) if not isinstance(value, ast.Constant):
            yield [ast.Expr(value=ast.Yield(value=None))]
        case _ if _is_dropped(node, place):
            yield []


STATEMENT = Operator(
    name="statement",
    what="drops a call, a change of state or a raise; takes break for continue; returns or yields None",
    why="a rewrite keeps what is returned and forgets what is done beside",  # an assert does nothing in a right program
    before="seen.add(key)\nreturn value", after="return value",
    kinds=(ast.stmt,), changes=_changes,
)  # fmt: skip
