import errno
import os
import socket

import pytest

from planaria.placement.sandbox import identity
from planaria.placement.sandbox.error import NoIdentity, StepRefused
from planaria.placement.sandbox.identity import FIRST, LAST, check_identity, claim, has_capability, needs_claim
from tests.placement.sandbox.worker import ADMINISTRATOR, WAYS, ask


def test_claims_are_never_shared_and_come_back() -> None:
    held = [claim() for _ in range(50)]
    numbers = {one.uid for one in held}
    assert len(numbers) == 50
    assert all(FIRST <= one <= LAST for one in numbers)
    for one in held:
        one.close()
    again = claim()
    assert again.uid == held[0].uid
    again.close()


def test_when_every_number_is_taken_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_candidates", lambda: iter([FIRST]))
    taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        taken.bind(f"\0planaria-worker-{FIRST}")
        with pytest.raises(NoIdentity, match="every number is taken"):
            claim()
    finally:
        taken.close()


def test_only_root_needs_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not needs_claim()
    check_identity(None)


TABLES = {"0 0 4294967295": False, "0 1000 1": True, "0 100000 65536": False, "0 1 60000": True}


@pytest.mark.parametrize("table", TABLES)
def test_root_of_a_namespace_with_one_user_is_an_ordinary_user(monkeypatch: pytest.MonkeyPatch, tmp_path, table: str) -> None:
    (tmp_path / "uid_map").write_text(f"   {table}\n")
    monkeypatch.setattr(identity, "_USERS", str(tmp_path / "uid_map"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert needs_claim() is not TABLES[table]


def test_without_a_table_root_is_root(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(identity, "_USERS", str(tmp_path / "none"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert needs_claim()


def test_root_without_the_right_to_become_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "needs_claim", lambda: True)
    monkeypatch.setattr(identity, "has_capability", lambda number: number == identity.SETUID)
    with pytest.raises(NoIdentity, match="CAP_SETGID are missing"):
        check_identity(FIRST)
    with pytest.raises(NoIdentity, match="no number was claimed"):
        check_identity(None)


def test_a_user_that_cannot_be_become_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, "not mapped")

    monkeypatch.setattr(os, "setgroups", refuse)
    with pytest.raises(NoIdentity, match="not mapped"):
        identity.become(FIRST)


def test_capabilities_that_come_back_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "call", lambda *_: 0)
    monkeypatch.setattr(identity, "library", lambda: type("Library", (), {"prctl": staticmethod(lambda *_: 0)}))
    monkeypatch.setattr(identity, "has_capability", lambda _: True)
    with pytest.raises(StepRefused, match="it came back"):
        identity.drop_capabilities()


def test_a_bounding_set_that_may_not_be_emptied_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Library:
        @staticmethod
        def prctl(*given: int) -> int:
            asked.append(given[0])
            return -1

    monkeypatch.setattr(identity, "library", Library)
    identity.empty_bounding_set()
    assert asked == [24]


LEFT = """
import os
from planaria.placement.sandbox import identity
import ctypes, struct
data = ctypes.create_string_buffer(24)
from planaria.placement.sandbox.system_call import library
told["capabilities"] = attempt(lambda: identity.has_capability(21))
told["back"] = [attempt(lambda: os.setuid(0)), attempt(lambda: os.setgid(0)), attempt(lambda: os.setgroups([0]))]
told["users"] = sorted({*os.getresuid()}) == [os.getuid()]
"""


@pytest.mark.parametrize("way", WAYS)
def test_no_way_back_is_left_to_a_worker(way: str) -> None:
    told = ask(LEFT, way=way)["told"]
    assert told["capabilities"] == "StepRefused"
    assert set(told["back"]) == {"PermissionError"}
    assert told["users"]


def test_this_process_knows_its_own_capabilities() -> None:
    assert has_capability(identity.SYS_ADMIN) is (ADMINISTRATOR or has_capability(identity.SYS_ADMIN))
    assert not has_capability(63)
