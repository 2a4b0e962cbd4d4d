import pytest

from tests.diff.interface.told import compared, fails, told

PACKAGES = [
    # what is told of two packages
    ({"p/__init__.py": "", "p/a.py": "x = 1"}, {"p/__init__.py": ""}, ["breaking p.a: module 'p.a' is gone"]),
    ({"p/__init__.py": "", "p/_a.py": "x = 1"}, {"p/__init__.py": ""}, []),
    ({"p/__init__.py": "", "p/tests/test_a.py": "x = 1"}, {"p/__init__.py": ""}, []),
    ({"p/__init__.py": "", "p/_vendor/a.py": "x = 1", "docs/conf.py": "x = 1"}, {"p/__init__.py": ""}, []),
    ({"p/a.py": "def f(): ..."}, {"p/a.py": "from p.b import f", "p/b.py": "def f(): ..."}, ["info p.b: module 'p.b' is new"]),
    ({"p/a.py": "def f(): ..."}, {"p/a.py": "from p.b import *", "p/b.py": "def f(): ..."}, ["info p.b: module 'p.b' is new"]),
    (
        {"p/__init__.py": "from p._a import f", "p/_a.py": "def f(a): ..."},
        {"p/__init__.py": "from p._a import f", "p/_a.py": "def f(): ..."},
        ["breaking p.f: parameter 'a' is gone"],
    ),
    (
        {"p/__init__.py": "from .a import f\nfrom . import a", "p/a.py": "def f(a): ..."},
        {"p/__init__.py": "from .a import f\nfrom . import a", "p/a.py": "def f(): ..."},
        ["breaking p.f: parameter 'a' is gone"],
    ),
    (
        {"p/__init__.py": "from .a import f", "p/a.py": "def f(): ..."},
        {"p/__init__.py": "", "p/a.py": "def f(): ..."},
        ["breaking p.f: function 'f' is gone here; it is still p.a.f"],
    ),
    (
        {"p/__init__.py": "from ._a import A", "p/_a.py": "from ._b import B\nclass A(B): ...", "p/_b.py": "class B:\n def m(self): ..."},
        {"p/__init__.py": "from ._a import A", "p/_a.py": "from ._b import B\nclass A(B): ...", "p/_b.py": "class B: ..."},
        ["breaking p.A.m: method 'm' is gone"],
    ),
    ({"p/__init__.py": "from third import f", "p/_a.py": ""}, {"p/__init__.py": "", "p/_a.py": ""}, ["breaking p.f: name 'f' is gone"]),
    ({"p/__init__.py": "from os import path\nimport sys"}, {"p/__init__.py": ""}, []),
    ({"p/a.py": "from p.b import g\nx = g", "p/b.py": "def g(): ..."}, {"p/a.py": "x = 1", "p/b.py": "def g(): ..."}, []),
    ({"p.py": "x = 1"}, {"p/__init__.py": "x = 1"}, []),
]


@pytest.mark.parametrize("old, new, expected", PACKAGES)
def test_a_break_is_told_once_at_the_most_public_path(old, new, expected):
    found = told(old, new)
    assert found == expected if expected or not found else not [one for one in found if not one.startswith("info")]


MODULES = [
    ("def f(): ...", "", "breaking f: function 'f' is gone"),
    ("def _f(): ...", "", None),
    (
        "__all__ = ['g']\ndef f(): ...\ndef g(): ...",
        "__all__ = ['g']\ndef g(): ...",
        "warning f: function 'f' is gone; it was not in __all__",
    ),
    ("__all__ = ['g']\nf = 1\ndef _f(): ...\ndef g(): ...", "__all__ = ['g']\ndef g(): ...", None),
    ("__all__ = ['g']\ndef f(a): ...\ndef g(): ...", "__all__ = ['g']\ndef f(): ...\ndef g(): ...", None),
    ("HAS_SNI = False\ntry:\n from ssl import HAS_SNI\nexcept ImportError: ...", "", "breaking HAS_SNI: attribute 'HAS_SNI' is gone"),
    (
        "class _M(type):\n @property\n def LIMIT(cls): ...\nclass A(metaclass=_M): ...",
        "class _M(type): ...\nclass A(metaclass=_M): ...",
        "breaking A.LIMIT: property 'LIMIT' is gone",
    ),
    ("__all__ = ['f']\ndef f(): ...", "__all__ = []\ndef f(): ...", "warning f: 'f' is no longer in __all__"),
    ("__all__ = ['f']\n__all__ += ['g']\ndef f(): ...\ndef g(): ...", "__all__ = ['f']\ndef f(): ...", "breaking g: function 'g' is gone"),
    ("", "def f(): ...", "info f: function 'f' is new"),
    ("import os", "", None),
    ("try:\n from third import f\nexcept ImportError:\n def f(): ...", "def f(): ...", None),
    ("try:\n import third\nexcept ImportError:\n third = None", "", None),
    ("import sys\nif sys.version_info < (3, 0):\n def f(): ...", "", None),
    (
        "import sys\nif sys.version_info >= (3, 0):\n def f(a): ...\nelse:\n def f(): ...",
        "def f(): ...",
        "breaking f: parameter 'a' is gone",
    ),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n def f(): ...", "", None),
    ("if __name__ == '__main__':\n x = 1", "", None),
    ("for x in (1, 2): y = x", "", None),
    ("x = 1\ndel x", "", None),
    ("class A:\n def m(self): ...\nif not ssl: A = Other", "class A: ...\nif not ssl: A = Other", "breaking A.m: method 'm' is gone"),
    ("def f(): ...", "def __getattr__(name):\n if name == 'f': return 1", "info f: function 'f' is made on demand now"),
    ("def f(): ...", "def __getattr__(name): return 1", "warning f: function 'f' is gone, unless __getattr__ makes it"),
    ("def f(): ...", "def g(): ...\nf = g", None),
    ("def f(a): ...\ng = f", "def f(a): ...", "breaking g: function 'g' is gone here; it is still m.f"),
    ("class A: ...", "from third import A", "info A: class 'A' comes from third.A now"),
    ("from typing import TypeVar\nT = TypeVar('T')", "", "info T: attribute 'T' is gone"),
    ("x = 1", "x = 2", "info x: its value was 1 and is 2"),
    ("x = 1", "x = 'a'", "warning x: its value was 1 and is 'a'"),
    ("__version__ = '1'", "__version__ = '2'", None),
    ("def f(:", "def f(): ...", None),
]


@pytest.mark.parametrize("old, new, expected", MODULES)
def test_a_change_of_a_module_is_told(old, new, expected):
    found = told(old, new)
    assert (expected in found) if expected else not [one for one in found if not one.startswith("info")]


CLIENTS = [
    ("def f(a, b): ...", "def f(a): ..."),
    ("def f(a): ...", "def f(a, b): ..."),
    ("def f(a, b=1): ...", "def f(a, c=2, b=1): ..."),
    ("def f(a, b=1): ...", "def f(a, *, b=1): ..."),
    ("def f(a, b): ...", "def f(b, a): ..."),
    ("def f(a, b): ...", "def f(a, c): ..."),
    ("def f(a): ...", "def f(a, /): ..."),
    ("def f(a={}): ...", "def f(a={'b': 1}): ..."),
    ("def f(*a): ...", "def f(): ..."),
    ("def f(**a): ...", "def f(): ..."),
    ("def f(): ...", ""),
    ("def f(): ...", "async def f(): ..."),
    ("class A:\n def m(self): ...", "class A: ..."),
    ("class A:\n m = property(id)", "class A:\n def m(self): ..."),
    ("class A:\n def m(self): ...", "class A:\n @property\n def m(self): ..."),
    ("class A:\n @staticmethod\n def m(): ...", "class A:\n def m(self): ..."),
    ("class A:\n def __init__(self, x): ...", "class A: ..."),
    ("class A:\n def m(self, x): ...", "class A:\n def m(self): ..."),
    ("class A:\n @classmethod\n def m(cls, x): ...", "class A:\n @classmethod\n def m(cls): ..."),
    ("class A:\n def m(self, x=1): ...", "class A:\n def m(self, y=0, x=1): ..."),
    ("class A:\n def __init__(self, x): ...", "class A:\n def __init__(self): ..."),
    ("class A(KeyError): ...", "class A(ValueError): ..."),
    ("class B: ...\nclass A(B): ...", "class B: ...\nclass A: ..."),
    ("class A: ...", "class A:\n __hash__ = None"),
    ("class A: ...", "def A(): ..."),
    ("class A: ...", "class A:\n def __init_subclass__(cls): raise TypeError"),
    (
        "from abc import ABC, abstractmethod\nclass A(ABC): ...",
        "from abc import ABC, abstractmethod\nclass A(ABC):\n @abstractmethod\n def m(self): ...",
    ),
    ("from enum import Enum\nclass A(Enum):\n X = 1\n Y = 2", "from enum import Enum\nclass A(Enum):\n X = 1"),
    ("from enum import Enum\nclass A(Enum):\n X = 1", "from enum import Enum\nclass A(Enum):\n X = 2"),
    (
        "from typing import NamedTuple\nclass A(NamedTuple):\n x: int\n y: int",
        "from typing import NamedTuple\nclass A(NamedTuple):\n x: int",
    ),
    (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n x: int",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n x: int\n y: int",
    ),
]


@pytest.mark.parametrize("old, new", CLIENTS)
def test_a_client_works_with_the_old_version_and_fails_with_the_new(old, new):
    client = next(one.client for one in compared(old, new) if one.level != "info")
    assert client
    assert (fails(client, old), bool(fails(client, new))) == ("", True)


def test_the_place_is_in_the_new_version_or_where_the_old_one_had_it():
    found = compared("\n\ndef f(a): ...\ndef g(): ...", "def f(): ...")
    assert {(one.symbol, one.file, one.line) for one in found} == {("g", "m.py", 4), ("f", "m.py", 1)}


def test_circles_of_imports_and_parents_end():
    files = {f"p/{name}.py": f"from p.{other} import *\nclass A(A): ...\nX = Y\nY = X" for name, other in ("ab", "bc", "ca")}
    assert told(files, {**files, "p/a.py": files["p/a.py"] + "\nz = 1"}) == ["info p.a.z: attribute 'z' is new"]


def test_a_break_of_a_parent_beside_all_is_told_in_full_at_the_child_in_it():
    base = "__all__ = []\nclass Parent:\n def m(self{}): ..."
    child = {"p/b.py": "from p.a import Parent\n__all__ = ['A']\nclass A(Parent): ..."}
    old, new = ({"p/a.py": base.replace("{}", given), **child} for given in (", a", ""))
    assert told(old, new) == ["breaking p.b.A.m: parameter 'a' is gone"]
