"""The placement `wasm`: opens seats for cells that run in WebAssembly.

Why: one engine, one compiled guest and one place for the limits of all cells that are placed here. What this placement cannot
give is refused before anything starts.
Not here: a seat (`seat`, `component.seat`).
"""

import asyncio
import secrets as system_chance
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from planaria.kernel.loader import files_of
from planaria.kernel.port import Clock, Seat, SeatOrder
from planaria.placement.codec import MsgspecCodec
from planaria.placement.egress.access import Accesses
from planaria.placement.egress.broker import Broker
from planaria.placement.egress.resolver import Resolver
from planaria.placement.right import Rights, rights_of
from planaria.placement.usage import Usage
from planaria.placement.wasm.build import cache_folder
from planaria.placement.wasm.error import LimitsWrong, NotGiven, Unfit
from planaria.placement.wasm.fitness import unfit

OWN = ("fuel_per_call", "reset")
RESETS = ("never", "call")
MEGABYTE = 1024 * 1024


def _quiet(text: str) -> None:
    """Say nothing."""


class Uptime:
    """Seconds since the machine started, where no other clock is given."""

    def now(self) -> float:
        """Return the seconds.

        >>> Uptime().now() > 0
        True
        """
        return time.monotonic()


class Wasm:
    """Run cells inside WebAssembly; secrets are values by name, `progress` hears of the build at the first use of a release.

    >>> Wasm().usages()
    []
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        secrets: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        resolver: Resolver | None = None,
        cache: Path | None = None,
        progress: Callable[[str], None] = _quiet,
    ) -> None:
        self.root, self.secrets, self.clock, self.resolver = root, secrets or {}, clock or Uptime(), resolver
        self.cache, self.progress = cache, progress
        self.codec, self.accesses = MsgspecCodec(), Accesses()
        self.seats: list[Seat] = []

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat, not yet started; the first of a release builds the guest, which takes seconds: see `warm`.

        Raises:
            RightProblems, LimitsWrong, NotGiven, Unfit: PLN-P301, PLN-P715, PLN-P714, PLN-P713.
            GuestNotBuilt, CacheUntrusted: PLN-P710, PLN-P711.
        """
        from planaria.placement.wasm import engine
        from planaria.placement.wasm.component.opening import component_in
        from planaria.placement.wasm.component.seat import ComponentSeat

        cache = self.cache or cache_folder()
        self.seats = [one for one in self.seats if not getattr(one, "closed", False)]
        if component_in(order.generation.directory) is not None:
            seat: Seat = ComponentSeat(
                order, engine=engine.shared(), cache=cache, now=self.clock.now, chance=lambda: system_chance.randbits(64)
            )
        else:
            seat = self._python(order, cache)
        self.seats.append(seat)
        return seat

    def _python(self, order: SeatOrder, cache: Path) -> Seat:
        from planaria.placement.wasm import engine
        from planaria.placement.wasm.fresh import FreshSeat
        from planaria.placement.wasm.instance import Instance
        from planaria.placement.wasm.seat import Furnishing, WasmSeat

        rights = rights_of(order.cell, order.contract, order.limits, own=OWN)
        self._check(order, rights)
        guest, host = engine.shared_guest(cache, self.progress), engine.shared(epochs=False)
        broker = (
            Broker(order.cell, rights.connects, record=self.accesses, clock=self.clock, resolver=self.resolver) if rights.connects else None
        )
        furnishing = Furnishing(
            instance=lambda capabilities, given: Instance(
                host.engine, capabilities.linker(host), guest, memory_bytes=given.memory_mb * MEGABYTE
            ),
            codec=self.codec, now=self.clock.now, broker=broker, secrets={name: self.secrets[name] for name in rights.secrets},
        )  # fmt: skip
        if rights.extra.get("reset") == "call":
            return FreshSeat(order, lambda: WasmSeat(order, rights, furnishing))
        return WasmSeat(order, rights, furnishing)

    def _check(self, order: SeatOrder, rights: Rights) -> None:
        fuel, reset = rights.extra.get("fuel_per_call"), rights.extra.get("reset", "never")
        wrong = []
        if fuel is not None and (isinstance(fuel, bool) or not isinstance(fuel, int) or fuel < 1):
            wrong.append(f"fuel_per_call is {fuel!r}: a whole number of at least 1 is needed")
        if reset not in RESETS:
            wrong.append(f"reset is {reset!r}: use one of {', '.join(RESETS)}")
        if wrong:
            raise LimitsWrong.of(f"the placement of cell '{order.cell}'", wrong)
        if problems := ungiven(rights, self.secrets):
            raise NotGiven.of(f"cell '{order.cell}' in WebAssembly", problems)
        if problems := unfit(files_of(order.generation.directory), also=[one.__module__ for one in (order.contract, *order.uses)]):
            raise Unfit.of(f"cell '{order.cell}', generation {order.generation.digest[:12]}", problems)

    async def warm(self) -> None:
        """Build, compile and load the guest now, off the loop, so that the first cell need not wait for it."""
        from planaria.placement.wasm import engine

        await asyncio.to_thread(engine.shared_guest, self.cache or cache_folder(), self.progress)

    async def close(self) -> None:
        """Stop every seat that is still open."""
        for seat in self.seats:
            if not getattr(seat, "closed", False):
                await seat.stop()
        self.seats = []

    def usages(self) -> list[Usage]:
        """Return what each cell uses whose seats are open now."""
        found: dict[str, list[Usage]] = {}
        for seat in self.seats:
            usage = getattr(seat, "usage", None)
            if usage is not None and not getattr(seat, "closed", False):
                one: Usage = usage()
                found.setdefault(one.cell, []).append(one)
        return [self._sum(cell, usages) for cell, usages in found.items()]

    def _sum(self, cell: str, usages: list[Usage]) -> Usage:
        return Usage(
            cell=cell, placement="wasm", seats=sum(one.seats for one in usages), calls=sum(one.calls or 0 for one in usages),
            cpu_s=sum(one.cpu_s or 0.0 for one in usages), fuel=sum(one.fuel or 0 for one in usages),
            memory_bytes=sum(one.memory_bytes or 0 for one in usages) or None, accesses=self.accesses.counts(cell),
        )  # fmt: skip


def ungiven(rights: Rights, secrets: Mapping[str, str]) -> list[str]:
    """Return a sentence for each right that a guest cannot have.

    >>> ungiven(Rights(spawns=("git",)), {})
    ["it may start 'git': a guest starts no programs; place it as 'process', or leave it out of `may`"]
    """
    problems = [f"it may {verb} '{path}': a guest has no files" for verb in ("reads", "writes") for path in getattr(rights, verb)]
    problems = [one.replace("may reads", "may read").replace("may writes", "may write") for one in problems]
    problems += [f"it may start '{name}': a guest starts no programs" for name in rights.spawns]
    problems += ["scratch_mb: a guest has no files"] if rights.scratch_mb else []
    problems = [f"{one}; place it as 'process', or leave it out of `may`" for one in problems]
    return problems + [
        f"it may have the secret '{name}', which is not there: name it where secrets are read"
        for name in rights.secrets
        if name not in secrets
    ]
