"""Sibling: the function with the name next to it, or none."""

import ast
from collections.abc import Iterator
from itertools import permutations

from planaria.prove.operator.shape import Change, Operator, Place

PAIRS = (
    "min max", "any all", "floor ceil", "startswith endswith", "find rfind", "index rindex", "ljust rjust", "partition rpartition",
    "removeprefix removesuffix", "union intersection", "issubset issuperset", "match search",
)  # fmt: skip
OTHER = {one: other for pair in PAIRS for one, other in permutations(pair.split())}
OTHER |= {"fullmatch": "match", "appendleft": "append", "popleft": "pop", "discard": "remove", "setdefault": "get"}
TIDY = frozenset(("capitalize", "casefold", "lower", "lstrip", "rstrip", "strip", "title", "upper"))


def _changes(node: ast.AST, _: Place) -> Iterator[Change]:
    match node:
        case (
            ast.Call(func=ast.Name(id="abs" | "reversed" | "round" | "sorted"), args=[one, *_])
            | ast.Call(func=ast.Attribute(value=one, attr="replace"), args=[_, _, *_])
        ):
            yield one
        case ast.Call(func=ast.Attribute(value=one, attr=name), args=args, keywords=more) if name in OTHER or name in TIDY:
            func = ast.Attribute(value=one, attr=OTHER.get(name, ""), ctx=ast.Load())
            yield one if name in TIDY else ast.Call(func=func, args=args, keywords=more)
        case ast.Call(func=ast.Name(id="min" | "max" | "any" | "all" as name), args=args, keywords=more):
            yield ast.Call(func=ast.Name(id=OTHER[name], ctx=ast.Load()), args=args, keywords=more)


SIBLING = Operator(
    name="sibling",
    what="calls min for max, startswith for endswith and the like; leaves out sorted, round, strip, lower and the like",
    why="names that stand together in training text are taken for one another, and input is taken as tidy",
    before="max(0, price - discount)", after="min(0, price - discount)",
    kinds=(ast.Call,), changes=_changes,
)  # fmt: skip
