"""A program that confines a process of its own as asked, runs a piece of Python in it, and tells what came of it.

It reads a request of JSON from its input and prints an answer of JSON. Machines differ, so it can begin in several ways:
`natural`: as whoever runs the tests; `user`: as an ordinary user; `plain`: the same where the kernel gives no namespaces, as
in most containers; `capless`: as root without CAP_SYS_ADMIN and without namespaces; `owner`: as root without CAP_SYS_ADMIN,
but with user namespaces. All but the first need root. `refused` is `natural` without namespaces.
"""

import base64
import ctypes
import functools
import json
import os
import struct
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from planaria.kernel.error import PlanariaError
from planaria.placement.sandbox import filter as filters
from planaria.placement.sandbox import identity, namespace, tree
from planaria.placement.sandbox.confinement import confine, prepare
from planaria.placement.sandbox.policy import Policy
from planaria.placement.sandbox.runtime import runtime_paths
from planaria.placement.sandbox.system_call import attempt, here, library

ORDINARY = 4242
ADMINISTRATOR = identity.needs_claim() and identity.has_capability(identity.SYS_ADMIN)
WAYS = ("natural", "user", "plain", "capless", "owner") if ADMINISTRATOR else ("natural", "refused")
NAMELESS = ("plain", "capless") if ADMINISTRATOR else ("refused",)
MACHINE = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/var", "/sys", "/opt", "/srv")
Answer = dict[str, Any]


def ask(body: str = "", *, way: str = "natural", policy: dict[str, Any] | None = None, **more: Any) -> Answer:
    """Run this program, and return its answer: `told`, `confinement` or `error`, `status`, `entered`."""
    request = {"body": body, "way": way, "policy": policy or {}, **more}
    command = [sys.executable, "-I", __file__]
    ran = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@functools.cache
def has_tree(way: str) -> bool:
    """Tell whether a worker that begins this way gets a file tree of its own on this machine."""
    return bool(ask(way=way)["confinement"]["tree"])


def open_up(also: Sequence[str]) -> None:
    """Show this process a machine on which other users reach the interpreter, whatever the folders above it say."""
    namespace.enter(("mount",))
    namespace.keep_mounts()
    paths = [*MACHINE, *runtime_paths(), sys.prefix, sys.base_prefix, *also]
    binds = [tree.Bind(path=path, is_folder=Path(path).is_dir()) for path in paths if Path(path).exists()]
    binds += [tree.Bind(path=path, is_folder=True, writable=True, device=True) for path in ("/proc", "/dev")]
    tree.enter(tree.build(tree.plan_of(binds), scratch_bytes=0, owner=(0, 0)))


def refuse_namespaces() -> None:
    """Refuse unshare and new namespaces by clone, as container engines do."""
    numbers = here().numbers
    flags = sum(namespace.FLAGS.values())
    lines = [(0x20, 0, 0, 0), (0x15, 3, 0, numbers["unshare"]), (0x15, 0, 3, numbers["clone"]), (0x20, 0, 0, 16), (0x45, 0, 1, flags)]
    lines += [(0x06, 0, 0, filters.RETURN_ERROR | 1), (0x06, 0, 0, filters.RETURN_ALLOW)]
    library().prctl(38, 1, 0, 0, 0)
    filters.install(b"".join(struct.pack("=HBBI", *line) for line in lines))


def give_up_administration() -> None:
    """Keep CAP_SETUID, CAP_SETGID, CAP_SETPCAP and CAP_KILL of root, and nothing else."""
    kept = sum(1 << number for number in (identity.SETUID, identity.SETGID, 8, 5))
    header = struct.pack("=Ii", 0x20080522, 0)
    attempt("capset", ctypes.c_char_p(header), ctypes.c_char_p(struct.pack("=IIIIII", kept, kept, 0, 0, 0, 0)))


def begin(way: str, also: Sequence[str]) -> None:
    if way not in ("natural", "refused"):
        open_up(also)
    if way in ("user", "plain"):
        identity.become(ORDINARY)
    if way in ("capless", "owner"):
        give_up_administration()
    if way in ("plain", "capless", "refused"):
        refuse_namespaces()


def in_child(action: Callable[[int], Answer]) -> Answer:
    """Run an action in a child, and return what it returned; what was measured of it comes along."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            told = safely(lambda: measured(lambda: action(writing)))
            data = json.dumps(told, default=str).encode()
            while data:
                data = data[os.write(writing, data) :]
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answered: Answer = json.loads(stream.read() or b"{}")
    return {"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])} | answered


def measured(action: Callable[[], Answer]) -> Answer:
    """Measure which lines an action runs, where this run is measured: a confined process cannot write that down itself."""
    coverage: Any = sys.modules.get("coverage")
    outer = coverage.Coverage.current() if coverage else None
    if outer is None:
        return safely(action)
    outer.stop()

    os.environ.pop("COVERAGE_FILE", None)  # nothing is written from here
    inner = coverage.Coverage(data_file=None, branch=True, source_pkgs=["planaria"], config_file=False)
    inner.start()
    told = safely(action)
    inner.stop()
    lines = base64.b64encode(inner.get_data().dumps()).decode()
    return told | {"measured": [*told.get("measured", []), lines]}


def keep_measured(told: Answer) -> None:
    coverage: Any = sys.modules.get("coverage")
    outer: Any = coverage.Coverage.current() if coverage else None
    for lines in told.pop("measured", []) if outer else []:
        data = coverage.CoverageData(basename=outer.config.data_file, suffix=True)
        loaded = coverage.CoverageData(no_disk=True)
        loaded.loads(base64.b64decode(lines))
        data.add_arcs({path: arcs for path in loaded.measured_files() if (arcs := loaded.arcs(path))})
        data.write()


def safely(action: Callable[[], Answer]) -> Answer:
    try:
        return action()
    except PlanariaError as error:
        return {"error": error.plain()}
    except BaseException as error:
        return {"broken": "".join(traceback.format_exception(error))}


def zygote(request: dict[str, Any]) -> Answer:
    begin(request["way"], request.get("also", []))
    entered = namespace.enter_namespaces(network=request.get("network", False)) if request.get("zygote") else ()

    def start(_: int) -> Answer:
        return worker(request)

    told = in_child(start) if "pid" in entered else start(0)
    return told | {"entered": list(entered)}


def worker(request: dict[str, Any]) -> Answer:
    given: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in request["policy"].items()}
    policy = Policy(**given)
    noted: Answer = {}
    exec(compile(request.get("before", ""), "before", "exec"), {"noted": noted})
    if request.get("prepare", True):
        prepare(policy)
    parent = os.getpid() + request.get("stranger", 0)

    def confined(writing: int) -> Answer:
        confinement = confine(policy, keep=(writing, *request.get("keep", ())), parent=parent)
        names: dict[str, Any] = {"attempt": tried, "confinement": confinement, "told": {}, "parent": parent}
        exec(compile(request["body"], "body", "exec"), names)
        return {"confinement": confinement.plain(), "told": names["told"]}

    return in_child(confined) | {"noted": noted}


def tried(action: Callable[[], Any]) -> str:
    """Return what an action returns as text, or the name of the error that it raises."""
    try:
        return str(action())
    except OSError as error:
        return type(error).__name__ if type(error) is not OSError else str(error.strerror)
    except BaseException as error:
        return type(error).__name__


def main() -> None:
    request = json.loads(sys.stdin.read())
    if identity.needs_claim() and "uid" not in request["policy"] and request["way"] not in ("user", "plain"):
        request["policy"]["uid"] = identity.FIRST + os.getpid() % (identity.LAST - identity.FIRST)
    told = in_child(lambda _: zygote(request))
    keep_measured(told)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
