"""Distinctions: for each mutant the smallest script found on which the code and the mutant differ, or why there is none.

Why: what tells a mutant from the code is the test that was missing; and where nothing tells them apart, they probably mean the same.
Mutants that the same public symbols can show share one pool of scripts, of which the unchanged code answers each once; what told one mutant
apart is tried on the next one first, so that few tests will do.
Not here: writing the test (`writing`), what is concluded for a proof (`prove.run`).
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from planaria.prove.harden.pool import Pool
from planaria.prove.harden.project import Project
from planaria.prove.harden.value import END, plainly, steady
from planaria.prove.mutant import Mutant
from planaria.witness.plain import KIND, OF
from planaria.witness.script.form import Code, Form, Made
from planaria.witness.script.likeness import Told, is_outside, places
from planaria.witness.script.reduction import reduced
from planaria.witness.script.step import Script, Step
from planaria.witness.stage.actor import Actor, Played, Stage, StageFailed
from planaria.witness.stage.told import ADDRESS

CALL_S, FIRST_S, REDUCED_S = 0.25, 0.5, 0.6
LATE_MAX, TRIES, PLAYED_MIN, AGAIN = 3, 4, 200, 6
ENDED: Told = {"k": "unknown", "code": "ended"}
LATE, UNSTEADY, UNREACHED = "it gives no answer in time", "the code disagrees with itself", "no call that was tried reaches it"
PARTLY = "no call that was tried goes through all of its function"
HASTY = "too few calls were tried"
NO_CALLER, MESSAGE = "nothing public that can be called reaches it", "only the text of an error differs"
AWAY = (UNREACHED, PARTLY, NO_CALLER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A script of which the last step has another outcome in the mutant: all outcomes of the code, the mutant's last, where they differ."""

    script: Script
    old: tuple[Told, ...]
    new: Told
    places: frozenset[str]

    @property
    def symbol(self) -> str:
        """Return what the last step exercises."""
        return self.script.steps[-1].symbol

    @property
    def is_message(self) -> bool:
        """Say whether only the text of an error differs."""
        return not self.places

    @property
    def is_doubtful(self) -> bool:
        """Say whether the code breaks off while what it gives is used, which it may not have meant."""
        value = self.old[-1].get("value")
        items: Any = value[OF] if isinstance(value, dict) and value[KIND] == "iterator" else ()
        return bool(items) and isinstance(items[-1], dict) and items[-1][OF] == {"raised": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinction:
    """What came of the search for one mutant: a witness, or `why` there is none; '' where calls reach it and nothing differs.

    `is_suited` says whether the witness is such as was asked for.
    """

    mutant: Mutant
    witness: Witness | None = None
    is_suited: bool = False
    why: str = ""
    cpu_s: float = 0.0

    @property
    def is_alike(self) -> bool:
        """Say whether calls reach the mutant and nothing tells it from the code: it is probably equivalent."""
        return self.witness is None and not self.why


@dataclass(frozen=False, slots=True)
class _Case:
    mutant: Mutant
    cpu_s: float = 0.0
    late: int = 0
    played: int = 0
    tried: Counter[Any] = field(default_factory=Counter)
    kept: Witness | None = None
    why: str = ""

    def wants(self, suspect: Witness, *, suits: bool) -> bool:
        """Say whether a suspect may tell more than those that were tried and came to nothing."""
        return not (suspect.is_message and self.kept) and self.tried[suspect.symbol, suspect.places, suspect.is_doubtful, suits] < TRIES


@dataclass(frozen=False, slots=True)
class _Group:
    affected: frozenset[str]
    cases: list[_Case]
    known: list[tuple[Script, Played]] = field(default_factory=list)


async def distinguish(
    project: Project, mutants: Sequence[Mutant], *, budget_s: float, each_s: float = 0.0, confined: bool = True,
    suits: Callable[[Witness], bool] = lambda _: True,
) -> AsyncIterator[Distinction]:  # fmt: skip
    """Yield what tells each mutant from the code, as soon as it is known, within CPU seconds for all, and `each_s` for one if given.

    A witness that does not suit is kept as the last resort while the search goes on.

    Raises:
        StageFailed: PLN-W102, where the code cannot be run here.
    """
    with TemporaryDirectory(prefix="planaria-harden-") as folder:
        search = _Search(project, Path(folder), suits, confined=confined)
        try:
            async for one in search.run(mutants, budget_s, each_s):
                yield one
        finally:
            search.close()


class _Search:
    def __init__(self, project: Project, folder: Path, suits: Callable[[Witness], bool], *, confined: bool) -> None:
        self.project, self.folder, self.suits = project, folder.resolve(), suits
        folder.chmod(0o755)  # whom an actor becomes must reach its version
        self.stages = [Stage(confined=confined), Stage(confined=confined, hash_seed=1)]
        self.actors: list[Actor] = []
        self.spent_s, self.began_s = 0.0, process_time()
        for role in ("old", "new"):
            project.stage(self.folder / role)

    def close(self) -> None:
        for actor in self.actors:
            actor.stop()
        for one in self.stages:
            one.close()

    @property
    def cpu_s(self) -> float:
        return process_time() - self.began_s + self.spent_s + sum(one.cpu_s for one in self.actors)

    async def run(self, mutants: Sequence[Mutant], budget_s: float, each_s: float) -> AsyncIterator[Distinction]:
        """Give every mutant a little first, and then share what is left among those that need more."""
        groups = list(self._groups([_Case(mutant=one) for one in mutants], rings=1))
        for round_, seed in enumerate((1, 2, 3)):
            left = sum(len(one.cases) for one in groups)
            for group in groups:
                share = each_s or ((budget_s - self.cpu_s) / max(1, left))
                cap = share if round_ or each_s else min(share, FIRST_S)
                left -= len(group.cases)
                open_ = list(group.cases)
                group.cases = []
                if cap > 0:
                    async for one in self._searched(group, open_, cap, seed):
                        yield one
                else:
                    group.cases = open_
            if each_s:
                break
            away = [case for group in groups for case in group.cases if case.why in AWAY]
            for group in groups:
                group.cases = [one for one in group.cases if one.why not in AWAY]
            groups += self._groups(away, rings=2)
        for case in (case for group in groups for case in group.cases):
            yield self._told(case, case.why)

    def _groups(self, cases: Iterable[_Case], *, rings: int) -> Iterator[_Group]:
        by_function: dict[tuple[str, str, str], list[_Case]] = {}
        for case in cases:
            by_function.setdefault((case.mutant.file, case.mutant.function, case.mutant.key.partition(":")[0]), []).append(case)
        found: dict[frozenset[str], _Group] = {}
        for some in by_function.values():
            affected = self.project.affected(some[0].mutant, rings=rings)
            group = found.setdefault(affected, _Group(affected=affected, cases=[]))
            group.cases += (replace(one, why="" if affected else NO_CALLER) for one in some)
        yield from found.values()

    async def _searched(self, group: _Group, cases: list[_Case], cap_s: float, seed: int) -> AsyncIterator[Distinction]:
        """Search for the mutants of one group; those that need more stay in it."""
        if not group.affected:
            group.cases = cases
            return
        self._actors(group.affected)
        old, new = self.actors[:2]
        try:
            old.start()
        except StageFailed as error:
            group.cases = [replace(one, why=str(error.facts["text"])) for one in cases]
            return
        if len(old.failed) >= len(old.order.modules):
            group.cases = [replace(one, why=f"it cannot be imported here: {next(iter(old.failed.values()))}") for one in cases]
            return
        pool = Pool(self.project, group.affected, old, seed=seed, call_s=CALL_S)
        for case in cases:
            began = self.cpu_s
            place = self.folder / "new" / self.project.path(case.mutant.file)
            unchanged = place.read_bytes()
            place.write_bytes(self.project.mutated(case.mutant))
            try:
                found = await self._case(group, case, pool, began + cap_s)
            except StageFailed as error:
                found, case.why = None, f"it ends its process when it is imported: {error.facts['text']}"
            finally:
                place.write_bytes(unchanged)
                new.stop()
            case.cpu_s += self.cpu_s - began
            if found is not None:
                yield Distinction(mutant=case.mutant, witness=found, is_suited=True, cpu_s=case.cpu_s)
            else:
                group.cases.append(case)
        self._reached(group, old)

    def _actors(self, affected: frozenset[str]) -> None:
        for one in self.actors:
            one.stop()
            self.spent_s += one.cpu_s
        self.actors = [
            Actor(stage, self.project.order(role, self.folder / role, affected, again=again))
            for stage, again in zip(self.stages, (False, True), strict=True)
            for role in ("old", "new")
        ]

    def _reached(self, group: _Group, old: Actor) -> None:
        """Say of what no script reaches, or of what stands in a function that none went through wholly, that nothing is known of it."""
        arcs = [(str(path), lines) for path, *lines in old.sum_up()["arcs"]]
        for case in group.cases:
            path, mutant = self.project.path(case.mutant.file), case.mutant
            lines = {line for name, some in arcs if name == path for line in some}
            if case.why in ("", UNREACHED, PARTLY):
                is_reached = not lines.isdisjoint(range(mutant.line, mutant.end_line + 1))
                is_all = not any(lines.isdisjoint(one) for one in self.project.around(mutant))
                case.why = UNREACHED if not is_reached else "" if is_all else PARTLY

    async def _case(self, group: _Group, case: _Case, pool: Pool, until_s: float) -> Witness | None:
        """Play what is known and then the pool on a mutant, until something differs or its time is over."""
        new = self.actors[1]
        for batch in itertools.chain([group.known], pool):
            if not batch:
                continue
            if self.cpu_s > until_s or case.late >= LATE_MAX:
                break
            case.played += len(batch)
            new.send([script.plain() for script, _ in batch], call_s=CALL_S, traced=False)
            if new.failed and not case.why:
                case.why = f"it cannot be imported: {next(iter(new.failed.values()))}"
                break
            for (script, old), other in zip(batch, new.collect(), strict=True):
                suspect = _suspect(script, old, other)
                suits = suspect is not None and self.suits(suspect)
                if suspect is None or not case.wants(suspect, suits=suits):
                    continue
                witness = await self._smallest(suspect, case, until_s)
                case.tried[suspect.symbol, suspect.places, suspect.is_doubtful, suits] += 1
                if witness is None:
                    continue
                if not witness.is_message and not witness.is_doubtful and self.suits(witness):
                    imported = ({"k": "completed", "value": None},) * len(witness.script.needed)
                    group.known.append((witness.script, Played(outcomes=(*imported, *witness.old))))
                    return witness
                case.kept = max(filter(None, (case.kept, witness)), key=lambda one: (not one.is_message, self.suits(one)))
            await asyncio.sleep(0)  # where Ctrl-C is heard
        else:
            case.played = max(case.played, PLAYED_MIN)  # there was no more to try
        return None

    async def _smallest(self, suspect: Witness, case: _Case, until_s: float) -> Witness | None:
        """Make a suspect small, and make sure that it differs in new processes with other hashing."""
        if suspect.new["k"] == "unknown":
            case.late += 1
            case.why = LATE
            return None
        sure = self._again(suspect)
        if sure is None:
            case.why = case.why or UNSTEADY
            return None
        kept, until_s = suspect, min(until_s + REDUCED_S, self.cpu_s + REDUCED_S)
        old, new = self.actors[:2]

        async def differs(scripts: list[Script]) -> list[bool]:
            nonlocal kept
            if self.cpu_s > until_s:
                return [False] * len(scripts)
            for actor in (old, new):
                actor.send([one.plain() for one in scripts], call_s=CALL_S, traced=False)
            told = []
            for script, one, other in zip(scripts, old.collect(), new.collect(), strict=True):
                found = _suspect(script, one, other)
                told.append(found is not None and _is_same(suspect, found, script))
                if told[-1] and found is not None and found.script.size < kept.script.size:
                    kept = found
            await asyncio.sleep(0)
            return told

        if not suspect.is_message:
            begun = self._literally(suspect.script)
            is_given = suspect.old[-1]["k"] != "completed"
            begun = begun if is_given else replace(begun, source="generated")
            await reduced(begun if (await differs([begun]))[0] else suspect.script, differs, lambda _: True)
        return (self._again(kept) or sure) if kept is not suspect else sure

    def _literally(self, script: Script) -> Script:
        """Return a script with the value of each expression that has a plain one in its place, so that it can be made smaller."""
        codes = [form for one in script.steps if one.kind == "call" for form in (*one.given, *dict(one.named).values()) if _is_closed(form)]
        if not codes:
            return script
        asked = [replace(script, steps=(Step(kind="see", callee=repr(one)),), fresh=False) for one in codes]
        self.actors[0].send([one.plain() for one in asked], call_s=CALL_S, traced=False)
        told = zip(codes, (played.outcomes[-1:] for played in self.actors[0].collect()), strict=True)
        values = {repr(code): found[0] for code, some in told if some and (found := plainly(some[0].get("value", {KIND: "other", OF: ""})))}
        return script.with_steps(
            replace(
                step,
                given=tuple(_put(one, values) for one in step.given),
                named=tuple((name, _put(one, values)) for name, one in step.named),
            )
            for step in script.steps
        )

    def _again(self, suspect: Witness) -> Witness | None:
        """Play a script on both once more, in processes with other hashing; None where the difference was chance."""
        old, new = self.actors[2:]
        new.stop()
        plain = [suspect.script.plain()] * (AGAIN if self.actors[0].order.chance else 1)
        for actor in (old, new):
            actor.send(plain, call_s=2 * CALL_S, traced=False)
        (first, *others), (second, *_) = (actor.collect() for actor in (old, new))
        if any(_suspect(suspect.script, first, one) is not None for one in others):
            return None  # that it was found is chance as well
        found = _suspect(suspect.script, first, second)
        if found is None or len(found.old) != len(suspect.old) or found.new["k"] == "unknown":
            return None
        if suspect.is_message:
            return found if found.old[-1].get("text") == suspect.old[-1].get("text") else None
        before, after = steady(suspect.old[-1], found.old[-1]), steady(suspect.new, found.new)
        where = places(before, after)
        is_chance = before["k"] == "unknown" or (before["k"] == after["k"] and before.get("value") == END)
        return replace(found, old=(*found.old[:-1], before), new=after, places=where) if where and not is_chance else None

    def _told(self, case: _Case, why: str) -> Distinction:
        kept = case.kept
        why = why or (HASTY if case.played < PLAYED_MIN else "")
        is_suited = kept is not None and self.suits(kept)
        if kept is not None and kept.is_message and not is_suited:
            why = MESSAGE
        return Distinction(mutant=case.mutant, witness=kept, is_suited=is_suited, why=why, cpu_s=case.cpu_s)


def _suspect(script: Script, old: Played, new: Played) -> Witness | None:
    """Return the script up to its first step whose outcomes differ; None where the code has no answer before."""
    skipped, given = len(script.needed), script.source != "generated"
    message: Witness | None = None
    outcomes = list(itertools.zip_longest(old.outcomes[skipped:], new.outcomes[skipped:]))
    for place, (one, other) in enumerate(outcomes if new.outcomes else ()):
        if one is None or is_outside(one, given=given):
            break
        found = places(one, other := other or ENDED)
        if found and ADDRESS.search(str(one)):
            break  # where a thing lies in memory is chance
        is_message = not found and one["k"] == "failed" and one.get("text") != other.get("text")
        if found or (is_message and message is None):
            before = tuple(each for each, _ in outcomes[: place + 1])
            witness = Witness(script=script.with_steps(script.steps[: place + 1]), old=before, new=other, places=found)
            if found:
                return witness
            message = witness
    return message


def _is_closed(form: Form) -> bool:
    """Say whether an expression may stand for a plain value: it names no variable, and is no function."""
    return isinstance(form, (Code, Made)) and not str(form).isidentifier() and not str(form).startswith(("lambda", "iter("))


def _put(form: Form, values: Mapping[str, Form]) -> Form:
    return values.get(repr(form), form) if isinstance(form, (Code, Made)) else form


def _is_same(suspect: Witness, found: Witness, script: Script) -> bool:
    if len(found.script.steps) != len(script.steps) or found.symbol != suspect.symbol:
        return False
    ways: Any = [(one.old[-1]["k"], one.new["k"]) for one in (found, suspect)]
    return found.places <= suspect.places or (ways[0] == ways[1] != ("completed", "completed"))
