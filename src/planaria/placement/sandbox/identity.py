"""Who a worker is: an ordinary user of its own where planaria runs as root, and never a capability.

Why: files, limits and signals go by the user; two workers that are one user can see and stop each other. A number that
belongs to no account is owner of nothing.
Decision D-065: users 61184 to 65519 are used, which systemd keeps for users that exist only while something runs. Because
no account has them by convention, and they are mapped in common containers of 65,536 users. Revisit when planaria can be
given a range.
Not here: who asks for a number for which worker (`placement.process`).
"""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator

from planaria.placement.sandbox.error import NoIdentity
from planaria.placement.sandbox.system_call import call, library, read_kernel, refused

FIRST, LAST = 61184, 65519
SYS_ADMIN, SETGID, SETUID = 21, 6, 7
_CAPABILITY_VERSION_3 = 0x2008_0522
_CAPABILITIES_MAX = 64
_DROP_FROM_BOUNDING_SET, _AMBIENT, _AMBIENT_CLEAR_ALL = 24, 47, 4
_EINVAL = 22
_USERS = "/proc/self/uid_map"


class Claim:
    """A user number that nobody else on this machine uses while it is held.

    >>> with_number = Claim(FIRST, socket.socket(socket.AF_UNIX))
    >>> with_number.close()
    >>> with_number.uid
    61184
    """

    def __init__(self, uid: int, held: socket.socket) -> None:
        self.uid, self._held = uid, held

    def close(self) -> None:
        """Give the number back: call it after the worker is gone."""
        self._held.close()


def needs_claim() -> bool:
    """Decide whether this process is a root that can become other users, so that each worker needs a number.

    >>> needs_claim() in (True, False)
    True
    """
    return os.geteuid() == 0 and not _is_alone_in_its_namespace()


def claim() -> Claim:
    """Take a free number from the range. The lock is a name of the kernel's, which a crash frees.

    Raises: PLN-P406 where all are taken.

    >>> one, other = claim(), claim()
    >>> one.uid != other.uid
    True
    >>> one.close(); other.close()
    """
    for uid in _candidates():
        held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            held.bind(f"\0planaria-worker-{uid}")
        except OSError:
            held.close()
        else:
            return Claim(uid, held)
    raise NoIdentity(text="every number is taken", first=FIRST, last=LAST)


def _candidates() -> Iterator[int]:
    """Begin at a place that differs from process to process, and go once around."""
    count = LAST - FIRST + 1
    start = os.getpid() * 97 % count
    return (FIRST + (start + step) % count for step in range(count))


def has_capability(number: int) -> bool:
    """Decide whether this thread has a capability in its user namespace.

    >>> has_capability(SYS_ADMIN) in (True, False)
    True
    """
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    data = ctypes.create_string_buffer(24)
    call("capget", "capget", ctypes.c_char_p(header), data)
    effective = struct.unpack("=IIIIII", data.raw)
    return bool((effective[0] | effective[3] << 32) >> number & 1)


def check_identity(uid: int | None) -> None:
    """Refuse a root that cannot become `uid`, and a root without any.

    Raises: PLN-P406.
    """
    if not needs_claim():
        return
    missing = [name for name, number in (("CAP_SETUID", SETUID), ("CAP_SETGID", SETGID)) if not has_capability(number)]
    text = "no number was claimed for it" if uid is None else f"{' and '.join(missing)} are missing" if missing else ""
    if text:
        raise NoIdentity(text=text, first=FIRST, last=LAST)


def become(uid: int) -> None:
    """Become an ordinary user of that number, with a group of the same number and no others.

    Raises: PLN-P406.
    """
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise NoIdentity(text=error.strerror, first=FIRST, last=LAST) from error


def empty_bounding_set() -> None:
    """Give up what a program could get when it is started. Without the right to do so, no_new_privs alone stands for it."""
    for number in range(_CAPABILITIES_MAX):
        if library().prctl(_DROP_FROM_BOUNDING_SET, ctypes.c_ulong(number), 0, 0, 0) < 0:
            return


def drop_capabilities() -> None:
    """Give up every capability for good.

    Raises: PLN-P410.
    """
    library().prctl(_AMBIENT, ctypes.c_ulong(_AMBIENT_CLEAR_ALL), 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    call("drop every capability", "capset", ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))
    for number in (SYS_ADMIN, SETUID):
        if has_capability(number):
            raise refused("drop every capability", OSError(_EINVAL, "it came back"))


def _is_alone_in_its_namespace() -> bool:
    """Decide whether root here is one mapped user, an ordinary one seen from outside."""
    try:
        lines = read_kernel(_USERS).splitlines()
    except OSError:
        return False
    mapped = [(int(inside), int(count)) for inside, _, count in (line.split() for line in lines)]
    return not any(inside <= FIRST and inside + count > LAST for inside, count in mapped)
