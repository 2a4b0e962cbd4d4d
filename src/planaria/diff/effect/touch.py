"""Effects that code shows: which touches of the outside can be read from its names and calls.

Why: an operation declares its effects, and a reviewer believes the declaration only if the code is held to it.
A static reading is no boundary (a sandbox is): it finds what is written plainly, and the policy gate refuses the ways to
write it otherwise.
Not here: what is declared (`kernel.effect`), what to refuse (`gates.policy`).
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from planaria.diff.source import Source, covers, dotted, mentions, names_imported

# Names, and everything below them, by the kinds of effect of which one must be declared, and the module they are in.
_TABLE = """
connects: socket socketserver ftplib imaplib poplib smtplib xmlrpc wsgiref nntplib telnetlib httpx httpcore requests aiohttp websockets
connects: websocket urllib3 grpc webbrowser pycurl paramiko asyncssh zmq boto3 botocore redis pymongo psycopg psycopg2 asyncpg pymysql
connects: MySQLdb aiomysql ldap3 kafka pika nats elasticsearch aiosmtplib openai anthropic slack_sdk stripe _socket http.client
connects: http.server urllib.request logging.handlers tornado.httpclient sqlalchemy.create_engine dns.resolver
connects asyncio: open_connection open_unix_connection start_server start_unix_server
spawns: subprocess multiprocessing pty pexpect sh plumbum posix.system psutil.Popen signal.pthread_kill _posixsubprocess
spawns: concurrent.futures.ProcessPoolExecutor asyncio.create_subprocess_exec asyncio.create_subprocess_shell asyncio.subprocess
spawns os: system popen fork forkpty execl execle execlp execv execve execvp execvpe spawnl spawnle spawnlp spawnlpe spawnv spawnve
spawns os: spawnvp spawnvpe posix_spawn posix_spawnp kill killpg startfile
writes: tempfile shutil dbm logging.FileHandler sqlite3.connect aiosqlite.connect apsw.Connection numpy.save numpy.savez numpy.savetxt
writes os: remove unlink mkdir makedirs rmdir removedirs rename renames replace link symlink truncate chmod chown write mkfifo utime
writes os: mknod ftruncate setxattr
reads: glob linecache fileinput mmap filecmp pwd grp importlib.resources zoneinfo.reset_tzpath pkgutil.get_data
reads os: listdir scandir walk fwalk stat lstat access readlink getcwd read chdir statvfs
reads os.path: exists isfile isdir islink getsize getmtime getctime getatime realpath abspath lexists ismount samefile expanduser
reads pandas: read_csv read_json read_excel read_parquet
reads numpy: load loadtxt genfromtxt
reads+writes: os.open io.open io.FileIO codecs.open gzip.open bz2.open lzma.open gzip.GzipFile zipfile.ZipFile tarfile.open
reads+writes: aiofiles.open anyio.open_file anyio.Path pathlib.Path pathlib.PosixPath pathlib.WindowsPath
secret: getpass keyring netrc dotenv decouple os.environ os.environb os.getenv os.getenvb os.putenv os.unsetenv
clock time: time time_ns localtime gmtime ctime asctime strftime monotonic monotonic_ns perf_counter perf_counter_ns process_time
clock time: process_time_ns thread_time thread_time_ns clock_gettime clock_gettime_ns
clock: datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today email.utils.localtime arrow.now
clock: arrow.utcnow pendulum.now pendulum.today
chance: random secrets numpy.random ssl.RAND_bytes _random faker uuid.uuid1 uuid.uuid4 uuid.getnode os.urandom os.getrandom os.getpid
"""
_ROWS = [(head.partition(" "), names.split()) for head, names in (line.split(":") for line in _TABLE.strip().splitlines())]
EFFECTS = {f"{module}{'.' * bool(module)}{name}": tuple(kinds.split("+")) for (kinds, _, module), names in _ROWS for name in names}
SEEDED = frozenset(("random.Random", "numpy.random.default_rng", "numpy.random.RandomState"))
METHODS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("read_text", "read_bytes", "iterdir", "rglob"), ("reads",)),
    **dict.fromkeys(("write_text", "write_bytes", "unlink", "rmdir"), ("writes",)),
    **dict.fromkeys(("create_connection", "create_server", "create_datagram_endpoint", "sock_connect"), ("connects",)),
    **dict.fromkeys(("create_unix_connection", "create_unix_server"), ("connects",)),
    **dict.fromkeys(("subprocess_exec", "subprocess_shell"), ("spawns",)),
}
PATH = "pathlib.Path"
_READING = "exists is_file is_dir is_symlink stat lstat iterdir glob rglob walk read_text read_bytes resolve samefile owner cwd home"
_PUTTING = "write_text write_bytes touch mkdir rmdir unlink rename replace symlink_to hardlink_to chmod"
PATH_METHODS = dict.fromkeys(_READING.split(), "reads") | dict.fromkeys(_PUTTING.split(), "writes")
# Of these, one asked of something unknown is none of a path: other things have such methods, or only compute.
COMMON = frozenset(("replace", "rename", "resolve", "walk", "owner", "home", "touch", "stat", "glob"))
OPENS = frozenset(f"{one}.open" for one in ("builtins", "io", "codecs", "gzip", "bz2", "lzma", "aiofiles", "tarfile"))
OPENS |= {"anyio.open_file", "zipfile.ZipFile", "gzip.GzipFile"}
# Ends of names below one that touches, which do not: errors, and things that touch only once they are asked to.
_NO_TOUCH = "Error Exception Warning Timeout Expired Process timeout error compare_digest Session Client PoolManager Adapter Request"
NO_TOUCH = tuple(_NO_TOUCH.split())
# Ways to run code that nobody has read.
_HIDDEN = """
    builtins.eval builtins.exec builtins.compile builtins.__import__ importlib.import_module importlib.reload importlib.util
    importlib.machinery runpy code.InteractiveInterpreter code.InteractiveConsole codeop ctypes _ctypes cffi marshal.loads marshal.load
    pickle.loads pickle.load pickle.Unpickler _pickle cPickle dill cloudpickle joblib.load shelve yaml.unsafe_load yaml.full_load
    yaml.load types.CodeType types.FunctionType sys.modules sys.settrace sys.setprofile sys._getframe torch.load pandas.read_pickle
"""
HIDDEN = frozenset(_HIDDEN.split())


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
        kinds = open_kinds(call) if name == "builtins.open" else kinds_of(name)
        if kinds and not is_seeded(name, call):
            yield Touch(kinds=kinds, name=name.removeprefix("builtins."), line=node.lineno, node=node)
    for call in calls.values():
        if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and not kinds_of(dotted(source, call.func)):
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
                if (kinds := kinds_of(name)) and not covers("random", name):
                    yield Touch(kinds=kinds, name=name, line=node.lineno, node=node)


def covering(name: str, known: Collection[str]) -> str:
    """Return the longest name that is known and covers a dotted name, or ''.

    >>> covering("ctypes.CDLL", HIDDEN), covering("re.compile", HIDDEN)
    ('ctypes', '')
    """
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


@cache
def kinds_of(name: str) -> tuple[str, ...]:
    """Return the kinds of effect that a dotted name stands for.

    >>> kinds_of("subprocess.run"), kinds_of("os.path.join")
    (('spawns',), ())
    """
    return EFFECTS.get(covering(name, EFFECTS), ())


def is_seeded(name: str, call: ast.Call | None) -> bool:
    """Say whether it is a generator that its caller seeds, whose numbers repeat.

    >>> is_seeded("random.Random", ast.parse("random.Random(1)", mode="eval").body)
    True
    """
    return name in SEEDED and call is not None and bool(call.args or call.keywords)


def open_kinds(call: ast.Call | None, place: int = 1) -> tuple[str, ...]:
    """Return what a call that opens a file may do to it, by its mode, which is the argument at `place`.

    >>> open_kinds(ast.parse("open(x, 'w')", mode="eval").body)
    ('writes',)
    """
    if call is None:
        return ("reads", "writes")
    mode = next((one.value for one in call.keywords if one.arg == "mode"), None)
    mode = mode or (call.args[place] if len(call.args) > place else ast.Constant("r"))
    modes = (mode.body, mode.orelse) if isinstance(mode, ast.IfExp) else (mode,)
    reads = all(isinstance(one, ast.Constant) and isinstance(one.value, str) and not set(one.value) & set("wax+") for one in modes)
    return ("reads",) if reads else ("writes",)
