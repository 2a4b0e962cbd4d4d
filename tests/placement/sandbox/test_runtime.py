import sys
from pathlib import Path

import pytest

from planaria.placement.sandbox import runtime
from planaria.placement.sandbox.runtime import LIBRARIES, devices, loader_of, runtime_paths
from tests.tidy.rule import ROOT


def test_the_library_the_packages_and_the_framework_are_among_what_is_needed() -> None:
    paths = runtime_paths()
    assert any(Path(one) == Path(sys.modules["json"].__file__ or "").parents[1] for one in paths)
    assert any(one.endswith(("site-packages", "dist-packages")) for one in paths)
    assert str(ROOT / "src" / "planaria") in paths


def test_the_systems_own_code_is_not_needed() -> None:
    assert not any(Path(one) in (ROOT, ROOT / "src", Path("/"), Path("/usr"), Path("/etc")) for one in runtime_paths())
    assert len(set(runtime_paths())) == len(runtime_paths())
    assert all(Path(one).exists() for one in runtime_paths())


def test_chance_has_devices_of_its_own() -> None:
    assert set(devices(chance=True)) - set(devices(chance=False)) == {"/dev/random", "/dev/urandom"}


def test_without_a_list_of_what_is_loaded_the_common_folders_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert set(runtime._shared_libraries()) <= set(LIBRARIES)
    assert runtime._shared_libraries()


def test_the_loader_of_a_program_is_read_from_it(tmp_path: Path) -> None:
    loader = loader_of("/bin/sh")
    assert loader is None or Path(loader).exists()
    (tmp_path / "script").write_text("#!/bin/sh\n" + " " * 100)
    (tmp_path / "broken").write_bytes(b"\x7fELF\x02")
    (tmp_path / "static").write_bytes(b"\x7fELF\x02" + bytes(59))
    assert [loader_of(str(tmp_path / name)) for name in ("script", "broken", "static", "none")] == [None] * 4
