"""Effects that code shows: which touches of the outside can be read from its names and calls.

Why: an operation declares its effects, and a reviewer believes the declaration only if the code is held to it.
A static reading is no boundary (a sandbox is): it finds what is written plainly, and the policy gate refuses the ways to
write it otherwise.
Not here: what is declared (`kernel.effect`), what to refuse (`gates.policy`).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from planaria.diff.source import Source, covers, dotted, mentions, names_imported

# Dotted names, and everything below them, by the kinds of effect of which one must be declared.
_NAMES: dict[tuple[str, ...], str] = {
    ("connects",): (
        "socket socketserver http.client http.server urllib.request ftplib imaplib poplib smtplib xmlrpc wsgiref nntplib telnetlib"
        " asyncio.open_connection asyncio.open_unix_connection asyncio.start_server asyncio.start_unix_server"
        " httpx requests aiohttp websockets urllib3 grpc webbrowser logging.handlers"
    ),
    ("spawns",): (
        "subprocess multiprocessing pty concurrent.futures.ProcessPoolExecutor asyncio.create_subprocess_exec"
        " asyncio.create_subprocess_shell asyncio.subprocess os.system os.popen os.fork os.forkpty os.execl os.execle os.execlp"
        " os.execv os.execve os.execvp os.execvpe os.spawnl os.spawnle os.spawnv os.spawnve os.spawnvp"
        " os.posix_spawn os.posix_spawnp os.kill os.killpg"
    ),
    ("writes",): (
        "tempfile shutil dbm logging.FileHandler os.remove os.unlink os.mkdir os.makedirs os.rmdir os.removedirs os.rename os.renames"
        " os.replace os.link os.symlink os.truncate os.chmod os.chown os.write os.mkfifo os.utime os.mknod"
    ),
    ("reads",): (
        "glob linecache fileinput mmap os.listdir os.scandir os.walk os.fwalk os.stat os.lstat os.access os.readlink os.getcwd"
        " os.read os.chdir os.path.exists os.path.isfile os.path.isdir os.path.islink os.path.getsize"
        " os.path.getmtime os.path.realpath os.path.abspath"
        " importlib.resources zoneinfo.reset_tzpath"
    ),
    ("reads", "writes"): (
        "pathlib.Path pathlib.PosixPath pathlib.WindowsPath os.open io.open io.FileIO codecs.open gzip.open bz2.open lzma.open"
    ),
    ("secret",): "os.environ os.environb os.getenv os.getenvb getpass keyring netrc",
    ("clock",): (
        "time.time time.time_ns time.localtime time.gmtime time.ctime time.asctime time.strftime time.monotonic time.monotonic_ns"
        " time.perf_counter time.perf_counter_ns time.process_time time.clock_gettime time.thread_time datetime.datetime.now"
        " datetime.datetime.utcnow datetime.datetime.today datetime.date.today email.utils.localtime"
    ),
    ("chance",): "random secrets uuid.uuid1 uuid.uuid4 os.urandom os.getrandom os.getpid numpy.random ssl.RAND_bytes",
}
EFFECTS = {name: kinds for kinds, names in _NAMES.items() for name in names.split()}
METHODS: dict[str, tuple[str, ...]] = {
    "read_text": ("reads",), "read_bytes": ("reads",), "iterdir": ("reads",), "rglob": ("reads",),
    "write_text": ("writes",), "write_bytes": ("writes",), "unlink": ("writes",), "rmdir": ("writes",),
    "create_connection": ("connects",), "create_server": ("connects",), "create_datagram_endpoint": ("connects",),
    "create_unix_connection": ("connects",), "create_unix_server": ("connects",), "sock_connect": ("connects",),
    "subprocess_exec": ("spawns",), "subprocess_shell": ("spawns",),
}  # fmt: skip
WRITING = frozenset("wax+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One place that touches the outside; one of `kinds` must be declared for it."""

    kinds: tuple[str, ...]
    name: str
    line: int
    node: ast.AST


def touches(source: Source) -> Iterator[Touch]:
    r"""Yield every touch of the outside that a file shows.

    >>> from planaria.diff.source import read
    >>> [(one.kinds, one.name) for one in touches(read("a.py", "import time\ntime.time()\nopen('x', 'w')"))]
    [(('clock',), 'time.time'), (('writes',), 'open')]
    """
    calls = {id(node.func): node for node in ast.walk(source.tree) if isinstance(node, ast.Call)}
    for node, name in mentions(source):
        call = calls.get(id(node))
        kinds = _open_kinds(call) if name == "builtins.open" else _kinds(name)
        if kinds and not _is_seeded(name, call):
            yield Touch(kinds=kinds, name=name.removeprefix("builtins."), line=node.lineno, node=node)
    for call in calls.values():
        if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and not _kinds(dotted(source, call.func)):
            yield Touch(kinds=METHODS[call.func.attr], name=f".{call.func.attr}()", line=call.lineno, node=call)


def imported_touches(source: Source) -> Iterator[Touch]:
    """Yield every import of something that is there to touch the outside, used or not.

    >>> from planaria.diff.source import read
    >>> [one.name for one in imported_touches(read("a.py", "import subprocess, os, random"))]
    ['subprocess']
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in names_imported(node):
                if (kinds := _kinds(name)) and not covers("random", name):
                    yield Touch(kinds=kinds, name=name, line=node.lineno, node=node)


def _kinds(name: str) -> tuple[str, ...]:
    for known, kinds in EFFECTS.items():
        if covers(known, name):
            return kinds
    return ()


def _is_seeded(name: str, call: ast.Call | None) -> bool:
    """Say whether it is a generator that its caller seeds, whose numbers repeat."""
    return name == "random.Random" and call is not None and bool(call.args or call.keywords)


def _open_kinds(call: ast.Call | None) -> tuple[str, ...]:
    if call is None:
        return ("reads", "writes")
    mode = next((one.value for one in call.keywords if one.arg == "mode"), call.args[1] if len(call.args) > 1 else ast.Constant("r"))
    if not isinstance(mode, ast.Constant) or not isinstance(mode.value, str):
        return ("writes",)
    return ("writes",) if set(mode.value) & WRITING else ("reads",)
