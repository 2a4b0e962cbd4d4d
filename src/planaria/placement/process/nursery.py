"""The nursery: starts the zygote, asks it for workers, and hears of those that end.

Why: one zygote serves all seats of a placement. It is started at the first need, because most systems have none, and
again when it was lost, because a lost zygote takes all its workers along.
Not here: what the zygote does (`zygote`), what is said to a worker (`seat`).
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from planaria.placement.process.error import ZygoteFailed
from planaria.placement.process.message import Spawn, clean
from planaria.placement.sandbox.policy import Policy

BOOT = (
    "import json, socket, sys; control = socket.socket(fileno=int(sys.argv[1])); sys.path[:] = json.loads(control.recv(1 << 20)); "
    "from planaria.placement.process.zygote import begin; begin(control)"
)
ENVIRONMENT = {  # the allocator keeps what it has: a worker's few large values would else be paid for in page faults
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "8388608",
    "MALLOC_TOP_PAD_": "262144",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
START_S = 20.0
MESSAGE_MAX = 1 << 20
_encode = msgspec.msgpack.Encoder().encode
Ended = Callable[[int | None], None]


@dataclass(frozen=False, slots=True)
class Child:
    """A worker: its process id, and a descriptor that stands for it alone; -1 once it was let go."""

    pid: int
    pidfd: int

    def kill(self) -> None:
        """End it, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            if self.pidfd >= 0:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)


class Nursery:
    """Start workers in confined children of one zygote; belongs to the loop that first uses it."""

    def __init__(self) -> None:
        self.zygote: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.stderr = -1
        self.loop: asyncio.AbstractEventLoop | None = None
        self.asked: dict[int, tuple[asyncio.Future[Child], Ended]] = {}
        self.children: dict[int, Ended] = {}
        self.imported: set[str] = set()
        self.starting = asyncio.Lock()
        self.ready: asyncio.Future[None] | None = None
        self.gone: asyncio.Future[None] | None = None
        self.number = 0

    async def spawn(self, modules: Sequence[str], policy: Policy, descriptors: Sequence[int], ended: Ended) -> Child:
        """Fork a worker; `ended` is told its exit code when it is gone, or None when that is not known.

        Raises:
            ZygoteFailed: PLN-P502.
        """
        await self.warm()
        assert self.control is not None, "it has started"
        self.number += 1
        new, answer = tuple(one for one in modules if one not in self.imported), asyncio.get_running_loop().create_future()
        self.asked[self.number] = (answer, ended)
        try:
            socket.send_fds(self.control, [_encode(Spawn(number=self.number, modules=new, policy=policy))], list(descriptors))
        except OSError as error:
            del self.asked[self.number]
            raise ZygoteFailed(text=str(error)) from error
        child: Child = await answer
        self.imported.update(new)
        return child

    async def warm(self) -> None:
        """Start the zygote now, so that the first worker need not wait for it."""
        async with self.starting:
            if self.control is None or self.loop is not asyncio.get_running_loop():
                await self._start()

    async def close(self) -> None:
        """End the zygote, and with it every worker; safe to call twice."""
        if self.zygote is None:
            return
        zygote, self.zygote = self.zygote, None
        zygote.kill()
        if self.gone is not None and self.loop is asyncio.get_running_loop():
            await self.gone
        self._forget("the placement was closed")
        await asyncio.to_thread(zygote.wait)

    async def _start(self) -> None:
        await self.close()
        self.loop, self.imported = asyncio.get_running_loop(), set()
        self.ready, self.gone = self.loop.create_future(), self.loop.create_future()
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.stderr, stderr = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        command = [sys.executable, "-I", "-c", BOOT, str(theirs.fileno())]
        try:
            self.zygote = subprocess.Popen(  # noqa: ASYNC220 - it only forks and executes: about a millisecond
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, pass_fds=[theirs.fileno()], cwd="/",
                env=ENVIRONMENT, process_group=0,
            )  # fmt: skip
        except OSError as error:
            mine.close()
            raise ZygoteFailed(text=str(error)) from error
        finally:
            theirs.close()
            os.close(stderr)
        self.control = mine
        mine.settimeout(0)
        mine.send(_module_path())
        self.loop.add_reader(mine.fileno(), self._readable)
        try:
            async with asyncio.timeout(START_S):
                await self.ready
        except TimeoutError:
            await self.close()
            raise ZygoteFailed(text=f"the zygote was not ready within {START_S} s") from None

    def _readable(self) -> None:
        assert self.control is not None, "it is closed only after its reader was removed"
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, MESSAGE_MAX, 1)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if not data:
            self._forget(f"the zygote ended: {self._last_words()}")
            return
        said = msgspec.msgpack.decode(data)
        if "code" in said:
            ended = self.children.pop(said["pid"], None)
            if ended is not None:
                ended(said["code"])
        elif said["number"] == 0:
            if self.ready is not None and not self.ready.done():
                self.ready.set_result(None)
        else:
            self._spawned(said, descriptors)

    def _spawned(self, said: dict[str, Any], descriptors: list[int]) -> None:
        answer, ended = self.asked.pop(said["number"])
        if said["error"]:
            if not answer.done():
                answer.set_exception(ZygoteFailed(text=said["error"]))
            return
        child = Child(_pid_of(descriptors[0]), descriptors[0])
        self.children[said["pid"]] = ended
        if answer.done():  # whoever asked is gone
            child.kill()
            os.close(child.pidfd)
        else:
            answer.set_result(child)

    def _last_words(self) -> str:
        try:
            text = os.read(self.stderr, 65_536).decode(errors="replace").strip()
        except (BlockingIOError, OSError):
            text = ""
        return clean(text[-1000:]) or "it said nothing"

    def _forget(self, text: str) -> None:
        """Let go of a zygote that is gone or will be, and tell everybody who waits."""
        if self.control is None:
            return
        if self.loop is not None and not self.loop.is_closed():
            self.loop.remove_reader(self.control.fileno())
        self.control.close()
        os.close(self.stderr)
        self.control, self.stderr = None, -1
        asked, self.asked = self.asked, {}
        children, self.children = self.children, {}
        for future in (self.ready, *(one for one, _ in asked.values())):
            if future is not None and not future.done():
                future.set_exception(ZygoteFailed(text=text))
        for ended in children.values():
            ended(None)
        if self.gone is not None and not self.gone.done():
            self.gone.set_result(None)


def _module_path() -> bytes:
    return json.dumps([str(Path(one).absolute()) for one in sys.path]).encode()


def _pid_of(pidfd: int) -> int:
    """Return the process id as this process sees it; the zygote may see another."""
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as lines:  # noqa: PTH123 - a Path would keep its name for good
        return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))
