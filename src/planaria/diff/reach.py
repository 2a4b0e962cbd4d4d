"""Reach: which operations of an implementation may behave otherwise, by the code that each can come to.

Why: an operation that was not exercised is no worry where nothing that it reaches has changed. Names stand for
themselves, wherever they are, so the answer errs towards "changed" and never away from it.
Not here: what an operation does (`behaviour`).
"""

import ast
from collections.abc import Iterable, Mapping


def changed_operations(operations: Iterable[str], current: Mapping[str, bytes], candidate: Mapping[str, bytes]) -> frozenset[str]:
    r"""Return the operations that reach code which differs in more than formatting and documents.

    >>> before = b"def a(self): return b()\ndef b(): return 1\ndef c(): pass"
    >>> sorted(changed_operations(["a", "c"], {"x.py": before}, {"x.py": before.replace(b"1", b"2")}))
    ['a']
    """
    sides = [_definitions(files) for files in (current, candidate)]
    if any(side is None for side in sides):
        return frozenset(operations)
    before, after = (side or {} for side in sides)
    return frozenset(one for one in operations if _reach(one, before) != _reach(one, after))


def _definitions(files: Mapping[str, bytes]) -> dict[str, list[str]] | None:
    """Return what each name is defined as, anywhere; None where a file cannot be read. What runs on import has the name `*`."""
    found: dict[str, list[str]] = {}
    for name, content in sorted(files.items()):
        if not name.endswith(".py"):
            found.setdefault("*", []).append(f"{name} {content!r}")
            continue
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError):
            return None
        _define(tree.body, found)
    return found


def _define(body: Iterable[ast.stmt], found: dict[str, list[str]]) -> None:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.setdefault(node.name if not node.name.startswith("__") else "*", []).append(_text(node))
        elif isinstance(node, ast.ClassDef):
            _define(node.body, found)
            kept = ast.ClassDef(name=node.name, bases=node.bases, keywords=node.keywords, body=[], decorator_list=node.decorator_list)
            found.setdefault("*", []).append(ast.dump(kept))
        elif isinstance(node, ast.Assign) and all(isinstance(one, ast.Name) for one in node.targets):
            for one in node.targets:
                assert isinstance(one, ast.Name), "just checked"
                found.setdefault(one.id, []).append(ast.dump(node))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.setdefault("*", []).append(ast.unparse(node))  # what is imported is reached only by those who name it
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            found.setdefault("*", []).append(ast.dump(node))


def _text(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    if node.body and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
        node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(node)


def _reach(start: str, definitions: Mapping[str, list[str]]) -> dict[str, list[str]]:
    reached: dict[str, list[str]] = {}
    left = [start, "*", "on_start", "on_stop", "background", "hand_over", "take_over"]
    while left:
        name = left.pop()
        if name in definitions and name not in reached:
            reached[name] = sorted(definitions[name])
            left += [other for other in definitions if any(f"'{other}'" in text for text in definitions[name])]
    return reached
