"""The host under attack: for each attack a system of its own, whose target runs in the placement that is tried.

Why: an attack must meet what a user's cell would meet, so it goes through the kernel's own call path; and each has a new
worker or instance, so that none can help or hide another. Beside them one neighbour stays up in the same placement for the
whole run: whether it answers, and how soon, is how the host is seen to live.
Not here: what an outcome means (`judge`), the victims (`victim`), all attacks in turn (`suite`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from planaria.attack.arsenal import armed
from planaria.attack.catalogue import Attack
from planaria.attack.error import AttackNotRun
from planaria.attack.judge import BESIDE_MB, END_S, LINES_MAX, PROMISED, Watch, problem_of_error, problem_of_lines, problem_of_value
from planaria.attack.neighbour.contract import Neighbour
from planaria.attack.report import Outcome
from planaria.attack.target.contract import EFFECTS, Account, Target
from planaria.attack.vault.contract import Vault
from planaria.attack.victim import Victims
from planaria.kernel.call import enter
from planaria.kernel.effect import Effect
from planaria.kernel.error import PlanariaError
from planaria.kernel.life import Life
from planaria.kernel.loader import Generation, generation_at
from planaria.kernel.port import Placement, Ports
from planaria.kernel.system import CellPlan, System

HERE = Path(__file__).parent
ITEMS, ITEM_BYTES = 200, 32 << 20
STOP_S = 40.0
MEMORY_MB, CPU_S = 128, 1


class _Still:
    """A clock for a store that is thrown away."""

    def now(self) -> float:
        return 0.0


class _Counted:
    """Ids for requests that nobody looks up."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def new(self) -> str:
        return f"attack-{next(self.numbers)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every system of a run shares: placement, store, victims, and the limits of the target."""

    name: str
    placement: Placement
    ports: Ports
    victims: Victims
    limits: dict[str, Any]

    def life(self, theme: str = "", *, complain: Callable[[str], None]) -> Life:
        """Make a system: the neighbour alone in the placement; or the target in it, armed for a theme, beside neighbour and vault.

        The target has the right to connect only in attacks on the broker, since a right brings more with it.
        """
        system = System("attack")
        system.add(Neighbour)
        if theme:
            system.add(Vault)
            system.add(Target, uses=(Neighbour,), restarts=0, drain_s=1.0)
            system.place(Target, self.name, **self.limits, may=self._rights(connects=theme == "egress"))
        else:
            system.place(Neighbour, self.name, memory_mb=MEMORY_MB)
        return Life(system, ports=self.ports, current=lambda plan: self._generation(plan, theme), complain=complain)

    def _rights(self, *, connects: bool) -> tuple[Effect, ...]:
        """Choose what this placement can give: a guest of `wasm` has no files, so that none can be declared for it."""
        wanted = [*(EFFECTS[:1] if self.name == "process" else ()), *(EFFECTS[1:] if connects else ())]
        return tuple(wanted)

    def _generation(self, plan: CellPlan, theme: str) -> Generation:
        root = self.victims.files.root
        if plan.name == "target":
            return armed(theme, root / "store" / "armed", hidden=self.name == "wasm")
        return generation_at(plan.name, root / "neighbour" if plan.name == "neighbour" else HERE / plan.name / "impl")


@asynccontextmanager
async def ground(name: str, placement: Placement, victims: Victims, limits: dict[str, Any]) -> AsyncIterator[Ground]:
    """Make what every system of a run shares, with a store that holds the neighbour's secret."""
    from planaria.placement.codec import MsgspecCodec
    from planaria.placement.inprocess import InProcess
    from planaria.store import SqliteStore

    store, clock = SqliteStore.open(Path(victims.facts["store"]), synchronous="normal"), _Still()
    try:
        for cell in ("neighbour", "target"):
            await store.migrate(cell, HERE / cell / "migrations", clock=clock)
        await store.write(lambda session: session.execute("neighbour", "insert into neighbour__secret values (?)", [victims.word]))
        placements: dict[str, Placement] = {"inprocess": InProcess(), name: placement}
        ports = Ports(store=store, codec=MsgspecCodec(), clock=clock, ids=_Counted(), placements=placements)
        yield Ground(name=name, placement=placement, ports=ports, victims=victims, limits=limits)
    finally:
        await store.close()


class Trial:
    """One attack in a system of its own."""

    def __init__(self, ground: Ground, attack: Attack, ask: Callable[[], Awaitable[Any]]) -> None:
        self.ground, self.attack, self.lines, self.dropped = ground, attack, list[str](), 0
        self.watch = Watch(ask, memory_bound_mb=BESIDE_MB + ground.limits.get("memory_mb", MEMORY_MB) * (ground.name == "wasm"))
        self.claim, self.problems, self.worked = "", list[str](), False

    def _complain(self, text: str) -> None:
        if len(self.lines) <= LINES_MAX:
            self.lines.append(text)

    async def run(self) -> Outcome:
        """Run it, look at everything that it could have touched, and judge.

        Raises:
            AttackNotRun: PLN-A110, where the target could not be started.
        """
        started = perf_counter()
        self.ground.victims.listeners.append(self.problems)
        try:
            await self._run()
            self.problems += [one for one in (problem_of_lines(self.lines), self.watch.problem()) if one]
            await self.ground.victims.tell()
        finally:
            self.ground.victims.listeners = [one for one in self.ground.victims.listeners if one is not self.problems]
        return self._judged(perf_counter() - started)

    async def _run(self) -> None:
        life = self.ground.life(self.attack.theme, complain=self._complain)
        async with self.watch.watching():
            try:
                await life.start()
            except PlanariaError as error:
                raise AttackNotRun(attack=self.attack.name, placement=self.ground.name, text=str(error)) from error
            await self._bounded(self._call(life), self.attack.deadline_s + END_S, "the caller was held for ever")
            await self._bounded(self._neighbours(life), END_S, "the neighbour did not answer")
            stopping = perf_counter()
            await self._bounded(life.stop(), STOP_S, "the host could not end the cell")
            if perf_counter() - stopping > END_S:
                self.problems.append(f"the host needed {perf_counter() - stopping:.1f} s to end the cell")
            if life.ended is not None and life.ended.done():
                life.ended.exception()

    async def _bounded(self, work: Any, seconds: float, problem: str) -> None:
        task = asyncio.get_running_loop().create_task(work)
        await asyncio.wait([task], timeout=seconds)
        if not task.done():
            self.problems.append(problem)
            task.cancel()
        elif not task.cancelled() and (error := task.exception()) is not None:
            self.problems.append(f"{problem}: {type(error).__name__}: {str(error)[:200]}")

    async def _call(self, life: Life) -> None:
        attack, facts = self.attack, self.ground.victims.facts
        try:
            if attack.way == "pour":
                await self._pour(life, facts)
                return
            operation = life.operation("target", attack.way)
            result = await enter(operation, (attack.path, facts), deadline_s=attack.deadline_s, caller="attack", id="attack")
        except (asyncio.CancelledError, TimeoutError) as error:
            self._heard(error)
        except Exception as error:  # noqa: BLE001 - whatever the caller is given is judged
            self._heard(error)
        else:
            self._took(result)

    async def _pour(self, life: Life, facts: dict[str, str]) -> None:
        taken, size = 0, 0
        try:
            items: Any = life.handle(Target).pour(self.attack.path, facts)
            async with asyncio.timeout(self.attack.deadline_s), aclosing(items):
                async for item in items:
                    self._took(item)
                    taken, size = taken + 1, size + len(getattr(item, "text", ""))
                    if taken >= ITEMS or size > ITEM_BYTES or self.problems:
                        break
        except TimeoutError:
            self.claim = f"{taken} items were taken before the reader left"

    def _heard(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self.problems.append("the caller was cancelled")
            return
        self.claim = str(getattr(error, "facts", {}).get("text", "") or error)
        problem = problem_of_error(error)
        if problem:
            self.problems.append(problem)

    def _took(self, result: Any) -> None:
        problem = problem_of_value(result, PROMISED[self.attack.way])
        if problem:
            self.problems.append(f"the caller was given what was not promised: {problem}")
        elif isinstance(result, Account):
            self.claim = result.detail
            self.worked = result.outcome == "through"
            if self.worked and not self.attack.sane:
                self.problems.append(result.detail)
            elif result.outcome == "absent":
                self.claim = f"no such facility: {result.detail}"
        else:
            self.worked = True

    async def _neighbours(self, life: Life) -> None:
        neighbour = life.handle(Neighbour)
        if await neighbour.answer(41) != 42:  # noqa: PLR2004 - the number that follows
            self.problems.append("the neighbour lies")
        if await neighbour.visits() != 1:
            self.problems.append("the neighbour's table was changed")

    def _judged(self, elapsed_s: float) -> Outcome:
        said = [self.claim, *self.lines]
        word = self.ground.victims.word
        if any(word in one for one in said):
            self.problems.insert(0, "the secret came back")
        if self.attack.marks and any(self.attack.marks in one for one in self.lines):
            self.problems.insert(0, f"it ran: {self.attack.marks}")
        problems = [one.replace(word, "(the secret)") for one in self.problems]
        claim = self.claim.replace(word, "(the secret)") or "it reached nothing"
        stopped = not problems if not self.attack.sane else not self.worked
        return Outcome(attack=self.attack, stopped=stopped, why="; ".join(problems) or claim, elapsed_s=elapsed_s)
