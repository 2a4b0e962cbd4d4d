"""The placement itself: from what system.py says to the terms of a worker.

Why: rights come from the contract and the line in system.py, and are turned into a policy here and nowhere else. What
cannot be enforced refuses to start.
Not here: rights as such (`placement.right`), their enforcement (`placement.sandbox`, `placement.egress`).
"""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from planaria.kernel.contract import Contract
from planaria.kernel.port import Clock, SeatOrder
from planaria.placement.egress.access import Accesses
from planaria.placement.egress.broker import Broker
from planaria.placement.egress.resolver import Resolver
from planaria.placement.process.error import ContractNotImportable, LimitsWrong, SecretMissing
from planaria.placement.process.link import Terms
from planaria.placement.process.nursery import Nursery
from planaria.placement.process.seat import ProcessSeat
from planaria.placement.right import Rights, rights_of
from planaria.placement.sandbox.confinement import prepare
from planaria.placement.sandbox.group import Group, Home
from planaria.placement.sandbox.identity import Claim, claim, needs_claim
from planaria.placement.sandbox.policy import MEGABYTE, Policy
from planaria.placement.usage import Usage

VALUE_MB, VALUE_MB_MAX = 8, 256
OWN = ("value_mb",)
FILES_MAX, PROCESSES_MAX = 256, 64
GROUP_SPARE_BYTES = 32 * MEGABYTE  # what a worker shares with the zygote counts in its group
CLOSING_TRIES, CLOSING_S = 100, 0.02


class Uptime:
    """Seconds since the machine started: dates accesses where no clock is given."""

    def now(self) -> float:
        """Return seconds.

        >>> Uptime().now() > 0
        True
        """
        return time.monotonic()


class Process:
    """Run cells in confined processes of their own; paths in rights are below `root`, secrets are values by name.

    >>> Process(Path("shop")).usages()
    []
    """

    def __init__(
        self, root: Path, *, secrets: Mapping[str, str] | None = None, clock: Clock | None = None, resolver: Resolver | None = None
    ) -> None:
        self.root, self.secrets, self.clock, self.resolver = Path(root).absolute(), secrets or {}, clock or Uptime(), resolver
        self.nursery = Nursery()
        self.accesses = Accesses()
        self.seats: dict[ProcessSeat, tuple[Claim | None, Group | None]] = {}
        self.groups: list[Group] = []
        self.made = 0

    def open(self, order: SeatOrder) -> ProcessSeat:
        """Open a seat, not yet started.

        Raises:
            RightProblems, LimitsWrong, ContractNotImportable, SecretMissing: PLN-P301, PLN-P511, PLN-P501, PLN-P514.
            Unenforceable: PLN-P4xx, what this machine cannot enforce.
        """
        for one in (order.contract, *order.uses):
            check_importable(order.cell, one)
        rights = rights_of(order.cell, order.contract, order.limits, own=OWN)
        value_mb = rights.extra.get("value_mb", VALUE_MB)
        if type(value_mb) is not int or not 0 < value_mb <= VALUE_MB_MAX:
            raise LimitsWrong.of(f"the placement of cell '{order.cell}'", [f"value_mb is {value_mb!r}: 1 to {VALUE_MB_MAX} is needed"])
        missing = [name for name in rights.secrets if name not in self.secrets]
        if missing:
            raise SecretMissing(cell=order.cell, names=", ".join(missing))
        held, group = claim() if needs_claim() else None, None
        try:
            group = self._group(rights)
            policy = policy_of(rights, self.root, uid=held.uid if held else None, group=group.path if group else None)
            prepare(policy)
            egress = None
            if rights.connects:
                egress = Broker(order.cell, rights.connects, record=self.accesses, clock=self.clock, resolver=self.resolver)
        except BaseException:
            self._give_back(held, group)
            raise
        secrets = {name: self.secrets[name] for name in rights.secrets}
        terms = Terms(policy=policy, secrets=secrets, cpu_s_per_call=rights.cpu_s_per_call, size_max=value_mb * MEGABYTE, egress=egress)
        seat = ProcessSeat(order, self.nursery, terms, over=self._over)
        self.seats[seat] = (held, group)
        return seat

    def _group(self, rights: Rights) -> Group | None:
        """Make a control group for a worker that may start programs, where the machine lets us: it ends and limits them together.

        A worker that starts none is limited by itself; to join a group would make its start slower by half.
        """
        home = Home.find() if rights.spawns else None
        if home is None:
            return None
        self.made += 1
        memory_bytes = rights.memory_mb * MEGABYTE + GROUP_SPARE_BYTES
        return home.make(f"{os.getpid()}-{id(self):x}-{self.made}", memory_bytes=memory_bytes, processes_max=PROCESSES_MAX)

    def _over(self, seat: ProcessSeat) -> None:
        self._give_back(*self.seats.pop(seat, (None, None)))

    def _give_back(self, held: Claim | None, group: Group | None) -> None:
        if held is not None:
            held.close()
        if group is not None:
            group.kill()
            self.groups.append(group)
        self.groups = [one for one in self.groups if not _closed(one)]  # what dies a moment later is removed with the next

    async def warm(self) -> None:
        """Start the process that workers are forked from now, so that the first cell need not wait for it."""
        await self.nursery.warm()

    async def close(self) -> None:
        """Stop every seat that is still open, and end the zygote."""
        for seat in list(self.seats):
            await seat.stop()
        await self.nursery.close()
        for _ in range(CLOSING_TRIES):
            self.groups = [one for one in self.groups if not _closed(one)]
            if not self.groups:
                break
            await asyncio.sleep(CLOSING_S)

    def usages(self) -> list[Usage]:
        """Return what each cell uses whose seats are open now."""
        found: dict[str, list[ProcessSeat]] = {}
        for seat in self.seats:
            found.setdefault(seat.order.cell, []).append(seat)
        return [self._usage(cell, seats) for cell, seats in found.items()]

    def _usage(self, cell: str, seats: list[ProcessSeat]) -> Usage:
        links = [one.link for one in seats if one.link is not None]
        figures = [one.usage() for one in links]
        return Usage(
            cell=cell, placement="process", seats=len(links), calls=sum(one.calls.made for one in links),
            cpu_s=sum(cpu_s for _, cpu_s in figures), memory_bytes=sum(memory for memory, _ in figures),
            memory_max_bytes=sum(one.supervision.most_bytes for one in links), accesses=self.accesses.counts(cell),
        )  # fmt: skip


def check_importable(cell: str, contract: type[Contract]) -> None:
    """Refuse a contract that another process cannot find by name.

    Raises:
        ContractNotImportable: PLN-P501.

    >>> check_importable("cart", Contract)
    """
    text = ""
    if contract.__module__ == "__main__":
        text = "it is defined in the program itself"
    elif "<locals>" in contract.__qualname__:
        text = "it is defined inside a function"
    elif getattr(sys.modules.get(contract.__module__), contract.__qualname__, None) is not contract:
        text = f"module {contract.__module__} does not hold it under its name"
    if text:
        raise ContractNotImportable(cell=cell, contract=contract.__qualname__, text=text)


def _closed(group: Group) -> bool:
    try:
        group.close()
    except OSError:  # what was killed has not left it yet
        return False
    return True


def policy_of(rights: Rights, root: Path, *, uid: int | None, group: str | None = None) -> Policy:
    """Turn rights into what confines a worker.

    >>> policy_of(Rights(reads=("pages/",)), Path("/srv/shop"), uid=None).reads
    ('/srv/shop/pages',)
    """
    programs = tuple(shutil.which(one) or one for one in rights.spawns)
    return Policy(
        reads=_paths(root, rights.reads), writes=_paths(root, rights.writes), executes=programs, spawn=bool(programs), uid=uid, group=group,
        memory_bytes=rights.memory_mb * MEGABYTE, scratch_bytes=rights.scratch_mb * MEGABYTE,
        chance=rights.chance or bool(rights.connects),  # TLS needs it, and chance can be had from whoever is reached
        files_max=FILES_MAX, processes_max=PROCESSES_MAX,
    )  # fmt: skip


def _paths(root: Path, given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(os.path.normpath(root / one) for one in given)
