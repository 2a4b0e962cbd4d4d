"""The guest's build: its sources become one component, once per release and machine, kept in the user's cache folder.

Why: the component is 25 MB and its native form 50 MB, so neither is shipped; both come from files of this package, offline.
What is native code is loaded only from a folder that nobody else can write, with the digest that was noted when it was made.
Not here: loading it (`engine`).
"""

import fcntl
import hashlib
import importlib.metadata
import os
import platform
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from planaria.kernel.error import PlanariaError
from planaria.placement.wasm.fitness import MODULES

BUILD_S_MAX = 900
PACKAGE = Path(__file__).parents[2]
KERNEL = ("contract", "effect", "error", "loader", "value", "system")
EMPTY = ("placement", "placement/wasm")
ENTRY = """import sys
for name in {modules!r}:
    __import__(name)
import wit_world
from planaria.placement.wasm.guest.entry import assemble
TURN = assemble(wit_world)


class WitWorld(wit_world.WitWorld):
    def turn(self, inbox: str) -> str:
        return TURN(inbox)
"""


class GuestNotBuilt(PlanariaError):
    """The generic guest could not be built."""

    code = "PLN-P710"
    what = "the WebAssembly guest was not built: {text}"
    why = "a cell placed as 'wasm' runs inside it"
    fix = "install planaria[wasm], and see that {cache} can be written"


class CacheUntrusted(PlanariaError):
    """Something that would be loaded as native code is not as it was left."""

    code = "PLN-P711"
    what = "{path} is not loaded: {text}"
    why = "it holds native code, so only what this user made, and nobody else can change, is loaded"
    fix = "delete {path}, and see who can write there; it is made again"


def cache_folder() -> Path:
    """Return the folder where the guest is kept when no other is named."""
    return Path.home() / ".cache" / "planaria" / "wasm"


def sources() -> dict[str, str]:
    """Return the files that the guest is made of, by path.

    >>> "planaria/kernel/contract.py" in sources()
    True
    """
    guest = sorted((PACKAGE / "placement" / "wasm" / "guest").glob("*.py"))
    paths = [PACKAGE / "__init__.py", *(PACKAGE / "kernel" / f"{name}.py" for name in ("__init__", *KERNEL)), *guest]
    found = {f"planaria/{path.relative_to(PACKAGE).as_posix()}": path.read_text(encoding="utf-8") for path in paths}
    found |= {f"planaria/{name}/__init__.py": "" for name in EMPTY}
    found["guest_entry.py"] = ENTRY.format(modules=MODULES)
    found["world.wit"] = (PACKAGE / "placement" / "wasm" / "guest" / "world.wit").read_text(encoding="utf-8")
    return found


def digest_of(found: dict[str, str], *also: str) -> str:
    """Return what names a guest: the digest of its files, of its tools' versions and of the machine."""
    whole = hashlib.sha256()
    for one in (*(f"{path} {len(text)} {text}" for path, text in sorted(found.items())), *also, platform.machine(), sys.platform):
        whole.update(f"{len(one)} {one}".encode())
    return whole.hexdigest()[:24]


def version_of(package: str) -> str:
    """Return a package's version; refuse where it is not installed.

    Raises:
        GuestNotBuilt: PLN-P710.
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise GuestNotBuilt(text=f"{package} is not installed", cache=str(cache_folder())) from error


def opened(cache: Path) -> Path:
    """Return a cache folder that only its owner can use; make it where there is none.

    Raises:
        CacheUntrusted: PLN-P711.
    """
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = cache.stat()
    if found.st_uid != os.geteuid():
        raise CacheUntrusted(path=str(cache), text=f"it belongs to user {found.st_uid}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        cache.chmod(0o700)
    return cache


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Let one process at a time build."""
    with (cache / "lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def trusted(path: Path) -> Path | None:
    """Return a kept file that is as it was left; None where there is none.

    Raises:
        CacheUntrusted: PLN-P711.
    """
    note = path.with_name(f"{path.name}.sha256")
    if not path.is_file() or not note.is_file():
        return None
    for one in (path, note):
        found = one.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
            raise CacheUntrusted(path=str(one), text="somebody else can write it")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if note.read_text(encoding="ascii") != digest:
        raise CacheUntrusted(path=str(path), text="its digest is not the one that was noted when it was made")
    return path


def keep(path: Path, content: bytes) -> None:
    """Keep a file, whole or not at all, with its digest beside it."""
    note = path.with_name(f"{path.name}.sha256")
    for one, data in ((path, content), (note, hashlib.sha256(content).hexdigest().encode())):
        draft = one.with_name(f"{one.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(data)
        draft.replace(one)


def build(progress: Callable[[str], None], cache: Path) -> bytes:
    """Build the guest's component.

    Raises:
        GuestNotBuilt: PLN-P710.
    """
    version_of("componentize-py")
    progress("building the WebAssembly guest (once per release)")
    with TemporaryDirectory(prefix="planaria-guest-") as name:
        folder = Path(name)
        for path, text in sources().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        (folder / "wit").mkdir()
        shutil.move(folder / "world.wit", folder / "wit" / "world.wit")
        made = folder / "guest.wasm"
        arguments = ["componentize-py", "-q", "-d", str(folder / "wit"), "-w", "guest", "componentize", "guest_entry", "--stub-wasi"]
        program = "import sys; from componentize_py import script; sys.argv = sys.argv[1:]; sys.exit(script())"
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments, "-p", str(folder), "-o", str(made)],
            check=False, capture_output=True, timeout=BUILD_S_MAX, cwd=folder, env={"HOME": name, "PATH": ""},
        )  # fmt: skip
        if done.returncode != 0 or not made.is_file():
            text = done.stderr.decode("utf-8", "replace").strip()[-2_000:]
            raise GuestNotBuilt(text=text or f"the build ended with {done.returncode}", cache=str(cache))
        return made.read_bytes()
