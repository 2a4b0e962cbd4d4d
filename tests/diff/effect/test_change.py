import pytest

from planaria.diff.effect.change import effect_findings, observed_findings
from planaria.diff.finding import Finding
from planaria.diff.version import Version


def found(old: str | dict[str, str], new: str | dict[str, str], declared: frozenset[str] | None = None) -> list[Finding]:
    sides = [Version(label="", files={name: text.encode() for name, text in (one if isinstance(one, dict) else {"a.py": one}).items()})
             for one in (old, new)]  # fmt: skip
    return effect_findings(*sides, declared=declared)


QUIET = "def f(x, y=1): return x"
# What f does anew, and what is told of it.
NEW = {
    "def f(x, y=1): return open(x)": "reads files",
    "def f(x, y=1):\n  with open(x, 'ab') as g: return g": "writes files",
    "import builtins\ndef f(x, y=1): return builtins.open(x)": "reads files",
    "import subprocess\n_go = subprocess.run\ndef f(x, y=1): return _go(x)": "starts processes",
    "import os\ndef _g(x): os.remove(x)\n_ALL = {'g': _g, 'h': lambda x: x}\ndef f(x, y=1): return _ALL[x]()": "writes files",
    "import time\nclass _A:\n  def go(self): time.time()\n_B = _A\nb = _B()\ndef f(x, y=1): return b.go()": "reads the clock",
    "def f(x, y=1): h = open; return h(x, 'w')": "writes files",
    "from pathlib import Path\ndef f(x, y=1): return Path(x).exists()": "reads files",
    "from pathlib import Path\ndef f(x: Path, y=1): x.touch()": "writes files",
    "from pathlib import Path\ndef f(x, y=1):\n  p = Path(x) / 'a'\n  with p.open('w') as g: g.write(y)": "writes files",
    "from os import remove as r\ndef f(x, y=1): r(x)": "writes files",
    "import requests\ndef f(x, y=1): return requests.get(x)": "uses the network",
    "import requests\nS = requests.Session()\ndef f(x, y=1): return S.get(x)": "uses the network",
    "def f(x, y=1):\n  import socket as s\n  return s.create_connection(x)": "uses the network",
    "import subprocess\ndef f(x, y=1): return subprocess.run(x)": "starts processes",
    "import os\ndef f(x, y=1): return os.environ['A']": "reads the environment or secrets",
    "import os\ndef f(x, y=os.getenv('A')): return x": "reads the environment or secrets",
    "from datetime import datetime\ndef f(x, y=1): return datetime.now()": "reads the clock",
    "import random\ndef f(x, y=1): return sorted(x, key=lambda _: random.random())": "draws random numbers",
    "def f(x, y=1): return eval(x)": "runs code that cannot be read here",
    "import os\ndef f(x, y=1): return getattr(os, x)(y)": "runs code that cannot be read here",
    "import os\ndef f(x, y=1): return getattr(os, 'system')(y)": "starts processes",
    "from importlib import import_module as i\ndef f(x, y=1): return i(x)": "runs code that cannot be read here",
    "import pickle\ndef f(x, y=1): return pickle.loads(x)": "runs code that cannot be read here",
    "import ctypes\ndef f(x, y=1): return ctypes.CDLL(x)": "runs code that cannot be read here",
    "def f(x, y=1): return ().__class__.__base__.__subclasses__()": "runs code that cannot be read here",
    "from planaria import uses\nfrom cells.stock.contract import Stock\ndef f(x, y=1): return uses(Stock)": "uses the cell Stock",
    "def f(x, y=1):\n  def g(open): return open(1)\n  return open(x)": "reads files",
    "import time\ndef _w(g):\n  def h(*a): time.time(); return g(*a)\n  return h\n@_w\ndef f(x, y=1): return x": "reads the clock",
    "import time\nclass _A:\n  def go(self): return time.time()\ndef f(x, y=1): return _A().go()": "reads the clock",
    "import time\nclass _A:\n  def go(self): return time.time()\nclass _B(_A): 1\ndef f(x: '_B', y=1): return x.go()": "reads the clock",
    "import time\nclass _A:\n  def __init__(self): self.t = time.time()\ndef f(x, y=1): return _A()": "reads the clock",
}  # fmt: skip
# What is near to that, and touches nothing.
NEAR = [
    "def open(x): return x\ndef f(x, y=1): return open(x)",
    "def f(x, y=1):\n  open = len\n  return open(x)",
    "def f(open, y=1): return open(1)",
    "def f(x, y=1):\n  '''datetime.now(), open(x)'''\n  # eval(x)\n  return 'os.environ'",
    "from pathlib import Path, PurePath\ndef f(x, y=1): return Path(x) / PurePath('b').name",
    "import os\ndef f(x, y=1): return os.path.join(x, os.sep)",
    "import random\ndef f(x, y=1): return random.Random(y).random()",
    "import random\ndef f(x: random.Random, y=1): return x.random()",
    "def f(random, y=1): return random.random()",
    "import subprocess\ndef f(x, y=1):\n  try: return x()\n  except subprocess.CalledProcessError: return subprocess.PIPE",
    "import secrets\ndef f(x, y=1): return secrets.compare_digest(x, y)",
    "import re\ndef f(x, y=1): return re.compile(x)",
    "import time\nclass _A:\n  def get(self): return time.time()\ndef f(x, y=1): return {}.get(x)",
    "def f(x, y=1): return x.replace('a', 'b').open",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import numpy\ndef f(x: 'numpy.array', y=1): return x",
    "from datetime import datetime\ndef f(x, y=1): return isinstance(x, datetime) or datetime(2026, 1, 1)",
]  # fmt: skip


@pytest.mark.parametrize("new", NEW)
def test_a_new_effect_is_told_of_the_public_symbol(new: str) -> None:
    assert [one.what.partition(":")[0] for one in found(QUIET, new) if one.level == "breaking"] == (
        [f"{'importing a' if 'getenv' in new else 'f()'} now {NEW[new]}"] if NEW[new] else []
    )


@pytest.mark.parametrize("new", NEAR)
def test_what_only_looks_like_an_effect_is_none(new: str) -> None:
    assert found(QUIET, new) == []


SHOP = {
    "shop/__init__.py": "from .store import save\nfrom ._core import Cart",
    "shop/store.py": "def save(x):\n  return _dump(x)\ndef _dump(x): return x\ndef load(x): return x",
    "shop/_core.py": (
        "from .store import load\nclass _Base:\n  def fill(self): return load(1)\nclass Cart(_Base):\n  def add(self): return 1"
    ),
}


def test_the_way_to_an_effect_is_shown_and_every_public_symbol_named_once() -> None:
    text = "def save(x):\n  return _dump(x)\ndef _dump(x):\n  with open('x', 'w') as file: file.write(x)\ndef load(x): return _dump(x)"
    (one,) = found(SHOP, {**SHOP, "shop/store.py": text})
    assert one.what == (
        "shop.store.load() now writes files (so do shop.store.save, shop.Cart.fill): load -> _dump -> open('x', 'w') at store.py:4"
    )
    assert (one.level, one.symbol, one.file, one.line) == ("breaking", "shop.store.load", "shop/store.py", 4)


def test_a_method_asked_of_something_unknown_is_a_warning() -> None:
    (one,) = found(QUIET, "import time\nclass _A:\n  def gone(self): return time.time()\ndef f(x, y=1): return x.gone()")
    assert (one.level, one.what) == ("warning", "f() now perhaps reads the clock: f -> _A.gone -> time.time() at a.py:3")


def test_a_package_has_no_effect_for_its_own_name() -> None:
    assert found({"redis/__init__.py": "class A: pass"}, {"redis/__init__.py": "class A:\n  def f(self): return self.f()"}) == []


def test_a_declared_effect_is_a_note() -> None:
    assert [one.level for one in found(QUIET, "def f(x): return open(x)", frozenset({"reads"}))] == ["info"]
    assert [one.level for one in found(QUIET, "def f(x): return open(x)", frozenset({"writes"}))] == ["breaking"]


def test_an_effect_that_is_gone_is_a_note() -> None:
    assert [(one.level, one.what) for one in found("def f(x): return open(x)", QUIET)] == [("info", "f() no longer reads files")]


def test_what_a_module_only_holds_does_not_run_on_import() -> None:
    text = "import os\n@_app.get\ndef _g(x): return 1\ndef f(x, y=1): return os.remove(x)\nALL = [f]\nprint(f)"
    assert [one.what.partition(" now")[0] for one in found(QUIET, text)] == ["f()"]


TARGETS = [
    ("open('a.txt', 'w')", "open('b.txt', 'w')", "f() writes files at another target: 'b.txt' rather than 'a.txt'"),
    ("requests.get('https://a.example/x')", "requests.get('https://b.example/x')",
     "f() uses the network at another target: 'b.example' rather than 'a.example'"),
    ("requests.get('https://a.example/x')", "requests.get('https://a.example/y')", ""),
    ("requests.get(HOST + x)", "requests.get(f'https://c.example/{x}')",
     "f() uses the network at another target: 'c.example' rather than 'h.example'"),
    ("os.environ['A']", "os.environ['B']", ""),
    ("os.getenv('A')", "os.getenv('B')", "f() reads the environment or secrets at another target: 'B' rather than 'A'"),
    ("open(x)", "open(str(x))", ""),
]  # fmt: skip


@pytest.mark.parametrize("old, new, what", TARGETS)
def test_the_same_effect_on_another_target_is_a_warning(old: str, new: str, what: str) -> None:
    head = "import requests, os\nHOST = 'https://h.example/'\ndef f(x): return "
    assert [(one.level, one.what) for one in found(head + old, head + new)] == ([("warning", what)] if what else [])


def test_a_new_function_warns_where_the_version_had_such_effects_before_and_breaks_where_not() -> None:
    old = "def f(x): return open(x)"
    assert [(one.level, one.symbol) for one in found(old, f"{old}\ndef g(x): return open(x)")] == [("warning", "g")]
    assert [(one.level, one.symbol) for one in found(old, f"import os\n{old}\ndef g(x): return os.remove(x)")] == [("breaking", "g")]
    assert found(old, "def _g(x): return open(x)\nf = _g") == []


def test_code_that_nothing_public_comes_to_is_a_warning() -> None:
    assert [(one.level, one.symbol) for one in found(QUIET, f"{QUIET}\ndef _g(x): return eval(x)")] == [("warning", "_g")]


def test_what_runs_on_import_is_told_of_every_module_that_imports_it() -> None:
    new = {**SHOP, "shop/store.py": "import os\nHOME = os.environ['HOME']\n" + SHOP["shop/store.py"]}
    (one,) = found(SHOP, new)
    assert one.what.startswith("importing shop.store now reads the environment or secrets (so do shop)")


def test_tests_beside_the_code_have_no_effects_of_their_own() -> None:
    assert found(SHOP, {**SHOP, "shop/tests/test_x.py": "import os\nos.remove('x')"}) == []


def test_an_effect_seen_only_in_the_new_version_breaks_unless_it_was_read_before() -> None:
    seen = {"f": {"reads": 1, "clock": 2}, "g": {"clock": 1}}
    (one,) = observed_findings({"f": {"reads": 3}}, seen)
    assert (one.level, one.symbol, one.what) == (
        "breaking", "f", "f() reads the clock where the old version did not (so do g): seen while it ran",
    )  # fmt: skip
    static = found(QUIET, "import time\ndef f(x): return time.time()")
    assert observed_findings({"f": {"reads": 3}}, seen, static=static) == []


def test_an_annotation_alone_is_no_new_effect() -> None:
    text = "from ftplib import FTP\ndef f({}): ftp.cwd('/')"
    assert found(text.format("ftp"), text.format("ftp: FTP")) == []
    assert [one.level for one in found("from ftplib import FTP\ndef f(ftp): 1", text.format("ftp: FTP"))] == ["breaking"]


def test_places_of_one_file_are_folded_and_a_long_way_is_shortened_in_its_middle() -> None:
    places = "def f(x, y=1): return _a(x)\ndef _a(x): return _b(x)\ndef _b(x): return _c(x)\ndef _c(x): return _d(x), open(x)\n"
    (one,) = found(QUIET, f"{places}def _d(x): return open(x)")
    assert one.what == "f() now reads files: f -> _a -> ... -> _c -> open(x) at a.py:4 and 1 more place"
