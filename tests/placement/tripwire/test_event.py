import os
import sys

import pytest

from planaria.placement.tripwire.event import READINGS, Touch, place_of, touches_of

SEEN = [
    ("open", ("/a", "r", os.O_RDONLY), "reads /a"),
    ("open", ("/a", "w", os.O_WRONLY | os.O_CREAT), "writes /a"),
    ("open", ("/a", None, os.O_RDWR), "writes /a, reads /a"),
    ("open", (b"/a", "rb", 0), "reads /a"),
    ("open", ("/a/../b", "r", 0), "reads /b"),
    ("open", (3, "w", os.O_WRONLY), ""),
    ("open", ("/a\0", "r", 0), ""),
    ("open", (object(), "r", 0), ""),
    ("os.listdir", (None,), f"reads {os.path.realpath(os.curdir)}"),
    ("os.scandir", (3,), ""),
    ("os.remove", ("/a", -1), "writes /a"),
    ("os.rename", ("/a", "/b", -1, -1), "writes /a, writes /b"),
    ("os.symlink", ("/a", "/b", -1), "writes /b"),
    ("os.truncate", ("/a", 0), "writes /a"),
    ("sqlite3.connect", (":memory:",), ""),
    ("sqlite3.connect", ("file:/a%20b?mode=ro",), "writes /a b, reads /a b"),
    ("sqlite3.connect", ("file:a?mode=memory",), ""),
    ("sqlite3.connect", (b"/a",), "writes /a, reads /a"),
    ("sqlite3.connect", ("/a\0",), ""),
    ("socket.connect", (None, ("Docs.Example.", 443)), "connects docs.example:443"),
    ("socket.connect", (None, ("fe80::1%eth0", 80, 0, 2)), "connects fe80::1:80"),
    ("socket.connect", (None, "/run/x"), "connects unix:/run/x"),
    ("socket.connect", (None, b"\0x"), "connects unix:@x"),
    ("socket.connect", (None, (7, 1)), "connects (7, 1)"),
    ("socket.sendmsg", (None, None), ""),
    ("socket.bind", (None, ("", 80)), "listens :80"),
    ("socket.getaddrinfo", ("docs.example", "https", 0, 0, 0), "connects docs.example:*"),
    ("socket.getaddrinfo", (b"docs.example", b"80", 0, 0, 0), "connects docs.example:80"),
    ("socket.getaddrinfo", (None, 80, 0, 0, 0), ""),
    ("socket.gethostbyname", ("docs.example",), "connects docs.example:*"),
    ("socket.getnameinfo", (("192.0.2.1", 80),), "connects 192.0.2.1:80"),
    ("subprocess.Popen", ("git", ["git", "log"], None, None), "spawns git"),
    ("pty.spawn", (["git", "log"],), "spawns git"),
    ("os.posix_spawn", (7, [], {}), "spawns 7"),
    ("os.system", (b"ls",), "spawns /bin/sh"),
    ("import", ("json", None, [], [], []), ""),
    ("import", ("x", "/a/x.so", None, None, None), "native /a/x.so"),
    ("ctypes.dlopen", (None,), "native library of this process"),
    ("ctypes.dlopen", ("libc.so.6",), "native library libc.so.6"),
    ("os.kill", (1, 9), "process os.kill"),
    ("compile", ("", ""), ""),
]


@pytest.mark.parametrize("event, given, seen", SEEN, ids=[f"{event} {given}" for event, given, _ in SEEN])
def test_an_event_is_read_as_what_it_touches(event, given, seen):
    assert ", ".join(one.shown for one in touches_of(event, given)) == seen


def test_a_path_below_a_descriptor_is_found(tmp_path):
    outer = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert touches_of("os.remove", ("a", outer)) == [Touch("writes", f"{tmp_path}/a")]
        assert place_of("a", 10**6) is None
    finally:
        os.close(outer)


def test_every_reading_takes_what_this_python_tells(tmp_path):
    """Raise the events of files for real, so that a change of their arguments is seen."""
    seen, on = set(), [True]

    def hook(event, given):
        if on and event in READINGS:
            seen.add(event)
            touches_of(event, given)

    sys.addaudithook(hook)
    here = tmp_path / "a"
    here.write_text("a")
    here.chmod(0o600)
    os.utime(here)
    os.truncate(here, 0)
    os.link(here, tmp_path / "b")
    (tmp_path / "b").rename(tmp_path / "c")
    (tmp_path / "d").symlink_to(here)
    os.listdir(tmp_path)  # noqa: PTH208 - the event of this very function is wanted
    list(os.scandir(tmp_path))
    (tmp_path / "e").mkdir()
    (tmp_path / "e").rmdir()
    here.unlink()
    on.clear()
    files = {"chmod", "utime", "truncate", "link", "rename", "symlink", "listdir", "scandir", "mkdir", "rmdir", "remove"}
    assert seen >= {f"os.{one}" for one in files}
