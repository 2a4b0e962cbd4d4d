"""An assertion says what the code gives, and only what the mutant does not."""

import pytest

from planaria.prove.harden.expectation import Expectations, Value
from planaria.witness.plain import KIND, OF


def struct(name, **inside):
    return {KIND: f"struct {name}", OF: inside}


FUNCTION, CLASS = {KIND: "other function", OF: "<function>"}, {KIND: "other function", OF: "<class>"}


@pytest.mark.parametrize(
    "old, new, lines",
    [
        (FUNCTION, FUNCTION, None),
        (FUNCTION, 1, ["assert callable(f())"]),
        (FUNCTION, None, ["assert callable(f())"]),
        (FUNCTION, CLASS, ["assert inspect.isroutine(f())"]),
        (FUNCTION, struct("Callable"), ["assert inspect.isroutine(f())"]),
        (CLASS, struct("Callable"), ["assert isinstance(f(), type)"]),
        (struct("Public", size=1), struct("Other", size=1), ["assert isinstance(f(), Public)"]),
        (struct("Public", size=1), struct("Other", size=2), ["result = f()", "assert result.size == 1"]),
        (struct("_Hidden", size=1), struct("_Other", size=1), None),
        (struct("_Hidden", size=1), struct("_Other", size=1, extra=2), ["assert not hasattr(f(), 'extra')"]),
        (struct("_Hidden", size=1), struct("_Other", size=1, _extra=2), None),
        (struct("Public", size=FUNCTION), struct("Public", size=FUNCTION), None),
    ],
)
def test_what_differs_is_asserted_and_nothing_else(old, new, lines):
    expectations = Expectations(lambda name: name if name == "Public" else "")
    assert expectations.asserted(Value("f()", old, new)) == lines


@pytest.mark.parametrize(
    "old, new, is_message, line",
    [
        ("4", "Cache is empty", True, "with pytest.raises(KeyError, match='4'):"),
        ("no key 4", "no key 5", True, "with pytest.raises(KeyError, match='no key 4'):"),
        ("no key (4): none", "no key (5): none", True, "with pytest.raises(KeyError, match='4'):"),
        ("no key", "there is no key", True, None),
        ("4", "", False, "with pytest.raises(KeyError):"),
        ("no key", "", False, "with pytest.raises(KeyError, match='no key'):"),
    ],
)
def test_of_a_message_what_tells_it_apart_is_asserted(old, new, is_message, line):
    told = {"k": "failed", "error": "KeyError", "text": old, "meant": True}
    lines = Expectations(lambda _: "").raised("f()", told, {"k": "failed", "text": new}, is_message=is_message)
    assert lines == (line and [line, "    f()"])
