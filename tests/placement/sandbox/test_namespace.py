import errno
from pathlib import Path

import pytest

from planaria.placement.sandbox import namespace
from planaria.placement.sandbox.error import StepRefused
from tests.placement.sandbox.worker import ADMINISTRATOR, NAMELESS, WAYS, ask

forking = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # the child does next to nothing
ALL = ["mount", "pid", "ipc", "uts", "net"]
SEEN = """
import os
told["pid"] = os.getpid()
told["parent"] = parent
told["machine"] = os.uname().nodename
"""


@pytest.mark.parametrize("way", WAYS)
def test_a_zygote_enters_what_can_be_had_and_workers_are_few_numbers_in_it(way: str) -> None:
    answer = ask(SEEN, way=way, zygote=True)
    if way in (*NAMELESS, "owner"):
        assert answer["entered"] == []
    elif ADMINISTRATOR:
        assert answer["entered"] == (ALL if way == "natural" else ["user", *ALL])
        assert (answer["told"]["parent"], answer["told"]["pid"]) == (1, 2)
        assert answer["told"]["machine"] == "cell"


def test_the_network_can_be_kept() -> None:
    assert "net" not in ask("", zygote=True, network=True)["entered"]


def test_the_end_of_process_1_ends_the_others() -> None:
    answer = ask("import os; told['orphaned'] = os.getppid() == parent", zygote=True)
    assert answer["told"]["orphaned"] is True


@forking
def test_trying_says_why_not_and_changes_nothing() -> None:
    before = Path("/proc/self/ns/mnt").stat().st_ino
    assert namespace.could_enter(()) is None
    namespace.could_enter(("user", "mount"))
    assert Path("/proc/self/ns/mnt").stat().st_ino == before


@forking
def test_a_refusal_is_the_answer_of_a_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "too many", "unshare")

    monkeypatch.setattr(namespace, "attempt", refuse)
    assert "too many" in str(namespace.could_enter(("ipc",)))
    assert namespace.enter_namespaces() == ()


def test_a_namespace_that_cannot_be_finished_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(namespace, "attempt", lambda *_: 0)
    monkeypatch.setattr(namespace, "_OWN", str(tmp_path / "gone"))
    with pytest.raises(StepRefused, match="map the user"):
        namespace.enter(("user",))


def test_a_root_that_must_become_others_keeps_its_user_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespace, "has_capability", lambda _: False)
    monkeypatch.setattr(namespace, "needs_claim", lambda: True)
    assert namespace.enter_namespaces() == ()
