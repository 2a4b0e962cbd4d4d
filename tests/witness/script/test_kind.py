import ast

import pytest

from planaria.witness.script.form import Code, Made
from planaria.witness.script.kind import ANY, INT, STR, Kind, of_annotation, of_error, of_form, of_parameter, of_usage, type_of, union
from planaria.witness.script.subject import subjects_of

CODE = """
import enum
class Color(enum.Enum):
    RED = 1
    BLUE = 2
class Point:
    def __init__(self, x: int): ...
    def same(self, other): ...
"""


def read(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    "text, kind",
    [
        ("int", "int"),
        ("'List[str]'", "list[str]"),
        ("int | None", "union[int, none]"),
        ("typing.Optional[str]", "union[str, none]"),
        ("Union[int, List[int], list[str]]", "union[int, list[union[int, str]]]"),
        ("dict[str, int]", "dict[str, int]"),
        ("Counter[str]", "dict[str, str]"),
        ("dict", "dict[str, any]"),
        ("tuple[int, ...]", "tuple*[int]"),
        ("tuple[int, str]", "tuple[int, str]"),
        ("Tuple", "tuple*[any]"),
        ("set", "set[any]"),
        ("FrozenSet[int]", "set[int]"),
        ("Literal[1, 'a']", "one of"),
        ("Callable[[int], int]", "one of"),
        ("Callable", "one of"),
        ("Type[int]", "one of"),
        ("datetime.date", "one of"),
        ("Annotated[int, 'x']", "int"),
        ("Final", "any"),
        ("Point", "made Point"),
        ("Color", "one of"),
        ("Gone", "any"),
        ("None", "none"),
        ("3", "any"),
        ("'not python ('", "any"),
        ("list[list[list[list[list[int]]]]]", "list[list[list[list[list[any]]]]]"),
        ("Any", "any"),
    ],
)
def test_an_annotation_names_a_kind(text, kind):
    assert of_annotation(read(text), subjects_of({"m": ast.parse(CODE)})).text == kind


def test_no_annotation_is_any_kind_and_the_members_of_an_enumeration_are_its_options():
    found = subjects_of({"m": ast.parse(CODE)})
    assert of_annotation(None, found) == ANY
    assert of_annotation(read("Color"), found).options == ("Color.RED", "Color.BLUE")


@pytest.mark.parametrize(
    "form, kind",
    [
        (None, "none"),
        (True, "bool"),
        (b"", "bytes"),
        ([], "list[any]"),
        ([1, "a"], "list[union[int, str]]"),
        ({1}, "set[int]"),
        ({"a": [1]}, "dict[str, list[int]]"),
        ((1, "a"), "tuple[int, str]"),
        ((1,) * 9, "tuple*[int]"),
        (Made("P"), "made P"),
        ((), "tuple"),
        (Code("x"), "one of"),
    ],
)
def test_a_form_has_a_kind(form, kind):
    assert of_form(form).text == kind


def test_choices_of_two_kinds_are_one_choice():
    assert union([Kind("one of", (), ("a", "b")), Kind("one of", (), ("b", "c")), ANY]).options == ("a", "b", "c")
    assert union([union([INT, STR]), INT]).text == "union[int, str]"


@pytest.mark.parametrize(
    "code, kind, is_told",
    [
        ("def f(x: list): ...", "list[int]", True),
        ("def f(x=(1, 2)): ...", "tuple[int, int]", True),
        ("def f(x=[]): ...", "list[int]", True),
        ("def f(x=None): ...", "int", False),
        ("def f(x=LIMIT): ...", "int", False),
        ("def f(words): ...", "list[str]", False),
        ("def f(qqq): ...", "any", False),
        ("def f(qqq):\n    'x\\n\\n    :param qqq: a list of floats'", "list[float]", True),
        ("def f(qqq):\n    '''x\n    qqq (dict): it'''", "dict[str, int]", True),
        ("def f(qqq):\n    'x\\n\\n    :param qqq: whatever'\n    return qqq.split()", "str", False),
        ("def f(qqq): return qqq()", "one of", False),
        ("def f(qqq): return range(qqq)", "int", False),
        ("def f(qqq): return [a for a, b in qqq]", "list[tuple[int, int]]", False),
        ("def f(qqq): return [a for a in qqq if a == 'x']", "list[str]", False),
        ("def f(qqq): return 3 - qqq", "int", False),
        ("def f(qqq): return qqq + 1", "any", False),
        ("def f(qqq): return 'a' == qqq", "str", False),
        ("def f(qqq): return qqq in ('a',) or None == qqq", "any", False),
        ("def f(qqq): return qqq[1:]", "list[int]", False),
        ("def f(words): return words.append(1)", "list[union[int, str]]", False),
        ("def f(qqq):\n for a.b in qqq: pass", "list[tuple[int, int]]", False),
    ],
)
def test_code_says_of_what_kind_a_parameter_is(code, kind, is_told):
    found = subjects_of({"m": ast.parse(code)})
    function = found.functions["f"]
    made, is_sure = of_parameter(function.parameters[0], function, found)
    assert (made.text, is_sure) == (kind, is_told)


def test_another_of_the_same_class_is_an_object_of_it_and_use_is_followed_two_deep():
    found = subjects_of({"m": ast.parse(CODE)})
    function = found.classes["Point"].methods["same"]
    assert of_parameter(function.parameters[0], function, found) == (Kind("made Point"), False)
    assert of_usage(ast.parse("for row in qqq:\n for one in row:\n  one.strip()"), "qqq").text == "list[list[int]]"


@pytest.mark.parametrize(
    "text, given, kind",
    [
        ("AttributeError: 'int' object has no attribute 'readline'", "int", "file"),
        ("AttributeError: 'int' object has no attribute 'readline'", "list", "any"),
        ("AttributeError: 'int' object has no attribute 'other'", "int", "any"),
        ("TypeError: a bytes-like object is required, not 'float'", "float", "bytes"),
        ("TypeError: expected string or bytes-like object, got 'list'", "list", "str"),
        ("TypeError: expected string or bytes-like object, got 'list'", "dict", "any"),
        ("TypeError: 'function' object is not reversible", "function", "list[int]"),
        ("TypeError: Input must be callable", "int", "one of"),
        ("ValueError: no", "int", "any"),
    ],
)
def test_an_error_says_which_kind_is_wanted(text, given, kind):
    assert of_error(text, given).text == kind


def test_forms_are_of_the_type_that_errors_name():
    forms = (Code("(lambda x: x)"), Code("datetime.date(2024, 2, 29)"), Code("name"), Made("io.StringIO", ("a",)), [1], "a")
    assert [type_of(one) for one in forms] == ["function", "date", "", "StringIO", "list", "str"]
