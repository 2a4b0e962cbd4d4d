import pytest

from planaria.cli.demo.figure import Waits, Window
from planaria.cli.demo.story import Told
from planaria.cli.demo.turned import Attempt

QUIET, SWAP = Window(0, 10), Window(10, 20)
ATTEMPTS = [{"verdict": "fail", "findings": [{"gate": "behaviour", "witness": {"calls": []}}]}, {"verdict": "pass", "findings": []}]


def told(**other):
    seen = [(number / 10, 0.01, "") for number in range(200)]
    good = {
        "pages": 281, "waits": Waits(seen), "pairs": [(QUIET, SWAP)], "attempts": ATTEMPTS, "generation": "a", "rolled_back_to": "b",
        "ledger_entries": 20, "turned": [Attempt(attack="start a shell", stopped=True, why="BlockingIOError: no")],
    }  # fmt: skip
    return Told(**{**good, **other})


def test_a_run_in_which_all_went_well_is_whole():
    assert told().broken == []
    assert told().plain()["ok"]


@pytest.mark.parametrize(
    "other, said",
    [
        ({"pages": 12}, "only 12 pages"),
        ({"waits": Waits()}, "0 of 0 requests failed"),
        ({"waits": Waits([(1.0, 0.01, ""), (11.0, 0.01, "503 busy")])}, "1 of 2 requests failed, such as: ['503 busy']"),
        ({"attempts": ATTEMPTS[1:]}, "judged ['pass'], not fail and then pass"),
        ({"attempts": [{"verdict": "fail", "findings": []}, ATTEMPTS[1]]}, "no attempt was refused with a witness"),
        ({"turned": []}, "what a turned intake tried was not stopped: []"),
        ({"turned": [Attempt(attack="start a shell", stopped=False, why="root")]}, "was not stopped: ['start a shell']"),
        ({"rolled_back_to": ""}, "not swapped and rolled back"),
        ({"ledger_findings": ["entry 2 was changed"]}, "the ledger does not verify: ['entry 2 was changed']"),
        ({"waits": Waits([(1.0, 0.01, ""), (11.0, 0.021, "")])}, "p99 during swaps was 2.1 times the quiet p99, at most 2.0 is wanted"),
        ({"pairs": []}, "p99 during swaps was inf times"),
    ],
)
def test_whatever_went_wrong_is_said_and_the_run_is_not_whole(other, said):
    run = told(**other)
    assert said in "; ".join(run.broken)
    assert not run.plain()["ok"]
