"""Off by one: numbers, ends of ranges and of slices."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place


def _steps(node: ast.expr, parent: ast.AST) -> tuple[int, ...]:
    match parent:
        case ast.Compare(left=left, ops=ops, comparators=right):  # the step that is not what `boundary` says
            same = isinstance(ops[0], ast.Gt | ast.LtE) if node is left else isinstance(ops[right.index(node)], ast.Lt | ast.GtE)
            return (-1,) if same else (1,)
        case ast.Subscript() | ast.Slice() | ast.Call(func=ast.Name(id="range")) | ast.BinOp(op=ast.Add() | ast.Sub()):
            return (1, -1)
    return (1,)


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    parent, one = place.parent, ast.Constant(value=1)
    match node:
        case ast.Constant(value=int(value)):
            if not isinstance(value, bool) and place.field != "test" and getattr(parent, "arg", "") not in ("stacklevel", "timeout"):
                yield from (ast.Constant(value=value + step) for step in _steps(node, parent))
        case ast.expr():
            if place.field in ("lower", "upper"):
                yield ast.BinOp(left=node, op=ast.Add(), right=one)
            elif isinstance(parent, ast.Call) and ast.unparse(parent.func) == "range" and node is parent.args[:2][-1]:
                yield ast.BinOp(left=node, op=ast.Sub(), right=one)


OFF_BY_ONE = Operator(
    name="off_by_one",
    what="adds one to a number or a bound of a slice; takes one from the end of a range and from what counts places",
    why="where to begin, where to end and what to count from is what models get wrong most quietly",
    before="range(len(rows))", after="range(len(rows) - 1)",
    kinds=(ast.Constant, ast.Name, ast.Attribute, ast.Call), changes=_changes,
)  # fmt: skip
