"""Proposers: who writes a candidate, into a scratch copy of the system.

Why: a proposer is believed for the files it leaves, and for nothing else: not for its exit code, not for what it prints.
Recorded proposals repeat a regeneration exactly; a command brings any coding agent or script.
Not here: reading what it left (`scratch`), models asked directly (`thought`).
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from planaria.prove.child import Ended, run_child
from planaria.regen.error import ProposerWrong

PACK = "PLANARIA_PACK"
ATTEMPT = re.compile(r"^## Attempt (\d+)[^\n]*$", re.MULTILINE)
FENCE = re.compile(r"^(?P<marks>`{3,})(?P<language>\w*) +(?P<path>impl/\S+) *\n(?P<text>.*?)^(?P=marks) *$", re.DOTALL | re.MULTILINE)
REMOVE = "remove"
COMMAND_TIMEOUT_S = 900.0
TOLD_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a proposer is asked: to change `cells/CELL/impl` below `system`; the pack is a file and a text."""

    system: Path
    cell: str
    attempt: int
    pack: str
    pack_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """How asking went: `problem` says why there can be no candidate, `facts` go into the ledger.

    `told` is how a program ended, for the person who waits when it has written nothing; it may hold secrets.

    >>> Proposed().problem
    ''
    """

    problem: str = ""
    told: str = ""
    is_last: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


class Proposer(Protocol):
    """Who writes candidates."""

    @property
    def name(self) -> str:
        """Return how it is named in the ledger."""
        ...

    async def propose(self, task: Task) -> Proposed:
        """Write a candidate into the scratch copy."""
        ...


class Recorded:
    """Proposals from a Markdown file: below `## Attempt N`, whole files in blocks headed ```` ```python impl/NAME.py ````.

    A file that an attempt does not name stays as it is; a block headed ```` ```remove impl/NAME.py ```` takes it away.
    """

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        pieces = ATTEMPT.split(text)
        self.attempts = dict(zip(map(int, pieces[1::2]), pieces[2::2], strict=True))

    @property
    def name(self) -> str:
        """Return how it is named in the ledger."""
        return f"recorded:{self.file.name}"

    async def propose(self, task: Task) -> Proposed:
        """Write the files that are recorded for the attempt."""
        if task.attempt not in self.attempts:
            return Proposed(problem=f"{self.file.name} holds no attempt {task.attempt}", is_last=True)
        impl = task.system / "cells" / task.cell / "impl"
        for found in FENCE.finditer(self.attempts[task.attempt]):
            path = PurePosixPath(found["path"]).relative_to("impl")
            if ".." in path.parts:
                return Proposed(problem=f"{found['path']} is not below impl/")
            target = impl.joinpath(*path.parts)
            if found["language"] == REMOVE:
                target.unlink(missing_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(found["text"], encoding="utf-8")
        return Proposed()


class Command:
    """A program that is run in the scratch copy, with the pack on standard input and in the file named by PLANARIA_PACK."""

    def __init__(self, line: str, *, environment: Mapping[str, str], timeout_s: float = COMMAND_TIMEOUT_S) -> None:
        self.line, self.timeout_s = line, timeout_s
        self.environment = {name: value for name, value in environment.items() if not name.startswith("PLANARIA_")}
        try:
            self.words = tuple(shlex.split(line))
        except ValueError as error:
            raise ProposerWrong(proposer=f"command:{line}", text=str(error)) from error
        if not self.words:
            raise ProposerWrong(proposer="command:", text="it names no program")

    @property
    def name(self) -> str:
        """Return how it is named in the ledger: the program, without arguments that may hold secrets."""
        return f"command:{Path(self.words[0]).name}"

    async def propose(self, task: Task) -> Proposed:
        """Run the program; what it left is judged whatever it says, unless it did not end in time."""
        environment = {**self.environment, PACK: str(task.pack_file)}
        ended = await run_child(self.words, cwd=task.system, environment=environment, timeout_s=self.timeout_s, given=task.pack)
        facts = {"exit": ended.code, "proposer_seconds": round(ended.seconds, 3)}
        if ended.code is None and ended.errors.startswith("it could not be started"):
            raise ProposerWrong(proposer=self.name, text=ended.errors)
        if ended.code is None:
            return Proposed(problem=f"the proposer did not end within {self.timeout_s:g} s", facts=facts)
        return Proposed(facts=facts, told=_told(ended))


def _told(ended: Ended) -> str:
    """Say how a program ended, with the last lines that it wrote.

    >>> _told(Ended(code=1, output="", errors="no key", seconds=0.1))
    'the program ended with code 1, and its last lines are: no key'
    """
    lines = ended.told.splitlines()[-TOLD_LINES:]
    return f"the program ended with code {ended.code}" + (", and its last lines are: " + "\n".join(lines) if lines else "")


def proposer_from(text: str, *, folder: Path, environment: Mapping[str, str], timeout_s: float = COMMAND_TIMEOUT_S) -> Proposer:
    """Make the proposer that the command line names; files are seen from `folder`.

    Raises:
        ProposerWrong: PLN-R103.

    >>> proposer_from("command:python write.py", folder=Path(), environment={}).name
    'command:python'
    """
    kind, _, rest = text.partition(":")
    if kind == "command":
        return Command(rest, environment=environment, timeout_s=timeout_s)
    if kind != "recorded":
        raise ProposerWrong(proposer=text, text=f"'{kind}' is neither recorded nor command")
    try:
        recorded = Recorded(folder / rest, (folder / rest).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProposerWrong(proposer=text, text=f"its file cannot be read: {error}") from error
    if not recorded.attempts:
        raise ProposerWrong(proposer=text, text="its file holds no '## Attempt 1'")
    return recorded
