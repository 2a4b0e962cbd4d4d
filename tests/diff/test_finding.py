import json
from pathlib import Path

import jsonschema
import pytest

from planaria.diff.finding import KINDS, LEVELS, Finding, NotExercised, Report, in_order

SCHEMA = json.loads((Path(__file__).parent / "report.schema.json").read_text())
SUMMARY = {
    "old": "a", "new": "b", "kinds": ["schema"], "meaning": "different", "reason": "", "differences": 1, "intended": 0,
    "levels": dict.fromkeys(LEVELS, 0), "files": {"old": 1, "new": 1}, "intent": {"unmatched": [], "expired": []}, "search": None,
    "seed": 1, "seconds": 0.1,
}  # fmt: skip


def finding(**facts):
    return Finding(**{"kind": "interface", "level": "breaking", "symbol": "f", "what": "it is gone", "cure": "", **facts})


def test_a_report_is_data_of_the_documented_form():
    witness = {"calls": ["f(1)"], "old": {"kind": "completed", "text": "1"}, "new": {"kind": "failed", "text": "ValueError"}}
    left = (NotExercised(symbol="g", why="it needs a socket"),)
    plain = Report(findings=(finding(witness=witness), finding()), not_exercised=left, summary=SUMMARY).plain()
    jsonschema.validate(json.loads(json.dumps(plain)), SCHEMA)
    for wrong in ({"level": "bad"}, {"line": -1}, {"what": ""}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**plain, "findings": [{**plain["findings"][0], **wrong}]}, SCHEMA)


@pytest.mark.parametrize(
    "found, differs",
    [([], False), ([finding()], True), ([finding(intended=True)], False), ([finding(kind="structure", level="info")], False),
     ([finding(kind="structure", level="warning")], True), ([finding(level="info")], True)],
)  # fmt: skip
def test_only_an_undeclared_change_of_meaning_is_a_difference(found, differs):
    assert Report(findings=tuple(found)).differs is differs


def test_findings_come_by_level_then_by_kind_then_by_place():
    found = [finding(level=level, kind=kind, line=line) for level in LEVELS[::-1] for kind in KINDS[::-1] for line in (2, 1)]
    ordered = [(one.level, one.kind, one.line) for one in in_order(found)]
    assert ordered == [(level, kind, line) for level in LEVELS for kind in KINDS for line in (1, 2)]


def test_a_place_is_told_as_far_as_it_is_known():
    assert [finding(file="a.py", line=3).place, finding(file="a.py").place, finding().place] == ["a.py:3", "a.py", ""]
