"""An assertion says what the code gives, and only what the mutant does not."""

import pytest

from planaria.prove.harden.expectation import Expectations, Value
from planaria.witness.plain import KIND, OF


def struct(name, **inside):
    return {KIND: f"struct {name}", OF: inside}


FUNCTION = {KIND: "other function", OF: "<function>"}


@pytest.mark.parametrize(
    "old, new, lines",
    [
        (FUNCTION, FUNCTION, None),
        (FUNCTION, 1, ["assert callable(f())"]),
        (FUNCTION, None, ["assert callable(f())"]),
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
