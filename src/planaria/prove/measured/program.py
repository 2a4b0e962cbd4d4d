"""The program that measures a suite: `python -m planaria.prove.measured.program DESCRIPTOR WORK`.

It reads an order and then requests, each a line of JSON, from a socket, and answers in lines:
`baseline` runs all tests once and tells of each what it reaches; `run` runs tasks (see `lane`). It ends with its asker.
Why: the warm process itself never runs a test, so that every process forked from it begins with what was imported and nothing else.
Not here: who asks (`prove.run`).
"""

import contextlib
import fcntl
import gc
import hashlib
import importlib
import json
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import pytest

from planaria.prove.measured.baseline import Baseline
from planaria.prove.measured.lane import Lanes
from planaria.prove.measured.loading import Woven
from planaria.prove.measured.suite import ARGUMENTS, Suite
from planaria.prove.measured.switch import Switch
from planaria.prove.measured.task import Task
from planaria.prove.mutant import SourceUnreadable


class Measure:
    """The process at work on one order."""

    def __init__(self, pipe: socket.socket, work: Path) -> None:
        self.pipe, self.work = pipe, work
        self.lines: IO[bytes] = pipe.makefile("rb")
        self.order: dict[str, Any] = json.loads(self.lines.readline())
        self.root = Path(self.order["root"])
        self.turn = os.open(work / "turn", os.O_RDWR | os.O_CREAT, 0o600)
        self.switch = Switch()
        self.sources: dict[str, str] = {}
        self.cold: dict[str, str] = {}
        self.at_import: tuple[set[int], set[int], int] = (set(), set(), 0)

    def say(self, told: dict[str, Any]) -> None:
        """Answer with one line, which no other process breaks; a process that nobody asks any more ends."""
        try:
            fcntl.lockf(self.turn, fcntl.LOCK_EX)
            self.pipe.sendall(json.dumps(told).encode() + b"\n")
            fcntl.lockf(self.turn, fcntl.LOCK_UN)
        except OSError:
            os._exit(0)

    def main(self) -> int:
        """Weave, let pytest collect, and answer until the asker hangs up."""
        gc.disable()  # nearly all that is made until tests run is kept
        os.chdir(self.root)
        sys.path[:0] = [one for one in self.order["path"] if one not in sys.path]
        tempfile.tempdir = str(self.work)
        for name in self.order["files"]:
            with contextlib.suppress(UnicodeDecodeError):
                self.sources[name] = (self.root / name).read_text(encoding="utf-8")
        try:
            self.woven = Woven(self.root, self.sources, tuple(self.order["only"]), reloads=self.order["reloads"])
        except SourceUnreadable as error:
            self.say({"unreadable": {"file": error.facts["file"], "text": error.facts["text"]}})
            return 1
        self.woven.install()
        suite = Suite(self.switch, self.work_on, self.woven.programs)
        code = pytest.main([*ARGUMENTS, f"--rootdir={self.root}", *self.order["arguments"]], plugins=[suite])
        if suite.broken or not suite.items:
            self.say({"broken": suite.broken or [f"pytest ended with {int(code)} before it had collected"]})
        return 0

    def work_on(self, suite: Suite) -> None:
        """Tell what was collected, and answer requests."""
        gc.enable()
        self.at_import = self.switch.taken()
        if suite.broken or not suite.items:
            return
        programs = [(self.woven.names[place], one) for place, one in self.woven.programs.items()]
        self.say({
            "tests": [suite.place(one) for one in suite.items],
            "files": {
                name: {"source": self.sources[name], "digest": _outside_digest(self.sources[name], one.functions)} for name, one in programs
            },
            "mutants": [[getattr(each, key) for key in FIELDS] for _, one in programs for each in one.mutants],
            "functions": [[name, *(getattr(each, key) for key in SHAPE)] for name, one in programs for each in one.functions],
            "notes": {name: {"lines": one.notes.lines, "ways": [*one.notes.ways.items()]} for name, one in programs},
            "at_import": sorted(self.at_import[0]),
        })  # fmt: skip
        for line in self.lines:
            asked = json.loads(line)
            if asked["do"] == "baseline":
                Baseline(suite, self.root, self.say).run(asked["jobs"])
            else:
                self.warm(asked["warm"])
                tasks = [Task(**{**one, "tests": tuple(one["tests"])}) for one in asked["tasks"]]
                Lanes(suite, self.woven, [tuple(one) for one in asked["costs"]], self.work).run(tasks, asked["jobs"], self.say)
                self.say({"done": True})
        os._exit(0)

    def warm(self, names: list[str]) -> None:
        """Import what tests import late, once for all processes."""
        for name in names:
            if name not in sys.modules:
                try:
                    importlib.import_module(name)
                except Exception as error:  # noqa: BLE001 - then each process imports it by itself, as the tests do
                    self.cold[name] = str(error)


SHAPE = ("id", "name", "line", "end_line", "digest")
FIELDS = ("id", "file", "operator", "function", "line", "column", "end_line", "end_column", "text", "key")


def _outside_digest(source: str, functions: Any) -> str:
    """Return a digest of what of a file belongs to no function."""
    lines = source.split("\n")
    for one in functions:
        for number in range(one.line, one.end_line + 1):
            lines[number - 1] = ""
    return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()[:16]


def main(arguments: list[str]) -> int:
    """Answer on the descriptor given; what the tests read and write goes nowhere."""
    pipe = socket.socket(fileno=int(arguments[0]))
    pipe.set_inheritable(False)
    nothing = os.open(os.devnull, os.O_RDWR)
    for one in (0, 1):
        os.dup2(nothing, one)
    return Measure(pipe, Path(arguments[1])).main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
