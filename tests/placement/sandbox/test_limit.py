import os
import resource

import pytest

from planaria.placement.sandbox import limit
from planaria.placement.sandbox.error import StepRefused
from planaria.placement.sandbox.limit import address_space_bytes, limits_of, set_limits, tasks
from planaria.placement.sandbox.policy import MEGABYTE, Policy
from tests.placement.sandbox.worker import ask


def test_memory_is_what_the_cell_may_have_beyond_the_interpreter() -> None:
    before = address_space_bytes()
    assert limits_of(Policy(memory_bytes=10 * MEGABYTE))["RLIMIT_AS"] >= before + 10 * MEGABYTE


def test_nothing_can_be_written_without_a_place_to_write() -> None:
    assert limits_of(Policy())["RLIMIT_FSIZE"] == 0
    assert limits_of(Policy(scratch_bytes=1, file_bytes=5))["RLIMIT_FSIZE"] == 5


def test_processor_time_is_limited_where_it_is_asked_for() -> None:
    assert "RLIMIT_CPU" not in limits_of(Policy())
    assert limits_of(Policy(cpu_s=3))["RLIMIT_CPU"] == 3


def test_the_machine_runs_at_least_this_thread() -> None:
    assert tasks() >= 1


def test_no_limit_is_raised_and_unknown_ones_are_left() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    assert set_limits({"RLIMIT_OF_ANOTHER_SYSTEM": 1}) == ()
    body = "import resource; told['core'] = resource.getrlimit(resource.RLIMIT_CORE)"
    before = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))"
    answer = ask(body, before=before)
    assert answer["told"]["core"] == [0, 0]
    assert answer["confinement"]["limits"]["RLIMIT_NOFILE"] == 40
    assert resource.getrlimit(resource.RLIMIT_CORE) == (soft, hard)


def test_a_limit_that_cannot_be_set_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(StepRefused, match="limit RLIMIT_CORE"):
        set_limits({"RLIMIT_CORE": 0})


def test_a_library_without_arenas_needs_no_limit_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "library", object)
    limit.one_arena()


def test_a_worker_that_uses_up_its_processor_time_is_ended() -> None:
    assert ask("while True: pass", policy={"cpu_s": 1})["status"] == -9


def test_descriptors_are_closed_around_those_that_are_kept() -> None:
    body = "told['open'] = [at for at in range(40) if attempt(lambda: os.fstat(at)) != 'Bad file descriptor']"
    answer = ask(f"import os\n{body}", before="import os; [os.dup2(0, at) for at in (20, 25, 26)]", keep=[25])
    kept = answer["told"]["open"]
    assert 25 in kept
    assert not {20, 26} & set(kept)
    assert len(kept) == 5, "input, output, errors, what is kept, and the way to tell it"
    assert os.fstat(0)
