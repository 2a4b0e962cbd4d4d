"""The search: sequences are run in two workers at once until two outcomes differ, or the budget is spent.

Why: the loop is one place, so that how hard it looked can be told exactly, and a seed repeats it.
Not here: where sequences come from (`scene`), what is allowed to differ (given as `allowed` and `excused`).
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from time import process_time

from planaria.witness.call import Call, Outcome, Sequence, Start, Witness
from planaria.witness.comparison import Slack, is_beyond, places
from planaria.witness.scene import Scenes
from planaria.witness.shrinking import shrunk
from planaria.witness.worker import Worker

AT_ONCE, TRIES_TIMES = 12, 3
GROUPS_MAX = 8
ON_SHARE, ON_SEQUENCES = 0.15, 48
SHRINK_SHARE, SHRINK_S = 0.5, 2.5
COPY_SHARE = 0.25
VARIED_SHARE = 0.55
LATE_TIMES, LATE_S = 1.25, 4.0

Places = frozenset[str]
Allowed = Callable[[str, Places], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Calls whose last one has different outcomes, and where."""

    sequence: Sequence
    places: Places
    current: Outcome
    candidate: Outcome

    @property
    def operation(self) -> str:
        """Return the operation that differs."""
        return self.sequence.calls[-1].operation


Excused = Callable[[Suspect, "Pair"], Awaitable[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A kind of difference: an operation, the places in its outcome, how often it was seen, and the smallest witness."""

    operation: str
    places: tuple[str, ...]
    seen: int
    witness: Witness
    source: str


@dataclass(frozen=False, slots=True)
class Looked:
    """How hard it looked."""

    sequences: int = 0
    calls: int = 0
    seconds: float = 0.0
    judge_cpu_s: float = 0.0
    by_operation: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    allowed: Counter[tuple[str, Places]] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)
    not_comparable: Counter[tuple[str, str]] = field(default_factory=Counter)
    seeds_left: int = 0
    unfinished: set[str] = field(default_factory=set)


class Pair:
    """The two workers, side by side; a third runs the current implementation with other chance, a fourth waits longer."""

    def __init__(self, current: Worker, candidate: Worker, again: Worker, patient: Worker, *, slack_of: Callable[[str], Slack]) -> None:
        self.current, self.candidate, self.again, self.patient, self.slack_of = current, candidate, again, patient, slack_of

    async def run(self, sequences: list[Sequence]) -> list[tuple[tuple[Outcome, ...], tuple[Outcome, ...]]]:
        """Run sequences in both; return the outcomes of both for each."""
        both = await asyncio.gather(self.current.run(sequences), self.candidate.run(sequences))
        return list(zip(*both, strict=True))

    def slack_at(self, calls: Iterable[Call]) -> list[Slack]:
        """Return how strictly each call is compared: after a call of chance, what follows from it can only have its shape."""
        found: list[Slack] = []
        for one in calls:
            slack = self.slack_of(one.operation)
            found.append("shape" if "shape" in found else slack)
        return found

    async def start(self) -> None:
        """Start them, but for the patient one.

        Raises:
            WorkerFailed: PLN-W101.
        """
        workers = (self.current, self.candidate, self.again)
        for failure in await asyncio.gather(*(one.start() for one in workers), return_exceptions=True):
            if failure is not None:
                raise failure

    async def stop(self) -> None:
        """Stop all of them."""
        await asyncio.gather(*(one.stop() for one in (self.current, self.candidate, self.again, self.patient)))


class Search:
    """Look for differences of two implementations until a budget is spent, or differences were found and shrunk."""

    def __init__(self, pair: Pair, scenes: Scenes, *, cell: str, allowed: Allowed, excused: Excused) -> None:
        self.pair, self.scenes, self.cell, self.allowed, self.excused = pair, scenes, cell, allowed, excused
        self.looked = Looked()
        self.found: dict[tuple[str, Places], Difference] = {}
        self.deadline = self.budget_s = 0.0
        self.suspected = ""
        self.sequences_max: int | None = None

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def run(self, seeds: list[Sequence], *, budget_s: float, starts: tuple[Start, ...] = ("fresh",)) -> list[Difference]:
        """Run the seeds as they are, then what grows out of them; return what differs.

        Raises:
            WorkerFailed: PLN-W101.
        """
        began, cpu = self._now(), process_time()
        self.deadline, self.budget_s = began + budget_s, budget_s
        left = list(seeds)
        self.scenes.seed(seeds)
        probing = self.scenes.probing()
        try:
            async with asyncio.timeout(LATE_TIMES * budget_s + LATE_S):
                await self._look(left, probing, starts)
        except TimeoutError:
            if self.suspected:
                self.looked.unfinished.add(self.suspected)
        finally:
            self.looked.seeds_left = max(0, len(seeds) - self.looked.sequences)
            self.looked.seconds, self.looked.judge_cpu_s = self._now() - began, process_time() - cpu
        return list(self.found.values())

    async def _look(self, left: list[Sequence], probing: Iterator[Sequence], starts: tuple[Start, ...]) -> None:
        batch = self._batch(left, probing, starts)
        while batch and self._now() < self.deadline and not self._is_enough():
            running = asyncio.get_running_loop().create_task(self.pair.run(batch))
            await asyncio.sleep(0)
            following = self._batch(left, probing, starts)
            for sequence, (current, candidate) in zip(batch, await running, strict=True):
                await self._judge(sequence, current, candidate)
            batch = following

    def _is_enough(self) -> bool:
        return len(self.found) >= GROUPS_MAX or (self.sequences_max is not None and self.looked.sequences >= self.sequences_max)

    def _batch(self, left: list[Sequence], probing: Iterator[Sequence], starts: tuple[Start, ...]) -> list[Sequence]:
        taken, left[:AT_ONCE] = left[:AT_ONCE], []
        if not taken:
            taken += itertools.islice(probing, AT_ONCE - len(taken))
        is_seeded = bool(taken) and taken[0].source != "generated"
        for _ in range(0 if is_seeded or not self.scenes.operations else TRIES_TIMES * AT_ONCE):
            if len(taken) >= AT_ONCE:
                break
            chance = self.scenes.chance
            start: Start = "copy" if "copy" in starts and chance.random() < COPY_SHARE else "fresh"
            varied = bool(self.scenes.corpus) and chance.random() < VARIED_SHARE
            made = self.scenes.variation(start) if varied else self.scenes.scene(start)
            taken += [made] if made.calls else []
        return [self.scenes.without_dropped(one) for one in taken]

    async def _judge(self, sequence: Sequence, current: tuple[Outcome, ...], candidate: tuple[Outcome, ...]) -> None:
        self.looked.sequences += 1
        both = list(zip(sequence.calls, current, candidate, strict=False))
        self.looked.calls += len(both)
        for call, outcome, _ in both:
            self.looked.by_operation[call.operation] += 1
            if outcome.kind == "completed" or (outcome.kind == "failed" and outcome.code not in ("", "start")):
                self.looked.answered[call.operation] += 1
        self.scenes.learn(sequence, current)
        suspect = await self._suspect(sequence, current, candidate)
        if suspect is not None:
            self.suspected = suspect.operation
            if self._now() < self.deadline:
                await self._take(suspect)
            elif not self.found:
                self.looked.unfinished.add(suspect.operation)
            self.suspected = ""

    async def _suspect(self, sequence: Sequence, current: tuple[Outcome, ...], candidate: tuple[Outcome, ...]) -> Suspect | None:
        """Return the sequence up to the first difference that is neither allowed nor excused."""
        slacks = self.pair.slack_at(sequence.calls)
        for place, (one, other) in enumerate(zip(current, candidate, strict=False)):
            if one == other:
                continue
            name = sequence.calls[place].operation
            if is_beyond(one):
                self.looked.not_comparable[name, "the current implementation found no answer within its limits"] += 1
                return None
            found = places(one, other, slacks[place])
            if not found:
                continue
            if self.allowed(name, found):
                self.looked.allowed[name, found] += 1
                continue
            calls = sequence.calls[: place + 1]
            suspect = Suspect(sequence=Sequence(calls, sequence.start, sequence.source), places=found, current=one, candidate=other)
            reason = await self.excused(suspect, self.pair)
            if reason is None:
                return suspect
            self.looked.excused[reason] += 1
        return None

    async def _take(self, suspect: Suspect) -> None:
        """Find out whether it is a difference; if so, shrink it and keep the smallest of its kind."""
        key = (suspect.operation, suspect.places)
        if key in self.found:
            known = self.found[key]
            self.found[key] = Difference(
                operation=known.operation, places=known.places, seen=known.seen + 1, witness=known.witness, source=known.source
            )
            return
        if await self._is_unsteady(suspect) or await self._is_only_slow(suspect):
            return
        kept, first = suspect, not self.found
        self._keep(suspect, suspect.sequence.source)
        is_quick = suspect.candidate.kind != "unknown"
        until = self._now() + max(SHRINK_S, SHRINK_SHARE * (self.deadline - self._now()) if is_quick else 0.0)

        async def still_differs(sequences: list[Sequence]) -> list[bool]:
            nonlocal kept
            if self._now() > until:
                return [False] * len(sequences)
            found = [
                await self._same(suspect, one, *outcomes) for one, outcomes in zip(sequences, await self.pair.run(sequences), strict=True)
            ]
            kept = next((one for one in found if one is not None), kept)
            return [one is not None for one in found]

        await shrunk(suspect.sequence, self.scenes.known, still_differs)
        if kept is not suspect and await self._is_unsteady(kept):
            kept = suspect
        if kept is not suspect:
            del self.found[key]
            self._keep(kept, suspect.sequence.source)
        if suspect.candidate.kind == "unknown":
            self.scenes.drop(suspect.operation)
        if first:
            self.deadline = min(self.deadline, self._now() + max(0.5, ON_SHARE * self.budget_s))
            enough = self.looked.sequences + ON_SEQUENCES
            self.sequences_max = enough if self.sequences_max is None else min(self.sequences_max, enough)

    async def _same(
        self, suspect: Suspect, sequence: Sequence, current: tuple[Outcome, ...], candidate: tuple[Outcome, ...]
    ) -> Suspect | None:
        found = await self._suspect(sequence, current, candidate)
        if found is None or len(found.sequence.calls) != len(sequence.calls) or found.operation != suspect.operation:
            return None
        alike = found.places <= suspect.places or (found.current.kind, found.candidate.kind) == (
            suspect.current.kind,
            suspect.candidate.kind,
        )
        return found if alike else None

    def _keep(self, suspect: Suspect, source: str) -> None:
        witness = Witness(
            cell=self.cell, calls=suspect.sequence.calls, current=suspect.current, candidate=suspect.candidate, start=suspect.sequence.start
        )
        key = (suspect.operation, suspect.places)
        known = self.found.get(key)
        if known is None or len(witness.text()) < len(known.witness.text()):
            seen = known.seen + 1 if known else 1
            self.found[key] = Difference(
                operation=suspect.operation, places=tuple(sorted(suspect.places)), seen=seen, witness=witness, source=source
            )

    async def _is_unsteady(self, suspect: Suspect) -> bool:
        """Say whether the current implementation, run again with other chance, disagrees with itself or agrees with the candidate."""
        ((current, *_), (again, *_)) = await asyncio.gather(
            self.pair.current.run([suspect.sequence]), self.pair.again.run([suspect.sequence])
        )
        slacks = self.pair.slack_at(suspect.sequence.calls)
        differ = any(places(one, other, slack) for one, other, slack in zip(current, again, slacks, strict=False))
        agrees = len(again) == len(slacks) and not places(again[-1], suspect.candidate, slacks[-1])
        if differ or agrees:
            self.looked.not_comparable[suspect.operation, "the current implementation disagrees with itself"] += 1
        return differ or agrees

    async def _is_only_slow(self, suspect: Suspect) -> bool:
        """Say whether a candidate that gave no answer in time gives the right one when it is given more."""
        if suspect.candidate.code != "late":
            return False
        (answered,) = await self.pair.patient.run([suspect.sequence])
        last = len(suspect.sequence.calls) - 1
        is_slow = len(answered) > last and not places(suspect.current, answered[last], self.pair.slack_at(suspect.sequence.calls)[last])
        if is_slow:
            self.looked.not_comparable[suspect.operation, "the candidate gives the same much more slowly"] += 1
        return is_slow
