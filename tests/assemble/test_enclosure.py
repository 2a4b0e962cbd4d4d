"""What is judged may read the copy in which it is judged, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planaria.assemble import enclosure
from planaria.assemble.enclosure import JudgeNotConfined, enclose
from planaria.placement.sandbox.error import Unenforceable

ROOT = Path(__file__).parent.parent / "gates" / "cases" / "behaviour"
HOSTILE = """
import json
import os
import socket
import subprocess
from pathlib import Path

from cells.account.contract import Account

def tried(act):
    try:
        return repr(act())
    except BaseException as error:
        return type(error).__name__

SECRET = %r

class AccountCell(Account):
    async def open(self, name):
        found = {
            "secret": tried(lambda: Path(SECRET).read_text()),
            "write": tried(lambda: (Path(SECRET).parent / "left").write_text("x")),
            "network": tried(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
            "program": tried(lambda: subprocess.run(["true"])),
            "parent": tried(lambda: os.kill(os.getppid(), 0)),
            "contract": tried(lambda: Path(%r).read_text()[:3]),
        }
        raise ValueError(json.dumps(found))

    async def move(self, name, cents, note=""):
        return 0

    async def transfer(self, source, target, cents):
        return 0

    async def history(self, name, limit=10):
        return ()

    async def find(self, text):
        return ()

    async def close(self, name):
        return 0
"""


def answer_of(tmp_path, **environment):
    """Run the judge's worker on a hostile implementation; return what it found, or why it did not run."""
    folder = tmp_path / "impl"
    folder.mkdir()
    secret = tmp_path / "keys" / "ledger.pem"
    secret.parent.mkdir()
    secret.write_text("secret")
    (folder / "__init__.py").write_text(HOSTILE % (str(secret), str(ROOT / "cells" / "account" / "contract.py")))
    lines = [{"limits": {"call_s": 30}, "seed": 0}, {"batch": 1, "sequences": [{"start": "fresh", "calls": [["open", {"name": "ann"}]]}]}]
    command = [sys.executable, "-m", "planaria.assemble.judged", str(ROOT), "account", str(folder), "-"]
    given = "".join(json.dumps(one) + "\n" for one in lines)
    ran = subprocess.run(command, check=False, input=given, capture_output=True, text=True, timeout=60, env=dict(os.environ) | environment)
    assert not (secret.parent / "left").exists() or environment, ran.stderr
    *_, last = ran.stdout.splitlines()
    assert "outcomes" in last, last
    return json.loads(last)


def test_what_is_judged_reads_its_copy_and_touches_nothing_else(tmp_path):
    (outcome,) = answer_of(tmp_path)["outcomes"]
    found = json.loads(outcome["text"])
    assert found.pop("contract") == '\'"""\''
    assert set(found) == {"secret", "write", "network", "program", "parent"}
    assert set(found.values()) <= {"FileNotFoundError", "PermissionError", "BlockingIOError", "OSError", "ProcessLookupError"}, found


def test_examples_are_run_in_it_too(tmp_path):
    secret = tmp_path / "ledger.pem"
    secret.write_text("secret")
    impl = ROOT / "cells" / "account" / "impl"
    examples = [f"open({str(secret)!r}).read()\n", "await account.open('ann')\n", "__import__('os').fork()\n"]
    command = [sys.executable, "-m", "planaria.assemble.exemplified", str(ROOT), "account", str(impl), "inprocess"]
    given = json.dumps({"blocks": [{"name": "a", "examples": examples}]})
    ran = subprocess.run(command, check=False, input=given, capture_output=True, text=True, timeout=60)
    assert ran.stdout, ran.stderr
    hidden, opened, forked = json.loads(ran.stdout)["blocks"][0]["shown"]
    assert hidden["text"].startswith(("FileNotFoundError", "PermissionError")), hidden
    assert opened == {"text": "True\n", "raised": False}
    assert forked["text"].startswith("BlockingIOError"), forked


def test_only_the_operator_may_do_without(tmp_path):
    (outcome,) = answer_of(tmp_path, PLANARIA_JUDGE="unconfined")["outcomes"]
    assert "secret" in outcome["text"]
    assert enclose_with({"PLANARIA_JUDGE": "unconfined"}) is False


def enclose_with(environment):
    saved = dict(os.environ)
    os.environ.update(environment)
    try:
        return enclose([], keep=(), limits={})
    finally:
        os.environ.clear()
        os.environ.update(saved)


def test_a_machine_that_cannot_confine_judges_nothing(monkeypatch):
    def refuse(policy, *, keep):
        raise Unenforceable(text="there is no Landlock")

    monkeypatch.delenv("PLANARIA_JUDGE", raising=False)
    monkeypatch.setattr(enclosure, "confine", refuse)
    with pytest.raises(JudgeNotConfined) as refused:
        enclose([ROOT], keep=(), limits={})
    assert "there is no Landlock" in refused.value.plain()["what"]
