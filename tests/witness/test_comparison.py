import pytest

from planaria.witness.call import Outcome
from planaria.witness.comparison import differences, is_beyond, places
from planaria.witness.plain import digested, plain


def gives(value, **more):
    return Outcome(kind="completed", value=plain(value), **more)


def record(**fields):
    return {"$": "struct Hit", "of": fields}


def hits(*pairs):
    return Outcome(kind="completed", value=[record(address=address, snippet=snippet) for address, snippet in pairs])


SAME = [
    (gives(1), gives(1.0)),
    (gives(0.1 + 0.2), gives(0.3)),
    (gives({"a": 1, "b": 2}), gives({"b": 2, "a": 1})),
    (Outcome(kind="failed", error="KeyError", text="'a'"), Outcome(kind="failed", error="KeyError", text="b")),
    (Outcome(kind="refused", code="PLN-C202", text="a"), Outcome(kind="refused", code="PLN-C202", text="a")),
]


@pytest.mark.parametrize("one, other", SAME)
def test_alike_outcomes_differ_nowhere(one, other):
    assert places(one, other) == frozenset()


DIFFERENT = [
    (gives(1), gives(2), {"value"}),
    (gives(1), gives(True), {"type"}),
    (gives((1,)), gives([1]), {"type"}),
    (gives((1, 2)), gives((2, 1)), {"order"}),
    (gives((1, 2)), gives((1,)), {"length"}),
    (Outcome(kind="completed", value=digested("a")), Outcome(kind="completed", value=digested("ab")), {"value"}),
    (gives((1, 2)), gives((1, 3)), {"membership"}),
    (gives([1]), gives([2]), {"membership"}),
    (gives(frozenset({1})), gives(frozenset({2})), {"membership"}),
    (gives(frozenset({1})), gives(frozenset()), {"length"}),
    (gives({"a": 1}), gives({"a": 2}), {"{*}"}),
    (gives({"a": 1}), gives({"b": 1}), {"keys"}),
    (gives(b"a"), gives(b"b"), {"value"}),
    (gives(1), Outcome(kind="failed", error="KeyError"), {"outcome"}),
    (Outcome(kind="failed", error="KeyError"), Outcome(kind="failed", error="ValueError"), {"error"}),
    (Outcome(kind="failed", code="A", facts={"n": 1}), Outcome(kind="failed", code="A", facts={"n": 2}), {"error.n"}),
    (Outcome(kind="refused", code="PLN-C202", text="a"), Outcome(kind="refused", code="PLN-C202", text="b"), {"condition"}),
    (gives(1), gives(1, mutated=True), {"arguments"}),
    (gives(1, events=(record(a=1),)), gives(1), {"events"}),
    (gives(1, events=(record(a=1),)), gives(1, events=(record(a=2),)), {"event Hit.a"}),
    (gives(1, events=(record(a=1), record(a=2))), gives(1, events=(record(a=2), record(a=1))), {"events: order"}),
    (hits(("a", "x"), ("b", "y")), hits(("b", "[y]"), ("a", "[x]")), {"order", "[*].snippet"}),
    (hits(("a", "x"), ("b", "y")), hits(("a", "x"), ("b", "z")), {"[*].snippet"}),
    (hits(("a", "x"), ("b", "y")), hits(("a", "x"), ("c", "y")), {"[*].address"}),
    (hits(("a", "x"), ("a", "x")), hits(("b", "y"), ("c", "z")), {"[*].address", "[*].snippet"}),
    (Outcome(kind="completed", value=record(a=1)), Outcome(kind="completed", value=record(b=1)), {"type"}),
    (Outcome(kind="completed", value=record(a=1)), Outcome(kind="completed", value={"$": "struct Other", "of": {"a": 1}}), {"type"}),
]


@pytest.mark.parametrize("one, other, where", DIFFERENT)
def test_a_difference_has_its_places(one, other, where):
    assert places(one, other) == where


def test_values_of_time_are_alike_where_a_clock_is_declared():
    import datetime as dt

    one, other = (gives((dt.date(2026, 1, day), "same")) for day in (1, 2))
    assert places(one, other) != frozenset()
    assert places(one, other, "time") == frozenset()
    assert places(gives("2026-01-01T00:00:00"), gives("2026-01-02T00:00:00"), "time") == frozenset()
    assert places(gives("2026-01-01"), gives("later"), "time") == {"value"}
    assert places(gives(dt.timedelta(1)), gives(dt.timedelta(2)), "time") == frozenset()


def test_by_shape_only_types_and_sizes_count():
    assert places(gives(("a", 1)), gives(("b", 2)), "shape") == frozenset()
    assert places(gives(("a", 1)), gives(("b",)), "shape") == {"length"}
    assert places(gives(True), gives(False), "shape") == {"value"}
    assert places(gives(frozenset({1})), gives(frozenset({2})), "shape") == frozenset()
    assert places(gives({"a": 1}), gives({"b": 1}), "shape") == frozenset()
    assert places(gives(b"a"), gives(b"b"), "shape") == frozenset()


@pytest.mark.parametrize(
    "outcome", [Outcome(kind="unknown", code="late"), Outcome(kind="unknown", code="ended"), Outcome(kind="failed", error="MemoryError")]
)
def test_an_implementation_at_its_limits_is_not_compared(outcome):
    assert is_beyond(outcome)
    assert not is_beyond(gives(1))


EQUAL = [
    (1, True),
    (1, 1.0),
    ({1: "a"}, {True: "a"}),
    ({(1, 2.0)}, {(1.0, 2)}),
    ({2, True}, {1, 2}),
    ({0.5: 1}, {0.5: True}),
    ([1, True], [True, 1]),
]


@pytest.mark.parametrize("one, other", EQUAL)
def test_what_python_calls_equal_differs_only_where_it_must_be_exact(one, other):
    assert one == other
    assert differences(plain(one), plain(other), slack="equal") == set()
    assert differences(plain(one), plain(other)) or (one, other) == (1, 1.0)


@pytest.mark.parametrize("one, other", [(1, 2), (1, "1"), ((1,), [1]), ({1}, {2}), ({1: 1}, {2: 1}), (None, False), ({0.5}, {0})])
def test_what_python_calls_unequal_differs(one, other):
    assert differences(plain(one), plain(other), slack="equal")


def test_records_are_equal_as_far_as_both_have_the_same_fields():
    assert differences(record(a=1), record(a=1, b=2), slack="equal") == set()
    assert differences(record(a=1), record(b=1), slack="equal") == {"type"}
    assert differences({"$": "iterator", "of": [1]}, {"$": "iterator", "of": [2]}, slack="equal") == {"membership"}
