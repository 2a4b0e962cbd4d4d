"""The zygote: a warm process that forks a worker for each seat, and ends with its host.

Why: a fresh interpreter takes a fifth of a second and 15 MB, a fork of a warm one a few milliseconds and little memory. It
is a program of its own, never a fork of the host, whose memory holds keys and whose descriptors hold the store.
Decision D-072: only contracts are imported here, never an implementation. Because what is imported before the fork is in
every worker, and runs before the sandbox. Revisit when: never.
Not here: what a worker does after its fork (`worker`), asking for one (`nursery`).
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Collection, Sequence

import msgspec

from planaria.placement.process.message import Exited, Spawn, Spawned, trouble
from planaria.placement.process.worker import live, say_last
from planaria.placement.sandbox.confinement import confine, prepare
from planaria.placement.sandbox.error import Unenforceable
from planaria.placement.sandbox.namespace import enter_namespaces
from planaria.placement.sandbox.runtime import runtime_paths
from planaria.placement.sandbox.system_call import library

WARM = ("datetime", "decimal", "enum", "html.parser", "http.client", "re", "ssl", "statistics", "urllib.parse", "uuid", "zoneinfo")
MESSAGE_MAX = 1 << 20
DEATH_SIGNAL, ADOPT = 1, 36
DESCRIPTORS = 5
READY = Spawned(number=0, pid=0)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Spawn).decode


def begin(control: socket.socket) -> None:
    """Enter namespaces where they can be had, and serve in them; the first process of a pid namespace ends all others with it."""
    runtime_paths()
    if "pid" in enter_namespaces():
        inner = os.fork()
        if inner:
            control.close()
            os.waitpid(inner, 0)
            os._exit(0)
        die_with_parent()
    for name in WARM:
        importlib.import_module(name)
    serve(control)


def serve(control: socket.socket) -> None:
    """Fork workers as the control socket asks, and report those that end; end all with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    library().prctl(ADOPT, 1, 0, 0, 0)  # what a worker started and left behind becomes a child of this process
    workers: dict[int, bool] = {}
    control.send(_encode(READY))
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(woken, select.POLLIN)
    gc.collect()
    gc.freeze()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while True:
            ready = {one for one, _ in poll.poll()}
            if woken in ready:
                os.read(woken, 4096)
                _reap(control, workers)
            if control.fileno() in ready and not _answer(control, workers):
                break
    left = any(workers.values())
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while left:
            os.waitpid(-1, 0)
            _end_orphans(workers)
    os._exit(0)


def _reap(control: socket.socket, workers: dict[int, bool]) -> None:
    left = False
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            left |= workers.get(ended[0], True)
            if ended[0] in workers:
                del workers[ended[0]]
                control.send(_encode(Exited(pid=ended[0], code=os.waitstatus_to_exitcode(ended[1]))))
    if left:
        _end_orphans(workers)


def _end_orphans(workers: Collection[int]) -> None:
    """End what a worker that may start programs has left behind; what that leaves is ended when it was reaped."""
    # This process and its children may have other numbers there than in their namespace.
    own = os.readlink("/proc/self").encode()  # noqa: PTH115 - a Path would keep the name of every process
    for name in os.listdir("/proc"):  # noqa: PTH208 - as above
        with contextlib.suppress(OSError):
            if name.isdigit():
                with open(f"/proc/{name}/status", "rb") as file:  # noqa: PTH123 - as above
                    said = dict(line.split(b":", 1) for line in file if line.startswith((b"PPid", b"Pid", b"NSpid")))
                pid = int(said.get(b"NSpid", said[b"Pid"]).split()[-1])
                if said[b"PPid"].strip() == own and pid not in workers:
                    os.kill(pid, signal.SIGKILL)


def _answer(control: socket.socket, workers: dict[int, bool]) -> bool:
    """Fork one worker; false at the end of the host."""
    data, descriptors, _, _ = socket.recv_fds(control, MESSAGE_MAX, DESCRIPTORS)
    if not data:
        return False
    asked = _decode(data)
    try:
        for name in asked.modules:
            importlib.import_module(name)
        if asked.modules:
            gc.freeze()
        prepare(asked.policy)
        pid = _fork(asked, descriptors)
        workers[pid] = asked.policy.spawn
        pidfd = os.pidfd_open(pid)
        socket.send_fds(control, [_encode(Spawned(number=asked.number, pid=pid))], [pidfd])
        os.close(pidfd)
    except Exception as error:  # noqa: BLE001 - a contract may raise anything while it is imported; the host is told
        control.send(_encode(Spawned(number=asked.number, pid=0, error=f"{type(error).__name__}: {error}"[:2000])))
    finally:
        for one in descriptors:
            os.close(one)
    return True


def _fork(asked: Spawn, descriptors: Sequence[int]) -> int:
    zygote = os.getpid()
    pid = os.fork()
    if not pid:
        run_child(lambda: _become(asked, descriptors, zygote))
    return pid


def die_with_parent() -> None:
    """End this process when the one that forked it ends."""
    library().prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def run_child(body: Callable[[], None]) -> None:
    """Run what a forked child does, and end the process whatever happens."""
    code = 1
    try:
        body()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException as error:  # noqa: BLE001 - nothing may run on in a copy of the zygote
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code & 0xFF)


def _become(asked: Spawn, descriptors: Sequence[int], zygote: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output, *lines = descriptors
    for standard in (1, 2):
        os.dup2(output, standard)
    sockets = [socket.socket(fileno=one) for one in lines]
    try:
        confine(asked.policy, keep=lines, parent=zygote)
    except Unenforceable as error:
        say_last(sockets[0], trouble(error))
        return
    live(*sockets)
