import subprocess
from typing import Any

import pytest

from planaria.placement.sandbox import machine as machines
from planaria.placement.sandbox.error import NoLinux
from planaria.placement.sandbox.landlock import MEANINGS
from planaria.placement.sandbox.machine import Ability, abilities, machine
from tests.placement.sandbox.worker import NAMELESS, WAYS, ask

CONFINED = {"tree": True, "tree_missing": "", "namespaces": ["mount"], "scratch": None}
ALL: dict[str, Any] = {
    "architecture": "x86_64",
    "landlock": 7,
    "confined": CONFINED,
    "with_scratch": CONFINED,
    "namespaces": None,
    "is_root": True,
    "group": ["memory", "pids"],
}
NAMES = ["system calls", "files", "file tree", "scratch", "namespaces", "user", "control groups", "clock and addresses"]


def told(**other: Any) -> dict[str, Ability]:
    return {one.name: one for one in abilities(ALL | other)}


def test_this_machine_is_told_by_trying() -> None:
    found = {one.name: one for one in machine()}
    assert list(found) == NAMES
    assert found["files"].value.startswith("Landlock ")
    assert all(one.meaning for one in found.values())
    assert all(one.cure for one in found.values() if one.level != "well")


def test_a_machine_that_can_do_everything_leaves_only_the_clock() -> None:
    assert list(told()) == NAMES
    assert [name for name, one in told().items() if one.level != "well"] == ["clock and addresses"]


def test_a_container_without_namespaces_is_told_what_that_means() -> None:
    closed = CONFINED | {"tree": False, "tree_missing": "Operation not permitted", "namespaces": []}
    refusal = {"what": "a scratch folder cannot be kept", "fix": "give scratch_mb=0"}
    found = told(confined=closed, with_scratch={"refusal": refusal}, namespaces="refused", is_root=False, group=None)
    watched = ["file tree", "scratch", "namespaces", "user", "control groups", "clock and addresses"]
    assert [name for name, one in found.items() if one.level == "watch"] == watched
    assert "refuses to start" in found["scratch"].meaning
    assert "Operation not permitted" in found["file tree"].value


def test_a_user_with_namespaces_is_counted_apart() -> None:
    found = told(is_root=False, confined=CONFINED | {"namespaces": ["user", "mount"]}, group=[])
    assert found["user"].level == "well"
    assert found["control groups"].level == "watch"


@pytest.mark.parametrize("version", MEANINGS)
def test_every_version_of_landlock_says_what_it_adds(version: int) -> None:
    found = told(landlock=version)["files"]
    assert MEANINGS[version] in found.meaning
    assert ("without:" in found.meaning) is (version < max(MEANINGS))
    assert found.level == ("well" if version >= 6 else "watch")


def test_a_machine_that_cannot_confine_is_wrong_and_says_how_to_cure_it() -> None:
    refusal = {"what": "files cannot be kept from a worker", "fix": "use a newer kernel"}
    (only,) = told(confined={"refusal": refusal}).values()
    assert (only.level, only.value, only.cure) == ("wrong", refusal["what"], refusal["fix"])


def test_a_machine_that_cannot_be_tried_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("python", 30)

    monkeypatch.setattr(subprocess, "run", fail)
    (only,) = machine()
    assert only.level == "wrong"


TRYING = """
from dataclasses import asdict
from planaria.placement.sandbox import machine
noted.update({one.name: asdict(one) for one in machine.abilities(machine.tries())})
"""


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_begin_is_told_as_it_is(way: str) -> None:
    answer = ask(before=TRYING, way=way)
    noted = answer["noted"]
    assert list(noted) == NAMES
    assert (noted["file tree"]["level"] == "well") is answer["confinement"]["tree"]
    assert (noted["scratch"]["level"] == "well") is answer["confinement"]["tree"]
    assert way not in NAMELESS or "not permitted" in noted["namespaces"]["value"]


def test_another_system_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "here", _refuse)
    (only,) = abilities(machines.tries())
    assert only.level == "wrong"


def _refuse() -> None:
    raise NoLinux(system="darwin", machine="arm64")
