import errno

import pytest

from planaria.placement.sandbox import allowance
from planaria.placement.sandbox.allowance import allowances
from planaria.placement.sandbox.filter import Allowance
from planaria.placement.sandbox.policy import Policy
from planaria.placement.sandbox.system_call import architectures

OWN = 5
DANGEROUS = """
fchdir io_uring_setup io_uring_enter keyctl add_key request_key memfd_create memfd_secret userfaultfd bpf perf_event_open ptrace kcmp
process_vm_readv process_vm_writev pidfd_open pidfd_getfd pidfd_send_signal process_madvise mount umount2 pivot_root chroot unshare setns
open_tree move_mount fsopen mount_setattr init_module finit_module kexec_load reboot swapon syslog acct settimeofday adjtimex
open_by_handle_at name_to_handle_at execveat socket connect bind listen accept accept4 sendmmsg recvmmsg vmsplice splice tee
personality modify_ldt ioperm iopl seccomp landlock_create_ruleset setuid setgid setresuid capset setrlimit setpriority
sched_setscheduler sched_setaffinity shmget shmat msgget semget mq_open inotify_init1 fanotify_init chmod fchmod fchmodat chown fchownat
utimensat symlink symlinkat link linkat mknod mknodat tkill rt_sigqueueinfo rt_tgsigqueueinfo remap_file_pages pkey_mprotect
mlock move_pages
""".split()  # noqa: SIM905 - a table reads best as text


def test_every_name_in_the_list_is_a_call_somewhere() -> None:
    known = {name for architecture in architectures().values() for name in architecture.numbers}
    listed = allowances(Policy(spawn=True, writes=("/x",), connects=(1,)), landlock=7)
    kernels_later = {"fchmodat2", "map_shadow_stack", "mseal"}
    assert set(listed) - known <= kernels_later


def test_what_is_dangerous_is_not_in_the_list() -> None:
    known = {name for architecture in architectures().values() for name in architecture.numbers}
    wide = allowances(Policy(spawn=True, scratch_bytes=1, executable_memory=True), landlock=7)
    assert {name for name in DANGEROUS if wide.get(name, Allowance(())).alternatives} == set()
    assert set(DANGEROUS) <= known


def allowed(name: str, *arguments: int, policy: Policy | None = None, landlock: int = 7) -> bool:
    given = (*arguments, *([0] * 6))[:6]
    return allowances(policy or Policy(), landlock=landlock)[name].allows(given, own=OWN)


THREAD, FORK, VFORK, POSIX_SPAWN = 0x3D0F00, 0x1200011, 0x4111, 0x4111


def test_threads_and_processes_are_made_only_as_the_policy_says() -> None:
    nobody, spawning = Policy(threads=False), Policy(spawn=True)
    assert [allowed("clone", flags) for flags in (THREAD, FORK, VFORK)] == [True, False, False]
    assert [allowed("clone", flags, policy=nobody) for flags in (THREAD, FORK)] == [False, False]
    assert [allowed("clone", flags, policy=spawning) for flags in (THREAD, FORK, POSIX_SPAWN)] == [True, True, True]
    assert allowances(nobody, landlock=7)["clone"].error == errno.EAGAIN


@pytest.mark.parametrize("flag", [0x10000000, 0x00020000, 0x02000000, 0x20000000, 0x40000000, 0x00008000, 0x00002000, 0x00000080])
def test_no_clone_makes_a_namespace_or_a_stranger(flag: int) -> None:
    spawning = Policy(spawn=True)
    assert not any(allowed("clone", base | flag, policy=spawning) for base in (THREAD, FORK))


def test_signals_reach_the_worker_itself_alone() -> None:
    assert [allowed("kill", pid) for pid in (OWN, 1, 0, 0xFFFFFFFF)] == [True, False, False, False]
    assert [allowed("tgkill", pid) for pid in (OWN, 1)] == [True, False]
    spawning = Policy(spawn=True)
    assert not allowed("kill", 9, policy=spawning, landlock=5)
    assert allowed("kill", 9, policy=spawning, landlock=6)


def test_sockets_are_pairs_that_know_only_each_other() -> None:
    assert allowed("socketpair", 1, 1 | 0x80000 | 0x800)
    assert allowed("socketpair", 1, 5)
    assert not any(allowed("socketpair", *pair) for pair in ((1, 2), (2, 1), (16, 3), (40, 1)))
    assert allowed("sendto", 3, 0, 0, 0x4000, 0)
    assert not allowed("sendto", 3, 0, 0, 0, 0x7000)
    assert not allowed("sendto", 3, 0, 0, 0, 1 << 40)
    assert not allowed("sendmsg", 3, 0, 0x20000000)


def test_ports_allow_plain_tcp_and_nothing_else() -> None:
    connecting = Policy(connects=(443,))
    assert all(allowed("socket", family, 1, protocol, policy=connecting) for family in (2, 10) for protocol in (0, 6))
    others = ((2, 2, 0), (1, 1, 0), (2, 1, 262), (2, 3, 6), (17, 3, 0))
    assert not any(allowed("socket", *one, policy=connecting) for one in others)


def test_reading_never_truncates() -> None:
    reading, writing, truncating = 0, 1, 0o1000
    assert allowed("openat", 0, 0, reading)
    assert allowed("openat", 0, 0, writing | truncating)
    assert not allowed("openat", 0, 0, reading | truncating)
    assert not allowed("openat", 0, 0, 3 | truncating)
    assert not any(allowed("openat", 0, 0, mode | 0o10000000) for mode in (0, 1, 2, 1 | truncating))
    assert "truncate" not in allowances(Policy(), landlock=7)
    assert "truncate" not in allowances(Policy(writes=("/x",)), landlock=2)
    assert "truncate" in allowances(Policy(writes=("/x",)), landlock=3)


def test_memory_does_not_become_executable() -> None:
    private, anonymous, from_file = 2, 0x22, 2
    assert allowed("mmap", 0, 0, 3, anonymous)
    assert allowed("mmap", 0, 0, 5, from_file)
    assert not any(allowed("mmap", 0, 0, *one) for one in ((5, anonymous), (7, anonymous), (7, private), (4, anonymous)))
    assert not any(allowed("mprotect", 0, 0, protection) for protection in (4, 5, 7))
    compiler = Policy(executable_memory=True)
    assert allowed("mprotect", 0, 0, 5, policy=compiler)
    assert not allowed("mprotect", 0, 0, 7, policy=compiler)


def test_a_worker_cannot_disown_its_death_signal() -> None:
    assert [allowed("prctl", code) for code in (15, 16, 1, 4, 22)] == [True, True, False, False, False]
    spawning = Policy(spawn=True)
    assert [allowed("prctl", 1, signal, policy=spawning) for signal in (9, 0)] == [True, False]


def test_limits_are_read_and_not_set() -> None:
    assert allowed("prlimit64", 0, 7, 0, 0x7000)
    assert allowed("prlimit64", OWN, 7, 0)
    assert not any(allowed("prlimit64", *one) for one in ((0, 7, 0x7000), (1, 7, 0), (0, 7, 1 << 40)))


def test_nothing_is_changed_without_a_place_to_change() -> None:
    assert not set(allowance.CHANGING) & set(allowances(Policy(), landlock=7))
    assert set(allowance.CHANGING) <= set(allowances(Policy(scratch_bytes=1), landlock=7))
    assert [allowed("renameat2", 0, 0, 0, 0, flag, policy=Policy(scratch_bytes=1)) for flag in (0, 1, 2, 4)] == [True, True, True, False]


def test_links_are_followed_by_name_only_inside_a_tree() -> None:
    assert allowed("readlinkat")
    outside = allowances(Policy(), landlock=7, tree=False)["readlinkat"]
    assert (outside.alternatives, outside.error) == ((), errno.EINVAL)
