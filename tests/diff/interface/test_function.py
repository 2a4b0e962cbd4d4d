import pytest

from tests.diff.interface.told import told

HEAD = "from contextlib import contextmanager\nfrom functools import lru_cache, cached_property\nfrom typing import final\n"
FUNCTIONS = [
    (
        "def f(a='x'): return a",
        "def f(a=None):\n  if a is None: a = 'x'\n  return a",
        "info f: default of parameter 'a' was 'x' and is None",
    ),
    (
        "def f(a=None):\n  if a is None: a = 'x'\n  return a",
        "def f(a='y'): return a",
        "warning f: default of parameter 'a' was None and is 'y'",
    ),
    ("def f(): return 1", "async def f(): return 1", "breaking f: it is async now: callers must await it"),
    ("async def f(): return 1", "def f(): return 1", "breaking f: it is no longer async: its result cannot be awaited"),
    ("def f(): yield 1", "@contextmanager\ndef f(): yield 1", "breaking f: it is a context manager now"),
    ("def f(): return [1]", "def f(): yield 1", "warning f: it yields now, and returned a value"),
    ("def f(): return iter([1])", "def f(): yield 1", "info f: it yields now, and returned a value"),
    ("@lru_cache\ndef f(): return 1", "def f(): return 1", "warning f: it is no longer cached: cache_clear and cache_info are gone"),
    ("def f(): return 1", "@lru_cache\ndef f(): return 1", "info f: decorator @lru_cache is new"),
    ("def f(): return 1", "@deprecated\ndef f(): return 1", "info f: it is deprecated now"),
    ("def f(): return 1", "def f():\n  warnings.warn('x', DeprecationWarning)\n  return 1", "info f: it is deprecated now"),
    ("def f(): return 1", "def f(): raise RuntimeError('gone')", "breaking f: it only raises RuntimeError now"),
    ("def f(): pass", "def f(): raise NotImplementedError", None),
    (
        "def f(x):\n  if x: raise KeyError\n  return 1",
        "def f(x):\n  if x: raise ValueError\n  return 1",
        "warning f: it raises ValueError where it raised KeyError, which `except KeyError` does not catch",
    ),
    ("def f(x):\n  if x: raise LookupError\n  return 1", "def f(x):\n  if x: raise KeyError\n  return 1", None),
    ("def f(x): return 1", "def f(x):\n  if x: raise ValueError\n  return 1", "info f: it may raise ValueError now"),
    ("def f(): return 1", "class f: ...", "info f: the function is a class now"),
    ("class f: ...", "def f(): ...", "breaking f: the class is a function now: no isinstance, no subclasses"),
    ("def f(): return 1", "f = 1", "breaking f: the function is a plain value now (int)"),
    ("def f(): return 1", "f = partial(g, 1)", None),
    ("def f(): return 1", "def f():\n    'Text.'\n    one = 1  # text\n    return one", None),
]


@pytest.mark.parametrize("old, new, expected", FUNCTIONS)
def test_a_change_of_a_function_is_told(old, new, expected):
    found = told(HEAD + old, HEAD + new)
    assert (expected in found) if expected else not [one for one in found if not one.startswith("info")]


METHODS = [
    ("@property\n def m(self): return 1", "def m(self): return 1", "breaking A.m: it is a method now: it must be called"),
    ("def m(self): return 1", "@property\n def m(self): return 1", "breaking A.m: it is a property now: it must not be called"),
    ("def m(self): return 1", "@cached_property\n def m(self): return 1", "breaking A.m: it is a property now: it must not be called"),
    ("@property\n def m(self): return 1", "@cached_property\n def m(self): return 1", "info A.m: decorator @cached_property is new"),
    ("@staticmethod\n def m(x): return 1", "def m(self, x): return 1", "breaking A.m: it is no staticmethod any more: it needs an object"),
    (
        "@classmethod\n def m(cls, x): return 1",
        "def m(self, x): return 1",
        "breaking A.m: it is no classmethod any more: it needs an object",
    ),
    ("@staticmethod\n def m(x): return 1", "@classmethod\n def m(cls, x): return 1", "info A.m: it is a classmethod now"),
    (
        "@property\n def m(self): return 1\n @m.setter\n def m(self, v): ...",
        "@property\n def m(self): return 1",
        "breaking A.m: it can no longer be assigned: its setter is gone",
    ),
    ("m = 1", "@property\n def m(self): return 1", "warning A.m: it is a property now that cannot be assigned"),
    ("m = 1", "@property\n def m(self): return 1\n @m.setter\n def m(self, v): ...", "info A.m: it is a property now"),
    ("@property\n def m(self): return 1", "m = 1", "info A.m: the property is a plain attribute now"),
    ("def m(self): return 1", "m = None", "breaking A.m: the method is a plain value now (NoneType)"),
    ("m = 1", "def m(self): return 1", "breaking A.m: it was a int and is a method"),
    ("def m(self): return 1", "@final\n def m(self): return 1", "warning A.m: it is final now: subclasses may not replace it"),
    ("limit = 10", "limit = 20", "warning A.limit: its value was 10 and is 20"),
    ("names = ('a',)", "names = {'a': 1}", "warning A.names: its value was ('a',) and is {'a': 1}"),
    ("text = 'a'", "text = 'b'", "info A.text: its value was 'a' and is 'b'"),
]


@pytest.mark.parametrize("old, new, expected", METHODS)
def test_a_change_of_a_member_is_told(old, new, expected):
    assert expected in told(f"{HEAD}class A:\n {old}", f"{HEAD}class A:\n {new}")


def test_parameters_of_special_methods_have_no_names_for_callers():
    assert told("class A:\n def __getitem__(self, key): ...", "class A:\n def __getitem__(self, index): ...") == []


@pytest.mark.parametrize("refusal", ["raise TypeError('frozen')", "raise KeyError"])
def test_a_signature_of_what_always_raised_binds_nobody(refusal):
    assert told(f"def f(*a, **k):\n {refusal}", f"def f(a):\n {refusal}") == []


def test_a_default_that_the_body_fills_in_is_the_same_default():
    filled = "def f(a=None):\n if a is None:\n  a = 'required'\n return a"
    other = "def f(a=None):\n if a is None:\n  a = 0\n return {'required': 1}[a]"
    now = "def f(a='required'):\n return a"
    assert told(filled, now) == ["info f: default of parameter 'a' was None and is 'required'"]
    assert told(other, now) == ["warning f: default of parameter 'a' was None and is 'required'"]
