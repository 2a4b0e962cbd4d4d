"""The confinement of a process by itself: the steps, in the one order in which they work.

Why: each step takes away what an earlier one needed. The file tree needs privilege, so it comes before the user is
changed; a change of the user clears the death signal, so that comes after; Landlock forbids mounting, and the filter
forbids Landlock, so they come last.
Decision D-066: the tree is used wherever it can be had, and is required only where something rests on it: scratch, or an
interpreter that the worker's user could not reach. Because most containers refuse it, and Landlock keeps files there too.
Revisit when Landlock hides names.
Not here: namespaces of the zygote (`namespace.enter_namespaces`), and what the worker does next.
"""

import ctypes
import functools
import os
import signal
import stat
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from planaria.placement.sandbox import filter as filters
from planaria.placement.sandbox import landlock as files
from planaria.placement.sandbox import namespace, tree
from planaria.placement.sandbox.allowance import allowances
from planaria.placement.sandbox.error import (
    NoGroup,
    NoScratch,
    NotAlone,
    PathUnreachable,
    PolicyUnsound,
    RuntimeUnreadable,
    StepRefused,
)
from planaria.placement.sandbox.identity import (
    FIRST,
    SYS_ADMIN,
    become,
    check_identity,
    drop_capabilities,
    empty_bounding_set,
    has_capability,
    needs_claim,
)
from planaria.placement.sandbox.limit import close_descriptors, end_first, limits_of, one_arena, set_limits, tasks
from planaria.placement.sandbox.policy import SCRATCH, Policy
from planaria.placement.sandbox.runtime import LIBRARIES, devices, loader_of, runtime_paths
from planaria.placement.sandbox.system_call import here, library, refused, write_kernel

_DEATH_SIGNAL, _DUMPABLE, _NO_NEW_PRIVILEGES, _REFUSE_EXECUTABLE_GAIN = 1, 4, 38, 65
_ORPHAN_EXIT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What is enforced on this process from now on."""

    landlock: int
    namespaces: tuple[str, ...]
    tree: bool
    tree_missing: str
    uid: int
    gid: int
    scratch: str | None
    limits: tuple[tuple[str, int], ...]

    def plain(self) -> dict[str, Any]:
        """Return it as data that crosses a process border.

        >>> Confinement(
        ...     landlock=7, namespaces=(), tree=False, tree_missing="no", uid=1, gid=1, scratch=None, limits=()
        ... ).plain()["landlock"]
        7
        """
        return {name: getattr(self, name) for name in self.__slots__} | {"limits": dict(self.limits), "namespaces": list(self.namespaces)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    landlock: int
    program: filters.Program
    program_without_tree: filters.Program
    plan: tree.Plan
    rules: tuple[files.Rule, ...]
    declared: tuple[tuple[str, str, int], ...]
    tasks: int


def prepare(policy: Policy) -> None:
    """Find out beforehand, before a fork, what `confine` will need for this policy; it is kept.

    Raises: PLN-P4xx where something that was asked for cannot be enforced here.
    """
    _prepared_for(policy)


def _prepared_for(policy: Policy) -> "_Prepared":
    """Return what was found out for a policy of this shape, whoever the worker will be."""
    problems = policy.problems()
    if problems:
        raise PolicyUnsound(text="; ".join(problems))
    return _prepared(replace(policy, uid=None if policy.uid is None else FIRST, group=None))


@functools.lru_cache(maxsize=256)
def _prepared(policy: Policy) -> _Prepared:
    architecture = here()
    found = files.required_version(policy)
    paths = _paths(policy)
    return _Prepared(
        landlock=found,
        program=filters.assemble(allowances(policy, landlock=found), architecture),
        program_without_tree=filters.assemble(allowances(policy, landlock=found, tree=False), architecture),
        plan=tree.plan_of(bind for bind, _ in paths),
        rules=tuple(files.Rule(os.path.realpath(bind.path), access) for bind, access in paths),
        declared=_declared(policy),
        tasks=tasks(),
    )


def _paths(policy: Policy) -> list[tuple[tree.Bind, int]]:
    libraries = [path for path in LIBRARIES if policy.spawn and Path(path).exists()]
    loaders = [path for path in map(loader_of, policy.executes) if path is not None]
    paths = [(_bind(path), files.READING) for path in (*runtime_paths(), *libraries)]
    paths += [(_bind(path, declared=True), files.READING) for path in policy.reads]
    paths += [(_bind(path, writable=True, declared=True), files.CHANGING) for path in policy.writes]
    paths += [(_bind(path), files.RUNNING) for path in (*policy.executes, *loaders)]
    paths += [(_bind(path, device=True), files.DEVICE) for path in devices(chance=policy.chance) if Path(path).exists()]
    return paths


def _bind(path: str, *, writable: bool = False, device: bool = False, declared: bool = False) -> tree.Bind:
    try:
        is_folder = stat.S_ISDIR(Path(path).stat().st_mode)
    except OSError as error:
        raise PathUnreachable(act="find", path=path, text=error.strerror, uid=os.geteuid()) from error
    return tree.Bind(path=path, is_folder=is_folder, writable=writable, device=device, declared=declared)


def _declared(policy: Policy) -> tuple[tuple[str, str, int], ...]:
    reads = [(path, "read", os.R_OK) for path in policy.reads]
    writes = [(path, "write", os.R_OK | os.W_OK) for path in policy.writes]
    runs = [(path, "run", os.X_OK) for path in policy.executes]
    return tuple((path, act, mode | (os.X_OK if Path(path).is_dir() else 0)) for path, act, mode in (*reads, *writes, *runs))


def confine(policy: Policy, *, keep: Collection[int], parent: int | None = None) -> Confinement:
    """Confine this process to `policy`, for good, and say what is enforced.

    Call it in a process with one thread that was just forked, before anything untrusted is imported. Descriptors but 0, 1, 2
    and those in `keep` are closed. With `parent`, the process ends at once where that is not, or no longer, who forked it.

    Raises: PLN-P4xx where something that was asked for cannot be enforced. The process is then half confined: end it.
    """
    prepared = _prepared_for(policy)
    _check_alone()
    close_descriptors({0, 1, 2, *keep})
    _join(policy.group)
    end_first()
    check_identity(policy.uid)
    drops, privileged = needs_claim(), has_capability(SYS_ADMIN)
    limits = limits_of(policy)
    uid = policy.uid if drops and policy.uid is not None else os.geteuid()
    if drops and not privileged:
        become(uid)  # before a user namespace is made: its maker stays its owner
    names, missing = _see_only_the_tree(policy, prepared, uid, as_root=drops and privileged)
    empty_bounding_set()
    if drops and privileged:
        become(uid)
    drop_capabilities()
    _check_reach(prepared, drops=drops, missing=missing)
    _die_with(parent)
    if not drops and "user" not in names:
        limits["RLIMIT_NPROC"] += prepared.tasks
    one_arena()
    in_force = set_limits(limits)
    _bind_for_good(policy, prepared, prepared.program_without_tree if missing else prepared.program)
    scratch = SCRATCH if policy.scratch_bytes else None
    os.chdir(scratch or "/")
    return Confinement(
        landlock=prepared.landlock,
        namespaces=names,
        tree=not missing,
        tree_missing=missing,
        uid=uid,
        gid=os.getegid(),
        scratch=scratch,
        limits=in_force,
    )


def _check_alone() -> None:
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - a process that was just forked has no time for paths
    if threads != 1:
        raise NotAlone(threads=threads)


def _join(group: str | None) -> None:
    if group is not None:
        try:
            write_kernel(f"{group}/cgroup.procs", "0")
        except OSError as error:
            raise NoGroup(text=error.strerror) from error


def _see_only_the_tree(policy: Policy, prepared: _Prepared, uid: int, *, as_root: bool) -> tuple[tuple[str, ...], str]:
    """Enter the tree where it can be had; return the namespaces entered, and why the tree is missing or an empty text."""
    names = ("mount",) if as_root else ("user", "mount")  # a user namespace of its own also counts its threads apart
    owner = (uid, uid if as_root else os.getegid())
    entered: tuple[str, ...] = ()
    try:
        namespace.enter(names)
        entered = names
        namespace.keep_mounts()
        root = tree.build(prepared.plan, scratch_bytes=policy.scratch_bytes, owner=owner, maps_owners=as_root)
        tree.enter(root)
    except (OSError, StepRefused) as error:
        reason = str(error.facts["text"]) if isinstance(error, StepRefused) else error.strerror or str(error)
        if policy.scratch_bytes:
            raise NoScratch(size_bytes=policy.scratch_bytes, text=reason) from error
        return tuple(name for name in entered if name == "user"), reason
    return entered, ""


def _check_reach(prepared: _Prepared, *, drops: bool, missing: str) -> None:
    """Refuse what the worker's user could not use, rather than let it fail later."""
    uid = os.getuid()
    if drops and missing:
        for path in runtime_paths():
            if not path.startswith("/etc/") and not os.access(path, os.R_OK):
                raise RuntimeUnreadable(uid=uid, path=path)
    for path, act, mode in prepared.declared:
        if not os.access(path, mode):
            raise PathUnreachable(act=act, path=path, text="it is missing, or closed to that user", uid=uid)


def _die_with(parent: int | None) -> None:
    library().prctl(_DEATH_SIGNAL, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(_ORPHAN_EXIT)
    library().prctl(_DUMPABLE, 0, 0, 0, 0)


def _bind_for_good(policy: Policy, prepared: _Prepared, program: filters.Program) -> None:
    if library().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise refused("no_new_privs", OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))
    if not policy.executable_memory:
        library().prctl(_REFUSE_EXECUTABLE_GAIN, ctypes.c_ulong(1), 0, 0, 0)  # Linux 6.3; the filter does the same
    rights = files.Ruleset(prepared.landlock)
    scratch = (files.Rule(SCRATCH, files.CHANGING),) if policy.scratch_bytes else ()
    rights.add((*prepared.rules, *scratch))
    if policy.connects:
        rights.add_ports(policy.connects)
    rights.enforce()
    rights.close()
    filters.install(program.of(os.getpid()))
