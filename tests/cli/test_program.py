import subprocess
import sys

import pytest

from planaria.cli import explain, program
from planaria.cli.command import EXITS

COMMANDS = [one.name for one in program.COMMANDS]
ASKED = {"new", "up", "regen", "rollback", "check", "ledger", "explain", "doctor", "demo"}


def test_the_help_is_as_it_was_reviewed(planaria, golden):
    ended = planaria("--help")
    assert ended.code == 0
    golden("cli/help.txt", ended.out)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_each_command_is_as_it_was_reviewed(planaria, golden, name):
    ended = planaria(name, "--help")
    assert ended.code == 0
    assert "example" in ended.out
    assert "--json" in ended.out
    assert all(meaning in ended.out for _, meaning in EXITS)
    golden(f"cli/help-{name}.txt", ended.out)


def test_without_a_command_it_says_what_there_is(planaria):
    ended = planaria()
    assert (ended.code, "usage: planaria" in ended.out) == (2, True)


def test_says_its_version(planaria):
    assert planaria("--version").out.startswith("planaria ")


@pytest.mark.parametrize(
    "arguments, cure",
    [(["explian"], "did you mean `planaria explain`"), (["zzz"], "see `planaria --help`"), (["new"], "see `planaria new --help`"),
     (["up", "--prot", "1"], "see `planaria")],
)  # fmt: skip
def test_what_was_typed_wrong_is_answered_with_what_to_type(planaria, arguments, cure):
    ended = planaria(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("PLN-U101: ")
    assert cure in ended.err


def test_a_problem_is_data_for_a_machine(planaria):
    ended = planaria("explain", "PLN-X999", "--json")
    assert ended.code == 2
    assert ended.out.startswith('{"ok": false, "problem": {"code": "PLN-U102"')
    assert ended.err == ""


def _break(monkeypatch, error):
    def run(given, terminal):
        raise error

    broken = explain.COMMAND._replace(run=run)
    monkeypatch.setattr(program, "COMMANDS", (broken,))


def test_a_fault_says_how_to_see_its_trace(planaria, monkeypatch):
    _break(monkeypatch, KeyError("x"))
    ended = planaria("explain")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith("PLN-U199: planaria itself failed: KeyError: 'x'")
    assert "PLANARIA_TRACE=1" in ended.err
    assert "Traceback" not in ended.err


def test_what_the_machine_refuses_is_no_fault_of_planaria(planaria, monkeypatch):
    _break(monkeypatch, PermissionError(13, "Permission denied", "shop"))
    ended = planaria("explain")
    assert (ended.code, ended.err.partition("\n")[0]) == (4, "PLN-U112: the machine refused: Permission denied: shop")


def test_a_trace_is_shown_to_whoever_asks(planaria, monkeypatch):
    _break(monkeypatch, KeyError("x"))
    monkeypatch.setenv("PLANARIA_TRACE", "1")
    assert "Traceback" in planaria("explain").err


def test_an_interruption_has_a_code_of_its_own(planaria, monkeypatch):
    _break(monkeypatch, KeyboardInterrupt())
    assert planaria("explain").code == 130


def test_an_interruption_while_it_is_loaded_leaves_no_trace(planaria, monkeypatch):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "run", interrupt)
    ended = planaria("doctor")
    assert (ended.code, ended.out, ended.err) == (130, "", "")


def test_a_reader_that_goes_away_is_no_fault():
    command = f"{sys.executable} -c 'from planaria.cli import main; raise SystemExit(main())' explain --all | head -1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert (ended.returncode, ended.stdout.splitlines()[0].split(), ended.stderr) == (0, ["CODE", "ERROR"], "")


def test_help_loads_neither_asyncio_nor_rich():
    script = "import sys; from planaria.cli import main; main(['--help']); print(sorted({'asyncio', 'rich', 'msgspec'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"
