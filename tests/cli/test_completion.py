import subprocess

import pytest

from planaria.cli import program
from planaria.cli.completion import script_for, words_of


def complete(*words):
    script = script_for("bash", words_of(program.parser()))
    line = " ".join(f"'{one}'" for one in words)
    asked = f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _planaria; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True).stdout.split()


def test_commands_and_options_are_completed_in_bash():
    assert complete("planaria", "do") == ["doctor"]
    assert complete("planaria", "up", "--po") == ["--port"]
    assert "backup" in complete("planaria", "store", "ba")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_stands_in_every_script(planaria, shell):
    out = planaria("completion", shell).out
    assert all(one.name in out for one in program.COMMANDS)


def test_an_unknown_shell_is_refused(planaria):
    assert planaria("completion", "csh").code == 2
