"""What a placement promises about values: each comes back equal, or is refused by name, and is never changed in silence.

Not here: what a value is (`kernel.value`), errors of cells (`outcome`).
"""

import dataclasses
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from planaria.kernel.error import Failed, Refused
from planaria.kernel.port import Placement
from planaria.testing.conform.check import PromiseBroken, raises, same
from planaria.testing.conform.stage import running
from planaria.testing.conform.struct import Card, Cash, Closing, Line, Register, Renamed
from planaria.testing.conform.subject import Carrier, Circle, Colour, Everything, Level, Square, Tree

MEGABYTE = 1_000_000
WHOLES = (0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 2**200, -(10**1000))
PARTS = (0.0, -0.0, 0.1, 1 / 3, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1e300, 1e16, 123456789.0, 2.0**63, None)
TEXTS = (
    "", "\x00", "a\x00b", "\u2028\u2029", "\U0001f600\U0010ffff", "e\u0301", "\u202eright to left", "\ufeffmark", '"quoted" \\ /',
    "\x7f\x80\x9f", "\x1b[31m", "\r\n\t", "</script>", "\ud7ff\ue000\ufffe\uffff",
)  # fmt: skip
OTHERS: tuple[dict[str, Any], ...] = (
    {"moment": datetime.min.replace(tzinfo=UTC)}, {"moment": datetime.max.replace(tzinfo=UTC)},
    {"local": datetime(9999, 12, 31, 23, 59, 59, 999999)},  # noqa: DTZ001 - the last moment that there is, without a zone
    {"eastern": datetime(2026, 3, 1, tzinfo=timezone(-timedelta(hours=11, minutes=59)))}, {"hour": time(0, 0, 0, 1)},
    {"span": timedelta.max, "back": timedelta.min + timedelta(days=1)}, {"price": Decimal("1E+400"), "tiny": Decimal("-0.00")},
    {"price": Decimal("12345678901234567890.123456789012345678901234567890")}, {"colour": Colour.GREEN, "level": Level.LOW, "word": 3},
    {"several": ("1", 1, ""), "some": frozenset()}, {"by_name": {}, "by_number": {}, "by_colour": {Colour.GREEN: {}}},
    {"by_name": {"": 0, "\x00": 1, "a.b": 2, "\U0001f600": 3}}, {"shape": Circle(-0.5)}, {"shape": Square(0.5, Colour.GREEN)},
    {"shapes": ("", Square(1.0), Circle(2.0))}, {"text": "", "raw": b"", "shapes": ()},
)  # fmt: skip


async def _come_back(promise: str, operation: Callable[[Any], Awaitable[Any]], values: tuple[Any, ...]) -> None:
    for value in values:
        back = await operation(value)
        if back != value or type(back) is not type(value) or repr(back) != repr(value):
            raise PromiseBroken(promise=promise, got=f"{back!r:.400}", wanted=f"{value!r:.400}")


async def carries_every_value(placement: Placement) -> None:
    """Carry one of each kind of value there and back."""
    async with running(placement, Carrier) as cells:
        echo = cells.handle(Carrier).echo
        for changed in ({}, *OTHERS):
            value = dataclasses.replace(Everything(), **changed)
            back = await echo(value)
            for one in dataclasses.fields(value):
                same(f"field {one.name} comes back equal", getattr(back, one.name), getattr(value, one.name))
                same(f"field {one.name} keeps its type", type(getattr(back, one.name)), type(getattr(value, one.name)))
            same("an offset is kept", back.eastern.utcoffset(), value.eastern.utcoffset())
            same("the digits of a decimal are kept", (str(back.price), str(back.tiny)), (str(value.price), str(value.tiny)))
            same("a member of an enum is the one there is", back.colour is value.colour, wanted=True)


async def fills_in_defaults(placement: Placement) -> None:
    """Fill in what a caller leaves out; take arguments by name."""
    async with running(placement, Carrier) as cells:
        carrier = cells.handle(Carrier)
        same("a default holds", [await carrier.double(4), await carrier.double(4, by=3), await carrier.double(by=5, number=2)], [8, 12, 10])


async def carries_whole_numbers_of_any_size(placement: Placement) -> None:
    """Carry whole numbers at the edges of 64 bits and beyond."""
    async with running(placement, Carrier) as cells:
        await _come_back("a whole number comes back", cells.handle(Carrier).whole, WHOLES)


async def carries_floats_to_the_last_bit(placement: Placement) -> None:
    """Carry the smallest, the largest, and minus zero, as they are."""
    async with running(placement, Carrier) as cells:
        await _come_back("a float comes back", cells.handle(Carrier).part, PARTS)


async def carries_every_text(placement: Placement) -> None:
    """Carry texts with any character there is."""
    async with running(placement, Carrier) as cells:
        await _come_back("a text comes back", cells.handle(Carrier).text, TEXTS)


async def carries_a_megabyte_and_nothing(placement: Placement) -> None:
    """Carry big values, and empty ones."""
    async with running(placement, Carrier) as cells:
        carrier = cells.handle(Carrier)
        texts = ("x" * MEGABYTE, "\u00e4\U0001f600" * (MEGABYTE // 6), "\x00" * (MEGABYTE // 10))
        await _come_back("a big text comes back", carrier.text, texts)
        await _come_back("big bytes come back", carrier.raw, (bytes(range(256)) * (MEGABYTE // 256), b""))
        many = dataclasses.replace(Everything(), several=tuple(range(50_000)), by_name={str(number): number for number in range(10_000)})
        same("a big record comes back", await carrier.echo(many) == many, wanted=True)


async def carries_deep_values(placement: Placement) -> None:
    """Carry a value that holds itself, 50 deep and wide."""
    deep = Tree("end")
    for number in range(50):
        deep = Tree(str(number), (deep,))
    wide = Tree("root", tuple(Tree(str(number), (Tree("leaf"),)) for number in range(1000)))
    async with running(placement, Carrier) as cells:
        for value in (deep, wide):
            same("a tree comes back", await cells.handle(Carrier).tree(value) == value, wanted=True)


async def carries_structs(placement: Placement) -> None:
    """Carry msgspec structs, tagged and untagged, inside of dataclasses and of each other."""
    async with running(placement, Register) as cells:
        register = cells.handle(Register)
        await _come_back("a struct comes back", register.ring, (Line("a"), Line("b", 2, ("x", ""))))
        await _come_back("a tagged struct comes back", register.pay, (Cash(1), Card(number="7"), Card(number="8", limit=2**40)))
        closing = Closing(lines=(Line("a"), Line("b", 2)), paid={"first": Cash(1), "second": Card(number="7")}, by=Renamed("Ada"))
        await _come_back("a dataclass of structs comes back", register.close, ((), (closing, None, Line("c")), (Closing((), {}),)))


async def changes_no_value_in_silence(placement: Placement) -> None:
    """Give back what cannot travel as it is, where nothing travels; anywhere else say by its name that it cannot.

    Such are floats that are not finite, half a surrogate pair, and whole numbers of more than 4300 digits.
    """
    async with running(placement, Carrier) as cells:
        carrier = cells.handle(Carrier)
        carried = await _carries(carrier)
        odd: tuple[tuple[Callable[[Any], Awaitable[Any]], Any], ...] = (
            (carrier.part, math.nan), (carrier.part, math.inf), (carrier.part, -math.inf), (carrier.text, "\ud800"),
            (carrier.whole, 10**5000),
        )  # fmt: skip
        for operation, value in odd:
            try:
                back = await operation(value)
            except (Failed, Refused) as error:
                same("it says which rule", "PLN-P10" in str(error), wanted=True)
            else:
                same("what does not travel is the same", carried is False and back is value, wanted=True)
        same("the cell works on", await carrier.double(2), 4)


async def holds_a_cell_to_its_contract(placement: Placement) -> None:
    """Refuse a result of another type than the contract declares, wherever results travel."""
    async with running(placement, Carrier) as cells:
        carrier = cells.handle(Carrier)
        if await _carries(carrier):
            error = await raises("a result of another type is a failure", carrier.wrong(), "PLN-C300")
            same("the failure names it", error.facts["error"], "WrongValue")
        same("the cell works on", await carrier.double(2), 4)


async def _carries(carrier: Carrier) -> bool:
    tree = Tree("whose")
    return await carrier.tree(tree) is not tree


VALUE_PROMISES = (
    carries_every_value, fills_in_defaults, carries_whole_numbers_of_any_size, carries_floats_to_the_last_bit, carries_every_text,
    carries_a_megabyte_and_nothing, carries_deep_values, carries_structs, changes_no_value_in_silence, holds_a_cell_to_its_contract,
)  # fmt: skip
