"""Landlock: files, TCP ports, abstract sockets and signals that a process may reach, from the kernel itself.

Why: it needs no privilege, binds by the file and not by its name, and holds for everything that is started later.
Source: linux/landlock.h and Documentation/userspace-api/landlock.rst; versions 1 (Linux 5.13) to 7 (6.15).
Not here: what Landlock does not see (stat, chmod, extended attributes, sockets of other kinds): `allowance` does.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from planaria.placement.sandbox.error import NoLandlock, NoPorts
from planaria.placement.sandbox.policy import Policy
from planaria.placement.sandbox.system_call import attempt, refused

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG, REFER, TRUNCATE, IOCTL_DEV = 1 << 7, 1 << 8, 1 << 13, 1 << 14, 1 << 15
FIRST_ACCESSES = (1 << 13) - 1
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READING = READ_FILE | READ_DIR
CHANGING = READING | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
RUNNING = READ_FILE | EXECUTE
DEVICE = READ_FILE | WRITE_FILE
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2
_QUESTION, _PATH_RULE, _PORT_RULE = 1, 1, 2
_PORTS_SINCE, _SCOPES_SINCE = 4, 6
_OPEN_PATH = os.O_PATH | os.O_CLOEXEC
MEANINGS = {
    1: "files: reading, writing, running, making and removing",
    2: "moving files between folders, by right",
    3: "truncating files",
    4: "TCP ports",
    5: "commands to devices",
    6: "abstract sockets and signals stay inside",
    7: "refusals are in the audit log",
}
MEANINGS_COMPLETE = 6
"""From this version on nothing that is guarded here is left to the list of system calls alone."""


def version() -> int:
    """Return the version of Landlock that the kernel offers, 0 for none.

    >>> 0 <= version() < 100
    True
    """
    try:
        return attempt("landlock_create_ruleset", None, 0, _QUESTION)
    except OSError:
        return 0


def required_version(policy: Policy) -> int:
    """Return the version of the kernel where it is enough for `policy`.

    Raises: PLN-P403 without Landlock, PLN-P411 where ports are asked for and it knows none.

    >>> required_version(Policy()) == version()
    True
    """
    try:
        found = attempt("landlock_create_ruleset", None, 0, _QUESTION)
    except OSError as error:
        raise NoLandlock(text=error.strerror) from error
    if policy.connects and found < _PORTS_SINCE:
        raise NoPorts(ports=list(policy.connects), version=found)
    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """Rights to a path and to what is below it."""

    path: str
    access: int


def handled(found: int) -> tuple[int, int, int]:
    """Return what a version can govern: accesses to files, to ports, and scopes.

    >>> [hex(one) for one in handled(6)]
    ['0xffff', '0x3', '0x3']
    """
    files = FIRST_ACCESSES
    for since, access in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        files |= access if found >= since else 0
    ports = BIND_TCP | CONNECT_TCP if found >= _PORTS_SINCE else 0
    scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if found >= _SCOPES_SINCE else 0
    return files, ports, scopes


class Ruleset:
    """A set of rights in the kernel, not in force yet.

    >>> made = Ruleset(version())
    >>> made.add([Rule("/", READING)])
    ()
    >>> made.close()
    """

    def __init__(self, found: int) -> None:
        self.files, ports, scopes = handled(found)
        size = 24 if scopes else 16 if ports else 8
        given = struct.pack("=QQQ", self.files, ports, scopes)[:size]
        try:
            self.descriptor = attempt("landlock_create_ruleset", ctypes.c_char_p(given), size, 0)
        except OSError as error:
            raise NoLandlock(text=error.strerror) from error

    def add(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """Grant rights, and return the paths that could not be opened."""
        missing = []
        for rule in rules:
            try:
                opened = os.open(rule.path, _OPEN_PATH)
            except OSError:
                missing.append(rule.path)
                continue
            try:
                access = rule.access if stat.S_ISDIR(os.fstat(opened).st_mode) else rule.access & OF_A_FILE
                given = struct.pack("=Qi", access & self.files, opened)
                self._add(_PATH_RULE, given)
            finally:
                os.close(opened)
        return tuple(missing)

    def add_ports(self, ports: Iterable[int]) -> None:
        """Grant connections to TCP ports."""
        for port in ports:
            self._add(_PORT_RULE, struct.pack("=QQ", CONNECT_TCP, port))

    def _add(self, kind: int, given: bytes) -> None:
        try:
            attempt("landlock_add_rule", self.descriptor, kind, ctypes.c_char_p(given), 0)
        except OSError as error:
            raise refused("landlock_add_rule", error) from error

    def enforce(self) -> None:
        """Hold this thread, and what it starts, to the rights granted. Needs no_new_privs."""
        try:
            attempt("landlock_restrict_self", self.descriptor, 0)
        except OSError as error:
            raise refused("landlock_restrict_self", error) from error

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)
