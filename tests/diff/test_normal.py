import ast

import pytest

from planaria.diff.normal import IDENTICAL, LAYOUT, ORDER, TREE, Sameness, unchanged
from planaria.diff.version import Version


def compared(old: str | dict[str, str], new: str | dict[str, str]) -> Sameness:
    sides = [Version(label="", files={name: text.encode() for name, text in (one if isinstance(one, dict) else {"a.py": one}).items()})
             for one in (old, new)]  # fmt: skip
    return unchanged(*sides)


SAME = {
    "comments and blank lines": ("def f():\n  return 1 # one\n", "# all\ndef f():\n\n    return 1\n"),
    "docstrings": ('"""A."""\nclass A:\n  "b"\n  def f(self):\n    "c"\n    return 1', "class A:\n  def f(self):\n    return 1"),
    "quotes and parentheses": ("def f(x):\n  return x['a'] + 'b'", 'def f(x):\n  return (x["a"]) + ("b")'),
    "a line that goes on": ("x = 1 + \\\n  2", "x = (1\n + 2)"),
    "pass beside others": ("def f():\n  pass\n  g()\nclass A: pass", "def f():\n  g()\nclass A:\n  '''d'''"),
    "an empty else": ("def f(x):\n  if x: g()\n  else: pass", "def f(x):\n  if x:\n    g()"),
    "locals": ("def f(x):\n  for a in x:\n    b = a\n  return b", "def f(x):\n  for i in x:\n    j = i\n  return j"),
    "swapped locals": ("def f():\n  a, b = g(); return a - b", "def f():\n  b, a = g(); return b - a"),
    "locals in texts": ("def f():\n  a = 1; return f'{a!r:>{a}}'", "def f():\n  b = 1; return f'{b!r:>{b}}'"),
    "comprehensions": ("def f(x): return [a for a in x if (y := a)], y", "def f(x): return [b for b in x if (z := b)], z"),
    "a source of the same name": ("def f():\n  x = g(); return [x for x in x]", "def f():\n  y = g(); return [x for x in y]"),
    "comprehensions of a module": ("X = [a for a in y]", "X = [b for b in y]"),
    "key functions": ("def f(x): return sorted(x, key=lambda a: a.b)", "def f(x): return sorted(x, key=lambda c: c.b)"),
    "errors": ("def f():\n  try: g()\n  except E as e: print(e)", "def f():\n  try: g()\n  except E as error: print(error)"),
    "closures": (
        "def f():\n  n = 0\n  def g():\n    nonlocal n\n    n += 1; return n\n  return g",
        "def f():\n  count = 0\n  def g():\n    nonlocal count\n    count += 1; return count\n  return g",
    ),
    "imports inside": ("def f():\n  import json as j; return j.x", "def f():\n  import json as k; return k.x"),
    "patterns": (
        "def f(x):\n match x:\n  case [a, *b, {'k': c, **d}] as e: return a, b, c, d, e",
        "def f(x):\n match x:\n  case [p, *q, {'k': r, **s}] as t: return p, q, r, s, t",
    ),
    "annotations of locals": ("def f():\n  x: int = 1\n  y: str\n  return x", "def f():\n  x = 1\n  return x"),
    "return of nothing": ("def f(x):\n  if x: return\n  g()", "def f(x):\n  if x: return None\n  g()"),
    "order of definitions": (
        "def f(): return g()\ndef g(): 1\nclass A(ValueError): 1",
        "class A(ValueError): 1\ndef g(): 1\ndef f(): return g()",
    ),
    "order of methods": (
        "class A:\n  def f(self): 1\n  @property\n  def g(self): 2",
        "class A:\n  @property\n  def g(self): 2\n  def f(self): 1",
    ),
    "order of siblings": ("class A: x = 1\nclass B(A): 1\nclass C(A): 2", "class A: x = 1\nclass C(A): 2\nclass B(A): 1"),
    "imports": ("import os, sys\nfrom z import b, c\n", "from z import c\nimport sys\nfrom z import b\nimport os\n"),
    "a constant among definitions": ("def f(): 1\nX = 1", "X = 1\ndef f(): 1"),
    "line ends": ("def f():\r\n  return 1\r\n", "def f():\n  return 1\n"),
    "an escape in a document": ("def f():\n  'a\\n'\n  return 1", "def f():\n  return 1"),
}  # fmt: skip
OTHER = {
    "a value": ("def f(): return 1", "def f(): return 2", "f"),
    "a type of value": ("def f(): return 1", "def f(): return True", "f"),
    "a parameter": ("def f(x): return x", "def f(y): return y", "f"),
    "a parameter of an inner function": ("def f():\n  def g(x): return x\n  return g", "def f():\n  def g(y): return y\n  return g", "f"),
    "a lambda's parameter": ("def f(): return lambda x: x", "def f(): return lambda y: y", "f"),
    "the name of an inner function": ("def f():\n  def g(): 1\n  return g", "def f():\n  def h(): 1\n  return h", "f"),
    "another local": ("def f(a):\n  b = 1; c = 2; return b", "def f(a):\n  b = 1; c = 2; return c", "f"),
    "two locals made one": ("def f():\n  a = 1; b = 2; return a", "def f():\n  a = 1; a = 2; return a", "f"),
    "a local that hides a global": ("def f():\n  a = 1; return a + len", "def f():\n  len = 1; return len + len", "f"),
    "a global": ("def f():\n  global a; a = 1", "def f():\n  global b; b = 1", "f"),
    "a global no more": ("def f():\n  global a; a = 1", "def f():\n  a = 1", "f"),
    "a local seen by name": ("def f():\n  a = 1; return locals()", "def f():\n  b = 1; return locals()", "f"),
    "a local seen by eval": ("def f(t):\n  a = 1; return eval(t)", "def f(t):\n  b = 1; return eval(t)", "f"),
    "a keyword": ("def f(): return g(a=1)", "def f(): return g(b=1)", "f"),
    "an attribute": ("def f(): return g.a", "def f(): return g.b", "f"),
    "a format": ("def f(x): return f'{x}'", "def f(x): return f'{x!r}'", "f"),
    "the text of an expression": ("def f():\n  a = 1; return f'{a=}'", "def f():\n  b = 1; return f'{b=}'", "f"),
    "an attribute of a local class": ("def f():\n  class A: a = 1\n  return A", "def f():\n  class A: b = 1\n  return A", "f"),
    "a class sees the module": (
        "def f():\n  a = 1\n  class A: x = a\n  return A", "def f():\n  b = 1\n  class A:\n    x = a\n  return A", "f",
    ),
    "a source outside": ("def f(x):\n  y = x; return [y for x in x]", "def f(x):\n  y = x; return [x for x in x]", "f"),
    "a document that is read": ("X = __doc__", "'A.'\nX = __doc__", "a"),
    "a default": ("def f(x=1): 1", "def f(x=2): 1", "f"),
    "a decorator": ("class A:\n  @g\n  def f(self): 1", "class A:\n  def f(self): 1", "A.f"),
    "a base": ("class A: x = 1", "class A(B): x = 1", "A"),
    "a constant": ("X = 1", "X = 2", "X"),
    "the order of calls": ("f()\ng()", "g()\nf()", "a"),
    "the order of constants": ("X = 1\nY = 2", "Y = 2\nX = 1", "a"),
    "the order of fields": ("class A:\n  x: int\n  y: int", "class A:\n  y: int\n  x: int", "A"),
    "a definition after its use": ("def f(): 1\nX = f()", "X = f()\ndef f(): 1", "a"),
    "a default after its use": ("X = 1\ndef f(x=X): 1\nX = 2", "X = 1\nX = 2\ndef f(x=X): 1", "a"),
    "definitions of one name": ("def f(): 1\ndef f(): return 2", "def f(): return 2\ndef f(): 1", "f"),
    "decorators that may register": ("@r\ndef f(): 1\n@r\ndef g(): 1", "@r\ndef g(): 1\n@r\ndef f(): 1", "a"),
    "bases that are told": (
        "class A:\n  def __init_subclass__(cls): 1\nclass B(A): 1\nclass C(A): 1",
        "class A:\n  def __init_subclass__(cls): 1\nclass C(A): 1\nclass B(A): 1", "a",
    ),
    "an import of its own above what it needs": ("def f(): 1\nfrom . import b", "from . import b\ndef f(): 1", "a"),
    "an import": ("import os", "import sys", "a"),
    "spaces in a text": ("def f(): return 'a b'", "def f(): return 'a  b'", "f"),
    "a text of several lines": ("X = '''a\n  b'''", "X = '''a\nb'''", "X"),
    "depth": ("def f(x):\n  if x:\n    g()\n    h()", "def f(x):\n  if x:\n    g()\n  h()", "f"),
    "a comma": ("def f(): return (1)", "def f(): return (1,)", "f"),
    "a conditional definition": ("if x:\n  def f(): return 1", "if x:\n  def f(): return 2", "f"),
    "await": ("async def f(): return g()", "async def f(): return await g()", "f"),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_what_changes_no_meaning_is_the_same(case: str) -> None:
    for old, new in (SAME[case], SAME[case][::-1]):
        ast.parse(old)
        assert compared(old, new).is_same, compared(old, new)


@pytest.mark.parametrize("case", OTHER)
def test_what_changes_meaning_is_named(case: str) -> None:
    old, new, symbol = OTHER[case]
    assert compared(old, new).changed == {symbol}
    assert compared(new, old).changed == {symbol}


@pytest.mark.parametrize(
    "old, new, reason",
    [
        ("x = (", "x = (", IDENTICAL),
        ("x = 1", "x = 1 # one", LAYOUT),
        ("x = 'a'", 'x = "a"', TREE),
        ("def f(): 1\ndef g(): 2", "def g(): 2\ndef f(): 1", f"{TREE} and {ORDER}"),
    ],
)
def test_the_reason_says_how_far_it_had_to_look(old: str, new: str, reason: str) -> None:
    assert compared(old, new).reason == reason


def test_symbols_are_told_with_their_module_where_there_are_several() -> None:
    old = {"p/__init__.py": "", "p/a.py": "class A:\n  def f(self): return 1\n  def g(self): 1", "p/c.py": "def h(): 1"}
    new = {"p/__init__.py": "", "p/a.py": "class A:\n  def f(self): return 2\n  def k(self): 1", "p/b.py": "X = 1"}
    found = compared(old, new)
    assert list(map(sorted, (found.changed, found.added, found.removed))) == [
        ["p.a.A.f"], ["p.a.A.k", "p.b", "p.b.X"], ["p.a.A.g", "p.c", "p.c.h"],
    ]  # fmt: skip
    assert found.after["p.a.A.f"][0].node.lineno == 2


def test_a_changed_file_of_data_is_a_change() -> None:
    assert compared({"a.py": "", "b.json": "1"}, {"a.py": "", "b.json": "2"}).reason == "data files"


@pytest.mark.parametrize("broken", ["def f(:", "if x:\n    if y:\n        g()\n   h()"])
def test_a_file_that_is_no_python_is_never_the_same(broken: str) -> None:
    assert compared("if x:\n  if y:\n    g()\n  h()", broken).changed == {"a"}
