"""The program of the stage: `python -m planaria.witness.stage.program DESCRIPTOR [unconfined]` forks an actor for each order.

Why: a fork of a warm process takes milliseconds, so an actor that hangs or dies costs little. It forks before anything of the
versions is loaded; the child confines itself for good, loads, and plays until its judge hangs up.
Decision D-134: an actor that cannot be confined does not play. Because the code of strangers runs in a sandbox or not at all, unless
an operator has decided otherwise (D-058). Revisit when D-058 is.
Not here: what an actor plays (`player`), the judge's end (`actor`).
"""

import contextlib
import functools
import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from planaria.placement.sandbox.confinement import confine, prepare
from planaria.placement.sandbox.error import Unenforceable
from planaria.placement.sandbox.identity import claim, needs_claim
from planaria.placement.sandbox.policy import MEGABYTE, Policy
from planaria.placement.sandbox.runtime import runtime_paths
from planaria.placement.sandbox.system_call import library
from planaria.witness.stage.player import Player

WARM = (
    "bisect", "copy", "dataclasses", "datetime", "decimal", "heapq", "itertools", "math", "random", "statistics", "string", "typing",
)  # fmt: skip
ORDER_BYTES_MAX = 1 << 20
MEMORY_BYTES, SCRATCH_BYTES, CPU_S = 1024 * MEGABYTE, 16 * MEGABYTE, 600
UNCONFINED = {
    resource.RLIMIT_AS: 4 * MEMORY_BYTES,
    resource.RLIMIT_CPU: CPU_S,
    resource.RLIMIT_FSIZE: 64 * MEGABYTE,
    resource.RLIMIT_CORE: 0,
}
DEATH_SIGNAL, ADOPT = 1, 36
STAGE = "planaria.witness.stage"
_written = json.JSONEncoder(separators=(",", ":")).encode  # held, since the code may replace it


def serve(control: socket.socket, *, confined: bool) -> None:
    """Fork actors as the control socket asks, and say how they ended, until the judge hangs up; then end them all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    library().prctl(ADOPT, 1, 0, 0, 0)  # what an actor started and left behind becomes a child of this process
    runtime_paths()
    for name in WARM:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    actors: set[int] = set()
    try:
        with contextlib.suppress(ConnectionError):  # the judge has ended
            while (got := socket.recv_fds(control, ORDER_BYTES_MAX, 1))[0]:
                asked = json.loads(got[0])
                if "ended" in asked:
                    answer = _ended(asked["ended"], actors, alone=confined)
                else:
                    answer = {"pid": _forked(asked, control, got[1][0], confined=confined)}
                    actors.add(answer["pid"])
                control.send(_written(answer).encode())
    finally:
        for pid in tuple(actors):
            _ended(pid, actors, alone=confined)


def _forked(order: Mapping[str, Any], control: socket.socket, descriptor: int, *, confined: bool) -> int:
    if confined:
        with contextlib.suppress(Unenforceable):  # the actor meets it again, and says so
            prepare(_policy(order))
    zygote = os.getpid()
    pid = os.fork()
    if not pid:
        control.close()
        _play(order, socket.socket(fileno=descriptor), zygote, confined=confined)
    os.close(descriptor)
    return pid


def _ended(pid: int, actors: set[int], *, alone: bool) -> dict[str, Any]:
    """End an actor with its group, and those that left it, which one that is confined cannot have; say how it ended."""
    if pid not in actors:
        return {"status": 0, "cpu_s": 0.0}
    for end in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError):
            end(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    actors.discard(pid)
    while not alone and (left := _children() - actors):
        for one in left:
            os.kill(one, signal.SIGKILL)
            os.waitpid(one, 0)
    return {"status": os.waitstatus_to_exitcode(status), "cpu_s": usage.ru_utime + usage.ru_stime}


def _children() -> set[int]:
    found, own = set(), str(os.getpid())
    for name in os.listdir("/proc"):  # noqa: PTH208 - a Path for each would take ten times as long
        with contextlib.suppress(OSError):
            if name.isdigit() and Path("/proc", name, "stat").read_text(errors="replace").rpartition(") ")[2].split()[1] == own:
                found.add(int(name))
    return found


def _policy(order: Mapping[str, Any]) -> Policy:
    uid = None
    if needs_claim():
        with contextlib.closing(claim()) as claimed:
            uid = claimed.uid  # the number is not held, as its socket is nothing to leave inside; the filter keeps two apart that share it
    reads = (order["folder"], *filter(None, [order.get("contract")]))
    return Policy(
        reads=reads,
        memory_bytes=order["memory_mb"] * MEGABYTE,
        cpu_s=CPU_S,
        uid=uid,
        scratch_bytes=SCRATCH_BYTES if order.get("scratch") else 0,
    )


def _play(order: Mapping[str, Any], judge: socket.socket, zygote: int, *, confined: bool) -> None:
    """Be an actor: confine, load, play, and end."""
    status, own, end = 1, os.getpid(), os._exit
    say = _sayer(judge)
    try:
        os.setsid()
        _quiet()
        for name in order["warm"]:
            importlib.import_module(name)
        player = Player(order)
        if confined:
            player.scratch = confine(_policy(order), keep={judge.fileno()}, parent=zygote).scratch or ""
        else:
            _limit(player.scratch, zygote)
        os.register_at_fork(after_in_child=functools.partial(os.close, judge.fileno()))  # a child that the code forks says nothing
        _hide()
        player.load(order)
        say({"failed": player.failed})
        status = _answer(player, judge, say)
    except BaseException as error:  # noqa: BLE001 - the judge is told why
        with contextlib.suppress(OSError):
            say({"error": f"{type(error).__name__}: {error}"[:4000]})
    finally:
        end(status if os.getpid() == own else 0)


def _limit(scratch: str, zygote: int) -> None:
    os.chdir(scratch or "/")
    for what, most in UNCONFINED.items():
        resource.setrlimit(what, (most, most))
    library().prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != zygote:
        os._exit(1)


def _hide() -> None:
    """Leave no more of the stage in sight than its frames."""
    sys.dont_write_bytecode = True
    sys.argv[:] = [""]
    sys.modules["__main__"] = types.ModuleType("__main__")
    for name in [one for one in sys.modules if one.startswith(STAGE)]:
        del sys.modules[name]


def _quiet() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for one in (0, 1, 2):
        os.dup2(nothing, one)
    os.close(nothing)


def _sayer(judge: socket.socket) -> Callable[[Mapping[str, Any]], None]:
    send, write = judge.sendall, _written  # held, since the code may replace them
    return lambda message: send(write(message).encode() + b"\n")


def _answer(player: Player, judge: socket.socket, say: Callable[[Mapping[str, Any]], None]) -> int:
    """Answer the judge's lines until it hangs up; 3 when the process is no longer fit for another script."""
    read, play = json.loads, player.play
    with judge.makefile("rb") as lines:
        for line in lines:
            asked = read(line)
            reply = {"token": asked["token"]}
            if "time" in asked:
                say({**reply, "ns": [player.measured(one, asked["least_s"]) for one in asked["time"]]})
                continue
            if "sum" in asked:
                say({**reply, **player.summed_up()})
                continue
            for number, script in enumerate(asked["scripts"]):
                before = len(player.tracer.arcs)
                outcomes, fit = play(script, call_s=asked["call_s"], traced=asked["traced"])
                told = {**reply, "number": number, "outcomes": outcomes, "news": len(player.tracer.arcs) - before}
                if not fit:
                    player.rest()
                    say({**told, "leaving": player.summed_up()})
                    return 3
                say(told)
            if not asked["scripts"]:
                player.rest()
                say(reply)
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), confined="unconfined" not in sys.argv[2:])
