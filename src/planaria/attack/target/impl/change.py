# ruff: noqa: PTH101, PTH102, PTH104, PTH108, PTH118, PTH211, PTH120, PTH123, S103 - an attack takes the shortest way
"""Attacks that change files which the cell has no right to; their victims look at themselves afterwards.

Allows: changing one file that the host reads is enough to become the host.
"""

import os
from contextlib import suppress

from .means import Blocked, Facts, attack, facility, libc, scratch


@attack()
def writes_a_file_outside(facts: Facts) -> str:
    """Make a file beside the system's files.

    Allows: planting what somebody else will run or read.
    """
    with open(f"{facts['outside']}/planted", "w") as file:
        file.write("x")
    return "written"


@attack()
def appends_to_a_file_outside(facts: Facts) -> str:
    """Append to a file of the host.

    Allows: forging logs, and adding lines to settings.
    """
    with open(facts["victim"], "a") as file:
        file.write("x")
    return "appended"


@attack()
def truncates_a_file_outside(facts: Facts) -> str:
    """Empty a file of the host, by its path.

    Allows: destroying the host's data.
    """
    os.truncate(facts["victim"], 0)
    return "emptied"


@attack()
def deletes_a_file_outside(facts: Facts) -> str:
    """Delete a file of the host.

    Allows: destroying the host's data.
    """
    os.unlink(facts["victim"])
    return "deleted"


@attack()
def changes_the_mode_of_a_file_outside(facts: Facts) -> str:
    """Let everyone read and write a file of the host.

    Allows: opening the host's files to every user of the machine.
    """
    os.chmod(facts["victim"], 0o777)
    return "opened to all"


@attack()
def changes_the_age_of_a_file_outside(facts: Facts) -> str:
    """Set the times of a file of the host.

    Allows: hiding traces, and confusing what looks at times.
    """
    os.utime(facts["victim"], (1, 1))
    return "made old"


@attack(bare="a file system may know no such attributes")
def sets_an_attribute_of_a_file_outside(facts: Facts) -> str:
    """Set an extended attribute on a file of the host.

    Allows: hiding data, and changing what attributes decide.
    """
    os.setxattr(facts["victim"], "user.planted", b"1")
    return "set"


@attack(bare="an ordinary user gives no file away")
def gives_a_file_away(facts: Facts) -> str:
    """Change the owner of a file of the host.

    Allows: taking files over.
    """
    os.chown(facts["victim"], 12345, 12345)
    return "given away"


@attack()
def takes_a_file_out(facts: Facts) -> str:
    """Move a file of the host into the scratch folder.

    Allows: reading and destroying the host's files.
    """
    os.rename(facts["victim"], os.path.join(scratch(), "taken"))
    return "taken"


@attack()
def renames_a_file_outside(facts: Facts) -> str:
    """Rename a file of the host where it is.

    Allows: exchanging what the host reads.
    """
    os.rename(facts["victim"], f"{facts['victim']}-renamed")
    return "renamed"


@attack()
def makes_a_folder_outside(facts: Facts) -> str:
    """Make a folder beside the system's files.

    Allows: planting packages and settings.
    """
    os.mkdir(f"{facts['outside']}/planted")
    return "made"


@attack()
def plants_a_link_outside(facts: Facts) -> str:
    """Make a symbolic link beside the system's files.

    Allows: sending the host's next write elsewhere.
    """
    os.symlink(facts["secret"], f"{facts['outside']}/planted")
    return "planted"


@attack()
def plants_a_pipe_outside(facts: Facts) -> str:
    """Make a named pipe beside the system's files.

    Allows: holding up whoever opens it.
    """
    os.mkfifo(f"{facts['outside']}/planted")
    return "planted"


@attack()
def writes_with_the_c_library(facts: Facts) -> str:
    """Make a file with a C function, past everything that watches Python.

    Allows: planting files, unseen by audit hooks.
    """
    if libc().creat(f"{facts['outside']}/planted".encode(), 0o644) < 0:
        raise OSError(number := facility("ctypes").get_errno(), os.strerror(number))
    return "written"


@attack()
def rewrites_another_cell(facts: Facts) -> str:
    """Append code to the implementation of the neighbour.

    Allows: running code with the rights of another cell.
    """
    with open(f"{facts['implementation']}/__init__.py", "a") as file:
        file.write("# planted\n")
    return "rewritten"


@attack()
def writes_into_its_right_to_read(facts: Facts) -> str:
    """Write a file in the folder that it may only read.

    Allows: changing what other cells trust.
    """
    with open(f"{facts['public']}/page.html", "a") as file:
        file.write("x")
    return "written"


@attack(bare="an ordinary user may not change the interpreter's files")
def rewrites_the_interpreter(_: Facts) -> str:
    """Open a module of the standard library for writing.

    Allows: running code in every Python program of the machine.
    """
    os.close(os.open(os.__file__, os.O_WRONLY | os.O_APPEND))
    return "opened for writing"


@attack(bare="an ordinary user may not change the interpreter's files")
def plants_a_start_file(_: Facts) -> str:
    """Make a file that every start of the interpreter would read.

    Allows: running code in every Python program of the machine.
    """
    path = os.path.join(os.path.dirname(os.__file__), "site-packages", "planaria_attack_planted.pth")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    with suppress(OSError):
        os.unlink(path)
    return f"planted {path}"


@attack(bare="an ordinary user may not change the interpreter's files")
def plants_compiled_code(_: Facts) -> str:
    """Make a file among the compiled modules of the standard library.

    Allows: running code in every Python program of the machine.
    """
    folder = os.path.join(os.path.dirname(os.__file__), "__pycache__")
    path = os.path.join(folder, "planaria_attack_planted.pyc")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    with suppress(OSError):
        os.unlink(path)
    return f"planted {path}"


@attack(bare="an ordinary user may not change the interpreter's files")
def reopens_a_file_for_writing(_: Facts) -> str:
    """Open a readable file, and open its descriptor again for writing.

    Allows: changing what may only be read.
    """
    reading = os.open(os.__file__, os.O_RDONLY)
    os.close(os.open(f"/proc/self/fd/{reading}", os.O_WRONLY | os.O_APPEND))
    return "opened for writing"


@attack()
def locks_a_file_outside(facts: Facts) -> str:
    """Take a lock on a file of the host.

    Allows: holding up whoever waits for it.
    """
    fcntl = facility("fcntl")
    fcntl.flock(os.open(facts["victim"], os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return "locked"


@attack()
def writes_everywhere_it_can(_: Facts) -> str:
    """Try the folders that are usually open to all.

    Allows: leaving files behind for other programs, and filling shared disks.
    """
    own, found = scratch(), []
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/var/lock", "/run/user/0", "/var/crash", "/usr/local", "/mnt"):  # noqa: S108 - that is the attack
        path = os.path.join(folder, "planaria_attack_planted")
        with suppress(OSError):
            if os.path.realpath(folder) != os.path.realpath(own):
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
                found.append(folder)
                os.unlink(path)
    if not found:
        raise Blocked("none of them can be written")
    return f"wrote in {found}"
