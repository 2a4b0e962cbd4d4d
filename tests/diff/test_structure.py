import pytest

from planaria.diff.finding import Finding
from planaria.diff.normal import unchanged
from planaria.diff.structure import structure_findings
from planaria.diff.version import Version

LONG = "def total(x):\n    found = []\n    for one in x:\n        found.append(one.price * one.count)\n    return sum(found)\n"
CLASS = "class Cart:\n    limit = 3\n    def add(self, x):\n        self.x = x\n        return len(x) < self.limit\n"
GROWN = "def f(x):\n" + "".join(f"    if x == {number}:\n        return {number}\n" for number in range(20))


def found(old: dict[str, str], new: dict[str, str]) -> list[Finding]:
    before, after = (Version(label="", files={name: text.encode() for name, text in one.items()}) for one in (old, new))
    return structure_findings(before, after, unchanged(before, after))


def told(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(one.level, one.symbol, one.what) for one in found(old, new)]


CASES = [
    ("def f(x): return 1", "def f(x): return 2", [("f", "its body changed")]),
    ("def f(x): return 1", "def f(x, y): return 1", [("f", "its signature changed")]),
    ("class A:\n  def f(self): return 1", "class A:\n  def f(self): return 2", [("A.f", "its body changed")]),
    ("class A: 1", "class A(B): 1", [("A", "its bases, decorators or class body changed")]),
    ("X = 1", "X = 2", [("X", "its value changed")]),
    ("f()", "g()", [("a", "what it does on import, or what it imports, changed")]),
    ("def f(x): return 1", "def f(x):\n    return 1 # one", []),
    ("def f(x): return x", GROWN, [("f", "its body changed; it grew from 1 to 41 lines and from 1 to 21 ways through it")]),
    ("def f(): 1\ndef g(): 2", "def f(): 1\ndef _h(): 2\nY = 1", [("a", "new: Y, _h; gone: g")]),
    ("class A: 1", "class A: 1\nclass B:\n  def f(self): 1", [("a", "new: B")]),
    (LONG, LONG.replace("def total", "def _total"), [("_total", "renamed: it was total, its meaning is the same")]),
    ("def f(): 1", "def g(): 1", [("a", "new: g; gone: f")]),
    (LONG, LONG + LONG.replace("def total", "def whole"), [("a", "new: whole"), ("whole", "it means the same as total: a copy")]),
    (LONG, LONG + LONG.replace("def total", "def _whole"), [("a", "new: _whole")]),
]


@pytest.mark.parametrize("old, new, notes", CASES)
def test_a_change_is_told_in_one_line_of_its_own_symbol(old: str, new: str, notes: list[tuple[str, str]]) -> None:
    assert told({"a.py": old}, {"a.py": new}) == [("info", symbol, what) for symbol, what in notes]


def test_what_moved_to_another_module_is_told_once() -> None:
    old = {"p/a.py": LONG + CLASS, "p/b.py": ""}
    assert told(old, {"p/a.py": "", "p/b.py": CLASS + LONG.replace("found", "every")}) == [
        ("info", "p.b.Cart", "moved here from p.a.Cart, its meaning is the same"),
        ("info", "p.b.total", "moved here from p.a.total, its meaning is the same"),
    ]
    assert told(old, {"p/c.py": LONG + CLASS, "p/b.py": ""})[-2:] == [
        ("info", "p.a", "this module is gone"), ("info", "p.c", "this module is new"),
    ]  # fmt: skip


def test_a_new_cycle_of_imports_is_a_warning_and_an_old_one_is_none() -> None:
    old = {
        "p/__init__.py": "",
        "p/a.py": "from p import b",
        "p/b.py": "import os",
        "p/c.py": "from . import d",
        "p/d.py": "from .c import x",
    }
    assert told(old, {**old, "p/b.py": "import os\nfrom .a import x"}) == [
        ("info", "p.b", "what it does on import, or what it imports, changed"),
        ("info", "p.b", "it imports p.a now"),
        ("warning", "p.a", "a new cycle of imports: p.a -> p.b -> p.a"),
    ]
    for harmless in ("def f():\n  from .a import x", "if TYPE_CHECKING:\n  from .a import x"):
        assert "warning" not in {one for one, _, _ in told(old, {**old, "p/b.py": harmless})}


def test_a_file_of_data_is_a_warning_and_a_document_is_a_note() -> None:
    old = {"p/a.py": "", "p/x.json": "1", "p/y.sql": "1", "p/README.md": "1"}
    assert told(old, {"p/a.py": "", "p/x.json": "22", "p/z.sql": "1", "p/README.md": "2"}) == [
        ("info", "p/README.md", "this file changed: 1 bytes before, 1 now"),
        ("warning", "p/x.json", "this file changed: 1 bytes before, 2 now"),
        ("warning", "p/y.sql", "this file is gone"),
        ("warning", "p/z.sql", "this file is new"),
    ]


def test_a_new_file_that_is_no_python_breaks() -> None:
    (one,) = found({"a.py": "def f(): 1"}, {"a.py": "def f(): 1\ndef g(:\n"})
    assert (one.level, one.symbol, one.file, one.line, one.cure) == ("breaking", "a", "a.py", 2, "mend the syntax")
