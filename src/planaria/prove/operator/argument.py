"""Argument: in the wrong place, or left out."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from planaria.prove.operator.message import is_message
from planaria.prove.operator.shape import Change, Operator, Place

# How many positional arguments each needs; the last one beyond changes what it does.
NEEDED = dict.fromkeys(("enumerate", "get", "int", "next", "round", "rsplit", "setdefault", "split", "sum"), 1)
NEEDED |= {"lstrip": 0, "pop": 0, "rstrip": 0, "strip": 0, "getattr": 2, "range": 2, "replace": 2}
UNSWAPPED = frozenset(("gcd", "hasattr", "isclose", "isinstance", "issubclass", "lcm", "max", "min", "setattr"))
QUIET = frozenset((None, "encoding", "flush", "stacklevel", "timeout"))


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    if not isinstance(node, ast.Call) or is_message(node, place):
        return
    called, args = ast.unparse(node.func).rpartition(".")[2], node.args
    if len(args) > NEEDED.get(called, len(args)):
        if called != "get" or ast.unparse(args[-1]) != "None":
            yield ast.Call(func=node.func, args=args[:-1], keywords=node.keywords)
    elif called not in UNSWAPPED:
        for at, (one, other) in enumerate(pairwise(args)):
            if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred) and ast.dump(one) != ast.dump(other):
                yield ast.Call(func=node.func, args=[*args[:at], other, one, *args[at + 2 :]], keywords=node.keywords)
    for given in node.keywords:  # not what a value is made of, nor what is likely the default, nor what `constant` turns
        if not (called[:1].isupper() or given.arg in QUIET or ast.unparse(given.value) in ("None", "True", "False")):
            yield ast.Call(func=node.func, args=args, keywords=[one for one in node.keywords if one is not given])


ARGUMENT = Operator(
    name="argument",
    what="swaps two neighbouring arguments; leaves out a keyword or a default",
    why="signatures are written from memory, and two values of one type fit both ways",
    before="transfer(source, target)", after="transfer(target, source)",
    kinds=(ast.Call,), changes=_changes,
)  # fmt: skip
