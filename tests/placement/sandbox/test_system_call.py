import ctypes
import ctypes.util
import os
import sys

import pytest

from planaria.placement.sandbox import system_call
from planaria.placement.sandbox.error import NoLinux, StepRefused
from planaria.placement.sandbox.system_call import TABLE, TOKENS, architectures, attempt, call, derive, here

LIBRARY = "libseccomp.so.2"


def version_here() -> str | None:
    try:
        kept = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    return ".".join(map(str, system_call._version(kept)))


def test_the_table_is_what_libseccomp_of_its_version_says() -> None:
    kept = TABLE.read_text()
    if version_here() is not None and f"libseccomp {version_here()} " in kept:
        assert derive(LIBRARY) == kept
    else:
        assert kept.startswith("# system call numbers, derived from libseccomp 2.")


def test_the_table_does_not_contradict_another_libseccomp() -> None:
    table = {line.split("\t")[0]: line for line in TABLE.read_text().splitlines()}
    other = derive(LIBRARY).splitlines() if version_here() else []
    shared = [line for line in other if line.split("\t")[0] in table and not line.startswith("#")]
    assert [line for line in shared if line != table[line.split("\t")[0]] and "-" not in line + table[line.split("\t")[0]]] == []


def test_the_numbers_are_those_of_the_kernel() -> None:
    assert {name: architectures()[name].numbers["openat"] for name in TOKENS} == {"x86_64": 257, "aarch64": 56, "riscv64": 56}
    assert {one.numbers["landlock_restrict_self"] for one in architectures().values()} == {446}
    assert "open" not in architectures()["aarch64"].numbers


def test_a_call_is_made_by_name() -> None:
    assert attempt("getpid") == os.getpid()
    assert here().numbers["getpid"] >= 0


def test_a_refused_call_says_which_step_it_was() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        attempt("close", 9999)
    with pytest.raises(StepRefused, match=r"refused 'shut the door': Bad file descriptor \(EBADF\)"):
        call("shut the door", "close", 9999)


@pytest.mark.parametrize("place", [("darwin", "x86_64"), ("linux", "i686"), ("linux", "s390x")])
def test_another_system_or_processor_is_refused(place: tuple[str, str]) -> None:
    with pytest.raises(NoLinux, match="PLN-P402"):
        here(*place)


def test_this_processor_is_the_one_assumed() -> None:
    assert here(sys.platform).token == TOKENS[os.uname().machine]
