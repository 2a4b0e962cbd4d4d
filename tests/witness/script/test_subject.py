import ast

from planaria.witness.script.subject import subjects_of, words_of

CODE = '''
__all__ = ["_open"]
LIMIT = 7
def _open(a, /, b=1, *rest, c, d=2, **more): "Open it at 9."
def _closed(): ...
if LIMIT:
    def late(): ...
class Base:
    def __init__(self, x): self.x, self._y = x, 1
    @property
    def size(self): ...
    @size.setter
    def size(self, value): ...
    @staticmethod
    def plain(a): ...
    @classmethod
    def made(cls, a): ...
class Kept(Base):
    """Kept."""
    def __new__(cls): ...
    def __len__(self): ...
    def __getitem__(self, at): ...
    def _hidden(self): ...
class Loop(Loop): ...
class Wrong(ValueError): ...
class Point(NamedTuple):
    x: int
    y: int = 3
    n: ClassVar[int] = 1
class Color(Enum):
    RED = 1
'''


def test_functions_are_read_with_their_parameters():
    found = subjects_of({"m": ast.parse(CODE)})
    assert list(found.functions) == ["_open", "late"]
    parameters = found.functions["_open"].parameters
    assert [one.name for one in parameters] == ["a", "b", "rest", "c", "d"]
    assert [one.name for one in parameters if one.is_required] == ["a", "c"]
    assert found.callable_at("_open").document == "Open it at 9."


def test_classes_are_read_with_what_they_inherit():
    found = subjects_of({"m": ast.parse(CODE), "n": ast.parse("")})
    kept = found.classes["m.Kept"]
    assert [one.name for one in kept.maker.parameters] == ["x"]
    assert [(one.kind, [each.name for each in one.parameters]) for one in kept.methods.values()] == [
        ("staticmethod", ["a"]),
        ("classmethod", ["a"]),
        ("method", ["at"]),
    ]
    assert kept.looks == ("{0}.size", "len({0})", "{0}.x")
    assert found.callable_at("m.Kept.plain").callee == "plain"
    assert found.callable_at("m.Kept") is kept.maker
    assert (found.callable_at("m.Gone"), found.callable_at("m.Kept.gone")) == (None, None)


def test_records_errors_and_enumerations_are_told_apart():
    found = subjects_of({"m": ast.parse(CODE)}).classes
    assert [(one.name, one.is_required) for one in found["Point"].maker.parameters] == [("x", True), ("y", False)]
    assert [name for name, one in found.items() if one.is_error] == ["Wrong"]
    assert (found["Color"].members, found["Kept"].members) == (("RED",), ())


def test_the_constants_of_code_are_not_those_of_its_documents():
    words = list(words_of({"m": ast.parse(CODE)}))
    assert 7 in words
    assert "Open it at 9." not in words


BORROWED = """
import operator
if True:
    def _batched(items, n): ...
    batched = _batched
    _hidden = _batched
def compared(how): ...
class Base:
    def before(self, at): ...
class Kept(Base):
    __lt__ = compared(operator.lt)
    __hash__ = None
    mean = property(compared)
    _count = compared(1)
    @property
    def __name__(self): ...
    def __getstate__(self): ...
"""


def test_a_private_function_is_called_by_its_public_name():
    found = subjects_of({"m": ast.parse(BORROWED)}).functions
    assert [one.name for one in found["batched"].parameters] == ["items", "n"]
    assert "_hidden" not in found


def test_operators_and_attributes_that_a_class_takes_from_elsewhere_are_known():
    kept = subjects_of({"m": ast.parse(BORROWED)}).classes["Kept"]
    assert [one.name for one in kept.methods["__lt__"].parameters] == ["other"]
    assert kept.looks == ("{0}.__name__", "{0}.mean", "copy.copy({0})", "copy.deepcopy({0})")
    assert kept.above == ("Base",)


def test_what_a_module_gives_for_names_that_it_lacks_can_be_asked():
    found = subjects_of({"m": ast.parse("def __getattr__(name): ...\ndef __dir__(): ...\ndef _private(): ...")}, dotted=True)
    assert list(found.functions) == ["m.__getattr__"]


def test_what_objects_have_of_pythons_own_classes_is_looked_at():
    found = subjects_of(
        {"m": ast.parse("class Own(property):\n    pass\nclass Wrong(ValueError):\n    pass\nclass Other(unknown):\n    pass")}
    )
    assert {name: set(one.looks) for name, one in found.classes.items()} == {
        "Own": {"{0}.fget", "{0}.fset", "{0}.fdel"},
        "Wrong": set(),
        "Other": set(),
    }
