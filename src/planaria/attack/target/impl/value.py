"""Attacks by what is given back: the host and the caller must get what the contract says, or an error.

Why: a caller that was promised a type does not look again.
Allows: whoever controls a value that nobody expects controls the code that meets it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from planaria.attack.target.contract import Parcel

from .means import Facts, attack, facility

MEGABYTE = 1 << 20


def _parcel(**fields: Any) -> Any:
    return Parcel(**fields)


@attack(way="give")
def gives_a_text_instead(_: Facts) -> Any:
    """Give back a text where the contract says another type.

    Allows: having the caller work with what it cannot.
    """
    return "parcel"


@attack(way="give")
def gives_nothing(_: Facts) -> Any:
    """Give back nothing where the contract promises something.

    Allows: having the caller fail at a place of the attacker's choice.
    """
    return None


@attack(way="give")
def gives_a_mapping_instead(_: Facts) -> Any:
    """Give back a mapping with the names of the fields.

    Allows: values that were never checked.
    """
    return {"text": "a", "count": 1, "share": 0.5, "lines": ("a",), "inside": None}


@attack(way="give")
def gives_a_number_for_a_text(_: Facts) -> Any:
    """Put a number where the contract says a text.

    Allows: having the caller work with what it cannot.
    """
    return _parcel(text=7)


@attack(way="give")
def gives_a_text_for_a_number(_: Facts) -> Any:
    """Put a text where the contract says a number, which might end in a query.

    Allows: injecting text where only numbers were expected.
    """
    return _parcel(count="1; drop table neighbour__secret")


@attack(way="give")
def gives_true_for_a_number(_: Facts) -> Any:
    """Put a truth value where the contract says a number.

    Allows: confusing whoever tells them apart.
    """
    return _parcel(count=True)


@attack(way="give")
def gives_a_list_for_a_tuple(_: Facts) -> Any:
    """Put what can be changed where the contract says what cannot.

    Allows: changing a value after it was looked at.
    """
    return _parcel(lines=["a", 1, None])


@attack(way="give")
def gives_what_is_no_number(_: Facts) -> Any:
    """Put the number that is no number where a share is expected.

    Allows: passing comparisons that are always false.
    """
    return _parcel(share=float("nan"))


@attack(way="give")
def gives_an_infinite_number(_: Facts) -> Any:
    """Put an infinite number where a share is expected.

    Allows: loops and sums without end in the caller.
    """
    return _parcel(share=float("inf"))


@attack(way="give")
def gives_a_number_without_end(_: Facts) -> Any:
    """Put a number of a hundred thousand digits where a count is expected.

    Allows: keeping the caller busy by writing one number down.
    """
    return _parcel(count=10**100_000)


@attack(way="give")
def gives_half_a_character(_: Facts) -> Any:
    """Put half of a pair of surrogates into a text, which cannot be written down.

    Allows: having the caller fail when it stores or sends the text.
    """
    return _parcel(text="a\ud800b")


@attack(way="give")
def gives_signs_that_turn_text_around(_: Facts) -> Any:
    """Put controls of a terminal, zero bytes and changes of direction into a text.

    Allows: nothing as a value; whoever shows it must write them out.
    """
    return _parcel(text="\x1b]52;c;cGxhbnRlZA==\x07\x1b[2J\0\u202eevil\u2066", lines=("\r\nforged", "\x9b31m"))


@attack(way="give", deadline_s=8)
def gives_a_very_long_text(facts: Facts) -> Any:
    """Give back a text that is longer than the cell's memory should allow.

    Allows: filling the memory of the host.
    """
    return _parcel(text="x" * (int(facts["memory_mb"]) * MEGABYTE * 3 // 4))


@attack(way="give", deadline_s=8)
def gives_a_text_of_wide_characters(_: Facts) -> Any:
    """Give back a text that grows when it is written down.

    Allows: filling the memory of the host with more than was counted.
    """
    return _parcel(text="\x01\U0001f600" * (4 * MEGABYTE))


@attack(way="give", deadline_s=8)
def gives_very_many_lines(_: Facts) -> Any:
    """Give back millions of small texts.

    Allows: filling the memory of the host, where only bytes are counted.
    """
    return _parcel(lines=("",) * (4 * MEGABYTE))


@attack(way="give")
def gives_a_value_that_is_nested_deeply(_: Facts) -> Any:
    """Give back a value inside a value, a hundred thousand times.

    Allows: overflowing the stack of the host.
    """
    made = None
    for _round in range(100_000):
        made = _parcel(inside=made)
    return made


@attack(way="give")
def gives_a_value_that_holds_itself(_: Facts) -> Any:
    """Give back a value that holds itself.

    Allows: a walk without end in the host.
    """
    made = _parcel()
    object.__setattr__(made, "inside", made)
    return made


@attack(way="give")
def gives_fields_that_nobody_knows(_: Facts) -> Any:
    """Give back a class of its own with more fields, among them such as Python itself uses.

    Allows: changing objects of the caller, where fields are set by name.
    """
    dataclasses = facility("dataclasses")
    names = ["text", "count", "share", "lines", "inside", "admin", "__class__", "__dict__"]
    made = dataclasses.make_dataclass("Parcel", [(name, Any, None) for name in names[:6]])()
    made.text, made.admin = "a", True
    return made


@attack(way="give")
def gives_fewer_fields(_: Facts) -> Any:
    """Give back a value from which fields were removed.

    Allows: having the caller fail at a place of the attacker's choice.
    """
    made = _parcel()
    for name in ("text", "count", "share"):
        object.__delattr__(made, name)
    return made


@attack(way="give")
def gives_a_text_that_is_a_class(_: Facts) -> Any:
    """Give back a text of a class of its own, which changes what it says.

    Allows: running code in the host, where it compares or shows the text.
    """

    class Text(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "PLANTED"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            raise MemoryError

    return _parcel(text=Text("a"))


@attack(way="give")
def gives_something_that_is_still_running(_: Facts) -> Any:
    """Give back a generator, which makes its values when the host looks at them.

    Allows: running code in the host.
    """
    return (_parcel() for _ in range(3))


@attack(way="give")
def gives_a_function(_: Facts) -> Any:
    """Give back a function.

    Allows: running code in the host, when it is called.
    """
    return lambda *_, **__: "PLANTED"


@attack(way="give")
def gives_a_class(_: Facts) -> Any:
    """Give back the class in the place of a value of it.

    Allows: changing a class that the host uses.
    """
    return Parcel


@attack(way="give")
def gives_its_own_cell(_: Facts) -> Any:
    """Give back the cell itself, with all that it holds.

    Allows: handing out handles and state.
    """
    from .means import CELL

    return CELL[-1]


@attack(way="give")
def gives_an_exception(_: Facts) -> Any:
    """Give back an exception as a value.

    Allows: confusing whoever tells them apart by class.
    """
    return RuntimeError("PLANTED")


@attack(way="give")
def gives_a_time_that_runs_code(_: Facts) -> Any:
    """Put a moment with a time zone of its own class into a field.

    Allows: running code in the host, where it works with the moment.
    """

    def fail(*_: Any) -> Any:
        raise MemoryError

    zone: Any = type("Zone", (dt.tzinfo,), {"utcoffset": fail, "dst": fail, "tzname": fail})
    return _parcel(text=dt.datetime(2000, 1, 1, tzinfo=zone()))


@attack(way="give")
def gives_a_mapping_that_never_ends(_: Facts) -> Any:
    """Put a mapping that has no end into a field.

    Allows: a walk without end, on the side that writes it down.
    """

    class Endless(Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            return 1

        def __len__(self) -> int:
            return 1

        def __iter__(self) -> Any:
            number = 0
            while True:
                number += 1
                yield str(number)

    return _parcel(lines=Endless())


@attack(way="give")
def changes_the_type_that_was_promised(_: Facts) -> Any:
    """Change the class of the value in its own interpreter, so that anything fits.

    Allows: what was never checked, where the host believes the other side's check.
    """
    Parcel.__annotations__.update(dict.fromkeys(("text", "count", "share", "lines", "inside"), Any))
    return _parcel(text=1, count="x", share=None, lines={"a": 1}, inside=[])
