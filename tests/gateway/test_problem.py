import json

import pytest

from planaria.gateway.error import GatewayError, InternalFault, NoKey, Overloaded
from planaria.gateway.problem import problem_of, status_of
from planaria.kernel.call import ConditionBroken, DeadlinePassed, Interrupted, Lost
from planaria.kernel.error import CellError, Failed, NoSuchCell, PlanariaError, Refused, Unknown
from planaria.placement.codec import Unwritable, WrongJson, WrongValue


@pytest.mark.parametrize(
    "error,status",
    [
        (WrongJson(), 400), (WrongValue(), 422), (ConditionBroken(), 422), (NoSuchCell(), 404), (DeadlinePassed(), 504),
        (Interrupted(deadline_s=1), 504), (CellError(), 409), (Refused(), 503), (Unknown(), 500), (Failed(), 500), (Lost(), 500),
        (NoKey(), 401), (Overloaded(retry_after_s=1), 503), (Unwritable(), 500), (PlanariaError(), 500), (GatewayError(), 500),
    ],
)  # fmt: skip
def test_every_error_has_one_status(error, status):
    assert status_of(error) == problem_of(error, "r").status == status


@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret"), Unwritable(type="secret", problem="secret"), PlanariaError(text="secret"),
        Failed(cell="a", operation="b", error="secret", text="secret", more="secret"), Unknown(cell="a", operation="b", text="secret"),
        Interrupted(cell="a", operation="b", deadline_s=1, text="secret"),
    ],
)  # fmt: skip
def test_what_is_inside_a_cell_stays_inside(error):
    problem = problem_of(error, "r1")
    assert b"secret" not in problem.body
    assert json.loads(problem.body)["instance"] == "r1"
    assert b"r1" in json.dumps(json.loads(problem.body)["facts"]).encode()


def test_an_unforeseen_error_is_an_internal_fault():
    assert json.loads(problem_of(KeyError("x"), "r1").body)["code"] == InternalFault.code


def test_facts_that_are_no_json_are_written_as_text():
    assert json.loads(problem_of(CellError(what=complex(1, 2)), "r").body)["facts"] == {"what": "(1+2j)"}


@pytest.mark.parametrize("seconds,header", [(0.01, b"1"), (1, b"1"), (1.2, b"2"), (30.0, b"30")])
def test_says_in_whole_seconds_when_to_come_back(seconds, header):
    assert (b"retry-after", header) in problem_of(Refused(text="busy", retry_after_s=seconds), "r").headers
