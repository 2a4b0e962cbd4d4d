"""A session with the process that measures: orders out, lines of JSON in, and nothing of it left at the end.

Why: the asker reads what is said and loads nothing; whatever ends the wait also ends the process and all that it started.
Not here: what is asked and why (`run`), the other side (`measured`).
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from planaria.kernel.error import PlanariaError
from planaria.prove.blind import EXAMPLES
from planaria.prove.mutant import SourceUnreadable
from planaria.prove.subject import Subject
from planaria.prove.suite import CONFIGURATION

LINE_BYTES_MAX = 64_000_000
PROGRAM = (sys.executable, "-m", "planaria.prove.measured.program")
EXAMPLE_TESTS = """
from pathlib import Path

import pytest
from planaria.assemble.system import system_at
from planaria.kernel.contract import describe

CONTRACT = system_at(Path({root!r})).plan({cell!r}).contract

@pytest.mark.parametrize("operation", [one.name for one in describe(CONTRACT).operations if one.examples])
async def test_examples(cells, operation):
    assert await cells.mismatches(CONTRACT, operation) == []
"""
CELL = {"PLANARIA_PLACEMENTS": "inprocess"}
FOREIGN, PLUGINS = ("PYTEST_", "COV_CORE", "COVERAGE_PROCESS"), ("PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


class SuiteNotCollected(PlanariaError):
    """Pytest cannot collect the suite."""

    code = "PLN-J105"
    what = "the tests cannot be collected: {text}"
    why = "a proof begins with a suite that runs as it is"
    fix = "let `python -m pytest` pass first; name the tests by --tests"


class MeasureBroken(PlanariaError):
    """The process that measures ended before it had answered."""

    code = "PLN-J106"
    what = "the tests ended the process that runs them: {text}"
    why = "a proof needs every test of the unchanged code to come to an end"
    fix = "find the test that ends its process by `python -m pytest -x`"


class Session:
    """An open session; `collected` is what the process said after it had collected."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, errors: IO[bytes]) -> None:
        self.reader, self.writer, self.errors = reader, writer, errors
        self.collected: dict[str, Any] = {}

    async def say(self, told: Mapping[str, Any]) -> None:
        """Send one request."""
        self.writer.write(json.dumps(told).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def hear(self) -> dict[str, Any]:
        """Return the next answer.

        Raises:
            MeasureBroken: PLN-J106.
        """
        try:
            line = await self.reader.readline()
        except (ConnectionError, ValueError):
            line = b""
        if not line.endswith(b"\n"):
            raise MeasureBroken(text=self.told() or "it said nothing")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def told(self) -> str:
        """Return the end of what the process wrote to its standard error."""
        self.errors.seek(0)
        return self.errors.read()[-2000:].decode("utf-8", "replace").strip()

    async def asked(self, request: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Send a request and yield its answers until it is done.

        Raises:
            MeasureBroken: PLN-J106.
        """
        await self.say(request)
        while True:
            answer = await self.hear()
            if "done" in answer:
                if not answer["done"]:
                    raise MeasureBroken(text=self.told() or f"exit {answer['code']}")
                return
            yield answer


@asynccontextmanager
async def session(
    subject: Subject,
    *,
    environment: Mapping[str, str],
    only: tuple[str, ...] = (),
    arguments: tuple[str, ...] = (),
    program: tuple[str, ...] = (),
) -> AsyncIterator[Session]:
    """Start the process that measures, let it collect, and end it with all that it started.

    Raises:
        SuiteNotCollected: PLN-J105; SourceUnreadable: PLN-J103; MeasureBroken: PLN-J106.
    """
    ours, theirs = socket.socketpair()
    with TemporaryDirectory(prefix="planaria-prove-", ignore_cleanup_errors=True) as folder, TemporaryFile() as errors:
        work, more = _prepared(subject, folder)
        command = (*(program or PROGRAM), str(theirs.fileno()), str(work))
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=errors, cwd=subject.root,
            pass_fds=(theirs.fileno(),), start_new_session=True, env=_environment(environment, work, is_cell=bool(subject.cell)),
        )  # fmt: skip
        theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours, limit=LINE_BYTES_MAX)
        opened = Session(reader, writer, errors)
        try:
            await opened.say({
                "root": str(subject.root), "files": subject.files, "only": only, "reloads": bool(subject.cell),
                "path": subject.path, "arguments": (*subject.arguments, *more, *arguments),
            })  # fmt: skip
            opened.collected = await opened.hear()
            if "unreadable" in opened.collected:
                raise SourceUnreadable(**opened.collected["unreadable"])
            if "broken" in opened.collected:
                raise SuiteNotCollected(text="\n".join((*opened.collected["broken"], opened.told()))[-2000:].strip())
            yield opened
        finally:
            writer.close()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(process.wait())


def _prepared(subject: Subject, folder: str) -> tuple[Path, tuple[str, ...]]:
    """Write the contract's examples of a cell as tests, and return what makes pytest run them as it runs the cell's suite."""
    work = Path(folder).resolve()
    if not subject.cell:
        return work, ()
    (work / "pytest.ini").write_text(CONFIGURATION, encoding="utf-8")
    (work / EXAMPLES).write_text(EXAMPLE_TESTS.format(root=str(subject.root), cell=subject.cell), encoding="utf-8")
    return work, (f"-c{work / 'pytest.ini'}", str(work / EXAMPLES))


def _environment(given: Mapping[str, str], work: Path, *, is_cell: bool) -> dict[str, str]:
    """Return the user's environment, with places for what must not lie beside the code, and nothing that measures a second time."""
    kept = {name: value for name, value in given.items() if name in PLUGINS or not name.startswith(FOREIGN)}
    ours = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "TMPDIR": str(work), "HYPOTHESIS_STORAGE_DIRECTORY": str(work)}
    # A mutant shows in one placement as in another, and each costs as much again.
    return (CELL if is_cell else {}) | kept | ours | ({"PLANARIA_MIGRATED": str(work)} if is_cell else {})
