"""The canary: a process of the host's user that tells what reached it.

Why: a signal, a priority or a limit leaves no file behind; whoever got it must say so.
Not here: what is sent to it (`target.impl.signalling`).
"""

import asyncio
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

PROGRAM = """
import signal, sys
seen = []
signal.signal(signal.SIGURG, lambda *_: seen.append("urgent"))
signal.signal(signal.SIGIO, lambda *_: seen.append("urgent"))
for _ in sys.stdin:
    count = len(seen)
    del seen[:count]
    sys.stdout.write(f"{count}\\n")
    sys.stdout.flush()
"""
NICE, CORE = 1, 65_536


class Canary:
    """Start, ask, stop.

    >>> canary = Canary()
    >>> await canary.start()
    >>> os.kill(canary.pid, signal.SIGURG)
    >>> await canary.observed()
    ['the canary was signalled']
    >>> await canary.stop()
    """

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self.processors: set[int] = set()
        self.limits = (0, 0)
        self.nice = 0

    @property
    def pid(self) -> int:
        """Return its number."""
        assert self.process is not None, "it was started"
        return self.process.pid

    async def start(self) -> None:
        """Start it, in the group of processes of the host."""
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(sys.executable, "-Ic", PROGRAM, stdin=pipe, stdout=pipe)
        await self._signals()
        with suppress(OSError, ValueError):
            resource.prlimit(self.pid, resource.RLIMIT_CORE, (CORE, CORE))
        self.processors, self.limits, self.nice = self._state()

    def _state(self) -> tuple[set[int], tuple[int, int], int]:
        return os.sched_getaffinity(self.pid), resource.prlimit(self.pid, resource.RLIMIT_CORE), os.getpriority(os.PRIO_PROCESS, self.pid)

    def _is_traced(self) -> bool:
        return "TracerPid:\t0" not in Path(f"/proc/{self.pid}/status").read_text()

    async def _signals(self) -> int:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"?\n")
        return int(await self.process.stdout.readline() or b"0")

    async def observed(self) -> list[str]:
        """Return what reached it since the last time; a canary that is gone or changed is replaced."""
        assert self.process is not None, "it was started"
        told = []
        if self.process.returncode is not None:
            told.append(f"the canary ended: {self.process.returncode}")
            await self.start()
            return told
        if await self._signals():
            told.append("the canary was signalled")
        if self._state() != (self.processors, self.limits, self.nice):
            told.append("the canary was slowed or limited")
            self.processors, self.limits, self.nice = self._state()
        if self._is_traced():
            told.append("the canary is traced")
        return told

    async def stop(self) -> None:
        """End it."""
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
            assert self.process.stdin is not None
            self.process.stdin.close()
            await self.process.wait()
