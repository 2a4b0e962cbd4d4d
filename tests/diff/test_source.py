import ast

from planaria.diff.source import dotted, imports, mentions, read, run_at_import

TEXT = """
import os.path, json as j
from .inner import words as w
from .. import up


class A:
    y: int = g()

    def f(self, x=h(), *, z=i()):
        return k(), lambda: m()
"""


def test_imports_are_named_in_full() -> None:
    assert [name for _, name in imports(read("a.py", TEXT))] == ["os.path", "json", ".inner.words", "..up"]


def test_a_name_stands_for_what_was_imported_under_it() -> None:
    source = read("a.py", TEXT + "\nj.dumps.x, w.y, up, os.path.join, len, [].append")
    assert [name for _, name in mentions(source)][-5:] != []
    found = {dotted(source, one) for one in source.tree.body[-1].value.elts}  # type: ignore[attr-defined]  # a tuple, as written
    assert found == {"json.dumps.x", ".inner.words.y", "..up", "os.path.join", "builtins.len", ""}


def test_only_what_runs_at_import_is_yielded() -> None:
    names = {one.id for one in run_at_import(read("a.py", TEXT).tree.body) if isinstance(one, ast.Name)}
    assert {"g", "h", "i"} <= names
    assert not {"k", "m"} & names
