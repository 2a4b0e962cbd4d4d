"""Which system calls a confined process may make, and with which arguments.

Why: what is not in this list does not exist for a worker: io_uring, keyctl, memfd_create, userfaultfd, bpf, perf_event_open,
ptrace, process_vm_readv, pidfd_open, mount, unshare, setns and whatever the next kernel brings.
Decision D-063: memory is never writable and executable at once, anonymous memory is never executable, and mprotect never
makes memory executable. Because shell code is written before it is run. Callbacks of ctypes still work where libffi
has static trampolines (3.4 and newer, as distributions build it); elsewhere making one raises MemoryError, and
`executable_memory` gives it back. Revisit when no libffi without them is in use.
Decision D-064: no socket at all: a worker holds connected ones, or asks for them. Of socketpairs only those that cannot
name another peer: an unconnected datagram can be sent to any path, and no filter sees the path. Because a filter sees
numbers, not memory. Revisit when Landlock covers sockets by family.
Not here: how the list becomes a program (`filter`).
"""

import errno
from collections.abc import Iterable, Mapping

from planaria.placement.sandbox.filter import OWN, WHOLE, Allowance, Condition
from planaria.placement.sandbox.policy import Policy

PLAIN = """
read write readv writev pread64 pwrite64 close close_range lseek poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait
pipe pipe2 dup dup2 dup3 eventfd2 timerfd_create timerfd_settime timerfd_gettime
stat fstat lstat newfstatat statx access faccessat faccessat2 getcwd chdir getdents getdents64
fstatfs umask
recvfrom recvmsg shutdown getsockname getpeername
brk munmap mremap msync madvise fadvise64 membarrier
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause setitimer getitimer alarm
sched_yield sched_get_priority_max sched_get_priority_min getcpu set_robust_list set_tid_address rseq restart_syscall
clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage getrlimit uname
getpid getppid gettid getpgrp getuid geteuid getgid getegid getresuid getresgid getgroups
wait4 waitid exit exit_group riscv_flush_icache
""".split()  # noqa: SIM905 - a table reads best as text
CHANGING = """
mkdir mkdirat rmdir unlink unlinkat rename renameat ftruncate fallocate fsync fdatasync flock copy_file_range sendfile
""".split()  # noqa: SIM905 - a table reads best as text
LINKS = ("readlink", "readlinkat")
"""Landlock does not see them, so outside a tree of its own a worker finds no links; whoever resolves paths goes on without."""
SPAWNING = ("execve", "setpgid", "fork", "vfork")
NEWER = """
clone3 openat2 futex_waitv futex_wait futex_wake futex_requeue epoll_pwait2 fchmodat2 map_shadow_stack mseal
""".split()  # noqa: SIM905 - a table reads best as text
"""Answered as by a kernel that does not know them: the C library then takes the way that can be filtered."""
ATTRIBUTES = """
getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr
""".split()  # noqa: SIM905 - a table reads best as text
"""Answered as by a file system without them, which copying programs expect."""

# linux/sched.h. A thread as every C library makes one, and a process as fork, vfork and posix_spawn make one.
_THREAD = 0x0001_0000
_THREAD_FLAGS = 0x007D_0F00  # VM FS FILES SIGHAND THREAD SYSVSEM SETTLS PARENT_SETTID CHILD_CLEARTID DETACHED
_PROCESS_FLAGS = 0x0120_4100  # VM VFORK CHILD_CLEARTID CHILD_SETTID
_SIGCHLD = 17
_LOW = 0xFFFF_FFFF
_PROTECT_WRITE, _PROTECT_EXECUTE, _MAP_ANONYMOUS = 2, 4, 0x20
_OPEN_MODE, _OPEN_TRUNCATE, _OPEN_PATH = 0o3, 0o1000, 0o10000000
_UNIX, _INET, _INET6 = 1, 2, 10
_KIND, _STREAM, _SEQPACKET, _TCP = 0xF, 1, 5, 6
_FAST_OPEN = 0x2000_0000
_LEVEL_SOCKET = 1
_IOCTLS = (0x5421, 0x541B, 0x5450, 0x5451)  # FIONBIO FIONREAD FIONCLEX FIOCLEX
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)  # DUPFD GETFD SETFD GETFL SETFL locks DUPFD_CLOEXEC GETPIPE_SZ
_FUTEXES = (0, 1, 3, 4, 5, 9, 10)  # WAIT WAKE REQUEUE CMP_REQUEUE WAKE_OP WAIT_BITSET WAKE_BITSET
_FUTEX_COMMAND = 0x7F
_NAMES = (15, 16)  # PR_SET_NAME PR_GET_NAME
_DEATH_SIGNAL, _SIGKILL = 1, 9
_SOCKET_SETTABLE = (6, 7, 8, 9, 13, 20, 21, 66, 67)  # BROADCAST SNDBUF RCVBUF KEEPALIVE LINGER RCVTIMEO SNDTIMEO
_SOCKET_READABLE = (3, 4, 7, 8, 9, 13, 20, 21, 30, 38, 39, 66, 67)  # these, and TYPE ERROR ACCEPTCONN PROTOCOL DOMAIN
_TCP_OPTIONS = (1, 4, 5, 6, 18)  # NODELAY KEEPIDLE KEEPINTVL KEEPCNT USER_TIMEOUT
_CLOCKS_OF_OTHERS = 0xFFFF_FFF0  # the clocks of the system and of oneself are below 16; others name a process, or a device
_RENAMES_MAX = 2  # plain, NOREPLACE, EXCHANGE
_ARCHITECTURE_CODES = (0x1002, 0x3001)  # ARCH_SET_FS, and the question for shadow stacks that a new program begins with
LANDLOCK_TRUNCATES, LANDLOCK_SCOPES_SIGNALS = 3, 6


def allowances(policy: Policy, *, landlock: int, tree: bool = True) -> Mapping[str, Allowance]:
    """Return what a worker under `policy` may call, on a kernel with this version of Landlock, in a tree of its own or not.

    >>> made = allowances(Policy(), landlock=7)
    >>> "socket" in made, "execve" in made, made["openat2"].alternatives
    (False, False, ())
    """
    changing = bool(policy.writes or policy.scratch_bytes)
    nothing: tuple[tuple[Condition, ...], ...] = ()
    made = {
        **_memory(policy),
        **_files(),
        **_sockets(policy),
        **_processes(policy, landlock=landlock),
        **dict.fromkeys(NEWER, Allowance(nothing, errno.ENOSYS)),
        **dict.fromkeys(ATTRIBUTES, Allowance(nothing, errno.ENOTSUP)),
        **dict.fromkeys(LINKS, Allowance() if tree else Allowance(nothing, errno.EINVAL)),
        **dict.fromkeys(PLAIN, Allowance()),
    }
    if changing:
        made |= dict.fromkeys(CHANGING, Allowance())
        made["renameat2"] = Allowance(tuple((Condition(4, flag),) for flag in range(_RENAMES_MAX + 1)))
        if landlock >= LANDLOCK_TRUNCATES:
            made["truncate"] = Allowance()
    if policy.chance:
        made["getrandom"] = Allowance()
    return made


def _one_of(argument: int, values: Iterable[int], error: int = errno.EPERM, mask: int = _LOW) -> Allowance:
    return Allowance(tuple((Condition(argument, value, mask),) for value in values), error)


def _memory(policy: Policy) -> dict[str, Allowance]:
    both = _PROTECT_WRITE | _PROTECT_EXECUTE
    inert = (Condition(2, 0, _PROTECT_EXECUTE),)
    if policy.executable_memory:
        either = Allowance((inert, (Condition(2, _PROTECT_EXECUTE, both),)))
        return {"mmap": either, "mprotect": either, "futex": _one_of(1, _FUTEXES, errno.ENOSYS, _FUTEX_COMMAND)}
    of_a_file = (Condition(2, _PROTECT_EXECUTE, both), Condition(3, 0, _MAP_ANONYMOUS))
    return {
        "futex": _one_of(1, _FUTEXES, errno.ENOSYS, _FUTEX_COMMAND),
        "mmap": Allowance((inert, of_a_file)),
        "mprotect": Allowance((inert,)),
    }


def _files() -> dict[str, Allowance]:
    """Refuse what Landlock does not see: truncating what is opened for reading (before version 3), mere names (O_PATH), others' clocks."""

    def opening(flags: int) -> Allowance:
        writing = [(Condition(flags, mode, _OPEN_MODE | _OPEN_PATH),) for mode in (1, 2)]
        return Allowance(((Condition(flags, 0, _OPEN_TRUNCATE | _OPEN_PATH),), *writing))

    return {
        "open": opening(1),
        "openat": opening(2),
        "ioctl": _one_of(1, _IOCTLS, errno.ENOTTY),
        "fcntl": _one_of(1, _FCNTLS, errno.EINVAL),
        "clock_gettime": _one_of(0, (0,), errno.EINVAL, _CLOCKS_OF_OTHERS),
    }


def _sockets(policy: Policy) -> dict[str, Allowance]:
    def options(names: tuple[int, ...]) -> Allowance:
        of_sockets = [(Condition(1, _LEVEL_SOCKET), Condition(2, name)) for name in names]
        of_streams = [(Condition(1, _TCP), Condition(2, name)) for name in _TCP_OPTIONS]
        return Allowance((*of_sockets, *of_streams), errno.ENOPROTOOPT)

    made = {
        "socketpair": Allowance(tuple((Condition(0, _UNIX), Condition(1, kind, _KIND)) for kind in (_STREAM, _SEQPACKET))),
        "sendto": Allowance(((Condition(4, 0, WHOLE), Condition(3, 0, _FAST_OPEN)),)),
        "sendmsg": Allowance(((Condition(2, 0, _FAST_OPEN),),)),
        "setsockopt": options(_SOCKET_SETTABLE),
        "getsockopt": options(_SOCKET_READABLE),
    }
    if policy.connects:
        families, protocols = (_INET, _INET6), (0, _TCP)  # no other protocol: Landlock does not see the ports of MPTCP
        streams = [
            (Condition(0, family), Condition(1, _STREAM, _KIND), Condition(2, protocol)) for family in families for protocol in protocols
        ]
        made |= {"socket": Allowance(tuple(streams)), "connect": Allowance()}
    return made


def _processes(policy: Policy, *, landlock: int) -> dict[str, Allowance]:
    made = {
        "clone": _clone(policy),
        "kill": _one_of(0, (OWN,)),
        "tgkill": _one_of(0, (OWN,)),
        "sched_getaffinity": _one_of(0, (0, OWN)),
        "prlimit64": Allowance(tuple((Condition(0, one), Condition(2, 0, WHOLE)) for one in (0, OWN))),
        "prctl": _one_of(0, _NAMES, errno.EINVAL),
    }
    if policy.spawn:
        made |= dict.fromkeys(SPAWNING, Allowance())
        made["arch_prctl"] = _one_of(0, _ARCHITECTURE_CODES, errno.EINVAL)
        dying = (Condition(0, _DEATH_SIGNAL), Condition(1, _SIGKILL))
        made["prctl"] = Allowance((*made["prctl"].alternatives, dying), errno.EINVAL)
        if landlock >= LANDLOCK_SCOPES_SIGNALS or policy.uid is not None:
            made |= dict.fromkeys(("kill", "tgkill"), Allowance())  # reach no further than the worker's own processes
    return made


def _clone(policy: Policy) -> Allowance:
    alternatives: list[tuple[Condition, ...]] = []
    if policy.threads:
        alternatives.append((Condition(0, _THREAD, _LOW & ~_THREAD_FLAGS | _THREAD),))
    if policy.spawn:
        alternatives.append((Condition(0, _SIGCHLD, _LOW & ~_PROCESS_FLAGS),))
    return Allowance(tuple(alternatives), errno.EAGAIN)
