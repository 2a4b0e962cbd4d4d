"""What is said of a change of records: who breaks, how badly, and by which value."""

import json
from typing import Any

import pytest

from planaria.diff.finding import Finding
from planaria.diff.schema.comparison import json_schema_findings, schema_findings
from planaria.diff.version import Version

HEAD = """
import datetime as dt, enum, collections, msgspec, attr, attrs, pydantic, numpy
from collections import namedtuple
from dataclasses import dataclass, field, KW_ONLY
from decimal import Decimal
from typing import *
from pydantic import BaseModel, ConfigDict, Field
Sku = NewType("Sku", str)
T = TypeVar("T")
MOST = 5
"""
CONTRACT = """
import msgspec
from planaria import CellError, Contract, event, handles, operation
from .values import Line, Sku
class Added(msgspec.Struct):
    sku: Sku
class Gone(CellError):
    code = "S-1"
    what = "no {sku} since {day}"
class Cart(Contract):
    events = (event(Added, key="sku"),)
    @operation(errors=(Gone,))
    async def add(self, sku: Sku, count: int = 1) -> Line: ...
    @operation()
    async def size(self) -> int: ...
    @handles(Added)
    async def note(self, added: Added) -> None: ...
"""
VALUES = """
from typing import NewType
import msgspec
Sku = NewType("Sku", str)
class Line(msgspec.Struct):
    sku: Sku
"""
CELL = {"shop/__init__.py": "", "shop/contract.py": CONTRACT, "shop/values.py": VALUES}


def version(files: dict[str, str]) -> Version:
    return Version(label="", files={name: text.encode() for name, text in files.items()})


def compared(old: str, new: str) -> list[Finding]:
    return schema_findings(*(version({"m.py": HEAD + text}) for text in (old, new)))


def lines(findings: list[Finding]) -> set[str]:
    words = {"what old versions wrote cannot be read": "backward", "old versions cannot read what is written now": "forward"}
    texts = {f"{one.level} {one.symbol}: {one.what}" for one in findings}
    return {text.replace(phrase, word) for text in texts for phrase, word in words.items() if phrase in text} | {
        text for text in texts if not any(phrase in text for phrase in words)
    }


# The head of a class, its body before and after, and what is said: a level and a piece of the text; nothing where nothing is said.
CHANGES: list[tuple[str, str, str, list[str]]] = [
    ("@dataclass", "a: str", "a: float", ["breaking X: backward: field 'a' was text and is now a number", "warning X: forward: field 'a'"]),
    ("@dataclass", "a: str", "a: str; b: int", ["breaking X: backward: field 'b' is new and required"]),
    ("@dataclass", "a: str", "a: str; b: int = 0", ["info X: field 'b' is new"]),
    ("@dataclass", "a: str", "a: str; b: list = field(default_factory=list)", ["info X: field 'b' is new"]),
    ("@dataclass", "a: str", "a: str; b: int = field(init=False)", ["info X: field 'b' is new"]),
    ("@dataclass", "a: str", "a: str; b: ClassVar[int] = 0; _c: int = 1; _: KW_ONLY", []),
    ("@dataclass", "a: str; b: int", "a: str", ["warning X: forward: field 'b' is gone"]),
    (
        "@dataclass",
        "a: str; b: int",
        "a: str; c: int",
        ["breaking X: backward: field 'b' is now called 'c'", "warning X: forward: field 'b' is"],
    ),
    ("@dataclass", "a: int = 1", "b: int = 1", ["warning X: field 'a' is now called 'b'"]),
    ("@dataclass", "a: int = 1", "a: int = 2", ["info X: the default of field 'a' was 1 and is now 2"]),
    ("@dataclass", "a: int = MOST", "a: int", ["info X: field 'a' could be left out and is now required"]),
    (
        "@dataclass",
        "a: Optional[int]",
        "a: 'int'",
        ["breaking X: backward: field 'a' was a whole number or nothing and is now a whole number"],
    ),
    ("@dataclass", "a: int", "a: Union[int, None]", ["warning X: forward: field 'a'"]),
    (
        "@dataclass",
        "a: Literal['x', 'y']",
        "a: Literal['x', 'z', 'w']",
        ["breaking X: backward: field 'a': \"y\" is no member", "warning X: forward"],
    ),
    ("@dataclass", "a: Sku", "a: str", []),
    ("@dataclass", "a: 'X | None'; b: int", "a: 'X | None'; b: str", ["breaking X: backward: field 'b'", "warning X: forward: field 'b'"]),
    ("@dataclass", "a: list[int]", "a: tuple[int, ...]", []),
    (
        "@dataclass",
        "a: Sequence[int]",
        "a: set[str]",
        ["breaking X: backward: field 'a' was a list of a whole number", "warning X: forward"],
    ),
    ("@dataclass", "a: tuple[int, str]", "a: tuple[int, str, int]", ["breaking X: backward: field 'a'", "warning X: forward: field 'a'"]),
    ("@dataclass", "a: tuple[()]", "a: tuple[int, ...]", ["warning X: forward: field 'a'"]),
    ("@dataclass", "a: dict[str, int]", "a: Mapping[int, int]", ["breaking X: backward: of its name: matching ^-?"]),
    ("@dataclass", "a: dict[Literal['k'], int]", "a: collections.Counter", ["warning X: forward"]),
    (
        "@dataclass",
        "a: dt.date",
        "a: dt.datetime",
        ["breaking X: backward: field 'a' was text (in the format 'date')", "warning X: forward"],
    ),
    ("@dataclass", "a: Decimal", "a: float", ["breaking X: backward: field 'a'"]),
    ("@dataclass", "a: float", "a: Decimal", ["warning X: forward"]),
    ("@dataclass", "a: Any", "a: int", ["breaking X: backward: field 'a' was anything"]),
    ("@dataclass", "a: numpy.ndarray", "a: numpy.ndarray; b: int", ["breaking X: backward: field 'b'"]),
    (
        "@dataclass",
        "a: numpy.ndarray",
        "a: numpy.matrix",
        ["warning X: cannot tell whether what old", "warning X: cannot tell whether old"],
    ),
    ("@dataclass", "a: Callable[[], int]", "a: Callable[[], int]; b: int = 1", ["info X: field 'b' is new"]),
    (
        "class X(enum.Enum)",
        "A = 'a'; B = 'b'",
        "A = 'a'; C = 'c'",
        ['breaking X: backward: "b" is no member', 'warning X: forward: "b" is'],
    ),
    ("class X(enum.StrEnum)", "A = enum.auto()", "A = 'a'", []),
    ("class X(enum.IntEnum)", "A = 4; B = enum.auto()", "A = 4; B = 6", ["breaking X: backward: 5 is no member", "warning X: forward"]),
    ("class X(NamedTuple)", "a: int", "a: int; b: int = 0", ["warning X: forward: field 'b' is new"]),
    (
        "class X(NamedTuple)",
        "a: int",
        "a: str",
        ["breaking X: backward: field 'a' was a whole number", "warning X: forward: field 'a' was a"],
    ),
    ("class X(TypedDict)", "a: int", "a: NotRequired[int]", ["warning X: forward: field 'a' was required and can now be left out"]),
    ("class X(TypedDict, total=False)", "a: int", "a: Required[int]", ["breaking X: backward: field 'a' could be left out and is now"]),
    ("class X(msgspec.Struct, tag=True)", "a: int", "a: int; b: int = 0", ["info X: field 'b' is new"]),
    (
        "class X(msgspec.Struct, rename='camel')",
        "a_b: int",
        "a_c: int",
        ["breaking X: backward: field 'aB' is now called 'aC'", "warning X: f"],
    ),
    ("class X(msgspec.Struct, rename='kebab')", "a_b: int", "a_b: int = msgspec.field(name='a-b')", []),
    ("class X(msgspec.Struct, rename={'a': 'z'})", "a: int", "z: int", []),
    ("class X(msgspec.Struct, omit_defaults=True)", "a: int = 1", "a: int = 2", ["warning X: the default of field 'a' was 1 and is now 2"]),
    ("class X(msgspec.Struct, omit_defaults=True)", "a: int = 1", "a: int", ["breaking X: backward: field 'a' could be left out"]),
    (
        "class X(msgspec.Struct)",
        "a: int | msgspec.UnsetType = msgspec.UNSET",
        "a: int",
        ["breaking X: backward: field 'a' could be left out"],
    ),
    ("class X(msgspec.Struct, forbid_unknown_fields=True)", "a: int", "a: int; b: int = 1", ["warning X: forward: field 'b' is new"]),
    ("class X(msgspec.Struct, array_like=True)", "a: int", "a: int; b: int", ["breaking X: backward: field 'b' is new and required"]),
    (
        "class X(msgspec.Struct)",
        "a: Annotated[int, msgspec.Meta(ge=0)]",
        "a: Annotated[int, msgspec.Meta(ge=1)]",
        ["breaking X: backward: field 'a'"],
    ),
    (
        "class X(BaseModel)",
        "a: int = Field(3, gt=0)",
        "a: int = Field(default=3, gt=MOST)",
        ["breaking X: backward: field 'a' was a whole number (m"],
    ),
    (
        "class X(BaseModel)",
        "a: str = Field(..., max_length=9)",
        "a: str = Field(max_length=MOST)",
        ["breaking X: backward: field 'a' was text (at m"],
    ),
    (
        "class X(BaseModel)",
        "a: list[int] = Field(max_length=9)",
        "a: list[int] = Field(max_length=8)",
        ["breaking X: backward: field 'a' was a list of"],
    ),
    (
        "class X(BaseModel)",
        "a: str = Field(pattern='^[A-Z]{3}$')",
        "a: str = Field(pattern='^[A-Z]+$')",
        ["warning X: cannot tell", "warning X: forward"],
    ),
    ("class X(BaseModel)", "a: int = Field(alias='b')", "b: int", []),
    ("class X(BaseModel)", "a: int = Field(gt=f())", "a: int = Field(gt=g())", ["warning X: cannot tell", "warning X: cannot tell"]),
    ("class X(BaseModel)", "a: int", "model_config = ConfigDict(extra='forbid'); a: int", []),
    (
        "class X(BaseModel)",
        "model_config = {'extra': 'forbid'}; a: int",
        "model_config = {'extra': 'forbid'}; a: int; b: int = 1",
        ["warning X: f"],
    ),
    (
        "@attrs.define",
        "a: int = attrs.field(validator=attrs.validators.ge(0))",
        "a: int = attrs.field(validator=[attrs.validators.ge(1)])",
        ["breaking"],
    ),
    ("@attr.s", "a = attr.ib(type=int)", "a = attr.ib(type=str)", ["breaking X: backward: field 'a'", "warning X: forward: field 'a'"]),
    ("class X", "a: int", "a: str", []),
    ("@dataclass", "a: pydantic.PositiveInt", "a: pydantic.conint(gt=0)", []),
]


@pytest.mark.parametrize("head, old, new, said", CHANGES)
def test_a_change_of_a_class_is_told_to_those_it_breaks(head: str, old: str, new: str, said: list[str]) -> None:
    head = f"{head}\nclass X" if head.startswith("@") else head
    sources = [f"{head}:\n    " + body.replace("; ", "\n    ") for body in (old, new)]
    found = lines(compared(*sources))
    assert len(found) == len(said), found
    assert all(any(one.startswith(start) for one in found) for start in said), found


def test_a_witness_is_the_value_with_both_outcomes() -> None:
    found = compared("class X(TypedDict):\n    a: int\n", "class X(TypedDict):\n    a: int\n    b: str\n")
    assert [(one.kind, one.level, one.file, one.line) for one in found] == [("schema", "breaking", "m.py", HEAD.count("\n") + 1)]
    assert found[0].witness == {
        "calls": ['{"a": 1}'],
        "old": {"kind": "completed", "text": "accepted"},
        "new": {"kind": "failed", "text": "refused: the field is missing at $.b"},
    }
    assert found[0].cure


DATA, BOX = "@dataclass\nclass {}:\n    {}\n", "@dataclass\nclass Box(Generic[T]):\n    of: T\n@dataclass\nclass X:\n    a: Box[{}]"
TAGGED = "class A(msgspec.Struct, tag=True):\n    v: int\nclass B(msgspec.Struct, tag=True):\n    v: str\n"
MEMBERS = "class E(enum.Enum):\n    A = 'a'\n    B = 'b'\n"
INNER = "@dataclass\nclass X:\n    class In(NamedTuple):\n        b: {}\n    a: In"
BASE = "class B(msgspec.Struct, tag='{}'):\n    a: int\nclass X(B):\n    c: int"
OTHERS: list[tuple[str, str, set[str]]] = [
    (
        DATA.format("_A", "a: int") + DATA.format("X", "of: _A"),
        DATA.format("_A", "a: str") + DATA.format("X", "of: _A"),
        {"breaking _A", "warning _A"},
    ),
    (DATA.format("_A", "a: int"), DATA.format("_A", "a: str"), set()),
    (BASE.format("b"), BASE.format("d"), {"breaking B", "warning B", "breaking X", "warning X"}),
    (TAGGED + DATA.format("X", "a: A | B"), TAGGED + DATA.format("X", "a: A"), {"breaking X"}),
    (MEMBERS + DATA.format("X", "a: Literal[E.A]"), MEMBERS + DATA.format("X", "a: Literal[E.A, E.B]"), {"warning X"}),
    (DATA.format("X", "a: int"), "", {"warning X"}),
    ("", DATA.format("X", "a: int"), set()),
    ("class A(str): ...\n" + DATA.format("X", "a: A"), "class A(str): ...\n" + DATA.format("X", "a: str"), set()),
    (INNER.format("int"), INNER.format("str"), {"breaking X.In", "warning X.In"}),
]


@pytest.mark.parametrize("old, new, said", OTHERS)
def test_a_break_is_told_once_where_it_stands(old: str, new: str, said: set[str]) -> None:
    assert {f"{one.level} {one.symbol}" for one in compared(old, new)} == said


def test_generic_arguments_and_classes_made_by_a_call_are_known_by_their_text_alone() -> None:
    assert {f"{one.level} {one.symbol}" for one in compared(BOX.format("int"), BOX.format("str"))} == {"warning X"}
    one, other = (f"P = TypedDict('P', {{'a': {kind}}})\n" + DATA.format("X", "a: P") for kind in ("int", "str"))
    assert {f"{each.level} {each.symbol}" for each in compared(one, other)} == {"warning X"}


def test_root_models_and_classes_made_by_a_call_are_no_records_by_themselves() -> None:
    for text in ("class X(pydantic.RootModel[{}]): ...", "X = TypedDict('X', {{'a': {}}})"):
        assert compared(text.format("int"), text.format("str")) == []


CELLS: list[tuple[str, str, str, set[str]]] = [
    ("values", "    sku: Sku\n", "    sku: Sku\n    price: int\n", {"breaking shop.values.Line"}),
    ("values", "    sku: Sku\n", "    sku: Sku | None\n", {"breaking shop.values.Line"}),
    ("contract", "    sku: Sku\nclass Gone", "    sku: Sku | None\nclass Gone", {"breaking shop.contract.Added"}),
    ("contract", "since {day}", "", {"breaking shop.contract.Gone"}),
    ("contract", "{day}", "{day} at {hour}", {"warning shop.contract.Gone"}),
    ("contract", "count: int = 1", "count: int = 1, note: str = ''", {"info shop.contract.Cart.add"}),
    ("contract", "count: int = 1", "count: int = 2", {"warning shop.contract.Cart.add"}),
    ("contract", "count: int = 1", "count: int", {"breaking shop.contract.Cart.add"}),
    ("contract", "-> int", "-> int | None", {"breaking shop.contract.Cart.size"}),
    ("contract", "-> int", "-> Literal[1]", {"warning shop.contract.Cart.size"}),
]


@pytest.mark.parametrize("file, old, new, said", CELLS)
def test_what_crosses_a_contract_is_judged_by_who_reads_it(file: str, old: str, new: str, said: set[str]) -> None:
    name = f"shop/{file}.py"
    changed = CELL | {name: "from typing import Literal\n" + CELL[name].replace(old, new)}
    assert {f"{one.level} {one.symbol}" for one in schema_findings(version(CELL), version(changed))} == said


def test_a_record_that_moved_is_the_same_record() -> None:
    moved = {"shop/__init__.py": "", "shop/contract.py": CONTRACT.replace(".values", "shop.model"), "shop/model.py": VALUES}
    assert schema_findings(version(CELL), version(moved)) == []
    star = moved | {
        "shop/contract.py": CONTRACT.replace(".values import Line, Sku", ". import *"),
        "shop/__init__.py": "from .model import *",
    }
    assert schema_findings(version(CELL), version(star)) == []


def test_tests_beside_the_code_are_no_border() -> None:
    one, other = ({"shop/tests/a.py": f"class A(TypedDict):\n    a: {kind}"} for kind in ("int", "str"))
    assert schema_findings(version(one), version(other)) == []


PET: Any = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "kind": {"$ref": "#/components/schemas/Kind"}},
    "required": ["name"],
}
API: Any = {"openapi": "3.0.0", "components": {"schemas": {"Pet": PET, "Kind": {"type": "string", "enum": ["cat", "dog"]}}}}


def api(**fields: Any) -> Any:
    return {
        "openapi": "3.0.0",
        "components": {"schemas": {**API["components"]["schemas"], "Pet": PET | {"properties": PET["properties"] | fields}}},
    }


FILES: list[tuple[Any, Any, set[str]]] = [
    (API, json.loads(json.dumps(API).replace('"cat", ', "")), {"breaking a.json.Kind"}),
    (API, api(age={"type": "integer"}), {"info a.json.Pet"}),
    (api(age={"type": "integer", "nullable": True}), api(age={"type": "integer"}), {"breaking a.json.Pet"}),
    (
        api(age={"type": "number", "minimum": 0}),
        api(age={"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        {"breaking a.json.Pet"},
    ),
    ({"$schema": "x", "type": "string"}, {"$schema": "x", "type": ["string", "null"]}, {"warning a.json"}),
    (
        {"type": "array", "items": [{"type": "string"}]},
        {"type": "array", "items": [{"type": "integer"}]},
        {"breaking a.json", "warning a.json"},
    ),
    ({"$defs": {"A": {"not": {"type": "null"}}}}, {"$defs": {"A": {"not": {"type": "string"}}}}, {"warning a.json.A"}),
    ({"title": "T", "type": "string", "contentEncoding": "base64"}, {"title": "T", "type": "string"}, {"warning a.json"}),
    ({"a": 1}, {"a": "x"}, set()),
    ([1], [2], set()),
]


@pytest.mark.parametrize("old, new, said", FILES)
def test_schemas_kept_as_files_are_compared(old: Any, new: Any, said: set[str]) -> None:
    found = schema_findings(*(version({"a.json": json.dumps(one)}) for one in (old, new)))
    assert {f"{one.level} {one.symbol}" for one in found} == said


def test_two_single_files_are_compared_whatever_their_names() -> None:
    one, other = {"$schema": "x", "type": "string"}, {"$schema": "x", "type": "null"}
    found = schema_findings(version({"old.json": json.dumps(one)}), version({"new.json": json.dumps(other)}))
    assert [(each.level, each.symbol) for each in found] == [("breaking", "new.json"), ("warning", "new.json")]
    assert schema_findings(version({"a.json": json.dumps(one), "b.json": "1"}), version({"c.json": json.dumps(other)})) == []


def test_a_file_that_is_no_json_and_equal_versions_say_nothing() -> None:
    assert schema_findings(version({"a.json": "{"}), version({"a.json": "["})) == []
    assert schema_findings(version(CELL), version(CELL)) == []
    assert json_schema_findings(True, True, symbol="any") == []
