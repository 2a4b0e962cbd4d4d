"""Rights are read from system.py once, and every problem is told."""

import pytest

from planaria import Chance, Clock, Connects, Contract, Reads, Secret, Spawns, Writes, operation
from planaria.kernel.effect import Effect
from planaria.kernel.error import PlanariaError
from planaria.placement.right import Host, Rights, covers, effects_of, rights_of


class Edge(Contract):
    @operation(effects=(Reads("pages"), Connects("docs.example:*"), Connects("[::1]:80"), Clock()))
    async def look(self) -> int:
        """Look."""
        raise NotImplementedError

    @operation(effects=(Writes("out"), Spawns("git"), Secret("TOKEN"), Chance(), Clock()))
    async def act(self) -> int:
        """Act."""
        raise NotImplementedError


def test_without_may_a_cell_has_what_its_contract_declares():
    assert rights_of("edge", Edge, {}) == Rights(
        reads=("pages",), writes=("out",), connects=(Host("docs.example", None), Host("::1", 80)), spawns=("git",), secrets=("TOKEN",),
        clock=True, chance=True, extra={},
    )  # fmt: skip
    assert effects_of(Edge).count(Clock()) == 1


def test_may_narrows_what_the_contract_declares():
    given = {"may": (Reads("pages/new"), Connects("docs.example:443")), "memory_mb": 64, "cpu_s_per_call": None, "scratch_mb": 8, "pool": 2}
    wanted = Rights(
        reads=("pages/new",), connects=(Host("docs.example", 443),), memory_mb=64, cpu_s_per_call=None, scratch_mb=8, extra={"pool": 2}
    )
    assert rights_of("edge", Edge, given, own=("pool",)) == wanted
    assert rights_of("edge", Edge, {"may": []}) == Rights(extra={})


@pytest.mark.parametrize(
    "limits, problem",
    [
        ({"may": (Reads("keys"),)}, "reads keys is not declared by Edge"),
        ({"may": (Reads("pages/../keys"),)}, "reads pages/../keys is not declared"),
        ({"may": (Connects("evil.example:443"),)}, "connects evil.example:443 is not declared"),
        ({"may": (Connects("docs.example"),)}, "must be 'host:port'"),
        ({"may": (Connects("docs.example:70000"),)}, "must be 'host:port'"),
        ({"may": ("pages",)}, "'pages', which is no effect"),
        ({"may": Reads("pages")}, "must be a tuple of effects"),
        ({"may": (Effect("smells", "x"),)}, "of no kind"),
        ({"memory": 3}, "there is no limit 'memory'"),
        ({"memory_mb": 8}, "memory_mb is 8"),
        ({"memory_mb": True}, "memory_mb is True"),
        ({"memory_mb": "64"}, "memory_mb is '64'"),
        ({"cpu_s_per_call": 0}, "cpu_s_per_call is 0"),
        ({"cpu_s_per_call": float("nan")}, "cpu_s_per_call is nan"),
        ({"scratch_mb": -1}, "scratch_mb is -1"),
    ],
)
def test_a_line_that_asks_for_what_cannot_be_given_is_refused(limits, problem):
    with pytest.raises(PlanariaError) as raised:
        rights_of("edge", Edge, limits)
    assert raised.value.code == "PLN-P301"
    assert any(problem in one for one in raised.value.facts["problems"])


def test_every_problem_is_told_at_once():
    with pytest.raises(PlanariaError) as raised:
        rights_of("edge", Edge, {"memory_mb": 1, "scratch_mb": 0.5, "pool": 1})
    assert raised.value.facts["count"] == 3


def test_a_path_holds_what_is_below_it_and_nothing_beside_it():
    wide = Effect("reads", "pages/")
    held = {"pages": True, "pages/a": True, "pagesque": False, "other": False, "pages/../x": False}
    assert {what: covers(wide, Effect("reads", what)) for what in held} == held
