import pytest

from tests.diff.interface.told import told

HEAD = "from abc import ABC, abstractmethod\nfrom typing import final\nfrom third import Unknown\n"
CLASSES = [
    ("class A:\n def m(self): ...", "class A: ...", "breaking A.m: method 'm' is gone"),
    ("class A:\n def _m(self): ...", "class A: ...", None),
    ("class A:\n x = 1", "class A: ...", "breaking A.x: attribute 'x' is gone"),
    ("class A:\n def __init__(self): self.x = 1", "class A:\n def __init__(self): pass", "breaking A.x: attribute 'x' is gone"),
    ("class A:\n def __init__(self): self.x = 1", "class A:\n def __init__(self): self.start()\n def start(self): self.x = 1", None),
    ("class A:\n def __init__(self): self.x = 1", "class A:\n @property\n def x(self): return 1\n @x.setter\n def x(self, v): ...", None),
    ("class A:\n __slots__ = ('x', 'y')", "class A:\n __slots__ = ('x',)", "breaking A.y: attribute 'y' is gone"),
    ("class A:\n def m(self): ...", "class B:\n def m(self): ...\nclass A(B): ...", None),
    ("class A:\n def m(self): ...", "class A:\n def __getattr__(self, name): ...", "warning A.m: method 'm' is gone"),
    ("class A:\n def m(self): ...", "class A(Unknown): ...", "warning A.m: method 'm' is gone"),
    ("class A:\n def keys(self): return []", "class A(dict): ...", None),
    ("class A:\n def __len__(self): return 1", "class A: ...", "breaking A.__len__: special method '__len__' is gone"),
    ("class A:\n def __repr__(self): return ''", "class A: ...", None),
    ("class A: ...", "class A:\n def __eq__(self, other): return True", "breaking A: its objects can no longer be hashed"),
    ("class A: ...", "class A:\n def __eq__(self, other): return True\n def __hash__(self): return 1", None),
    ("class B: ...\nclass A(B): ...", "class B: ...\nclass A: ...", "breaking A: it is no longer a subclass of B"),
    ("class _B: ...\nclass A(_B): ...", "class A: ...", None),
    (
        "class A(KeyError): ...",
        "class A(ValueError): ...",
        "breaking A: it is no longer a subclass of KeyError: `except KeyError` does not catch it",
    ),
    ("class A(LookupError): ...", "class A(KeyError): ...", "info A: it is a subclass of KeyError now"),
    ("class A(object): ...", "class A: ...", None),
    (
        "class A(ABC): ...",
        "class A(ABC):\n @abstractmethod\n def m(self): ...",
        "breaking A: method 'm' is abstract now: subclasses must define it",
    ),
    ("class A(ABC):\n @abstractmethod\n def m(self): ...", "class A(ABC):\n def m(_): ...", "info A.m: decorator @abstractmethod is gone"),
    ("class A: ...", "@final\nclass A: ...", "breaking A: it is final now: it may not be subclassed"),
    (
        "class A: ...",
        "class A:\n def __init_subclass__(cls): raise TypeError",
        "breaking A: it can no longer be subclassed: __init_subclass__ refuses",
    ),
    ("class A: ...", "class A:\n __slots__ = ()", "warning A: its objects take no other attributes: it has __slots__ now"),
    ("class M(type): ...\nclass A: ...", "class M(type): ...\nclass A(metaclass=M): ...", "warning A: its metaclass was type and is M"),
    ("class A:\n def __init__(self, x): ...", "class A: ...", "breaking A: parameter 'x' is gone"),
    ("class A: ...", "class A:\n def __init__(self, x): ...", "breaking A: parameter 'x' is new and required"),
    ("class A: ...", "class A:\n def m(self): ...", "info A.m: method 'm' is new"),
    ("class A:\n class B:\n  def m(self): ...", "class A:\n class B: ...", "breaking A.B.m: method 'm' is gone"),
    ("class A:\n def m(self): ...\n n = m", "class A:\n def n(self): ...\n m = n", None),
]


@pytest.mark.parametrize("old, new, expected", CLASSES)
def test_a_change_of_a_class_is_told(old, new, expected):
    found = told(HEAD + old, HEAD + new)
    assert (expected in found) if expected else not [one for one in found if not one.startswith("info")]


def test_a_member_of_a_public_parent_is_told_at_the_parent_and_of_a_private_one_at_the_child():
    public, private = "class B:\n{}\nclass A(B): ...\nclass C(B): ...", "class _B:\n{}\nclass A(_B): ...\nclass C(_B): ..."
    method, rest = " def m(self): ...\n def n(self): ...", " def n(self): ..."
    assert told(public.format(method), public.format(rest)) == ["breaking B.m: method 'm' is gone"]
    assert told(private.format(method), private.format(rest)) == ["breaking A.m: method 'm' is gone"]


def test_an_override_with_another_signature_breaks_its_own_class():
    frame = "class B:\n def m(self, x=1): ...\nclass A(B):\n "
    assert told(frame + "y = 1", frame + "y = 1\n def m(self): ...") == ["breaking A.m: parameter 'x' is gone"]
