"""The hunt: scripts are played on both versions at once until each symbol that may have changed differs, or the budget is spent.

Why: the loop is one place, so that how hard it looked can be told exactly, and a seed repeats it.
Order: what people wrote, as they wrote it; then telling values in the place of each of their arguments; then variations, first within
the range of what people gave, last beyond it. A script that takes a new way through either version is kept to be varied.
Not here: which symbols may have changed, what is reported (`diff.observed`).
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter, process_time

from planaria.witness.script.likeness import Told, is_outside, places
from planaria.witness.script.looked import Looked
from planaria.witness.script.making import Maker
from planaria.witness.script.reduction import reduced
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import Subjects
from planaria.witness.script.unit import Unit, heirs_of, units_of
from planaria.witness.stage.actor import Actor, Played

AT_ONCE, FIRST, SKIPPED_MAX, TRIES, FOUND_MAX, FOUND_EACH_MAX = 24, 6, 200, 6, 40, 3
MORE_S, MORE_SHARE, SEEDS_FIRST, TIMED_MAX = 0.4, 0.1, 48, 12
NARROW_SHARE, PATIENCE_TIMES, REDUCE_SHARE, TRACED_SCRIPTS = 0.75, 8, 0.5, 480
HEIRS_SHARE, PATIENCE_MIN_S = 0.2, 0.06
WALL_TIMES, WALL_MORE_S = 6, 5
Places = frozenset[str]
ENDED: Told = {"k": "unknown", "code": "ended", "text": "it ended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference of behaviour: the symbol whose call shows it, where, the smallest script, both outcomes of its last step.

    `unsteady` says that the new version does not even agree with itself, where the old one does.
    """

    symbol: str
    places: Places
    script: Script
    old: Told
    new: Told
    seen: int = 1
    unsteady: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The actors: both versions, and both again with other hashing, who say what does not depend on chance."""

    old: Actor
    new: Actor
    old_again: Actor
    new_again: Actor

    def play(self, scripts: Sequence[Script], *, call_s: float, traced: bool) -> None:
        """Send scripts to both versions."""
        sent = [one.plain() for one in scripts]
        self.old.send(sent, call_s=call_s, traced=traced)
        self.new.send(sent, call_s=call_s, traced=traced)

    def collect(self) -> list[tuple[Played, Played]]:
        """Return what came of them in both."""
        return list(zip(self.old.collect(), self.new.collect(), strict=True))

    @property
    def cpu_s(self) -> float:
        """Return the processor seconds of all actors."""
        return sum(one.cpu_s for one in (self.old, self.new, self.old_again, self.new_again))

    def stop(self) -> None:
        """End all of them."""
        for one in (self.old, self.new, self.old_again, self.new_again):
            one.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A script up to the first step whose outcomes differ."""

    script: Script
    places: Places
    old: Told
    new: Told

    @property
    def symbol(self) -> str:
        """Return what the differing step exercises."""
        return self.script.steps[-1].symbol


class Hunt:
    """One hunt at work."""

    def __init__(self, pairing: Pairing, subjects: Subjects, *, affected: Iterable[str], maker: Maker, call_s: float = 0.25) -> None:
        self.pairing, self.subjects, self.maker, self.call_s = pairing, subjects, maker, call_s
        self.affected = set(affected)
        self.units: list[Unit] = units_of(subjects, self.affected, maker)
        self.looked = Looked()
        self.found: dict[tuple[str, Places], Difference] = {}
        self.began = 0.0
        self.reported: Callable[[float], None] = lambda _: None
        self.ended: set[str] = set()
        self.found_at_s: dict[int, float] = {}
        self.alike: dict[str, list[Script]] = {}
        self.heirs, self.has_heirs = heirs_of(subjects, self.affected, maker), False
        self.endless: set[str] = set()

    @property
    def cpu_s(self) -> float:
        """Return the processor seconds spent so far by judge and actors."""
        return process_time() - self.began + self.pairing.cpu_s

    async def run(self, seeds: Sequence[Script], *, budget_s: float) -> list[Difference]:
        """Play seeds and what grows out of them until the budget is spent or enough was found.

        Raises:
            StageFailed: PLN-W102.
        """
        self.began = process_time()
        self.pairing.old.start()
        if self.subjects.modules and len(self.pairing.old.failed) >= len(self.pairing.old.order.modules):
            return []  # nothing of the old version can be run, so there is nothing to compare with
        self._learn(seeds)
        source = self._mixed(self._seeded(seeds), self._probing(), self._generated(budget_s))
        batch = self._batch(source)
        until = perf_counter() + WALL_TIMES * budget_s + WALL_MORE_S  # what sleeps costs no processor time
        while batch and self.cpu_s < budget_s and perf_counter() < until and not self._is_enough(budget_s):
            self.pairing.play(batch, call_s=self.call_s, traced=self._is_traced())
            following = self._batch(source)
            for script, (old, new) in zip(batch, self.pairing.collect(), strict=True):
                await self._judge(script, old, new, budget_s)
            self.reported(min(1.0, self.cpu_s / budget_s))
            await asyncio.sleep(0)  # where Ctrl-C is heard
            batch = following
        self.looked.cpu_s = self.cpu_s
        return list(self.found.values())

    def _is_traced(self) -> bool:
        """Trace the first scripts, and then one batch of four: a new way is worth knowing, but tracing costs more than playing."""
        return self.looked.scripts < TRACED_SCRIPTS or self.looked.scripts // AT_ONCE % 4 == 0

    def _learn(self, seeds: Sequence[Script]) -> None:
        self.maker.learn_props(seeds)
        for one in seeds:
            for step in one.steps:
                function = self.subjects.callable_at(step.symbol)
                if function is not None and step.kind == "call":
                    self.maker.learn(function, step, given=True)
        for unit in self.units:
            unit.seed(seeds)

    def _mixed(self, seeded: Iterator[Script], probing: Iterator[Script], generated: Iterator[Script]) -> Iterator[Script]:
        """Yield what people wrote first, then some of each: many long tests must not use up the budget by themselves."""
        yield from itertools.islice(seeded, SEEDS_FIRST)
        while self.units:
            yield from (
                *itertools.islice(seeded, AT_ONCE // 2),
                *itertools.islice(probing, AT_ONCE // 2),
                *itertools.islice(generated, AT_ONCE // 2),
            )

    def _seeded(self, seeds: Sequence[Script]) -> Iterator[Script]:
        wanted = {symbol for unit in self.units for symbol in unit.exercised}
        mine = [one for one in seeds if any(step.symbol in wanted for step in one.steps)]
        for one in sorted(mine, key=lambda one: len(one.steps)):
            yield from (unit.looking(one) for unit in self._units_in(one))

    def _probing(self) -> Iterator[Script]:
        return (one for each in itertools.zip_longest(*(unit.probing() for unit in self.units)) for one in each if one is not None)

    def _units_in(self, script: Script) -> list[Unit]:
        symbols = {one.symbol for one in script.steps}
        return [unit for unit in self.units if unit.exercised & symbols][:1]

    def _generated(self, budget_s: float) -> Iterator[Script]:
        while self.units:
            self.maker.stock.wide = self.cpu_s > NARROW_SHARE * budget_s
            if not self.has_heirs and self.cpu_s > HEIRS_SHARE * budget_s:
                self.has_heirs = True
                unseen = {one.rpartition(".")[2] for one in self.affected if not self.looked.compared[one]}
                self.units += [one for one in self.heirs if any(symbol.rpartition(".")[2] in unseen for symbol in one.symbols)]
            for unit in [one for one in self.units if not self._is_done(one, budget_s)] or self.units:
                for _ in range(3):
                    yield self._within(unit)

    def _within(self, unit: Unit) -> Script:
        for _ in range(TRIES):
            made = unit.script()
            if self.maker.stock.wide or not made.wide:
                return made
        return made

    def _batch(self, source: Iterator[Script]) -> list[Script]:
        """Return the next scripts; few at first, since the first ones tell which do not end."""
        count = AT_ONCE if self.looked.scripts >= 2 * AT_ONCE else FIRST if self.looked.scripts >= FIRST else 2
        return [one for one in itertools.islice(source, count) if one.steps and not self._is_endless(one)] or self._rest(source)

    def _rest(self, source: Iterator[Script]) -> list[Script]:
        return list(itertools.islice((one for one in itertools.islice(source, SKIPPED_MAX) if one.steps and not self._is_endless(one)), 1))

    def _is_endless(self, script: Script) -> bool:
        return bool(self.endless) and any(one.kind == "call" and one.call in self.endless for one in script.steps)

    def _is_done(self, unit: Unit, budget_s: float) -> bool:
        """Say whether a unit differs, and was looked at for a while after that."""
        at_s = self.found_at_s.get(id(unit))
        return at_s is not None and (unit.symbols <= self.ended or self.cpu_s - at_s > MORE_S + MORE_SHARE * budget_s)

    def _is_enough(self, budget_s: float) -> bool:
        return len(self.found) >= FOUND_MAX or bool(self.units and all(self._is_done(one, budget_s) for one in self.units))

    async def _judge(self, script: Script, old: Played, new: Played, budget_s: float) -> None:
        looked = self.looked
        looked.scripts += 1
        suspect = self._suspect(script, old.outcomes, new.outcomes)
        if old.news or new.news:
            for unit in self._units_in(script):
                unit.keep(script)
                if suspect is None and script.source == "generated":
                    self._learn_kinds(script, old.outcomes)
        if suspect is None and old.outcomes and all(one["k"] == "completed" for one in old.outcomes):
            self._keep_alike(script)
        if suspect is not None and self._is_wanted(suspect):
            await self._take(suspect, budget_s)

    def _keep_alike(self, script: Script) -> None:
        """Keep a few of the largest scripts that both versions answered alike, for whoever wants to time them."""
        calls = tuple(one for one in script.steps if one.kind == "call")
        if len(calls) + sum(one.kind == "see" for one in script.steps) == len(script.steps) and not script.needed:
            kept = self.alike.setdefault(calls[-1].symbol, [])
            kept.append(script.with_steps(calls))
            if len(kept) > TIMED_MAX:
                kept.sort(key=lambda one: -one.size)
                del kept[TIMED_MAX // 2 :]

    def _learn_kinds(self, script: Script, outcomes: Sequence[Told]) -> None:
        """Keep the arguments of calls that were answered: they are of a kind that fits."""
        for step, outcome in zip(script.steps, outcomes[len(script.needed) :], strict=False):
            function = self.subjects.callable_at(step.symbol)
            if function is not None and step.kind == "call" and outcome["k"] == "completed":
                self.maker.learn(function, step)

    def _is_wanted(self, suspect: Suspect) -> bool:
        if suspect.script.wide and suspect.new["k"] == "failed" and not suspect.new["meant"]:
            return False  # beyond what people gave, an accident of the new version says nothing
        key = (suspect.symbol, suspect.places)
        known = self.found.get(key)
        if known is not None and (suspect.script.wide or not known.script.wide):
            self.found[key] = replace(known, seen=known.seen + 1)
            return False
        each = sum(symbol == suspect.symbol for symbol, _ in self.found)
        return each < FOUND_EACH_MAX and self.looked.unsteady[suspect.symbol] < TRIES

    def _suspect(self, script: Script, old: Sequence[Told], new: Sequence[Told]) -> Suspect | None:
        """Return the script up to its first step whose outcomes differ; none where the old version has no answer before."""
        if not old or not new:
            return None  # it was left out
        skipped = len(script.needed)
        given = script.source != "generated"
        for place, (one, other) in enumerate(itertools.zip_longest(old[skipped:], new[skipped:])):
            step = script.steps[place]
            self.looked.played[step.symbol] += 1
            self.looked.calls += 1
            if one is None or is_outside(one, given=given):
                self._miss(script, step, one)
                return None
            found = places(one, other) if other is not None else frozenset(("outcome",))
            self.looked.compared[step.symbol] += 1
            if found:
                shown = script.with_steps(script.steps[: place + 1])
                return Suspect(script=shown, places=found, old=one, new=other if other is not None else ENDED)
        return None

    def _miss(self, script: Script, step: Step, outcome: Told | None) -> None:
        self.looked.outside[step.symbol] += 1
        if outcome is not None and outcome.get("code") == "late":
            self._forget(script)
        if outcome is not None and outcome["k"] in ("failed", "stop"):
            function = self.subjects.callable_at(step.symbol)
            if function is not None and step.kind == "call":
                self.maker.learn_error(function, step, f"{outcome['error']}: {outcome.get('text', '')}")
            self.looked.errors.setdefault(step.symbol, f"{outcome['error']}: {outcome.get('text', '')}")

    def _forget(self, script: Script) -> None:
        """Vary no more what did not end in time, and be less patient: it costs what hundreds of others do."""
        self.call_s = max(PATIENCE_MIN_S, self.call_s / 2)
        calls = [one for one in script.steps if one.kind == "call"]
        self.endless |= {one.call for one in calls[:1]}
        for step in calls:
            function = self.subjects.callable_at(step.symbol)
            if function is not None:
                self.maker.forget(function, step)
        for unit in self._units_in(script):
            unit.corpus = [one for one in unit.corpus if not self._is_endless(one)]

    async def _take(self, suspect: Suspect, budget_s: float) -> None:
        """Find out whether it is a difference; if so, make it small and keep it."""
        if suspect.new.get("code") == "late" and (self.looked.slow[suspect.symbol] >= TRIES or self._is_only_slow(suspect)):
            self.looked.slow[suspect.symbol] += 1
            return
        sure = self._again(suspect)
        if sure is None:
            return
        until = self.cpu_s + max(0.4, REDUCE_SHARE * max(0.0, budget_s - self.cpu_s))
        kept = suspect

        async def differs(scripts: list[Script]) -> list[bool]:
            nonlocal kept
            if self.cpu_s > until:
                return [False] * len(scripts)
            self.pairing.play(scripts, call_s=self.call_s, traced=False)
            told = []
            for one, (old, new) in zip(scripts, self.pairing.collect(), strict=True):
                found = self._suspect(one, old.outcomes, new.outcomes)
                told.append(found is not None and self._is_same(suspect, found, one))
                if told[-1] and found is not None and found.script.size < kept.script.size:
                    kept = found
            await asyncio.sleep(0)
            return told

        if suspect.new["k"] != "unknown":
            begun = replace(suspect.script, source="generated") if suspect.old["k"] == "completed" else suspect.script
            await reduced(begun, differs, lambda one: begun.wide or not self._is_wide(one))
        if kept is not suspect:
            sure = self._again(kept) or sure
        self._keep(sure)

    def _is_wide(self, script: Script) -> bool:
        called = [(self.subjects.callable_at(step.symbol), step) for step in script.steps if step.kind == "call"]
        return any(function is not None and self.maker.is_wide(function, step) for function, step in called)

    def _is_same(self, suspect: Suspect, found: Suspect, script: Script) -> bool:
        if len(found.script.steps) != len(script.steps) or found.symbol != suspect.symbol:
            return False
        ways = [(one.old["k"], one.new["k"]) for one in (found, suspect)]
        return found.places <= suspect.places or (ways[0] == ways[1] != ("completed", "completed"))

    def _keep(self, sure: Difference) -> None:
        key = (sure.symbol, sure.places)
        known = self.found.get(key)
        if known is None or (known.script.wide, known.script.size) > (sure.script.wide, sure.script.size):
            self.found[key] = replace(sure, seen=known.seen + 1 if known else 1)
        if not sure.script.wide:
            self.ended.add(sure.symbol)
            for unit in self._units_in(sure.script):
                self.found_at_s.setdefault(id(unit), self.cpu_s)

    def _again(self, suspect: Suspect) -> Difference | None:
        """Play a script alone on both versions begun anew with other hashing; none where the difference was chance."""
        script, actors = suspect.script, (self.pairing.old_again, self.pairing.new_again)
        for one in actors:
            one.stop()
            one.send([script.plain()], call_s=2 * self.call_s, traced=False)
        outcomes = [one.collect()[0].outcomes for one in actors]
        old, new = (one[-1] if len(one) == len(script.needed) + len(script.steps) else None for one in outcomes)
        if old is None or old["k"] in ("unknown", "outside", "stop") or places(suspect.old, old):
            self.looked.unsteady[suspect.symbol] += 1
            return None
        if new is None:
            new = outcomes[1][-1] if outcomes[1] else ENDED
        again = places(old, new)
        unsteady = bool(places(suspect.new, new)) and suspect.new["k"] == "completed"
        if not again and not unsteady:
            self.looked.not_repeated += 1
            return None
        return Difference(
            symbol=suspect.symbol, script=script, old=old, new=suspect.new if unsteady else new,
            places=suspect.places if unsteady else again, unsteady=unsteady,
        )  # fmt: skip

    def _is_only_slow(self, suspect: Suspect) -> bool:
        """Say whether the new version gives the same when it is given more time."""
        self.pairing.new_again.send([suspect.script.plain()], call_s=PATIENCE_TIMES * self.call_s, traced=False)
        outcomes = self.pairing.new_again.collect()[0].outcomes
        return bool(outcomes) and outcomes[-1]["k"] != "unknown" and not places(suspect.old, outcomes[-1])
