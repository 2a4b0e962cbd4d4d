import os
from pathlib import Path

import pytest

from planaria.placement.sandbox.tree import Bind, plan_of, route
from tests.placement.sandbox.worker import WAYS, ask, has_tree


def folder(path: Path | str, *, writable: bool = False) -> Bind:
    return Bind(path=str(path), is_folder=True, writable=writable)


def test_a_path_is_followed_through_its_links(tmp_path: Path) -> None:
    base = Path(os.path.realpath(tmp_path))
    (base / "real" / "deep").mkdir(parents=True)
    (base / "near").symlink_to("real")
    (base / "far").symlink_to(base / "near" / "deep")
    (base / "up").symlink_to("real/deep/..")
    assert route(str(base / "far")) == (
        [(str(base / "far"), str(base / "near/deep")), (str(base / "near"), "real")],
        str(base / "real/deep"),
    )
    assert route(str(base / "up" / ".")) == ([(str(base / "up"), "real/deep/..")], str(base / "real"))


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels"):
        route(str(tmp_path / "a"))


def test_what_lies_in_a_bound_folder_is_not_bound_again(tmp_path: Path) -> None:
    base = Path(os.path.realpath(tmp_path))
    (base / "a" / "b").mkdir(parents=True)
    plan = plan_of([folder(base / "a" / "b"), folder(base / "a"), folder(base / "a")])
    assert [one.path for one in plan.binds] == [str(base / "a")]


def test_a_place_to_write_inside_a_place_to_read_is_bound_on_top(tmp_path: Path) -> None:
    base = Path(os.path.realpath(tmp_path))
    (base / "a" / "b").mkdir(parents=True)
    plan = plan_of([folder(base / "a"), folder(base / "a" / "b", writable=True)])
    assert [(one.path, one.writable) for one in plan.binds] == [(str(base / "a"), False), (str(base / "a" / "b"), True)]
    assert str(base / "a" / "b") not in plan.folders


def test_a_place_to_read_inside_a_place_to_write_stays_writable(tmp_path: Path) -> None:
    base = Path(os.path.realpath(tmp_path))
    (base / "a" / "b").mkdir(parents=True)
    plan = plan_of([folder(base / "a" / "b"), folder(base / "a", writable=True)])
    assert [one.path for one in plan.binds] == [str(base / "a")]


def test_folders_above_and_links_on_the_way_are_made(tmp_path: Path) -> None:
    base = Path(os.path.realpath(tmp_path))
    (base / "real").mkdir()
    (base / "real" / "file").write_text("x")
    (base / "link").symlink_to("real")
    plan = plan_of([Bind(path=str(base / "link" / "file"), is_folder=False)])
    assert plan.files == (str(base / "real" / "file"),)
    assert plan.links == ((str(base / "link"), "real"),)
    assert plan.folders == tuple(sorted(str(one) for one in (base / "real", base, *base.parents) if str(one) != "/"))


@pytest.mark.parametrize("way", WAYS)
def test_the_tree_holds_what_is_needed_and_nothing_can_be_changed(way: str) -> None:
    body = """
import os
told["root"] = [oct(os.stat("/").st_mode), attempt(lambda: os.mkdir("/new")), attempt(lambda: open("/new", "w"))]
told["absent"] = [name for name in ("/proc", "/sys", "/var", "/etc/shadow", "/etc/passwd", "/run") if os.path.lexists(name)]
told["above"] = os.path.samefile("/", "/..")
told["library"] = attempt(lambda: open(os.__file__, "a"))
"""
    answer = ask(body, way=way)
    assert answer["confinement"]["tree"] is has_tree(way)
    refused = {"PermissionError", "Read-only file system"}
    mode, *outcomes = answer["told"]["root"]
    assert mode == "0o40755"
    assert {*outcomes, answer["told"]["library"]} <= refused
    assert answer["told"]["above"]
    assert (answer["told"]["absent"] == []) is has_tree(way)


def test_a_path_that_goes_between_plan_and_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    before = f"""
import os
os.register_at_fork(before=lambda: os.path.isdir({str(tmp_path / "pages")!r}) and os.rmdir({str(tmp_path / "pages")!r}))
"""
    assert ask(before=before, policy={"reads": [str(tmp_path / "pages")]})["error"]["code"] == "PLN-P408"
