"""Arithmetic: one operator for another."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.loop import is_pace
from planaria.prove.operator.shape import Change, Operator, Place

OTHER: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.FloorDiv, ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


def _is_sequence(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(left=left, right=right):
            return _is_sequence(left) or _is_sequence(right)
        case ast.Constant(value=value):
            return isinstance(value, str | bytes)
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp)


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=ast.List()):
            yield left
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OTHER and not _is_sequence(node):  # it is a TypeError
            yield ast.BinOp(left=left, op=OTHER[type(op)](), right=right)
        case ast.AugAssign(target=target, op=op, value=value) if type(op) in OTHER and not _is_sequence(value):
            if not is_pace(node, place):
                yield [ast.AugAssign(target=target, op=OTHER[type(op)](), value=value)]


ARITHMETIC = Operator(
    name="arithmetic",
    what="takes one arithmetic operator for another; forgets a list that is added",
    why="a formula of the wrong form may still be right for 0, 1 and 2, which tests like best",
    before="total / count", after="total // count",
    kinds=(ast.BinOp, ast.AugAssign), changes=_changes,
)  # fmt: skip
