"""Rights: what a cell may touch where it runs apart, and how much it may use, read from the lines of system.py.

Why: a sandbox, a broker and a page for reviewers must read the same words; so the line in system.py is checked once, here,
and every problem in it is told at once.
Decision D-059: `may` lies within the effects that the contract declares, and is all of them where it is left out. Because
the contract is what people review, and a line of configuration must not widen it. Revisit when an operator must grant
more than an author foresaw.
Not here: enforcement (`sandbox`, `egress`, `process`, `wasm`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from planaria.kernel.contract import Contract, describe
from planaria.kernel.effect import Effect
from planaria.kernel.error import Several

MEMORY_MB, CPU_S_PER_CALL = 256, 10.0
MEMORY_LEAST_MB = 32
PORT_MAX = 65_535
KINDS = ("connects", "reads", "writes", "spawns", "secret", "clock", "chance")
LIMITS = ("memory_mb", "cpu_s_per_call", "scratch_mb", "may")


class RightProblems(Several):
    """A line of system.py that asks for what cannot be given."""

    code = "PLN-P301"
    why = "rights and limits are checked before anything runs, and what is not declared is not given"


@dataclass(frozen=True, slots=True)
class Host:
    """A host that may be reached, and its port; None is any port.

    >>> str(Host("docs.example", 443)), str(Host("docs.example", None))
    ('docs.example:443', 'docs.example:*')
    """

    name: str
    port: int | None

    def __str__(self) -> str:
        return f"{self.name}:{'*' if self.port is None else self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What one cell may touch, and how much it may use; `extra` holds the limits that one placement alone knows.

    >>> Rights().memory_mb
    256
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    connects: tuple[Host, ...] = ()
    spawns: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    clock: bool = False
    chance: bool = False
    memory_mb: int = MEMORY_MB
    cpu_s_per_call: float | None = CPU_S_PER_CALL
    scratch_mb: int = 0
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def effects_of(contract: type[Contract]) -> tuple[Effect, ...]:
    """Return every effect that a contract declares, each once, in order.

    >>> effects_of(type("Quiet", (Contract,), {}))
    ()
    """
    described = describe(contract)
    return tuple(dict.fromkeys(effect for one in described.operations + described.handlers for effect in one.effects))


def rights_of(cell: str, contract: type[Contract], limits: Mapping[str, Any], *, own: Iterable[str] = ()) -> Rights:
    """Read the rights of a cell from what `system.place` was given; `own` names the limits of one placement.

    Raises:
        RightProblems: PLN-P301, with every problem found.

    >>> rights_of("cart", type("Cart", (Contract,), {}), {"memory_mb": 64}).memory_mb
    64
    """
    declared, own = effects_of(contract), tuple(own)
    may = limits.get("may")
    given = declared if may is None else tuple(may) if isinstance(may, (tuple, list)) else ()
    problems = [f"there is no limit '{name}': use one of {', '.join((*LIMITS, *own))}" for name in limits if name not in (*LIMITS, *own)]
    if may is not None and not isinstance(may, (tuple, list)):
        problems.append("`may` must be a tuple of effects, such as (Reads('pages/'),)")
    problems += [f"`may` holds {one!r}, which is no effect" for one in given if not isinstance(one, Effect)]
    effects = [one for one in given if isinstance(one, Effect)]
    problems += [f"{one} is of no kind that can be given" for one in effects if one.kind not in KINDS]
    problems += [
        f"{one} is not declared by {contract.__name__}: add it to `effects` of the operation that needs it, and have it reviewed"
        for one in effects
        if not any(covers(wide, one) for wide in declared)
    ]
    hosts = [_host(one.what, problems) for one in effects if one.kind == "connects"]
    amounts = _amounts(limits, problems)
    if problems:
        raise RightProblems.of(f"the placement of cell '{cell}'", problems)

    def named(kind: str) -> tuple[str, ...]:
        return tuple(one.what for one in effects if one.kind == kind)

    return Rights(
        reads=named("reads"), writes=named("writes"), spawns=named("spawns"), secrets=named("secret"), clock=bool(named("clock")),
        chance=bool(named("chance")), connects=tuple(one for one in hosts if one is not None),
        extra={name: limits[name] for name in own if name in limits}, **amounts,
    )  # fmt: skip


def covers(wide: Effect, narrow: Effect) -> bool:
    """Say whether a declared effect holds another; `*` in it stands for anything, and a path holds what is below it.

    >>> covers(Effect("reads", "pages"), Effect("reads", "pages/a.html")), covers(Effect("connects", "a:*"), Effect("connects", "a:443"))
    (True, True)
    >>> covers(Effect("reads", "pages"), Effect("reads", "pages/../keys")), covers(Effect("reads", "a"), Effect("writes", "a"))
    (False, False)
    """
    if wide.kind != narrow.kind:
        return False
    if wide.what in ("*", narrow.what):
        return True
    if wide.kind in ("reads", "writes"):
        parts, inner = wide.what.rstrip("/").split("/"), narrow.what.rstrip("/").split("/")
        return ".." not in inner and inner[: len(parts)] == parts
    return wide.kind == "connects" and fnmatchcase(narrow.what, wide.what.replace("[", "[[]"))


def _host(what: str, problems: list[str]) -> Host | None:
    name, separator, port = what.rpartition(":")
    if not separator or not name or not (port == "*" or (port.isascii() and port.isdigit() and 0 < int(port) <= PORT_MAX)):
        problems.append(f"Connects('{what}') must be 'host:port' or 'host:*'")
        return None
    return Host(name.removeprefix("[").removesuffix("]").lower(), None if port == "*" else int(port))


def _amounts(limits: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    memory, cpu, scratch = limits.get("memory_mb", MEMORY_MB), limits.get("cpu_s_per_call", CPU_S_PER_CALL), limits.get("scratch_mb", 0)
    if not _is_number(memory, int) or memory < MEMORY_LEAST_MB:
        problems.append(f"memory_mb is {memory!r}: a whole number of at least {MEMORY_LEAST_MB} is needed")
    if cpu is not None and (not _is_number(cpu, int, float) or not cpu > 0):
        problems.append(f"cpu_s_per_call is {cpu!r}: a number above 0, or None for no limit, is needed")
    if not _is_number(scratch, int) or scratch < 0:
        problems.append(f"scratch_mb is {scratch!r}: a whole number of at least 0 is needed")
    return {"memory_mb": memory, "cpu_s_per_call": cpu, "scratch_mb": scratch}


def _is_number(value: Any, *kinds: type) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)
