# ruff: noqa: PTH123, PTH208 - an attack takes the shortest way
"""Attacks through what a process inherits: descriptors, environment, memory, terminal.

Allows: a right that was left behind needs no break-in.
"""

import os
from contextlib import suppress
from typing import Any

from .means import CELL, Blocked, Facts, attack, facility, told

MARK = "PLANARIA-" + "SECRET"
DESCRIPTORS = range(1024)
OBJECTS_MAX = 200_000
LONGER = 20


@attack(bare="a fresh interpreter inherits nothing either")
def finds_an_inherited_file(_: Facts) -> str:
    """Read from every descriptor for a secret that the host had open.

    Allows: using whatever the host had open.
    """
    for number in DESCRIPTORS:
        with suppress(OSError):
            if MARK.encode() in (seen := os.pread(number, 4096, 0)):
                return f"descriptor {number}: {told(seen)}"
    raise Blocked("no descriptor holds it")


@attack(bare="a fresh interpreter inherits nothing either")
def finds_an_inherited_folder(_: Facts) -> str:
    """Look for a descriptor of a folder, from which every path can be opened.

    Allows: leaving every root and every namespace of files.
    """
    for number in DESCRIPTORS:
        with suppress(OSError):
            if found := os.listdir(number):
                return f"descriptor {number}: {found[:3]}"
    raise Blocked("no descriptor is a folder")


@attack(bare="a fresh interpreter inherits nothing either")
def finds_a_descriptor_of_a_listener(_: Facts) -> str:
    """Look for a listening socket of the host and take a visitor from it.

    Allows: answering in the host's place.
    """
    socket = facility("socket")
    for number in DESCRIPTORS:
        with suppress(OSError):
            copy = socket.socket(fileno=os.dup(number))
            if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return f"descriptor {number} listens at {copy.getsockname()}"
    raise Blocked("no descriptor listens")


@attack(bare="a clean environment holds nothing either")
def finds_a_secret_in_the_environment(_: Facts) -> str:
    """Look for the host's secrets among the environment variables.

    Allows: using every key that was given to the host.
    """
    environment = facility("os").environ
    for name, value in environment.items():
        if MARK in value:
            return f"{name}={value}"
    raise Blocked(f"{len(environment)} variables, none of them secret")


@attack(bare="a clean environment holds nothing either")
def finds_a_secret_in_the_first_environment(_: Facts) -> str:
    """Look at the environment with which this process was started, as the kernel shows it.

    Allows: using every key that was given to the host, though it was deleted since.
    """
    with open("/proc/self/environ", "rb") as file:
        if MARK.encode() in (seen := file.read()):
            return told(seen)
    raise Blocked("nothing secret in it")


@attack(bare="a fresh interpreter holds nothing either")
def finds_a_secret_among_objects(_: Facts) -> str:
    """Walk through every object of this interpreter for a text of the host.

    Allows: reading what the host had in memory when this process was made.
    """
    pending, seen = list(facility("gc").get_objects()), 0
    for thing in pending:
        seen += 1
        parts = list(thing.values()) if type(thing) is dict else list(thing) if type(thing) in (list, tuple, set, frozenset) else []
        for part in parts:
            if isinstance(part, str) and part.startswith(f"{MARK}-") and len(part) > LONGER:
                return part
            if isinstance(part, bytes) and part.startswith(f"{MARK}-".encode()) and len(part) > LONGER:
                return part.decode()
    raise Blocked(f"{seen} objects, none of them secret")


@attack(bare="a fresh interpreter holds nothing either", deadline_s=8)
def finds_a_secret_in_its_own_memory(_: Facts) -> str:
    """Read the whole memory of this process for a text of the host.

    Allows: reading what the host had in memory when this process was made.
    """
    mark = f"{MARK}-".encode()
    with open("/proc/self/maps") as file:
        areas = [line.split() for line in file if " rw" in line]
    with open("/proc/self/mem", "rb", 0) as memory:
        for area in areas:
            start, end = (int(part, 16) for part in area[0].split("-"))
            with suppress(OSError, ValueError, OverflowError):
                memory.seek(start)
                found = memory.read(min(end - start, 64 << 20))
                if (at := found.find(mark)) >= 0 and found[at + len(mark) : at + len(mark) + 8].isalnum():
                    return told(found[at : at + 50])
    raise Blocked("it is not there")


@attack(bare="there is no terminal")
def types_into_the_terminal(_: Facts) -> str:
    """Push a command into the terminal from which the host was started.

    Allows: running commands as the user, after the host has ended.
    """
    fcntl, termios = facility("fcntl"), facility("termios")
    for number in range(3):
        with suppress(OSError):
            fcntl.ioctl(number, termios.TIOCSTI, b"#")
            return f"typed into descriptor {number}"
    fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), termios.TIOCSTI, b"#")
    return "typed into the terminal"


@attack(bare="there is no terminal")
def opens_the_terminal(_: Facts) -> str:
    """Open the terminal from which the host was started.

    Allows: reading what the user types, and writing what he believes to be the host's.
    """
    return f"descriptor {os.open('/dev/tty', os.O_RDWR)}"


@attack()
def opens_descriptors_without_end(_: Facts) -> str:
    """Open descriptors until it is stopped.

    Allows: taking from all programs of the machine what they need to open a file.
    """
    opened, many = [os.pipe()], 4096
    try:
        while len(opened) < many:
            opened.append(os.pipe())
    except OSError as error:
        raise Blocked(f"stopped after {2 * len(opened)}: {error}") from error
    finally:
        for pair in opened:
            os.close(pair[0])
            os.close(pair[1])
    return f"{2 * many} descriptors"


@attack(only="process", bare="there is no channel")
async def hides_descriptors_in_the_channel(_: Facts) -> str:
    """Send open files along with bytes to the host, many times.

    Allows: using up the descriptors of the host, which then can open nothing.
    """
    array, socket = facility("array"), facility("socket")
    from .channel import channels

    sent = 0
    for found in channels():
        for _round in range(64):
            with suppress(OSError):
                given = array.array("i", [*os.pipe(), *os.pipe(), *os.pipe(), *os.pipe()])
                sent += found.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)], socket.MSG_DONTWAIT)
                for one in given:
                    os.close(one)
    raise Blocked(f"{sent} bytes with descriptors were sent; the host says whether they arrived")


@attack(bare="there is no host in the same interpreter")
def finds_the_other_end_of_the_system(_: Facts) -> str:
    """Follow the objects of its own cell to the store and the system behind its handles.

    Allows: reading and calling everything in the system.
    """
    gc, types = facility("gc"), facility("types")
    seen: set[int] = set()
    pending: list[Any] = [CELL[-1].neighbour, CELL[-1].shelf]
    while pending and len(seen) < OBJECTS_MAX:
        thing = pending.pop()
        if id(thing) in seen or isinstance(thing, types.ModuleType):
            continue
        seen.add(id(thing))
        name = f"{type(thing).__module__}.{type(thing).__qualname__}"
        if name in ("planaria.kernel.life.Life", "planaria.store.sqlite.SqliteStore", "planaria.kernel.event.Outbox"):
            return f"found {name}"
        pending.extend(gc.get_referents(thing))
    raise Blocked(f"{len(seen)} objects, none of them of the host")
