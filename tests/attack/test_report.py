from planaria.attack.catalogue import Attack
from planaria.attack.report import Outcome, Report


def outcome(name, *, stopped):
    return Outcome(attack=Attack(name=name, theme="t", what="What.", allows="Much."), stopped=stopped, why="so")


def test_a_report_is_the_data_that_was_promised():
    report = Report(
        placement="process", attacks=(outcome("a", stopped=True), outcome("b", stopped=False)),
        sanity=(outcome("c", stopped=False), outcome("d", stopped=True)), seconds=1.23, conditions=("one",),
    )  # fmt: skip
    plain = report.plain()
    assert {name: plain[name] for name in ("placement", "tried", "stopped")} == {"placement": "process", "tried": 2, "stopped": 1}
    assert plain["through"] == [{"attack": "b", "why": "so", "allows": "Much."}]
    assert plain["sanity"] == {"tried": 2, "broken": [{"case": "d", "why": "so"}]}
    assert [one["outcome"] for one in plain["attacks"]] == ["stopped", "through"]
