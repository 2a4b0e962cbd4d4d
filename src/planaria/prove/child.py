"""A child process that is not trusted: its own session, a time limit, and no trace of it left at the end.

Why: suites, workers and proposers are code that nobody has judged yet; whatever ends the wait (an answer, the time, Ctrl-C)
also ends the child and all that it started. Output goes to files, since a pipe can be held open by a grandchild.
Limit: a grandchild that leaves the session on purpose outlives it; a sandbox placement is what holds that.
Not here: what the output means.
"""

import asyncio
import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

OUTPUT_BYTES_MAX = 4_000_000
FILE_BYTES_MAX = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child ended: `code` is None when the time was up or the program could not be started."""

    code: int | None
    output: str
    errors: str
    seconds: float

    @property
    def told(self) -> str:
        """Return the end of what it wrote, for people.

        >>> Ended(code=1, output="", errors="no such file", seconds=0.1).told
        'no such file'
        """
        return (self.errors.strip() or self.output.strip())[-2000:]


async def run_child(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], timeout_s: float, given: str = "", memory_bytes: int | None = None
) -> Ended:
    r"""Run a command with `given` on its standard input, and return how it ended.

    With `memory_bytes` each of its processes may take so much memory, and write files of one gigabyte (on Linux).

    >>> import sys
    >>> (await run_child((sys.executable, "-c", "print(input())"), cwd=Path(), environment={}, timeout_s=20, given="hello")).output
    'hello\n'
    """
    began = time.perf_counter()
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        source.write(given.encode())
        source.seek(0)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=source, stdout=output, stderr=errors, cwd=cwd, env=dict(environment), start_new_session=True
            )
        except OSError as error:
            return Ended(code=None, output="", errors=f"it could not be started: {error}", seconds=time.perf_counter() - began)
        if memory_bytes is not None:
            _confine(process.pid, memory_bytes)
        code = await _ending(process, timeout_s)
        return Ended(code=code, output=_text(output), errors=_text(errors), seconds=time.perf_counter() - began)


def _confine(pid: int, memory_bytes: int) -> None:
    most = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: FILE_BYTES_MAX}
    for kind, limit in most.items():
        if sys.platform == "linux":
            with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):  # it has ended, or may take less already
                resource.prlimit(pid, kind, (limit, limit))


async def _ending(process: asyncio.subprocess.Process, timeout_s: float) -> int | None:
    try:
        async with asyncio.timeout(timeout_s):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())


def _text(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - OUTPUT_BYTES_MAX))
    return file.read().decode("utf-8", "replace")


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment that holds nothing of this process's but the path of programs.

    >>> sorted(clean_environment(Path("home"), PYTHONPATH="x"))[:3]
    ['HOME', 'LC_ALL', 'PATH']
    """
    return {
        "PATH": os.defpath, "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1", **more,
    }  # fmt: skip
