import pytest

from tests.diff.interface.told import told

SIGNATURES = [
    # old, new, what is told
    ("a", "a, b", "breaking f: parameter 'b' is new and required"),
    ("a", "a, *, b", "breaking f: parameter 'b' is new and required"),
    ("a", "a, b=1", "info f: parameter 'b' is new and optional"),
    ("a", "a, *, b=1", "info f: parameter 'b' is new and optional"),
    ("a", "a, **rest", "info f: it takes any keywords now"),
    ("a", "a, *rest", "info f: it takes any positional arguments now"),
    ("a, b=1", "a, c=2, b=1", "breaking f: parameter 'c' is new and stands before 'b', which moves by position"),
    ("a, *rest", "a, b=1, *rest", "breaking f: parameter 'b' is new and takes what went into *args"),
    ("a, *, b=1", "a, *, c=2, b=1", "info f: parameter 'c' is new and optional"),
    ("a, b", "a", "breaking f: parameter 'b' is gone"),
    ("a, *, b=1", "a", "breaking f: parameter 'b' is gone"),
    ("a, b=1, c=2", "a, c=2", "breaking f: parameter 'b' is gone"),
    ("a, b, /", "a, c, /", None),
    ("a, b", "a, c", "breaking f: parameter 'b' is renamed to 'c'"),
    ("a, *, b=1", "a, *, c=1", "breaking f: parameter 'b' is renamed to 'c'"),
    ("a, b", "a, c, **rest", "warning f: parameter 'b' is renamed to 'c'; the old name ends in **kwargs"),
    ("a, b=1", "*rest, **more", "warning f: parameter 'a' is gone; what is given for it ends in *args or **kwargs"),
    ("a, _b=1", "a", "info f: private parameter '_b' is gone"),
    ("a, b", "b, a", "breaking f: parameter 'b' moved to another place"),
    ("a, *, b, c", "a, *, c, b", None),
    ("a, b=1", "a, *, b=1", "breaking f: parameter 'b' is keyword-only now"),
    ("a, b=1, c=2", "a, *, b=1, c=2", "breaking f: parameters 'b', 'c' are keyword-only now"),
    ("a, oldName=1", "a, old_name=1, *, oldName=1", "info f: parameter 'oldName' is renamed to 'old_name'; the old name is still taken"),
    ("a, b=(None,)", "a, b=()", "info f: default of parameter 'b' was (None,) and is ()"),
    ("a, b=1", "a, b=1, /", "breaking f: parameter 'a' is positional-only now"),
    ("a, *, b=1", "a, b=1", "info f: parameter 'b' may be given by position too now"),
    ("a, /", "a", "info f: parameter 'a' may be given by name too now"),
    ("a=1", "a", "breaking f: parameter 'a' is required now"),
    ("a", "a=1", "info f: parameter 'a' is optional now"),
    ("a=1", "a=2", "warning f: default of parameter 'a' was 1 and is 2"),
    ("a=True", "a=False", "warning f: default of parameter 'a' was True and is False"),
    ("a=None", "a=UNSET", "info f: default of parameter 'a' was None and is UNSET"),
    ("a=[]", "a=None", "info f: default of parameter 'a' was [] and is None"),
    ("a=1", "a=1.0", None),
    ("a='x'", 'a="x"', None),
    ("*rest", "", "breaking f: *args is gone: it takes no more positional arguments"),
    ("a, **rest", "a", "breaking f: **kwargs is gone: it refuses other keywords"),
    ("*rest, **more", "a, b=1, *rest, **more", "info f: parameter 'a' is new and required"),
]


@pytest.mark.parametrize("old, new, expected", SIGNATURES)
def test_a_change_of_a_signature_is_told(old, new, expected):
    found = told(f"UNSET = object()\ndef f({old}): ...", f"UNSET = object()\ndef f({new}): ...")
    assert (expected in found) if expected else found == []


def test_one_change_is_told_once():
    assert told("def f(a, b=1, c=2): ...", "def f(a, x=0, b=1, c=2): ...") == [
        "breaking f: parameter 'x' is new and stands before 'b', which moves by position"
    ]


KEYWORDS = [
    ("kw.pop('x')", "kw.pop('y', 1)", "breaking f: keyword 'x' is no longer read out of **kwargs"),
    ("return kw['x']", "return kw.get('x')", "info f: parameter 'x' is optional now"),
    ("return kw.get('x')", "return kw['x']", "breaking f: parameter 'x' is required now"),
    ("if 'x' in kw: return 1", "return 2", "breaking f: keyword 'x' is no longer read out of **kwargs"),
    ("kw.setdefault('x', 1)", "return 2", "breaking f: keyword 'x' is no longer read out of **kwargs"),
    ("if debug: return kw['x']", "if debug: return kw['x'] + 1", None),
    ("for n in ('x', 'y'): kw.get(n)", "for n in ('y',): kw.get(n)", "breaking f: keyword 'x' is no longer read out of **kwargs"),
    ("if set(kw) - {'x', 'y'}: raise TypeError", "if set(kw) - {'x'}: raise TypeError", "breaking f: keyword 'y' is gone"),
    ("if set(kw) - ALLOWED: raise TypeError", "if set(kw) - {'x'}: raise TypeError", "breaking f: keyword 'z' is gone"),
    (
        "for k in kw:\n  if k not in ('x', 'y'): raise TypeError",
        "for k in kw:\n  if k not in ('x',): raise TypeError",
        "breaking f: keyword 'y' is gone",
    ),
    ("return kw.get('x')", "return kw.get('x'), kw.get('y')", "info f: keyword 'y' is new and optional"),
    ("return kw.get('wide')", "return max(**kw)", "info f: keyword 'wide' is no longer read out of **kwargs"),
    ("return kw.get('wide')", "return other(**kw)", "warning f: keyword 'wide' is no longer read out of **kwargs"),
]


@pytest.mark.parametrize("old, new, expected", KEYWORDS)
def test_keywords_read_out_of_kwargs_are_parameters(old, new, expected):
    frame = "debug = 0\nALLOWED = frozenset(('x', 'z'))\nfrom third import other\ndef f(**kw):\n "
    found = told(frame + old.replace("\n", "\n "), frame + new.replace("\n", "\n "))
    assert (expected in found) if expected else found == []


def test_a_keyword_that_becomes_a_parameter_breaks_nobody():
    assert told("def f(**kw): return kw.pop('x', 1)", "def f(*, x=1): return x") == [
        "warning f: **kwargs is gone: it refuses other keywords",
    ]
    assert told("def f(**kw):\n  x = kw.pop('x', 1)\n  if kw: raise TypeError\n  return x", "def f(*, x=1): return x") == []


PARENT = """
class A:
    def __init__(self, a, b=1): ...
class B(A):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
"""


def test_what_is_handed_to_the_parent_counts_as_written_out():
    spelled_out = PARENT.replace("*args, **kwargs):", "a, b=1):").replace("(*args, **kwargs)", "(a, b)")
    assert told(PARENT, spelled_out) == []
    assert told(PARENT, spelled_out.replace("a, b=1):\n        super", "a):\n        super").replace("(a, b)", "(a)")) == [
        "breaking B.__init__: keyword 'b' is gone"
    ]


def test_a_break_of_the_parent_is_not_repeated_for_those_who_hand_on():
    assert told(PARENT, PARENT.replace("a, b=1", "a")) == ["breaking A.__init__: parameter 'b' is gone"]
