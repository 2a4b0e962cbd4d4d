"""Comparison: the opposite one."""

import ast
import re
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place

OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    assert isinstance(node, ast.Compare), "it asks for comparisons"
    for position, one in enumerate(node.ops):
        if type(one) in OTHER:  # who sees the edge of `<` moved (`boundary`) would see it turned round
            ops = [*node.ops[:position], OTHER[type(one)](), *node.ops[position + 1 :]]
            yield ast.Compare(left=node.left, ops=ops, comparators=node.comparators)
    match node:
        case ast.Compare(left=ast.Name(id=name) as own, ops=[ast.Is()], comparators=[ast.Constant(value=None)]) if name in place.parameters:
            # `if rows is None: rows = []` is the same either way.
            if not re.search(rf"\b{name} = (\[\]|{{}}|\w+\(\))", ast.unparse(place.parent)):
                yield ast.UnaryOp(op=ast.Not(), operand=own)


COMPARISON = Operator(
    name="comparison",
    what="turns a comparison into its opposite; takes a parameter that is 0 or empty for None",
    why="what no test sees both ways may say the opposite, and `if not limit` is what models write by habit",
    before="kind == 'paid'", after="kind != 'paid'",
    kinds=(ast.Compare,), changes=_changes,
)  # fmt: skip
