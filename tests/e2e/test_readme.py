"""The README: every command in it is run, in the order in which it stands, and says what the README says."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planaria.cli import main

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
STEP = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
STEPS = [step for block in BLOCK.findall(README) for step in STEP.findall(block)]
DEMO = "make demo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "planaria"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from planaria.cli import main; raise SystemExit(main())' \"$@\"\n")
    program.chmod(0o755)
    (tmp_path / "here").mkdir()
    return tmp_path


def test_every_command_of_the_readme_says_what_it_says(folder):
    """The demo has tests of its own."""
    environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    ran = []
    for command, want in STEPS:
        if command != DEMO:
            ended = subprocess.run(
                ["bash", "-c", command], cwd=folder / "here", env=environment, capture_output=True, text=True, check=False, timeout=500
            )
            got = ended.stdout + ended.stderr
            assert doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS), f"$ {command}\n{got}"
            ran.append(command)
    assert len(ran) >= 4


def test_the_first_transcript_is_the_demo():
    assert STEPS[0][0] == DEMO
    assert "0 failed" in STEPS[0][1]


def test_every_command_that_the_help_lists_has_an_example(capsys):
    main(["--help"])
    names = re.findall(r"^    ([a-z]+)\s", capsys.readouterr().out, re.MULTILINE)
    assert {"new", "up", "regen", "rollback", "check", "ledger", "explain", "doctor", "demo"} <= set(names)
    for name in names:
        main([name, "--help"])
        assert re.search(rf"example:\n  .*planaria {name}\b", capsys.readouterr().out)
