"""The errors of the sandbox, PLN-P4xx: something that was asked for cannot be enforced, so nothing starts.

Not here: what merely would be better; that is `machine`'s to say.
"""

from planaria.kernel.error import Refused


class Unenforceable(Refused):
    """The sandbox cannot enforce what was asked for, so the worker does not start."""

    code = "PLN-P400"
    what = "the sandbox cannot be entered: {text}"
    why = "a placement that cannot give what was asked refuses to start"
    fix = "see what this machine can enforce with planaria doctor"


class PolicyUnsound(Unenforceable):
    """A policy contradicts itself."""

    code = "PLN-P401"
    what = "the policy of a worker is unsound: {text}"
    why = "it was written so"
    fix = "mend the rights or the limits in system.place"


class NoLinux(Unenforceable):
    """The system or the processor is not one whose system calls are known."""

    code = "PLN-P402"
    what = "there is no sandbox for {system} on {machine}"
    why = "it is made of Linux, on x86_64, aarch64 or riscv64, in 64 bits"
    fix = 'run planaria on such a machine, or place the cell "wasm"'


class NoLandlock(Unenforceable):
    """The kernel has no Landlock."""

    code = "PLN-P403"
    what = "files cannot be kept from a worker: {text}"
    why = "Landlock is missing (Linux before 5.13), or not among the security modules that the kernel was started with"
    fix = 'use a newer kernel, or start it with lsm=landlock,… ; in a container, allow its system calls; or place the cell "wasm"'


class NoFilter(Unenforceable):
    """The kernel takes no seccomp filter."""

    code = "PLN-P404"
    what = "system calls cannot be kept from a worker: {text}"
    why = "the kernel takes no seccomp filter"
    fix = 'use a kernel with CONFIG_SECCOMP_FILTER, or place the cell "wasm"'


class NoScratch(Unenforceable):
    """A scratch folder of limited size cannot be had."""

    code = "PLN-P405"
    what = "a scratch folder of {size_bytes} bytes cannot be kept to that size: {text}"
    why = "only a file system of its own has a size, and mounting one needs CAP_SYS_ADMIN or user namespaces"
    fix = 'give scratch_mb=0, allow user namespaces, or place the cell "wasm"'


class NoIdentity(Unenforceable):
    """Root cannot become an ordinary user."""

    code = "PLN-P406"
    what = "a worker of root cannot become an ordinary user: {text}"
    why = "root's files and limits are no limits for root"
    fix = "run planaria as an ordinary user, or with CAP_SETUID and CAP_SETGID and the users {first} to {last} mapped"


class RuntimeUnreadable(Unenforceable):
    """The worker's user cannot read the interpreter's own files."""

    code = "PLN-P407"
    what = "user {uid} cannot read {path}, which the interpreter needs"
    why = "a worker of root becomes an ordinary user, and without a mount namespace of its own it sees the folders as they are"
    fix = "keep the interpreter and its packages where all users may read them, run planaria as an ordinary user, or with CAP_SYS_ADMIN"


class PathUnreachable(Unenforceable):
    """A declared path is missing, or closed to the worker's user."""

    code = "PLN-P408"
    what = "a worker cannot {act} {path}: {text}"
    why = "a right to a path is worth nothing when the path is missing, or closed to user {uid}"
    fix = "make the path and open it to that user, or take the right out of the contract or of system.place"


class NotAlone(Unenforceable):
    """The process has more than one thread."""

    code = "PLN-P409"
    what = "a process with {threads} threads cannot be confined"
    why = "what a process takes from itself it takes from one thread only"
    fix = "confine before any thread is started"


class StepRefused(Unenforceable):
    """The kernel refused a step of the confinement."""

    code = "PLN-P410"
    what = "the kernel refused '{step}': {text}"
    why = "this machine, or the container around planaria, forbids it"
    fix = "see planaria doctor; allow that step to planaria, or choose another placement"


class NoPorts(Unenforceable):
    """TCP ports cannot be limited here."""

    code = "PLN-P411"
    what = "a worker cannot be held to the TCP ports {ports}: Landlock is of version {version}"
    why = "limits for ports came with version 4 (Linux 6.7)"
    fix = "let connections come from the broker (Connects in the contract), or use a newer kernel"


class NoGroup(Unenforceable):
    """The control group that was made for the worker cannot be joined."""

    code = "PLN-P412"
    what = "a worker cannot join its control group: {text}"
    why = "the group is gone, or belongs to somebody else"
    fix = "leave the group to planaria, or run it where cgroup v2 is delegated to it"
