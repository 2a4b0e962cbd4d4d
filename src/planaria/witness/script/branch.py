"""Branches: the two ways out of each condition and loop of a function, and which of them were taken.

Why: how hard a search looked is told by the branches it reached, not by how often it tried.
Not here: recording which lines follow which (`stage.tracing`).
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

Branching = ast.If | ast.While | ast.For | ast.AsyncFor
Arc = tuple[str, int, int]


def reached(trees: Mapping[str, ast.Module], arcs: Iterable[Arc], functions: Iterable[tuple[str, int]]) -> tuple[int, int]:
    r"""Return how many branches were taken and how many there are, in the functions that were entered and in those given.

    Trees are by path; a function is given by its path and its first line.

    >>> tree = ast.parse("def f(x):\n    if x:\n        return 1\n    return 2")
    >>> reached({"m.py": tree}, [("m.py", 0, 1), ("m.py", 1, 2), ("m.py", 2, 3)], [("m.py", 1)])
    (1, 2)
    """
    by_path: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for path, before, after in arcs:
        by_path[path].add((before, after))
    wanted = set(functions)
    taken = total = 0
    for path, tree in trees.items():
        known = by_path[path]
        lines = {line for arc in known for line in arc}
        for function in _functions(tree):
            body = {node.lineno for node in ast.walk(function) if isinstance(node, ast.stmt)} - {function.lineno}
            if (path, function.lineno) in wanted or body & lines:
                for node in _branching(function):
                    found = _taken(node, known)
                    taken, total = taken + found, total + 2
    return taken, total


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for one in ast.iter_child_nodes(node):
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield one
            else:
                waiting.append(one)


def _branching(function: ast.AST) -> Iterator[Branching]:
    return (node for node in ast.walk(function) if isinstance(node, (ast.If, ast.While, ast.For, ast.AsyncFor)))


def _taken(node: Branching, arcs: set[tuple[int, int]]) -> int:
    test = node.test if isinstance(node, (ast.If, ast.While)) else node.iter
    lines = range(node.lineno, (test.end_lineno or node.lineno) + 1)
    inside = node.body[0].lineno
    after = {one for before, one in arcs if before in lines and one not in lines}
    is_reached = any(one in lines for arc in arcs for one in arc)
    return int(inside in after or (inside in lines and is_reached)) + int(bool(after - {inside}))
