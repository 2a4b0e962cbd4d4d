"""Source files of an implementation, read as syntax trees and never imported.

Why: the judging process never loads candidate code, since loading is running; so names are resolved on paper.
Not here: what the names mean (`effect`, `interface`).
"""

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    r"""One file: its name below the cell's folder, its tree, and what each imported name stands for.

    >>> read("impl/__init__.py", "from time import time as now\nnow()").known
    {'now': 'time.time'}
    """

    file: str
    tree: ast.Module
    known: Mapping[str, str]
    bound: frozenset[str]


def read(file: str, text: str) -> Source:
    """Parse one file.

    Raises:
        SyntaxError: where the text is no Python.

    >>> read("a.py", "x = 1").bound
    frozenset({'x'})
    """
    tree = ast.parse(text, filename=file)
    return Source(file=file, tree=tree, known=dict(_imported(tree)), bound=frozenset(_bound(tree)))


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield (one.asname, one.name) if one.asname else (one.name.split(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom):
            yield from ((one.asname or one.name, name) for one, name in zip(node.names, names_imported(node), strict=True))


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def dotted(source: Source, node: ast.AST) -> str:
    r"""Return what a name or a chain of attributes stands for, as far as imports and builtins tell; else ''.

    >>> source = read("a.py", "import os.path as p\np.join, open, x.y")
    >>> [dotted(source, one) for one in source.tree.body[1].value.elts]
    ['os.path.join', 'builtins.open', '']
    """
    if isinstance(node, ast.Attribute):
        before = dotted(source, node.value)
        return f"{before}.{node.attr}" if before else ""
    if not isinstance(node, ast.Name):
        return ""
    if node.id in source.known:
        return source.known[node.id]
    return f"builtins.{node.id}" if node.id in BUILTINS and node.id not in source.bound else ""


def mentions(source: Source) -> Iterator[tuple[ast.expr, str]]:
    r"""Yield each longest chain of attributes that resolves, with what it stands for.

    >>> [name for _, name in mentions(read("a.py", "import os\nos.path.join(len)"))]
    ['os.path.join', 'builtins.len']
    """
    inside: set[ast.AST] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            inside.add(node.value)
        if isinstance(node, ast.Attribute | ast.Name) and node not in inside and (name := dotted(source, node)):
            yield node, name


def imports(source: Source) -> Iterator[tuple[int, str]]:
    r"""Yield the line and the full dotted name of everything that is imported.

    >>> list(imports(read("a.py", "import os\nfrom .words import count")))
    [(1, 'os'), (2, '.words.count')]
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, name) for name in names_imported(node))


def names_imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the full dotted names that one statement imports.

    >>> names_imported(ast.parse("from os import path, sep").body[0])
    ['os.path', 'os.sep']
    """
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    module = "." * node.level + (node.module or "")
    separator = "" if module.endswith(".") else "."
    return [f"{module}{separator}{one.name}" for one in node.names]


def run_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    r"""Yield every node that runs while the file is imported: not the bodies of functions and lambdas.

    >>> tree = ast.parse("def f(x=g()):\n    h()")
    >>> [one.id for one in run_at_import(tree.body) if isinstance(one, ast.Name)]
    ['g']
    """
    for statement in body:
        waiting: list[ast.AST] = [statement]
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                waiting += [*node.decorator_list, *node.args.defaults, *(one for one in node.args.kw_defaults if one)]
            elif not isinstance(node, ast.Lambda):
                waiting += ast.iter_child_nodes(node)


def covers(prefix: str, name: str) -> bool:
    """Say whether a dotted name is `prefix` or lies below it.

    >>> covers("os.path", "os.path.join"), covers("os.path", "os.pathsep")
    (True, False)
    """
    return name == prefix or name.startswith(f"{prefix}.")
