import subprocess
import sys

import pytest

from planaria.placement.wasm import build, engine
from planaria.placement.wasm.build import CacheUntrusted, GuestNotBuilt, digest_of, keep, opened, sources, trusted, version_of


def test_what_is_kept_is_loaded_again(tmp_path):
    path = opened(tmp_path / "cache") / "a.native"
    assert trusted(path) is None
    keep(path, b"code")
    assert trusted(path) == path
    assert path.read_bytes() == b"code"
    assert oct(path.parent.stat().st_mode)[-3:] == "700"
    assert sorted(one.name for one in path.parent.iterdir()) == ["a.native", "a.native.sha256"]


def test_refuses_what_was_changed(tmp_path):
    path = opened(tmp_path / "cache") / "a.native"
    keep(path, b"code")
    path.write_bytes(b"evil")
    with pytest.raises(CacheUntrusted, match="digest"):
        trusted(path)


@pytest.mark.parametrize("name", ["a.native", "a.native.sha256"])
def test_refuses_what_others_may_write(tmp_path, name):
    path = opened(tmp_path / "cache") / "a.native"
    keep(path, b"code")
    (path.parent / name).chmod(0o666)
    with pytest.raises(CacheUntrusted, match="else can write"):
        trusted(path)


def test_refuses_a_link_in_the_place_of_a_file(tmp_path):
    path = opened(tmp_path / "cache") / "a.native"
    keep(path, b"code")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CacheUntrusted):
        trusted(path)


def test_closes_a_folder_that_others_could_see(tmp_path):
    (tmp_path / "cache").mkdir(mode=0o755)
    opened(tmp_path / "cache")
    assert oct((tmp_path / "cache").stat().st_mode)[-3:] == "700"


def test_refuses_the_folder_of_somebody_else(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: -2)
    with pytest.raises(CacheUntrusted, match="belongs to user"):
        opened(tmp_path)


def test_a_guest_is_named_by_all_that_goes_into_it():
    found = sources()
    assert found["planaria/placement/wasm/__init__.py"] == ""
    assert digest_of(found) == digest_of(dict(reversed(found.items())))
    assert len({digest_of(found), digest_of(found, "1"), digest_of(found | {"world.wit": ""})}) == 3


def test_names_a_tool_that_is_not_installed():
    with pytest.raises(GuestNotBuilt, match="nothing-of-this-name is not installed"):
        version_of("nothing-of-this-name")


def test_says_why_a_build_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "sources", lambda: {"world.wit": "nonsense", "guest_entry.py": ""})
    said = []
    with pytest.raises(GuestNotBuilt, match=r"(?i)wit|expected|nonsense"):
        build.build(said.append, tmp_path)
    assert said == ["building the WebAssembly guest (once per release)"]


def test_builds_once_and_compiles_once(tmp_path, monkeypatch):
    built = []
    smallest = b"\0asm\x0d\0\1\0"
    monkeypatch.setattr(build, "build", lambda progress, cache: built.append(1) or smallest)
    host, said = engine.Engine(epochs=False), []
    for _ in range(2):
        host.guest(cache=tmp_path / "cache", progress=said.append)
    for file in (tmp_path / "cache").glob("*.native*"):
        file.unlink()
    host.guest(cache=tmp_path / "cache", progress=said.append)
    assert (len(built), said) == (1, ["compiling for this machine (once)"] * 2)
    assert host.compiled(smallest, "other", cache=tmp_path / "cache") is not None


def test_nothing_but_the_adapter_loads_the_engine():
    program = (
        "import sys, planaria.placement.wasm.placement, planaria.placement.wasm.fitness, planaria.assemble.placement; "
        "print([one for one in sys.modules if one.startswith('wasmtime')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
