import doctest
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planaria.cli import new
from planaria.cli.error import TargetExists

BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_writes_a_system_with_all_that_one_has(planaria, tmp_path, golden):
    ended = planaria("new", "shop", cwd=tmp_path)
    assert ended.code == 0
    golden("cli/new.txt", ended.out)
    golden(
        "cli/new-files.txt", "".join(f"{one.relative_to(tmp_path)}\n" for one in sorted((tmp_path / "shop").rglob("*")) if one.is_file())
    )


def test_the_name_stands_where_it_belongs(planaria, tmp_path):
    planaria("new", "tool-shop", cwd=tmp_path)
    texts = [one.read_text() for one in (tmp_path / "tool-shop").rglob("*") if one.is_file()]
    assert not any("{{" in one for one in texts)
    assert 'System("tool-shop")' in (tmp_path / "tool-shop" / "system.py").read_text()


@pytest.mark.parametrize(
    "name, better", [("My Shop", "my-shop"), ("../evil", "evil"), ("", "shop"), ("9lives", "lives"), ("a" * 65, "a" * 64), ("é", "shop")]
)
def test_a_name_that_cannot_be_is_answered_with_one_that_can(planaria, tmp_path, name, better):
    ended = planaria("new", name, cwd=tmp_path)
    assert (ended.code, f"planaria new {better}`" in ended.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_never_writes_over_anything(planaria, tmp_path):
    (tmp_path / "shop").write_text("mine")
    assert "PLN-U103" in planaria("new", "shop", cwd=tmp_path).err
    assert (tmp_path / "shop").read_text() == "mine"
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(TargetExists):
        new.write_system(tmp_path, "link")


def test_writes_all_of_it_or_nothing(tmp_path, monkeypatch):
    def full(file, root, name):
        if file.name.startswith("test_"):
            raise OSError(28, "No space left on device")
        return written(file, root, name)

    written = new._write
    monkeypatch.setattr(new, "_write", full)
    with pytest.raises(OSError, match="No space"):
        new.write_system(tmp_path, "shop")
    assert list(tmp_path.iterdir()) == []


def test_the_readme_of_a_new_system_says_what_happens(tmp_path):
    """Run its transcript: what is served stays up while the later blocks run."""
    root = tmp_path / "shop"
    new.write_system(tmp_path, "shop")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "planaria").write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from planaria.cli import main; raise SystemExit(main())' \"$@\"\n"
    )
    (bin_folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for one in bin_folder.iterdir():
        one.chmod(0o755)
    environment = {"PATH": f"{bin_folder}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    served = None
    try:
        for block in BLOCK.findall((root / "README.md").read_text()):
            for command, want in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                if command == "planaria up":
                    served = subprocess.Popen(
                        ["planaria", "up", "--port", "0"], cwd=root, env=environment, stdout=subprocess.PIPE, text=True
                    )
                    got = re.sub(r":\d+,", ":8100,", served.stdout.readline())
                else:
                    ran = subprocess.run(["bash", "-c", command], cwd=root, env=environment, capture_output=True, text=True, check=False)
                    got = ran.stdout + ran.stderr
                assert doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS), f"$ {command}\n{got}"
    finally:
        if served is not None:
            served.terminate()
            served.communicate(timeout=30)


def test_every_template_is_written(tmp_path):
    new.write_system(tmp_path, "shop")
    kept = {str(one.relative_to(new.TEMPLATE)).removesuffix(".txt") for one in Path(new.TEMPLATE).rglob("*") if one.is_file()}
    assert kept == {str(one.relative_to(tmp_path / "shop")) for one in (tmp_path / "shop").rglob("*") if one.is_file()}
    shutil.rmtree(tmp_path / "shop")
