import pytest

from tests.diff.interface.told import told

HEAD = """
from dataclasses import dataclass, field, KW_ONLY
from enum import Enum, auto
from typing import NamedTuple, TypedDict, NotRequired
from collections import namedtuple
import attr, msgspec, pydantic
"""
DATA, TUPLE, KEYS = "@dataclass\nclass A:\n ", "class A(NamedTuple):\n ", "class A(TypedDict):\n "
STRUCT, MODEL, ATTRS, COLOURS = (
    "class A(msgspec.Struct):\n ",
    "class A(pydantic.BaseModel):\n ",
    "@attr.s\nclass A:\n ",
    "class A(Enum):\n ",
)
RECORDS = [
    (DATA + "x: int", DATA + "x: int\n y: int", "breaking A: field 'y' is new and required"),
    (DATA + "x: int", DATA + "x: int\n y: int = 1", "info A: field 'y' is new and optional"),
    (
        DATA + "x: int\n y: int = 1",
        DATA + "x: int\n z: int = 0\n y: int = 1",
        "breaking A: field 'z' is new and stands before 'y', which moves by position",
    ),
    (DATA + "x: int\n y: int", DATA + "x: int", "breaking A: field 'y' is gone"),
    (DATA + "x: int\n y: str", DATA + "y: str\n x: int", "breaking A: field 'y' moved to another place"),
    (DATA + "x: int", "@dataclass(kw_only=True)\nclass A:\n x: int", "breaking A: field 'x' is keyword-only now"),
    (DATA + "x: int", DATA + "_: KW_ONLY\n x: int", "breaking A: field 'x' is keyword-only now"),
    (DATA + "x: int = 0", DATA + "x: int = field(init=False)", "breaking A: field 'x' is gone"),
    (DATA + "x: int", "@dataclass(frozen=True)\nclass A:\n x: int", "breaking A: it is now frozen"),
    ("@dataclass(frozen=True)\nclass A:\n x: int", DATA + "x: int", "breaking A: its objects can no longer be hashed"),
    ("@dataclass(order=True)\nclass A:\n x: int", DATA + "x: int", "breaking A: its objects can no longer be ordered by <"),
    (DATA + "x: int", DATA + "x: bool", "breaking A: type of field 'x' is narrower: was int and is bool"),
    (DATA + "x: int", DATA + "x: int | None", "warning A: type of field 'x' is wider: was int and is int | None"),
    (TUPLE + "x: int\n y: int", TUPLE + "x: int", "breaking A: field 'y' is gone"),
    (TUPLE + "x: int", TUPLE + "x: int\n y: int = 1", "warning A: field 'y' is new and optional, and whoever unpacks it gets one more"),
    ("A = namedtuple('A', 'x y')", TUPLE + "x: int\n z: int", "breaking A: field 'y' is renamed to 'z'"),
    ("A = namedtuple('A', 'x y')", "A = namedtuple('A', ['x', 'y', 'z'])", "breaking A: field 'z' is new and required"),
    (KEYS + "x: int", KEYS + "x: int\n y: int", "breaking A: field 'y' is new and required"),
    (KEYS + "x: int", KEYS + "x: int\n y: NotRequired[int]", "info A: field 'y' is new and optional"),
    (KEYS + "x: int", "class A(TypedDict, total=False):\n x: int", "warning A: key 'x' may be missing now"),
    (STRUCT + "x: int", STRUCT + "x: int\n y: int", "breaking A: field 'y' is new and required"),
    (STRUCT + "x: int", "class A(msgspec.Struct, rename='camel'):\n x: int", "breaking A: its option rename was nothing and is 'camel'"),
    (MODEL + "x: int\n y: int", MODEL + "y: int\n x: int", None),
    (MODEL + "x: int", MODEL + "x: int\n y: int = pydantic.Field(...)", "breaking A: field 'y' is new and required"),
    (ATTRS + "_x = attr.ib()", ATTRS + "_x = attr.ib()\n y = attr.ib()", "breaking A: field 'y' is new and required"),
    (ATTRS + "_x = attr.ib()", ATTRS + "_y = attr.ib()", "breaking A: field 'x' is renamed to 'y'"),
    (COLOURS + "RED = 1\n BLUE = 2", COLOURS + "RED = 1", "breaking A: member 'BLUE' is gone"),
    (COLOURS + "RED = 1", COLOURS + "RED = 2", "breaking A: value of member 'RED' was 1 and is 2"),
    (
        COLOURS + "RED = auto()",
        COLOURS + "BLUE = auto()\n RED = auto()",
        "warning A: value of member 'RED' was 1 (auto) and is 2 (auto)",
    ),
    (COLOURS + "RED = 1", COLOURS + "RED = 1\n BLUE = 2", "info A: member 'BLUE' is new"),
]


@pytest.mark.parametrize("old, new, expected", RECORDS)
def test_fields_are_parameters_of_the_constructor(old, new, expected):
    found = told(HEAD + old, HEAD + new)
    assert (expected in found) if expected else found == []


def test_an_inherited_field_breaks_once():
    frame = DATA + "x: int{}\n@dataclass\nclass B(A):\n z: int = 0"
    assert told(HEAD + frame.format(""), HEAD + frame.format("\n w: int")) == ["breaking A: field 'w' is new and required"]


def test_a_constructor_in_new_is_one():
    old, new = (f"class A(tuple):\n def __new__(cls, a{given}): ..." for given in ("=None", ""))
    assert told(old, new) == ["breaking A.__new__: parameter 'a' is required now"]


def test_a_typed_named_tuple_is_a_tuple_and_fields_that_cannot_be_read_are_not_new():
    head = "from collections import namedtuple\nfrom typing import NamedTuple\n"
    assert [one for one in told(f"{head}A = namedtuple('A', KEYS)", f"{head}class A(NamedTuple):\n x: int") if "breaking" in one] == []
    assert "subclass of tuple" not in str(told(f"{head}class A(namedtuple('A', 'x')): ...", f"{head}class A(NamedTuple):\n x: int"))


def test_an_automatic_value_is_the_value_it_gives():
    head = "from enum import Enum, auto\n"
    assert told(f"{head}class A(Enum):\n X = 1\n Y = 2", f"{head}class A(Enum):\n X = auto()\n Y = auto()") == []
