import os
import socket
from pathlib import Path

import pytest

from planaria.placement.sandbox import landlock
from planaria.placement.sandbox.error import NoLandlock, NoPorts, StepRefused
from planaria.placement.sandbox.landlock import READING, Rule, Ruleset, handled, required_version, version
from planaria.placement.sandbox.policy import Policy
from tests.placement.sandbox.worker import ask

VERSIONS = {
    1: (0x1FFF, 0, 0),
    2: (0x3FFF, 0, 0),
    3: (0x7FFF, 0, 0),
    4: (0x7FFF, 3, 0),
    5: (0xFFFF, 3, 0),
    6: (0xFFFF, 3, 3),
    7: (0xFFFF, 3, 3),
    9: (0xFFFF, 3, 3),
}


@pytest.mark.parametrize("found", VERSIONS)
def test_each_version_governs_what_the_kernel_documents(found: int) -> None:
    assert handled(found) == VERSIONS[found]


@pytest.mark.parametrize("found", range(1, landlock.MEANINGS_COMPLETE + 2))
def test_every_version_up_to_this_kernels_is_accepted_by_it(found: int) -> None:
    if found <= version():
        made = Ruleset(found)
        assert made.add([Rule("/", READING)]) == ()
        made.close()


def test_a_path_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    made = Ruleset(version())
    assert made.add([Rule(str(tmp_path / "none"), READING), Rule(str(tmp_path), READING)]) == (str(tmp_path / "none"),)
    made.close()


def test_a_folder_right_is_narrowed_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("x")
    made = Ruleset(version())
    assert made.add([Rule(str(tmp_path / "one"), landlock.CHANGING)]) == ()
    made.close()


def test_rights_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    made = Ruleset(version())
    made.files = 1 << 40
    with pytest.raises(StepRefused, match="landlock_add_rule"):
        made.add([Rule(str(tmp_path), 1 << 40)])
    os.close(made.descriptor)
    with pytest.raises(StepRefused, match="landlock_restrict_self"):
        made.enforce()


def _without(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(name: str, *_: object) -> int:
        raise OSError(number, os.strerror(number), name)

    monkeypatch.setattr(landlock, "attempt", refuse)


def test_a_kernel_without_it_has_version_0_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, 38)
    assert version() == 0
    with pytest.raises(NoLandlock, match="Function not implemented"):
        required_version(Policy())
    with pytest.raises(NoLandlock):
        Ruleset(1)


def test_ports_need_a_version_that_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "attempt", lambda *_: 3)
    assert required_version(Policy()) == 3
    with pytest.raises(NoPorts, match="version 3"):
        required_version(Policy(connects=(443,)))


CONNECTING = """
import socket
def reach(port, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as one:
        one.settimeout(5)
        one.connect(("127.0.0.1", port))
        return "reached"
told["declared"] = attempt(lambda: reach(declared))
told["other"] = attempt(lambda: reach(other))
told["listen"] = attempt(lambda: socket.create_server(("127.0.0.1", 0)))
told["datagram"] = attempt(lambda: reach(declared, socket.SOCK_DGRAM))
"""


def test_a_worker_reaches_the_ports_it_was_given_and_no_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        declared, closed = one.getsockname()[1], other.getsockname()[1]
        answer = ask(f"declared, other = {declared}, {closed}\n{CONNECTING}", policy={"connects": [declared]})
    assert answer["told"] == {"declared": "reached", "other": "PermissionError", "listen": "PermissionError", "datagram": "PermissionError"}
