"""Negation: left out."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place


def _changes(node: ast.AST, _: Place) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.UAdd):
        yield node.operand


NEGATION = Operator(
    name="negation",
    what="leaves out not, - or ~",
    why="a sign is one character, easily lost, and wrong only where the value is seen",
    before="not is_open(door)", after="is_open(door)",
    kinds=(ast.UnaryOp,), changes=_changes,
)  # fmt: skip
