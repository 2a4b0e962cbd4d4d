"""Default: another value."""

import ast

from planaria.prove.operator.constant import other_constant
from planaria.prove.operator.shape import Operator


def other_default(node: ast.expr) -> ast.Constant | None:
    """Give the other constant for a default that is a constant: 1 for None, one more for a number."""
    match node:
        case ast.Constant(value=None):
            return ast.Constant(value=1)  # 0 is often taken for None
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return ast.Constant(value=value + 1)
    return other_constant(node.value) if isinstance(node, ast.Constant) else None


DEFAULT = Operator(
    name="default",
    what="changes the default of a parameter",
    why="tests give every argument, callers do not",
    before="def page(limit=10):\n    return rows(limit)", after="def page(limit=11):\n    return rows(limit)",
    kinds=(ast.arguments,), changes=lambda _, __: iter(()),  # it stands outside of the function: `other_default` is asked
)  # fmt: skip
