"""What the interpreter itself must find after it is confined: its library, packages, shared libraries and public tables.

Why: a worker imports more of the standard library as it goes, so that must stay readable; the system's own code, which is
on the module path too, must not.
Not here: what a cell may read (`policy`).
"""

import functools
import os
import site
import struct
import sys
import sysconfig
from pathlib import Path

TABLES = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/lib/ssl",
)
DEVICES = ("/dev/null", "/dev/zero")
CHANCE_DEVICES = ("/dev/random", "/dev/urandom")
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
"""What a program that is started needs of the system."""
_NAMES_A_LOADER = 3
PACKAGE = Path(__file__).parents[2]


@functools.cache
def runtime_paths() -> tuple[str, ...]:
    """Return the files and folders that the interpreter needs, those that are there.

    Call it before the process is confined, and before its view of the machine changes.

    >>> any(path.endswith("/planaria") for path in runtime_paths())
    True
    """
    base = {"installed_base": sys.base_prefix, "installed_platbase": sys.base_exec_prefix}
    base |= {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    library = [sysconfig.get_path(name, vars=base) for name in ("stdlib", "platstdlib")]
    packages = [sysconfig.get_path(name) for name in ("purelib", "platlib")]
    archives = [path for path in sys.path if path.endswith(".zip")]
    found = [*library, *packages, *site.getsitepackages(), *archives, str(PACKAGE), *_shared_libraries(), *TABLES]
    return tuple(dict.fromkeys(path for path in found if path and Path(path).exists()))


def devices(*, chance: bool) -> tuple[str, ...]:
    """Return the devices of a worker.

    >>> devices(chance=False)
    ('/dev/null', '/dev/zero')
    """
    return DEVICES + CHANCE_DEVICES if chance else DEVICES


def loader_of(program: str) -> str | None:
    """Return the loader that an ELF program of 64 bits names, which must be runnable as well; None for any other file.

    >>> loader_of("/etc/passwd")
    """
    try:
        with open(program, "rb") as opened:  # noqa: PTH123 - read in pieces
            header = opened.read(64)
            if header[:5] != b"\x7fELF\x02":
                return None
            (start,), (size, count) = struct.unpack_from("<Q", header, 32), struct.unpack_from("<HH", header, 54)
            for number in range(count):
                opened.seek(start + number * size)
                kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", opened.read(size))
                if kind == _NAMES_A_LOADER:
                    opened.seek(offset)
                    return os.fsdecode(opened.read(length).rstrip(b"\0"))
    except (OSError, struct.error):
        pass
    return None


def _shared_libraries() -> list[str]:
    """Return the folders of the shared libraries in use; the interpreter's own library is loaded and not needed again."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return [path for path in LIBRARIES if Path(path).is_dir()]
    files = {line.split(maxsplit=5)[5] for line in lines if line.count("/") and ".so" in line}
    names = {str(path.parent) for path in map(Path, files) if not path.name.startswith("libpython")}
    return sorted(name for name in names if name.startswith("/"))
