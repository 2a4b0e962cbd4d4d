"""One watched cell: what its contract declares, what it touched, and the refusal of the rest.

Why: a refusal must name the cell, the touch and the line that would declare it; and what was touched is kept, bounded, so
that a reviewer sees what a cell really needs before it is moved to a sandbox.
Not here: whose touch it is (`hook`).
"""

import errno
import os
import shutil
import site
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.effect import Effect
from planaria.kernel.error import PlanariaError, Several
from planaria.placement.right import covers, effects_of, rights_of
from planaria.placement.sandbox.runtime import runtime_paths
from planaria.placement.tripwire.event import UNDECLARABLE, Touch

TOUCHES_MAX = 128
MODES = ("refuse", "record", "off")
LIMITS = ("may", "tripwire")
VERBS = {"reads": "Reads", "writes": "Writes", "connects": "Connects", "spawns": "Spawns"}
PUBLIC = ("/etc/mime.types", "/etc/os-release")
HARMLESS = frozenset({os.devnull, "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random"})


class TripwireProblems(Several):
    """A line of system.py that asks of this process what it cannot give."""

    code = "PLN-P901"
    why = "a cell that runs in this process is watched, and not held: nothing here limits what it uses"


class Caught(PlanariaError, PermissionError):
    """Base of what the tripwire raises where the touch was about to happen."""

    code = "PLN-P902"
    what = "cell '{cell}' {touch}, which it may not"
    why = "it runs in this process, and its tripwire refuses what is not declared; nothing was touched"
    fix = 'do without; or let it run and be seen with system.place({contract}, "inprocess", tripwire="record")'

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.errno, self.strerror = errno.EPERM, str(self)


class EffectRefused(Caught):
    """A touch that the contract does not declare."""

    code = "PLN-P903"
    what = "cell '{cell}' {touch}, which its contract does not declare"
    fix = (
        "do without; or add effects=({line},) to the operation in cells/{cell}/contract.py, and have it reviewed; "
        'tripwire="record" in system.place lets it pass and keeps a record'
    )


class NeverInProcess(Caught):
    """A touch that no contract can declare for a cell in this process."""

    code = "PLN-P904"
    what = "cell '{cell}' {meaning} ({touch})"
    fix = (
        "do without; or place it apart with `planaria place {cell} process`; "
        'tripwire="record" in system.place lets it pass and keeps a record'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a cell touched: how often, and whether it was let through."""

    kind: str
    what: str
    count: int
    refused: bool

    @property
    def text(self) -> str:
        """Return the touch as text that is safe on a terminal."""
        return Touch(self.kind, self.what).shown


class Watch:
    """What one cell may touch and has touched; `directories` are the folders of its generations that are open now."""

    def __init__(self, cell: str, contract: type[Contract], *, root: Path, complain: Callable[[str], None]) -> None:
        self.cell, self.contract, self.root, self.complain = cell, contract.__name__, os.path.realpath(root), complain
        self.mode, self.declared = "refuse", effects_of(contract)
        self.directories: list[str] = []
        self.counts: dict[Touch, int] = {}
        self.refused: dict[Touch, int] = {}
        self.more = 0
        self.looked_up = False

    def ask(self, contract: type[Contract], limits: Any, complain: Callable[[str], None]) -> None:
        """Take what `system.place` says now; a swap may follow a change of the contract.

        Raises:
            TripwireProblems, RightProblems: PLN-P901, PLN-P301.
        """
        self.mode, self.declared = mode_and_effects(self.cell, contract, limits)
        self.complain = complain

    def judge(self, touches: Iterable[Touch], *, importing: bool) -> None:
        """Keep each touch, and raise at the first that is refused; `importing` while an installed package is being imported.

        Raises:
            EffectRefused, NeverInProcess: PLN-P903, PLN-P904.
        """
        for touch in touches:
            if self._is_none(touch):
                continue
            fine = self._may(touch) or (importing and touch.kind in UNDECLARABLE)
            if fine or self.mode != "refuse":
                self._keep(self.counts, touch)
            else:
                first = touch not in self.refused
                self._keep(self.refused, touch)
                error = self._error(touch)
                if first and touch in self.refused:
                    self.complain(f"{error.plain()['what']} ({error.code})")
                raise error

    def touched(self) -> list[Touched]:
        """Return what was touched, refused first, then the most frequent."""
        found = [Touched(kind=one.kind, what=one.what, count=count, refused=True) for one, count in list(self.refused.items())]
        found += [Touched(kind=one.kind, what=one.what, count=count, refused=False) for one, count in list(self.counts.items())]
        return sorted(found, key=lambda one: (not one.refused, -one.count))

    def _keep(self, kept: dict[Touch, int], touch: Touch) -> None:
        if touch in kept or len(self.counts) + len(self.refused) < TOUCHES_MAX:
            kept[touch] = kept.get(touch, 0) + 1
        else:
            self.more += 1

    def _is_none(self, touch: Touch) -> bool:
        """Say whether it is no effect: Python's own library, the sources of the system, the cell's own generation."""
        if touch.kind == "native":
            return is_below(touch.what, standard_library()) and "-packages/" not in touch.what
        if touch.kind not in ("reads", "writes"):
            return False
        if touch.what in HARMLESS:
            return True
        return touch.kind == "reads" and (
            is_below(touch.what, (*libraries(), *self.directories)) or (touch.what.endswith(".py") and is_below(touch.what, (self.root,)))
        )

    def _may(self, touch: Touch) -> bool:
        if touch.kind == "native":
            return is_below(touch.what, libraries())
        if touch.kind in ("reads", "writes"):
            kinds = ("reads", "writes") if touch.kind == "reads" else ("writes",)  # what may be changed may be read, as in a sandbox
            wheres = [one.what for one in self.declared if one.kind in kinds]
            return any(one == "*" or is_below(touch.what, (os.path.realpath(Path(self.root, one)),)) for one in wheres)
        if touch.kind == "spawns":
            return any(one.kind == "spawns" and (one.what in ("*", touch.what) or _program(one.what) == _program(touch.what))
                       for one in self.declared)  # fmt: skip
        return touch.kind == "connects" and self._may_connect(touch.what)

    def _may_connect(self, what: str) -> bool:
        if what.startswith("unix:"):
            return any(one.kind == "connects" and one.what in ("*", what) for one in self.declared)
        host, _, port = what.rpartition(":")
        hosts = [_host(one.what) for one in self.declared if one.kind == "connects"]
        if any(_fits(name, host) and (port == "*" or number in ("*", port)) for name, number in hosts):
            self.looked_up = self.looked_up or not _is_numeric(host)
            return True
        # An address that a declared name may have given: the event of a lookup does not tell its result.
        return self.looked_up and _is_numeric(host) and any(number in ("*", port) for name, number in hosts if not _is_numeric(name))

    def _error(self, touch: Touch) -> Caught:
        facts = {"cell": self.cell, "contract": self.contract, "touch": touch.shown}
        if touch.kind in UNDECLARABLE:
            return NeverInProcess(meaning=UNDECLARABLE[touch.kind], **facts)
        what = os.path.relpath(touch.what, self.root) if is_below(touch.what, (self.root,)) else touch.what
        return EffectRefused(line=f'{VERBS[touch.kind]}("{Touch("", what).shown.strip()}")', **facts)


def mode_and_effects(cell: str, contract: type[Contract], limits: Any) -> tuple[str, tuple[Effect, ...]]:
    """Read what `system.place(X, "inprocess", …)` was given: how the tripwire acts, and which effects are let through.

    Raises:
        TripwireProblems, RightProblems: PLN-P901, PLN-P301.

    >>> mode_and_effects("cart", type("Cart", (Contract,), {}), {"tripwire": "record"})
    ('record', ())
    """
    problems = [
        f"'{name}' is not kept in this process: use one of {', '.join(LIMITS)}, or place the cell as 'process'"
        for name in limits
        if name not in LIMITS
    ]
    mode = limits.get("tripwire", MODES[0])
    if mode not in MODES:
        problems.append(f"tripwire is {mode!r}: use one of {', '.join(MODES)}")
    if problems:
        raise TripwireProblems.of(f"the placement of cell '{cell}'", problems)
    if limits.get("may") is None:
        return mode, effects_of(contract)
    rights_of(cell, contract, {"may": limits["may"]})
    return mode, tuple(limits["may"])


@cache
def standard_library() -> tuple[str, ...]:
    """Return the folders of Python's own library."""
    return (os.path.realpath(sysconfig.get_path("stdlib")),)


@cache
def libraries() -> tuple[str, ...]:
    """Return the folders and files that no cell need declare: what a sandbox leaves readable too, and a few public tables.

    >>> any(os.__file__.startswith(one) for one in libraries())
    True
    """
    found = (*runtime_paths(), *standard_library(), site.getusersitepackages(), *PUBLIC)
    return tuple(dict.fromkeys(each for one in found for each in (one, os.path.realpath(one))))


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Say whether a real path is one of the folders or below one.

    >>> is_below("/a/b", ["/a"]), is_below("/ab", ["/a"])
    (True, False)
    """
    return any(path == one or path.startswith(one if one.endswith("/") else f"{one}/") for one in folders)


def _host(declared: str) -> tuple[str, str]:
    """Split a declared host; one without a port is reached at any."""
    name, _, port = declared.rpartition(":")
    if not name or not (port == "*" or port.isdecimal()):
        name, port = declared, "*"
    return name.removeprefix("[").removesuffix("]").lower(), port


def _fits(declared: str, host: str) -> bool:
    return covers(Effect("connects", declared), Effect("connects", host))


def _is_numeric(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()


@cache
def _program(name: str) -> str:
    return os.path.realpath(shutil.which(name) or name)
