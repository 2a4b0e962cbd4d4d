"""Runs a command as an ordinary user, as root: `python tests/attack/ordinary.py [--without-namespaces] COMMAND …`.

Why: most people are not root, and most containers allow no user namespaces; what holds there must be tried there. The command
sees a world of its own in which the interpreter and the checkout can be reached, wherever they are, and nothing is changed
outside. `--without-namespaces` refuses them as the engines of containers do: by a filter of system calls, before root is given up.
"""

import ctypes
import os
import struct
import sys
import tempfile
from pathlib import Path

from planaria.placement.sandbox.system_call import here

ROOT = Path(__file__).resolve().parents[2]
USER = 12345
NEW_MOUNTS = 0x20000
PRIVATE, BIND = 0x4000 | 0x40000, 0x1000 | 0x4000
NAMESPACES = 0x7E020000
ALLOW, REFUSE, UNKNOWN = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
LIBC = ctypes.CDLL(None, use_errno=True)


def done(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind, flags, data=None):
    done(LIBC.mount(source and str(source).encode(), str(target).encode(), kind, flags, data), f"mount {target}")


def open_up(path):
    """Make a path reachable for everybody: where a folder above it is closed, an open one is put over it that holds only this path."""
    closed = [above for above in reversed(path.parents) if not above.stat().st_mode & 0o001]
    if not closed:
        return
    keeper = Path(tempfile.mkdtemp(prefix="planaria-ordinary-"))
    mount(path, keeper, None, BIND)
    mount("none", closed[0], b"tmpfs", 0, b"mode=0755")
    path.mkdir(parents=True, mode=0o755)
    mount(keeper, path, None, BIND)
    LIBC.umount2(str(keeper).encode(), 2)
    keeper.rmdir()


def refuse_namespaces():
    numbers = here().numbers
    name = struct.pack

    def step(code, true, false, value):
        return name("HBBI", code, true, false, value)

    load, equal, any_bit, give = 0x20, 0x15, 0x45, 0x06
    program = [step(load, 0, 0, 0)]
    program += [step(equal, 0, 1, numbers["clone3"]), step(give, 0, 0, UNKNOWN)]
    for call in ("unshare", "setns", "mount"):
        program += [step(equal, 0, 1, numbers[call]), step(give, 0, 0, REFUSE)]
    program += [step(equal, 0, 3, numbers["clone"]), step(load, 0, 0, 16), step(any_bit, 0, 1, NAMESPACES), step(give, 0, 0, REFUSE)]
    program += [step(give, 0, 0, ALLOW)]
    text = ctypes.create_string_buffer(b"".join(program))
    whole = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(text)))
    done(LIBC.syscall(numbers["seccomp"], 1, 0, whole), "filter")


def main():
    command = sys.argv[1:]
    without = command[0] == "--without-namespaces"
    done(LIBC.unshare(NEW_MOUNTS), "unshare")
    mount(None, "/", None, PRIVATE)
    for path in (Path(sys.base_prefix).resolve(), ROOT):
        open_up(path)
    home = "/mnt"
    mount("none", home, b"tmpfs", 0, f"mode=0755,uid={USER},gid={USER}".encode())
    if without:
        refuse_namespaces()
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    os.chdir(home)
    kept = {"HOME": home, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": home}
    os.execve(command[without], command[without:], kept)


if __name__ == "__main__":
    main()
