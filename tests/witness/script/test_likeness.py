import pytest

from planaria.witness.script.likeness import is_outside, places, shown

DONE = {"k": "completed"}
FAILED = {"k": "failed", "error": "KeyError", "kinds": ["KeyError", "LookupError"], "meant": True}


@pytest.mark.parametrize(
    "old, new, found",
    [
        ({**DONE, "value": 1}, {**DONE, "value": True}, set()),
        ({**DONE, "value": 1}, {**DONE, "value": 1.0}, set()),
        ({**DONE, "value": 1}, {**DONE, "value": 2}, {"value"}),
        (DONE, FAILED, {"outcome"}),
        (FAILED, FAILED, set()),
        ({**FAILED, "error": "LookupError"}, FAILED, set()),
        (FAILED, {**FAILED, "kinds": ["LookupError"]}, {"error"}),
        ({**DONE, "after": [[1]]}, {**DONE, "after": [[2]]}, {"arguments"}),
        ({**DONE, "after": [1]}, {**DONE, "after": [True]}, set()),
        ({**DONE, "out": "a\n"}, {**DONE, "out": "a"}, set()),
        ({**DONE, "out": "a"}, DONE, {"output"}),
        (DONE, {"k": "unknown"}, {"outcome"}),
    ],
)
def test_outcomes_differ_in_places(old, new, found):
    assert places(old, new) == found


@pytest.mark.parametrize(
    "old, given, outside",
    [
        (DONE, False, False),
        (FAILED, False, False),
        ({**FAILED, "meant": False}, False, True),
        ({**FAILED, "meant": False}, True, False),
        ({**FAILED, "error": "RecursionError"}, True, True),
        ({"k": "outside"}, True, True),
        ({"k": "unknown"}, True, True),
        ({"k": "stop"}, True, True),
    ],
)
def test_what_the_old_version_did_not_mean_is_outside(old, given, outside):
    assert is_outside(old, given=given) is outside


@pytest.mark.parametrize(
    "outcome, text",
    [
        ({**DONE, "value": 1, "after": [2], "out": "x\n"}, "1; its arguments are then 2; it printed 'x'"),
        ({**FAILED, "text": "'a'"}, "KeyError: 'a'"),
        (FAILED, "KeyError"),
        ({"k": "unknown", "code": "late"}, "no answer in time"),
        ({"k": "outside"}, "a condition does not hold"),
        ({"k": "unknown", "code": "ended", "text": "by signal 9"}, "by signal 9"),
        ({"k": "stop"}, "it ended"),
    ],
)
def test_an_outcome_is_shown_with_its_text(outcome, text):
    assert shown(outcome)["text"] == text
