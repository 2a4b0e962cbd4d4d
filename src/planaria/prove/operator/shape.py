"""The shape of an operator: a rule that says how a line may be wrong, in the way models get lines wrong.

Why: one operator, one file; its reason and its example stand beside the code that makes the change, and both are shown with a survivor.
Not here: the operators (one file each beside this), how all their changes are compiled into one program (`prove.schemata`).
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = ast.expr | list[ast.stmt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a node stands: what encloses it, nearest last, and the parameters of the innermost function.

    `field` is the name of the parent's field that holds the node, as in `ast`: `test`, `args`, `slice`, `elt` and so on.
    """

    parents: tuple[ast.AST, ...]
    field: str
    parameters: frozenset[str] = frozenset()

    @property
    def parent(self) -> ast.AST:
        """Return what holds the node.

        >>> tree = ast.parse("x")
        >>> Place(parents=(tree,), field="body").parent is tree
        True
        """
        return self.parents[-1]

    def is_within(self, *kinds: type[ast.AST]) -> bool:
        """Say whether something of these kinds encloses the node, within its function.

        >>> tree = ast.parse("raise ValueError(1)")
        >>> Place(parents=(tree, tree.body[0]), field="exc").is_within(ast.Raise)
        True
        """
        for one in reversed(self.parents):
            if isinstance(one, kinds):
                return True
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return False
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One way in which code may be wrong.

    `changes` is given a node inside a function and its place, and yields what may stand there instead: an expression for an
    expression, statements for a statement (an empty list drops it). It must not alter the node; it may use parts of it.
    """

    name: str
    what: str
    why: str
    before: str
    after: str
    kinds: tuple[type[ast.AST], ...]
    changes: Callable[[ast.AST, Place], Iterator[Change]]
