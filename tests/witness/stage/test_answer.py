import pytest

from planaria.witness.stage.answer import are, outcomes_in, sum_in

VALUE = {"k": "completed", "value": 1}


@pytest.mark.parametrize(
    "outcome, is_sound",
    [
        ({**VALUE, "out": "a", "after": [1]}, True), ({"k": "failed", "error": "E", "text": "", "kinds": ["E"], "meant": True}, True),
        ({"k": "outside"}, True), ({"k": "stop", "error": "E", "text": ""}, True), ({"k": "unknown", "code": "late"}, True),
        (1, False), ({}, False), ({"k": "x"}, False), ({"k": 1}, False), ({"k": "failed"}, False), ({"k": "unknown"}, False),
        ({"k": "failed", "error": "E", "text": "", "kinds": [1]}, False), ({**VALUE, "out": 1}, False), ({**VALUE, "after": 1}, False),
        ({**VALUE, "after": [{}]}, False), ({"k": "completed", "value": {"$": "no", "of": 1}}, False),
    ],
)  # fmt: skip
def test_only_an_outcome_of_the_right_shape_is_taken(outcome, is_sound):
    assert outcomes_in({"outcomes": [outcome], "news": 0}, 1) == ((outcome,) if is_sound else None)


@pytest.mark.parametrize(
    "answer", [{}, {"outcomes": 1, "news": 0}, {"outcomes": [VALUE] * 2, "news": 0}, {"outcomes": [VALUE], "news": "x"}]
)
def test_outcomes_are_a_list_no_longer_than_the_script(answer):
    assert outcomes_in(answer, 1) is None


@pytest.mark.parametrize("told", [None, 1, {}, {"arcs": 1, "seen": 1, "looked": [], "changed": [1], "absent": {}}])
def test_a_sum_of_another_shape_is_empty(told):
    assert sum_in(told) == {"arcs": [], "seen": {}, "looked": {}, "changed": [], "absent": []}


def test_kinds_are_those_of_all_values():
    assert are([], int)
    assert not are([1, "a"], int)
