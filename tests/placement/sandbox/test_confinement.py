import os
import platform
import signal
from pathlib import Path
from typing import Any

import pytest

from planaria.placement.sandbox.confinement import confine, prepare
from planaria.placement.sandbox.error import PathUnreachable, PolicyUnsound
from planaria.placement.sandbox.identity import needs_claim
from planaria.placement.sandbox.policy import MEGABYTE, Policy
from tests.placement.sandbox.worker import NAMELESS, WAYS, ask, has_tree

TRIES = """
import asyncio, ctypes, fcntl, mmap, os, resource, signal, socket, struct, sys, threading
from planaria.placement.sandbox.system_call import attempt as call, library
told["list"] = attempt(lambda: os.listdir("/etc"))
told["open"] = attempt(lambda: open("/etc/passwd").read(4))
told["stat"] = attempt(lambda: os.stat("/etc/passwd").st_mode > 0)
told["link"] = attempt(lambda: os.readlink("/proc/self/exe"))
told["resolved"] = attempt(lambda: os.path.realpath(threading.__file__) != "")
told["proc"] = attempt(lambda: open("/proc/self/status").read(4))
told["write"] = attempt(lambda: open("/etc/planaria", "w"))
told["chmod"] = attempt(lambda: os.chmod("/etc/passwd", 0o777))
told["shrink"] = attempt(lambda: os.open(threading.__file__, os.O_RDONLY | os.O_TRUNC))
told["import"] = attempt(lambda: __import__("xml.etree.ElementTree").__name__)
told["null"] = attempt(lambda: open("/dev/null", "w").write("x"))
told["chance"] = attempt(lambda: len(os.urandom(4)))
told["socket"] = attempt(lambda: socket.socket())
told["netlink"] = attempt(lambda: socket.socket(16, socket.SOCK_RAW))
told["pair"] = attempt(lambda: [one.close() for one in socket.socketpair()])
told["datagrams"] = attempt(lambda: socket.socketpair(type=socket.SOCK_DGRAM))
told["fork"] = attempt(os.fork)
told["run"] = attempt(lambda: os.execv("/bin/true", ["true"]))
told["loop"] = attempt(lambda: asyncio.run(asyncio.to_thread(lambda: 7)))
told["signal parent"] = attempt(lambda: os.kill(os.getppid(), 0))
told["signal all"] = attempt(lambda: os.kill(-1, 0))
told["signal itself"] = attempt(lambda: os.kill(os.getpid(), 0))
told["outlive"] = attempt(lambda: call("prctl", 1, 0, 0, 0, 0))
told["owner of a descriptor"] = attempt(lambda: fcntl.fcntl(0, fcntl.F_SETOWN, 1))
told["type into a terminal"] = attempt(lambda: fcntl.ioctl(0, 0x5412, b"x"))
told["become root"] = attempt(lambda: os.setresuid(0, 0, 0))
told["raise a limit"] = attempt(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)))
told["memory to write and run"] = attempt(lambda: mmap.mmap(-1, 4096, prot=7))
told["memory to run"] = attempt(lambda: mmap.mmap(-1, 4096, prot=5))
page = mmap.mmap(-1, 4096)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
told["written memory to run"] = attempt(lambda: call("mprotect", address, 4096, 5))
told["io_uring"] = attempt(lambda: call("io_uring_setup", 8, ctypes.create_string_buffer(120)))
told["memfd"] = attempt(lambda: os.memfd_create("x"))
told["keys"] = attempt(lambda: call("keyctl", 0, -3, 1))
told["trace"] = attempt(lambda: call("ptrace", 16, os.getppid(), 0, 0))
told["user namespace"] = attempt(lambda: call("unshare", 0x10000000))
told["process descriptor"] = attempt(lambda: call("pidfd_open", os.getppid(), 0))
told["newer call"] = attempt(lambda: library().syscall(ctypes.c_long(990)) and ctypes.get_errno())
told["memory"] = attempt(lambda: bytearray(400 << 20))
told["some memory"] = attempt(lambda: len(bytearray(100 << 20)))
gate = threading.Event()
threads = [threading.Thread(target=gate.wait) for _ in range(60)]
told["threads"] = attempt(lambda: [one.start() for one in threads])
told["thread count"] = threading.active_count()
gate.set()
opened = []
told["files"] = attempt(lambda: [opened.append(os.dup(0)) for _ in range(100)])
[os.close(one) for one in opened]
told["folder"] = attempt(os.getcwd)
told["user"] = [os.getuid(), os.getgroups()]
"""
DENIED = {
    "PermissionError": (
        "list",
        "chmod",
        "shrink",
        "socket",
        "netlink",
        "datagrams",
        "signal parent",
        "signal all",
        "become root",
        "memory to write and run",
        "memory to run",
        "written memory to run",
        "io_uring",
        "memfd",
        "keys",
        "trace",
        "user namespace",
        "process descriptor",
    ),
    "BlockingIOError": ("fork",),
    "Invalid argument": ("outlive", "owner of a descriptor"),
    "Inappropriate ioctl for device": ("type into a terminal",),
    "MemoryError": ("memory",),
    "RuntimeError": ("threads",),
    "Too many open files": ("files",),
}
GRANTED = {
    "import": "xml",
    "null": "1",
    "chance": "4",
    "pair": "[None, None]",
    "loop": "7",
    "signal itself": "None",
    "some memory": str(100 << 20),
}


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def told(way: str) -> dict[str, Any]:
    answer = ask(TRIES, way=way, zygote=way != "owner")
    assert answer.get("told"), answer
    return answer


def test_a_worker_gets_nothing_that_is_not_declared(told: dict[str, Any]) -> None:
    expected = {name: outcome for outcome, names in DENIED.items() for name in names}
    assert {name: told["told"][name] for name in expected} == expected
    assert told["told"]["run"] in ("PermissionError", "FileNotFoundError")
    assert told["told"]["raise a limit"] in ("PermissionError", "ValueError")
    assert told["told"]["open"] == told["told"]["proc"] in ("PermissionError", "FileNotFoundError")
    assert told["told"]["write"] in ("PermissionError", "Read-only file system", "FileNotFoundError")


def test_a_worker_gets_what_every_interpreter_needs(told: dict[str, Any]) -> None:
    assert {name: told["told"][name] for name in GRANTED} == GRANTED


def test_a_newer_call_is_answered_as_by_an_older_kernel(told: dict[str, Any]) -> None:
    assert told["told"]["newer call"] == "38"


def test_other_files_have_no_name_where_the_tree_is_to_be_had(told: dict[str, Any]) -> None:
    assert (told["told"]["stat"] == "FileNotFoundError") is told["confinement"]["tree"]
    assert bool(told["confinement"]["tree_missing"]) is not told["confinement"]["tree"]
    assert told["told"]["link"] == ("FileNotFoundError" if told["confinement"]["tree"] else "Invalid argument")
    assert told["told"]["folder"] == "/"


def test_a_worker_is_an_ordinary_user_with_no_other_groups_where_it_was_root(told: dict[str, Any]) -> None:
    user, groups = told["told"]["user"]
    assert user == told["confinement"]["uid"] != 0
    assert os.geteuid() != 0 or groups == []


def test_threads_are_limited(told: dict[str, Any]) -> None:
    assert told["told"]["thread count"] <= 60
    assert told["confinement"]["limits"]["RLIMIT_NPROC"] >= 32


def test_without_namespaces_a_worker_is_confined_all_the_same() -> None:
    answer = ask("told['uid'] = 1", way=NAMELESS[0], zygote=True)
    assert answer["entered"] == answer["confinement"]["namespaces"] == []
    assert not answer["confinement"]["tree"]
    assert answer["confinement"]["landlock"] > 0


SCRATCH = """
import os, sqlite3, tempfile
told["fill"] = attempt(lambda: open("big", "wb").write(bytes(4 << 20)))
os.unlink("big")
told["many"] = attempt(lambda: [open(str(one), "w").close() for one in range(2000)])
[os.unlink(one) for one in os.listdir(".")]
open("a", "w").write("x")
os.rename("a", "b")
store = sqlite3.connect("kept.sqlite")
store.execute("create table t (x)")
store.execute("insert into t values (7)")
store.commit()
told["row"] = store.execute("select x from t").fetchone()[0]
tempfile.tempdir = confinement.scratch
told["temporary"] = os.path.dirname(tempfile.mkstemp()[1])
told["mode"] = oct(os.stat(".").st_mode & 0o777)
told["link"] = attempt(lambda: os.symlink("/etc/passwd", "link"))
"""


@pytest.mark.parametrize("way", WAYS)
def test_scratch_holds_what_it_may_hold_or_is_refused_where_its_size_cannot_be_kept(way: str) -> None:
    answer = ask(SCRATCH, way=way, policy={"scratch_bytes": 2 * MEGABYTE})
    full = "No space left on device"
    held = {"fill": full, "many": full, "row": 7, "temporary": "/scratch", "mode": "0o700", "link": "PermissionError"}
    if has_tree(way):
        assert answer["told"] == held
    else:
        assert answer["error"]["code"] == "PLN-P405"
        assert "CAP_SYS_ADMIN" in answer["error"]["why"]


READING = """
import os
told["read"] = attempt(lambda: open(f"{pages}/one").read())
told["list"] = attempt(lambda: sorted(os.listdir(pages)))
told["change"] = attempt(lambda: open(f"{pages}/one", "w"))
told["beside"] = attempt(lambda: open(f"{pages}/../secret").read())
told["make"] = attempt(lambda: open(f"{out}/new", "w").write("made"))
told["remove"] = attempt(lambda: os.unlink(f"{out}/old"))
told["shorten"] = attempt(lambda: os.truncate(f"{out}/new", 1))
told["through a link"] = attempt(lambda: open(f"{out}/link").read())
"""


@pytest.mark.parametrize("way", WAYS)
def test_declared_paths_can_be_used_as_declared(way: str, tmp_path: Path) -> None:
    pages, out = tmp_path / "pages", tmp_path / "out"
    for folder in (tmp_path, pages, out):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    (pages / "one").write_text("first")
    (out / "old").write_text("gone soon")
    (tmp_path / "secret").write_text("secret")
    (out / "link").symlink_to(tmp_path / "secret")
    body = f"pages, out = {str(pages)!r}, {str(out)!r}\n{READING}"
    policy = {"reads": [str(pages)], "writes": [str(out)]}
    done = ask(body, way=way, policy=policy, also=[str(tmp_path)] if way == "capless" else [])
    told = done.get("told")
    owned = way in ("natural", "refused") and (has_tree(way) or not needs_claim())
    if owned:
        assert told, done
        denied = told.pop("change"), told.pop("beside"), told.pop("through a link")
        assert set(denied) <= {"PermissionError", "Read-only file system", "FileNotFoundError"}
        assert told == {"read": "first", "list": "['one']", "make": "4", "remove": "None", "shorten": "None"}
        assert (out / "new").read_text() == "m"
        assert (out / "new").stat().st_uid == os.geteuid()
    else:
        assert done["error"]["code"] == "PLN-P408"


def test_a_declared_path_that_is_missing_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(PathUnreachable, match="PLN-P408"):
        prepare(Policy(reads=(str(tmp_path / "nowhere"),)))


def test_a_policy_that_contradicts_itself_is_refused_with_every_reason() -> None:
    with pytest.raises(PolicyUnsound) as refused:
        prepare(Policy(reads=("pages",), files_max=1))
    assert "'pages' is no absolute path; files_max is below 4" in str(refused.value)


def test_a_process_with_threads_is_not_confined() -> None:
    body = "import threading; gate = threading.Event(); threading.Thread(target=gate.wait, daemon=True).start()"
    assert ask(before=f"import os\nos.register_at_fork(after_in_child=lambda: exec({body!r}))")["error"]["code"] == "PLN-P409"


def test_a_worker_whose_parent_is_gone_ends_at_once() -> None:
    answer = ask("told['alive'] = True", stranger=1)
    assert answer["status"] == 3
    assert "told" not in answer


def test_descriptors_that_are_not_kept_are_closed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("open")
    before = f"import os; [os.dup2(os.open({str(tmp_path / 'kept')!r}, os.O_RDONLY), at) for at in (30, 31)]"
    body = "import os\ntold.update({str(at): attempt(lambda: os.pread(at, 4, 0)) for at in (30, 31)})"
    answer = ask(body, before=before, keep=[30])
    assert answer["told"] == {"30": "b'open'", "31": "Bad file descriptor"}


SPAWNING = """
import os, subprocess
run = lambda *command: attempt(lambda: subprocess.run(command, capture_output=True, text=True, env={}).stdout.strip())
told["declared"] = run("/usr/bin/echo", "hello")
told["other"] = run("/usr/bin/env")
told["loader"] = run(loader, "/usr/bin/env")
told["inside"] = run("/bin/sh", "-c", "read x < /etc/passwd; echo $x; kill -0 1 || echo kept")
child = subprocess.Popen(["/usr/bin/sleep", "100"])
child.kill()
told["ended"] = child.wait()
"""


def test_declared_programs_run_confined_and_others_do_not() -> None:
    from planaria.placement.sandbox.runtime import loader_of

    loader = loader_of("/bin/sh")
    programs = ["/usr/bin/echo", "/usr/bin/sleep", "/bin/sh"]
    answer = ask(f"loader = {loader!r}\n{SPAWNING}", policy={"spawn": True, "executes": programs})
    told = answer["told"]
    assert told.pop("other") in ("PermissionError", "FileNotFoundError")
    assert told == {"declared": "hello", "loader": "", "inside": "kept", "ended": -9}


def test_what_is_not_allowed_of_chance_threads_and_memory_is_refused() -> None:
    body = """
import mmap, os, threading
told["chance"] = attempt(lambda: os.urandom(1))
told["thread"] = attempt(lambda: threading.Thread(target=print).start())
told["memory"] = attempt(lambda: mmap.mmap(-1, 4096, prot=5).close())
told["both"] = attempt(lambda: mmap.mmap(-1, 4096, prot=7))
"""
    answer = ask(body, policy={"chance": False, "threads": False, "executable_memory": True, "cpu_s": 5})
    assert answer["told"] == {"chance": "NotImplementedError", "thread": "RuntimeError", "memory": "None", "both": "PermissionError"}
    assert answer["confinement"]["limits"]["RLIMIT_CPU"] == 5


def test_a_call_by_another_table_ends_the_process() -> None:
    body = f"import ctypes; ctypes.CDLL(None).syscall(ctypes.c_long({0x40000000 + 39}))"
    assert ask(body)["status"] == (-signal.SIGSYS if platform.machine() == "x86_64" else 0)


def test_root_without_a_number_is_refused() -> None:
    answer = ask(policy={"uid": None})
    assert answer.get("error", {}).get("code", "PLN-P406") == "PLN-P406"
    assert ("error" in answer) is (os.geteuid() == 0)


def test_a_group_that_is_gone_is_refused() -> None:
    assert ask(policy={"group": "/nowhere"})["error"]["code"] == "PLN-P412"


def test_confine_refuses_before_it_changes_anything() -> None:
    with pytest.raises(PolicyUnsound):
        confine(Policy(processes_max=0), keep=())
