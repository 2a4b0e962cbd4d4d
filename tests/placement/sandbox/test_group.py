import os
import subprocess
import sys
from pathlib import Path

import pytest

from planaria.placement.sandbox.error import NoGroup
from planaria.placement.sandbox.group import Group, Home
from tests.placement.sandbox.worker import ask


def hierarchy(base: Path, *, offered: str = "cpu memory pids", given: str = "memory pids") -> tuple[Path, Path]:
    """Lay out a part of a hierarchy as the kernel shows it, with files that only note what is written."""
    own, mounts, inside = base / "own", base / "mounts", base / "cgroup" / "user" / "planaria"
    inside.mkdir(parents=True)
    own.write_text("9:name=x:/y\n0::/user/planaria\n")
    mounts.write_text(f"proc /proc proc rw 0 0\ncgroup2 {base / 'cgroup'} cgroup2 rw 0 0\n")
    for name, text in {"cgroup.controllers": offered, "cgroup.subtree_control": given, "cgroup.procs": ""}.items():
        (inside / name).write_text(text)
    return own, mounts


def test_the_home_is_where_this_process_is_in_the_hierarchy(tmp_path: Path) -> None:
    home = Home.find(*hierarchy(tmp_path))
    assert home == Home(str(tmp_path / "cgroup/user/planaria"), ("memory", "pids"))


def test_what_is_not_offered_is_not_limited(tmp_path: Path) -> None:
    home = Home.find(*hierarchy(tmp_path, offered="pids", given="pids"))
    assert home
    assert home.controllers == ("pids",)


def test_without_cgroup_v2_there_is_no_home(tmp_path: Path) -> None:
    own, mounts = hierarchy(tmp_path)
    mounts.write_text("proc /proc proc rw 0 0\n")
    assert Home.find(own, mounts) is None
    assert Home.find(tmp_path / "none", mounts) is None


def test_a_part_that_belongs_to_others_is_no_home(tmp_path: Path) -> None:
    own, mounts = hierarchy(tmp_path)
    own.write_text("0::/elsewhere\n")
    assert Home.find(own, mounts) is None


def test_limits_are_written_where_the_kernel_shows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home.find(*hierarchy(tmp_path))
    assert home
    made = Path.mkdir

    def mkdir(path: Path) -> None:
        made(path)
        for name in ("memory.max", "memory.oom.group", "pids.max", "memory.current"):
            (path / name).write_text("12345678")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    group = home.make("one", memory_bytes=1000, processes_max=7)
    assert group == Group(f"{home.path}/planaria-one", ("memory", "pids"))
    assert {one.name: one.read_text()[:4] for one in Path(group.path).iterdir()} == {
        "memory.max": "1000",
        "memory.oom.group": "1234",
        "pids.max": "7234",
        "memory.current": "1234",
    }
    assert group.memory_bytes() == 12345678


def test_a_group_that_is_there_already_is_not_taken_over(tmp_path: Path) -> None:
    home = Home.find(*hierarchy(tmp_path))
    assert home
    Path(home.path, "planaria-one").mkdir()
    with pytest.raises(NoGroup, match="File exists"):
        home.make("one", memory_bytes=1, processes_max=1)


def test_a_group_that_is_gone_is_ended_and_closed_without_complaint(tmp_path: Path) -> None:
    group = Group(str(tmp_path / "gone"), ())
    group.kill()
    group.close()
    assert group.memory_bytes() is None


def test_a_worker_and_what_it_started_end_with_their_group() -> None:
    home = Home.find()
    if home is None:
        assert not os.access("/sys/fs/cgroup/cgroup.procs", os.W_OK) or os.geteuid() != 0
        return
    group = home.make(f"test-{os.getpid()}", memory_bytes=1 << 30, processes_max=64)
    try:
        joined = ask("told['in'] = True", policy={"group": group.path})
        assert joined["told"] == {"in": True}
        program = f"open({group.path + '/cgroup.procs'!r}, 'w').write('0'); print('in', flush=True); input()"
        waiting = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with waiting:
            assert waiting.stdout
            assert waiting.stdout.readline() == b"in\n"
            group.kill()
            assert waiting.wait() == -9
    finally:
        group.close()
    assert not Path(group.path).exists()
