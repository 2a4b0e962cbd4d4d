"""The public surface: one namespace that only re-exports, kept beside a list that is reviewed."""

import ast
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import planaria
from tests.tidy.rule import ROOT, Source, snippet


def public() -> list[str]:
    return sorted(getattr(planaria, "__all__", ()))


def own_statements(source: Source) -> Iterator[str]:
    """Find in a namespace that only re-exports what is neither an import, nor a list, nor the lazy look-up."""
    for node in source.tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_list = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("_")
        is_look_up = isinstance(node, ast.FunctionDef) and node.name in ("__getattr__", "__dir__")
        is_typing = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not (is_text or is_list or is_look_up or is_typing or isinstance(node, ast.Import | ast.ImportFrom)):
            yield f"line {node.lineno}: {ast.unparse(node)[:60]}"


def without_example(things: dict[str, Any]) -> list[str]:
    """Find the functions and classes, errors apart, whose docstring shows no example."""
    return [
        name
        for name, thing in things.items()
        if (inspect.isfunction(thing) or inspect.isclass(thing))
        and not (inspect.isclass(thing) and issubclass(thing, Exception))
        and ">>>" not in (inspect.getdoc(thing) or "")
    ]


def test_the_public_names_are_the_reviewed_ones(golden: Callable[[str, str], None]) -> None:
    golden("public.txt", "".join(f"{name}\n" for name in public()))


def test_every_public_name_is_there() -> None:
    assert [name for name in public() if not hasattr(planaria, name)] == []


def test_the_namespace_only_re_exports() -> None:
    path = "src/planaria/__init__.py"
    assert list(own_statements(Source(path=path, text=(ROOT / path).read_text()))) == []
    assert list(own_statements(snippet("x = 1\n")))
    assert list(own_statements(snippet("def f(): ...\n")))


def test_every_public_function_and_class_shows_an_example() -> None:
    assert without_example({name: getattr(planaria, name) for name in public()}) == []
    assert without_example({"bare": public}) == ["bare"]
