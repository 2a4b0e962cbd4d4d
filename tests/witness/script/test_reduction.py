import pytest

from planaria.witness.script.form import Code, Made, size
from planaria.witness.script.reduction import reduced, smaller_forms
from planaria.witness.script.step import Script, Step


def script(*steps: Step) -> Script:
    return Script(steps=steps)


async def smallest(begun, is_different, fits=lambda one: True):
    asked = []

    async def differs(scripts):
        asked.append(len(scripts))
        return [is_different(one) for one in scripts]

    found = await reduced(begun, differs, fits)
    assert is_different(found)
    assert sum(asked) < 900
    return found.lines


async def test_what_is_not_needed_goes_and_what_is_left_is_small():
    begun = script(
        Step(callee="Bank", given=(5000,), target="bank"),
        *(Step(callee="bank.put", given=(at, "why not")) for at in range(12)),
        Step(callee="bank.take", given=([3, 1, 40, 1],), named=(("note", "x"), ("limit", 90))),
    )

    def is_different(one):
        last = one.steps[-1]
        return last.callee == "bank.take" and sum(last.given[0]) > 30 and dict(last.named).get("limit", 0) > 8 and len(one.steps) > 2

    lines = await smallest(begun, is_different)
    assert (len(lines), lines[0]) == (3, "bank = Bank(0)")
    assert lines[-1] in ("bank.take([31], limit=9)", "bank.take([40], limit=9)")


async def test_a_variable_in_use_stays_bound_and_a_script_that_does_not_fit_is_not_tried():
    begun = script(Step(callee="Bank", target="bank"), Step(kind="see", callee="bank.total"))
    assert await smallest(begun, lambda one: one.steps[-1].kind == "see") == begun.lines
    big = script(Step(callee="f", given=(25,)))
    assert await smallest(big, lambda one: one.steps[0].given[0] > 3, lambda one: one.steps[0].given[0] >= 8) == ["f(8)"]


async def test_it_gives_up_after_many_tries():
    begun = script(Step(callee="f", given=(list(range(100, 160)), "q" * 400)))
    assert await smallest(begun, lambda one: one == begun) == begun.lines


@pytest.mark.parametrize(
    "form, some",
    [
        (True, []),
        (False, []),
        (-5, [0, 5, -4]),
        (2.75, [0.0, 2.0]),
        (1e300, [1.0]),
        ("xyz", ["", "xy", "ayz"]),
        (b"ab", [b"", b"a"]),
        ([7, 8], [[], [7], [0, 8]]),
        ({1, 2}, [set(), {1}]),
        ((7,), [(), (0,)]),
        ({"a": 5}, [{}, {"a": 0}]),
        (Made("P", (5,), (("x", 1),)), [Made("P", (0,), (("x", 1),)), Made("P", (5,))]),
        (Code("lambda y: y + 1"), [Code("lambda x: x")]),
        (Code("lambda x: x"), []),
        (None, []),
        ("", []),
    ],
)
def test_smaller_forms_of_a_form(form, some):
    found = list(smaller_forms(form))
    assert [one for one in some if one not in found] == []
    assert some or not found
    assert all(size(one) < size(form) for one in found if isinstance(form, (bool, int, float)))
