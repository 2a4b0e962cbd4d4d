import asyncio

import pytest

from planaria.diff.observed import BehaviourRequest
from planaria.diff.performance import Timing, performance_findings, scaled, timing_of
from planaria.diff.search import behaviour_findings
from planaria.diff.version import Version
from planaria.witness.script.form import Code
from planaria.witness.script.step import Script, Step

ITEMS = list(range(0, 200, 2))
LINEAR = f'''def known(items: list[int], wanted: list[int]) -> list[bool]:
    """Say of each whether it is there.

    >>> known({ITEMS}, {ITEMS})
    """
    inside = set(items)
    return [one in inside for one in wanted]
'''
SQUARE = LINEAR.replace("    inside = set(items)\n", "").replace("one in inside", "sum(one == each for each in items) > 0")


def timed(old, new):
    sides = [Version(label=label, files={"m.py": text.encode()}) for label, text in (("old", old), ("new", new))]
    return asyncio.run(behaviour_findings(*sides, BehaviourRequest(kinds=("performance",), budget_s=3.0))).findings


def test_what_grows_faster_with_its_input_is_a_warning():
    (found,) = timed(LINEAR, SQUARE) or timed(LINEAR, SQUARE)  # a machine that stands still may measure nothing once
    assert (found.kind, found.level, found.symbol) == ("performance", "warning", "known")
    assert {*found.witness} == {"calls", "old", "new"}
    assert all(found.witness[side]["text"].endswith("µs") for side in ("old", "new"))


def test_what_is_too_quick_for_the_clock_is_not_timed():
    assert timed("def f(n: int) -> int:\n    return n + 1\n", "def f(n: int) -> int:\n    return 1 + n\n") == ()


class Clock:
    """An actor that answers with times of its own."""

    def __init__(self, *times):
        self.times, self.asked, self.cpu_s = list(times), [], 0.0

    def ask(self, message, within_s):
        assert within_s > 1
        self.asked.append(message["time"][0]["steps"][0][4])
        self.cpu_s += 0.1
        return {"ns": [self.times.pop(0) if len(self.times) > 1 else self.times[0]]} if self.times else None


class Both:
    """A pairing of clocks."""

    def __init__(self, old, new):
        self.old, self.new, self.stopped = old, new, 0

    @property
    def cpu_s(self):
        return self.old.cpu_s + self.new.cpu_s

    def stop(self):
        self.stopped += 1


class Alike:
    """A hunt that found scripts alike."""

    def __init__(self, **alike):
        self.alike = {symbol: list(scripts) for symbol, scripts in alike.items()}


def script(*given, symbol="f"):
    return Script(steps=(Step(callee=symbol, given=given, symbol=symbol),))


def findings(old, new, *, budget_s=60.0, **alike):
    pairing = Both(Clock(*old), Clock(*new))
    found = performance_findings(pairing, Alike(**(alike or {"f": [script(1)]})), budget_s=budget_s)
    assert pairing.stopped == 1
    return [(one.level, one.symbol, one.what) for one in found], pairing


def test_a_statement_is_made_only_where_the_whole_middle_half_and_the_best_agree():
    assert Timing(old=(10,) * 9, new=(20,) * 9).is_telling
    assert Timing(old=(20,) * 9, new=(10,) * 9).is_telling
    assert not Timing(old=(10,) * 9, new=(11,) * 9).is_telling
    assert not Timing(old=(10,) * 9, new=(10, 10, 10, 30, 30, 30, 30, 30, 30)).is_telling
    assert not Timing(old=(10,) * 9, new=(10, 20, 20, 20, 20, 20, 20, 20, 20)).is_telling
    wide = Timing(old=(10, 10, 10, 10), new=(10, 20, 30, 40))
    assert (wide.ratios, wide.middle, wide.ratio) == ([1, 2, 3, 4], (2.0, 3.0), 2.5)


@pytest.mark.parametrize(
    "new, told",
    [
        ([50_000], [("warning", "f", "it takes 5.0 times as long (middle half of 9 pairs: 5.0 to 5.0 times)")]),
        ([2_000_000], [("warning", "f", "it takes 200.0 times as long (middle half of 9 pairs: 200.0 to 200.0 times)")]),
        ([5_000], [("info", "f", "it takes 2.0 times less (middle half of 9 pairs: 0.5 to 0.5 times)")]),
        ([10_500], []),
        ([1_000], []),
        ([], []),
    ],
)
def test_the_ratio_is_told_with_its_spread(new, told):
    assert findings([10_000], new)[0] == told


def test_the_time_for_larger_inputs_is_compared_first():
    steep = [10_000] * 3 + [160_000] * 3 + [2_560_000]
    told, pairing = findings([10_000] * 3 + [40_000] * 3 + [160_000], steep, f=[script([1, 2])])
    assert told == [("warning", "f", "its time grows with the input's size to the power of 2.0, the old version's to 1.0")]
    assert len(pairing.new.asked) == 9
    assert findings([10_000] * 3 + [40_000] * 3 + [160_000], [10_000] * 3 + [40_000] * 3 + [160_000], f=[script([1, 2])])[0] == []


def test_what_is_too_quick_by_itself_is_compared_with_larger_inputs():
    old, new = [10_000] * 3 + [12_000] * 3 + [14_000] * 3 + [10], [50_000] * 3 + [60_000] * 3 + [70_000] * 3 + [10]
    told, _ = findings(old, new, f=[script([1, 2])])
    assert told == [("warning", "f", "it takes 5.0 times as long (middle half of 3 pairs: 5.0 to 5.0 times)")]
    (found,) = performance_findings(Both(Clock(*old), Clock(*new)), Alike(f=[script([1, 2])]), budget_s=60.0)
    assert found.witness["calls"] == ["f([1, 2])  # with inputs 2 times as long"]


def test_a_version_that_does_not_end_on_the_largest_input_is_told_from_the_others():
    told, _ = findings([10_000] * 3 + [40_000] * 3 + [160_000], [10_000] * 3 + [160_000] * 3 + [0], f=[script([1, 2])])
    assert told == [("warning", "f", "its time grows with the input's size to the power of 2.0, the old version's to 1.0")]
    assert findings([10_000] * 3 + [0], [10_000], f=[script([1, 2])])[0] == []


def test_the_largest_scripts_are_timed_until_the_budget_is_spent():
    scripts = [script(*range(size)) for size in range(9)]
    _, pairing = findings([10_000], [10_000], f=scripts)
    assert {len(eval(one)) for one in pairing.new.asked} == {8, 7, 6, 5}
    told, pairing = findings([10_000], [50_000], budget_s=1.0, f=[script(1)], g=[script(1, symbol="g")])
    assert [symbol for _, symbol, _ in told] == ["f"]


def test_sides_take_turns_and_a_failure_ends_a_timing():
    pairing = Both(Clock(5000, 6000), Clock(7000))
    assert timing_of(script(1), pairing, rounds=3) == Timing(old=(5000, 6000, 6000), new=(7000, 7000, 7000))
    assert timing_of(script(1), Both(Clock(5000), Clock(0)), rounds=3) is None


def test_only_texts_and_collections_are_made_longer():
    assert scaled(script("ab", [1, 2.5, "x", None], 3, Code("max")), 3).lines == [
        "f('ababab', [1, 2.5, 'x', None, 1000001, 1000002.5, 'x1', None, 2000001, 2000002.5, 'x2', None], 3, max)"
    ]
    assert scaled(script(1), 8) == script(1)
