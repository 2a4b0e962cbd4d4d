"""What this machine can enforce on a worker, and what that means: found out by doing it.

Why: the same kernel allows other things to root, to a user, and inside a container; only trying tells. It is tried in a
process of its own, because what a process gives up it does not get back.
Not here: printing (`cli.doctor`), attacking (`planaria.attack`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from planaria.kernel.error import PlanariaError
from planaria.placement.sandbox import landlock
from planaria.placement.sandbox.confinement import confine
from planaria.placement.sandbox.error import Unenforceable
from planaria.placement.sandbox.group import Home
from planaria.placement.sandbox.identity import FIRST, SYS_ADMIN, claim, has_capability, needs_claim
from planaria.placement.sandbox.namespace import could_enter
from planaria.placement.sandbox.policy import MEGABYTE, Policy
from planaria.placement.sandbox.system_call import here

Level = Literal["well", "watch", "wrong"]
_NEWEST = max(landlock.MEANINGS)
_TRYING_S_MAX = 30
_TREE = "allow user namespaces to planaria (sysctl, AppArmor, or the container's seccomp profile), or run it with CAP_SYS_ADMIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One thing that the sandbox can or cannot do here, what that means, and what to do where it is not well."""

    name: str
    level: Level
    value: str
    meaning: str
    cure: str = ""


def machine() -> tuple[Ability, ...]:
    """Return what this machine can enforce. Starts a process for it, which takes about 0.2 s.

    >>> [one.name for one in machine()][:2]
    ['system calls', 'files']
    """
    program = "import sys; sys.path.insert(0, sys.argv[1]); from planaria.placement.sandbox.machine import tell; tell()"
    source = str(Path(__file__).parents[3])
    command = [sys.executable, "-I", "-c", program, source]
    try:
        ran = subprocess.run(command, capture_output=True, check=True, timeout=_TRYING_S_MAX, stdin=subprocess.DEVNULL, env={})
        return tuple(Ability(**one) for one in json.loads(ran.stdout))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        meaning = "no cell can be placed in a process of its own"
        return (
            Ability(name="sandbox", level="wrong", value=f"it cannot be tried: {error}", meaning=meaning, cure="run planaria on Linux"),
        )


def tell() -> None:
    """Print what this process can enforce as JSON; for a process that was started for it and ends afterwards."""
    sys.stdout.write(json.dumps([asdict(one) for one in abilities(tries())]))


def tries() -> dict[str, Any]:
    """Try everything once, each in a child; return what came of it as plain data."""
    try:
        architecture = here().name
    except Unenforceable as error:
        return {"architecture": None, "refusal": error.plain()}
    claimed = claim() if needs_claim() else None
    uid = claimed.uid if claimed else None
    home = Home.find()
    try:
        return {
            "architecture": architecture,
            "landlock": landlock.version(),
            "confined": _try(Policy(uid=uid)),
            "with_scratch": _try(Policy(uid=uid, scratch_bytes=MEGABYTE)),
            "namespaces": could_enter(_zygote_namespaces()),
            "is_root": needs_claim(),
            "group": None if home is None else list(home.controllers),
        }
    finally:
        if claimed:
            claimed.close()


def _zygote_namespaces() -> tuple[str, ...]:
    names = ("mount", "pid", "ipc", "uts", "net")
    return names if has_capability(SYS_ADMIN) else ("user", *names)


def _try(policy: Policy) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told = confine(policy, keep=(writing,)).plain()
        except PlanariaError as error:
            told = {"refusal": error.plain()}
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return dict(json.loads(text)) if text else {"refusal": {"what": "the process that tried it ended", "fix": "report it"}}


def abilities(tried: dict[str, Any]) -> Iterator[Ability]:
    """Say what came of trying.

    >>> refusal = {"what": "no sandbox for darwin", "fix": "use Linux"}
    >>> [one.level for one in abilities({"architecture": None, "refusal": refusal})]
    ['wrong']
    """
    refusal = tried["refusal"] if tried["architecture"] is None else tried["confined"].get("refusal")
    if refusal is not None:
        meaning = 'placement "process" refuses every cell'
        yield Ability(name="sandbox", level="wrong", value=refusal["what"], meaning=meaning, cure=refusal["fix"])
        return
    yield Ability(
        name="system calls",
        level="well",
        value=f"seccomp allow list for {tried['architecture']}",
        meaning="no sockets, no programs, no tracing, nothing of the kernel but what a worker needs",
    )
    yield _files(tried["landlock"])
    yield _names(tried["confined"])
    yield _scratch(tried["with_scratch"])
    yield _namespaces(tried)
    yield _user(tried)
    yield _group(tried["group"])
    yield Ability(
        name="clock and addresses",
        level="watch",
        value="cannot be withheld",
        meaning="a worker reads the time, and chance from timing, whatever its contract declares",
        cure='place the cell "wasm" where that matters',
    )


def _files(version: int) -> Ability:
    lacking = [text for number, text in landlock.MEANINGS.items() if number > version]
    meaning = "; ".join(text for number, text in landlock.MEANINGS.items() if number <= version)
    meaning += f"; without: {'; '.join(lacking)} (the list of system calls stands in)" if lacking else ""
    level: Level = "well" if version >= landlock.MEANINGS_COMPLETE else "watch"
    cure = "" if level == "well" else "use a newer kernel: both layers then guard each of these"
    return Ability(name="files", level=level, value=f"Landlock {version} of {_NEWEST}", meaning=meaning, cure=cure)


def _names(confined: dict[str, Any]) -> Ability:
    if confined["tree"]:
        meaning = "a worker sees only the files it may read; others do not even have a name, and there is no /proc"
        return Ability(name="file tree", level="well", value="of its own, for each worker", meaning=meaning)
    meaning = "a worker cannot open other files, but can ask whether they are there, how large and how old they are"
    return Ability(name="file tree", level="watch", value=f"shared: {confined['tree_missing']}", meaning=meaning, cure=_TREE)


def _scratch(confined: dict[str, Any]) -> Ability:
    refusal = confined.get("refusal")
    if refusal is None:
        return Ability(name="scratch", level="well", value="in memory, limited in size", meaning="scratch_mb= can be given")
    meaning = "a cell that asks for scratch_mb refuses to start"
    return Ability(name="scratch", level="watch", value=refusal["what"], meaning=meaning, cure=_TREE)


def _namespaces(tried: dict[str, Any]) -> Ability:
    if tried["namespaces"] is None:
        meaning = "workers have no network, see no other processes, and end with planaria, by a second layer too"
        return Ability(name="namespaces", level="well", value="mount, pid, ipc, uts, net", meaning=meaning)
    meaning = "network and processes are kept from workers by the list of system calls alone"
    return Ability(name="namespaces", level="watch", value=f"none: {tried['namespaces']}", meaning=meaning, cure=_TREE)


def _user(tried: dict[str, Any]) -> Ability:
    confined = tried["confined"]
    if tried["is_root"]:
        meaning = "each worker is a user that owns nothing; its threads are counted apart"
        return Ability(name="user", level="well", value=f"one for each worker, from {FIRST} on", meaning=meaning)
    if "user" in confined["namespaces"]:
        meaning = "workers are planaria's own user, without capabilities; their threads are counted apart"
        return Ability(name="user", level="well", value="planaria's, in a namespace of its own", meaning=meaning)
    meaning = "workers are planaria's own user; threads are counted together with that user's others, so that limit is coarse"
    return Ability(name="user", level="watch", value="planaria's", meaning=meaning, cure=_TREE)


def _group(controllers: list[str] | None) -> Ability:
    meaning = "memory and threads are limited for each process"
    cure = "delegate a cgroup v2 to planaria (systemd: Delegate=yes, with planaria in a group below it)"
    if controllers is None:
        return Ability(name="control groups", level="watch", value="cgroup v2 is not delegated to planaria", meaning=meaning, cure=cure)
    if not controllers:
        return Ability(name="control groups", level="watch", value="to end workers whole; nothing is limited", meaning=meaning, cure=cure)
    meaning = "memory and threads are limited for a worker and all that it starts, together"
    return Ability(name="control groups", level="well", value=", ".join(controllers), meaning=meaning)
