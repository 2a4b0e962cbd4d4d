import pytest

from tests.diff.interface.told import told

HEAD = """
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generator, List, Literal, Optional, TypeVar, Union
from third import Unknown
class Animal: ...
class Dog(Animal): ...
Pet = Union[Dog, None]
T = TypeVar("T", bound=Animal)
"""
WIDER = [
    ("int", "int | None"),
    ("int", "Optional[int]"),
    ("int", "float"),
    ("bool", "int"),
    ("str", "object"),
    ("list", "Sequence"),
    ("list[int]", "Iterable[int]"),
    ("List[int]", "Sequence[float]"),
    ("str", "Sequence[str]"),
    ("tuple[int, str]", "tuple[int | str, ...]"),
    ("tuple[int, int]", "Sequence[int]"),
    ("dict[str, int]", "Mapping[str, int]"),
    ("Dog", "Animal"),
    ("Dog", "Pet"),
    ("'Dog'", "'Animal | None'"),
    ("Literal['a']", "Literal['a', 'b']"),
    ("Literal['a']", "str"),
    ("Generator[int, None, None]", "Iterator[int]"),
    ("Callable[[], Dog]", "Callable[[], Animal]"),
    ("Callable[[Animal], int]", "Callable[[Dog], int]"),
    ("Dog", "T"),
]


@pytest.mark.parametrize("narrow, wide", WIDER)
def test_widening_what_is_given_is_compatible_and_widening_what_is_got_breaks(narrow, wide):
    def given(annotation: str) -> str:
        return f"{HEAD}def f(x: {annotation}): ..."

    def got(annotation: str) -> str:
        return f"{HEAD}def f() -> {annotation}: ..."

    assert [one.split(":")[0] for one in told(given(narrow), given(wide))] == ["info f"]
    assert [one.split(":")[0] for one in told(given(wide), given(narrow))] == ["breaking f"]
    assert [one.split(":")[0] for one in told(got(narrow), got(wide))] == ["breaking f"]
    assert [one.split(":")[0] for one in told(got(wide), got(narrow))] == ["info f"]


SAME = [
    ("Optional[int]", "int | None"),
    ("List[int]", "list[int]"),
    ("Union[int, str]", "str | int"),
    ("'Dog'", "Dog"),
    ("Pet", "Optional[Dog]"),
    ("dict", "dict[str, Any]"),
    ("bool", "Literal[True, False]"),
    ("Callable", "Callable[..., Any]"),
    ("Unknown", "'Unknown'"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_two_spellings_of_a_type_are_no_difference(one, other):
    assert told(f"{HEAD}def f(x: {one}) -> {one}: ...", f"{HEAD}def f(x: {other}) -> {other}: ...") == []


def test_unrelated_types_break_both_ways_and_unknown_ones_are_doubtful():
    assert told(f"{HEAD}def f(x: int): ...", f"{HEAD}def f(x: str): ...") == [
        "breaking f: type of parameter 'x' is another: was int and is str"
    ]
    assert told(f"{HEAD}def f(x: int): ...", f"{HEAD}def f(x: Unknown): ...") == [
        "warning f: type of parameter 'x' is perhaps another: was int and is Unknown"
    ]


def test_an_annotation_where_there_was_none_is_nothing():
    assert told("def f(x): ...", "def f(x: int) -> str: ...") == []


def test_a_default_of_none_makes_a_type_optional():
    assert told("def f(x: int = None): ...", "from typing import Optional\ndef f(x: Optional[int] = None): ...") == []


def test_anything_is_wider_without_proof():
    old, new = f"{HEAD}def f(x: int) -> int: ...", f"{HEAD}def f(x: Any) -> Any: ..."
    assert [one.split(" ")[0] for one in told(old, new)] == ["info", "warning"]
    assert [one.split(" ")[0] for one in told(new, old)] == ["warning", "info"]
