import pytest

from planaria.diff.affected import affected_symbols, near_modules
from planaria.diff.material import code_of
from planaria.diff.version import Version
from planaria.witness.script.subject import subjects_of


def version(files):
    files = {"m.py": files} if isinstance(files, str) else files
    return Version(label="", files={path: text.encode() for path, text in files.items()})


def affected(old, new, **more):
    before, after = version(old), version(new)
    subjects = subjects_of(code_of(before, near_modules(before, after)), dotted=not before.is_one_module)
    return affected_symbols(before, after, subjects, **more)


CODE = '''"""What it is."""
import math
from json import dumps as written, loads

RATE = 2
DOUBLE = RATE * 2
OTHER = 3

def round_up(n):
    """Round."""
    return math.ceil(n)

def rated(n):
    return n * DOUBLE

def text(n):
    return written(n)

def outer(n):
    return rated(n) + _inner(n)

def _inner(n):
    return _innermost(n)

def _innermost(n):
    return n

class Box:
    """A box."""
    size = 1

    def __init__(self, size=1):
        self.size = size

    @property
    def twice(self):
        return self.size * 2

    @property
    def _hidden(self):
        return 1

    def put(self, one):
        return self._checked(one)

    def take(self):
        return 1

    def _checked(self, one):
        return one
'''
CHANGES = {
    "a document": ("Round.", "Round up.", ""),
    "the document of a class": ("A box.", "Some box.", ""),
    "the document of the module": ("What it is.", "It.", ""),
    "a function": ("math.ceil(n)", "math.floor(n)", "round_up"),
    "a helper of a helper": ("return n\n\nclass", "return n + 1\n\nclass", "outer"),
    "a constant of a constant": ("RATE = 2", "RATE = 5", "rated"),
    "a constant that nobody uses": ("OTHER = 3", "OTHER = 4", ""),
    "an import": ("from json import dumps as written", "from pickle import dumps as written", "text"),
    "an import that is gone": (", loads", "", ""),
    "what is imported beside it": ("import math\n", "import math, os\n", ""),
    "a statement that does something": ("OTHER = 3", "print(1)", "Box Box.put Box.take outer rated round_up text"),
    "a condition": ("OTHER = 3", "if RATE:\n    OTHER = 4", ""),
    "a method": ("return 1\n\n    def _checked", "return 2\n\n    def _checked", "Box.take"),
    "a private method": ("return one\n", "return [one]\n", "Box.put"),
    "the constructor": ("self.size = size\n", "self.size = size + 1\n", "Box"),
    "a property": ("self.size * 2", "self.size * 3", "Box"),
    "an attribute of the class": ("size = 1\n\n", "size = 2\n\n", "Box"),
    "a base": ("class Box:", "class Box(dict):", "Box"),
    "what is gone": ("def text(n):\n    return written(n)\n", "", "text"),
    "a decorator": ("def text", "@property\ndef text", "text"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_affects_the_nearest_public_symbols(name):
    one, other, symbols = CHANGES[name]
    assert one in CODE
    assert " ".join(sorted(affected(CODE, CODE.replace(one, other)))) == symbols


def test_a_second_ring_holds_those_that_use_the_nearest():
    changed = CODE.replace("n * DOUBLE", "n")
    assert affected(CODE, changed) == {"rated"}
    assert affected(CODE, changed, rings=2) == {"rated", "outer"}


def test_only_modules_that_changed_and_those_that_name_what_they_define_are_near():
    shop = {
        "shop/__init__.py": "",
        "shop/tax.py": "def added(n): return n",
        "shop/cart.py": "from shop.tax import added\ndef total(n): return added(n)",
        "shop/far.py": "def far(n): return n",
    }
    other = shop | {"shop/tax.py": "def added(n): return n + 1"}
    assert near_modules(version(shop), version(other)) == {"shop.tax", "shop.cart"}
    assert near_modules(version(shop), version(shop)) == frozenset()
    assert affected(shop, other) == {"shop.tax.added"}
    assert affected(shop, other, rings=2) == {"shop.tax.added", "shop.cart.total"}
    assert affected(shop, {path: text for path, text in shop.items() if "far" not in path}) == {"shop.far.far"}


def test_definitions_in_conditions_and_setters_are_seen():
    code = "try:\n    def f(n):\n        return 1\nexcept ImportError:\n    pass\nif True:\n    def g(n):\n        return 1\n"
    assert affected(code, code.replace("return 1", "return 2")) == {"f", "g"}
    setter = "class A:\n    @property\n    def x(self):\n        return 1\n    @x.setter\n    def x(self, value):\n        pass\n"
    assert affected(setter, setter.replace("pass", "self.y = value")) == {"A"}


def test_a_new_version_that_is_no_python_affects_all():
    assert affected("def f(n):\n    return n\n", "def f(n:\n") == {"f"}


def test_a_private_function_with_a_public_name_is_affected_under_that():
    code = "def _batched(n): return {}\nif _batched:\n    batched = _batched"
    old, new = (Version(label="", files={"m.py": code.format(one).encode()}) for one in (1, 2))
    assert affected_symbols(old, new, subjects_of(old.trees)) == {"batched"}
