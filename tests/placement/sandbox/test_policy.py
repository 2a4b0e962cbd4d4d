from typing import Any

import pytest

from planaria.placement.sandbox.policy import Policy

WRONG: dict[str, dict[str, Any]] = {
    "'a' is no absolute path": {"reads": ("a",)},
    "'/a/../b' is no absolute path": {"writes": ("/a/../b",)},
    "'/a\0' is no absolute path": {"reads": ("/a\0",)},
    "'/' is everything": {"reads": ("/",)},
    "'//' is everything": {"writes": ("//",)},
    "70000 is no port": {"connects": (70000,)},
    "0 is no port": {"connects": (0,)},
    "files_max is below 4": {"files_max": 3},
    "memory_bytes is below 1": {"memory_bytes": 0},
    "processes_max is below 1": {"processes_max": 0},
    "scratch_bytes is below 0": {"scratch_bytes": -1},
    "cpu_s is below 1": {"cpu_s": 0},
    "programs are named, but spawn is not allowed": {"executes": ("/bin/sh",)},
    "uid 0 is no ordinary user": {"uid": 0},
}


@pytest.mark.parametrize("problem", WRONG)
def test_what_is_wrong_with_a_policy_is_said(problem: str) -> None:
    assert Policy(**WRONG[problem]).problems() == [problem]


def test_every_problem_is_said_at_once() -> None:
    assert len(Policy(reads=("a", "b"), files_max=0).problems()) == 3


def test_a_policy_that_says_nothing_is_sound_and_allows_nothing() -> None:
    empty = Policy()
    assert empty.problems() == []
    assert (empty.reads, empty.writes, empty.executes, empty.connects, empty.spawn, empty.scratch_bytes) == ((), (), (), (), False, 0)


def test_policies_are_values() -> None:
    assert {Policy(reads=("/a",)): 1}[Policy(reads=("/a",))] == 1
