"""The properties gate: whether a candidate keeps what its contract promises for every input, on inputs that nobody wrote down.

Why: where the intent explains a difference, or the current implementation has no answer, only the contract can judge. A candidate
gets generated calls twice: as it is, and held to its contract, where values are copied, idempotent calls repeated and undeclared errors
told. Nothing may come of that. A promise that the current implementation breaks on the same calls does not refuse: it is no news.
Not here: the search (`witness`), what holds a cell to its contract (`placement.copying`, `assemble.judged`), conditions of callers
(the kernel refuses before a candidate is asked), other behaviour (`behaviour`).
"""

import asyncio
import inspect
import sys
from dataclasses import replace
from random import Random

from planaria.diff.behaviour import skipped_operations
from planaria.gates.verdict import Case, Finding, Level, Verdict, decide
from planaria.kernel.contract import describe
from planaria.kernel.loader import Generation, files_of
from planaria.witness.comparison import places
from planaria.witness.example import sequence_of
from planaria.witness.generator import Generator
from planaria.witness.plain import names_of
from planaria.witness.pool import Pool, constants_of
from planaria.witness.scene import Scenes
from planaria.witness.search import Difference, Pair, Search, Suspect
from planaria.witness.worker import Limits, Order, Worker, WorkerFailed

GATE = "properties"
SEARCH_SHARE, PATIENCE_TIMES = 1 / 3, 4
SEQUENCES_MAX = 160
UNDECLARED, AFTERMATH = "undeclared", "BreakerOpen"
ERRORS = "it raises only errors that the contract declares"
STATE = "calls that are declared idempotent leave the same state when they are repeated"
TYPE = "what it gives has the declared type"
PROMISES = {
    "NotRepeatable": "it is declared idempotent, and gives the same when it is repeated",
    "Altered": "a value is not changed once it was given",
    "WrongValue": TYPE, "Unwritable": TYPE, "Untravellable": TYPE,
}  # fmt: skip


async def properties(case: Case) -> Verdict:
    """Refuse a candidate that breaks a promise of its contract which the current implementation keeps."""
    held = _Held(case)
    try:
        async with asyncio.timeout(case.limits.properties_timeout_s):
            found = await held.search()
    except WorkerFailed as error:
        return decide(GATE, [_told("doubt", error.plain()["what"], error.plain()["fix"])], checked=0)
    except TimeoutError:
        what = f"the search did not end within {case.limits.properties_timeout_s:.0f} s"
        return decide(GATE, [_told("doubt", what, "give it more time")], checked=0)
    finally:
        await held.stop()
    looked = held.looked.looked
    findings = [_finding(one) for one in sorted(found, key=lambda one: -one.seen)]
    if looked.seeds_left or looked.unfinished:
        findings.append(_told("doubt", "the budget was spent before the contract's examples were tried to the end", "give it more time"))
    findings += [_told("note", what, "mend it, or declare it in the contract, by an intent of its own") for what in looked.excused if what]
    findings += [_told("note", f"'{name}' was not called: {why}", "judge it by its suite") for name, why in held.skipped.items()]
    evidence = {"sequences": looked.sequences, "calls": looked.calls, "seconds": round(looked.seconds, 2), "seed": case.limits.seed}
    return decide(GATE, findings, checked=looked.calls, evidence={**evidence, "candidate": case.candidate.digest})


class _Held:
    """The candidate as it is and held to its contract, and the current implementation held likewise."""

    def __init__(self, case: Case) -> None:
        self.case, self.description = case, describe(case.contract)
        self.skipped = skipped_operations(self.description)
        self.called = tuple(one for one in self.description.operations if one.name not in self.skipped)
        operations = [*self.called, *(one for one in self.description.handlers if one.name not in self.skipped)]
        candidate, limits = case.candidate, Limits()
        patient = Limits(call_s=PATIENCE_TIMES * limits.call_s)
        self.pair = Pair(
            self._worker("as it is", candidate), self._worker("held", candidate, held=True), self._worker("again", candidate, seed=1),
            self._worker("patient", candidate, held=True, limits=patient), slack_of=lambda _: "exact",
        )  # fmt: skip
        self.current = self._worker("current", case.current, held=True)
        pool = Pool()
        for text in files_of(candidate.directory).values():
            pool.learn_constants(constants_of(text.decode(errors="replace")))
        pool.learn_constants(constants_of(inspect.getsource(sys.modules[case.contract.__module__])))
        generator = Generator(pool, Random(case.limits.seed))  # noqa: S311 - it must repeat, and keeps no secret
        scenes = Scenes(operations, generator, names_of([one.returns for one in operations]))
        self.looked = Search(self.pair, scenes, cell=case.cell, allowed=lambda _, found: all(map(_of_events, found)), excused=self._excused)
        self.looked.sequences_max = SEQUENCES_MAX

    def _worker(self, role: str, generation: Generation, *, held: bool = False, seed: int = 0, limits: Limits | None = None) -> Worker:
        case = self.case
        command = (*case.workers.judged, str(case.scratch.resolve()), case.cell, str(generation.directory.resolve()), "-")
        scratch = case.scratch.parent.resolve() / GATE / role.replace(" ", "_")
        command += ("held",) if held else ()
        order = Order(cell=case.cell, role=role, command=command, scratch=scratch, seed=seed, hash_seed=seed, limits=limits or Limits())
        return Worker(order)

    async def search(self) -> list[Difference]:
        """Try the contract's examples, then what grows out of them."""
        await self.pair.start()
        namespace, described = vars(sys.modules[self.case.contract.__module__]), replace(self.description, operations=self.called)
        seeds = [
            await sequence_of(one.examples, described, self.pair.current, cell=self.case.cell, namespace=namespace, source=one.name)
            for one in self.called
        ]  # fmt: skip
        budget_s = SEARCH_SHARE * self.case.limits.properties_timeout_s
        return await self.looked.run([one for one in seeds if one.calls], budget_s=budget_s)

    async def _excused(self, suspect: Suspect, pair: Pair) -> str | None:
        """Say that the current implementation breaks the same promise on the same calls, if it does."""
        del pair
        if suspect.candidate.error == AFTERMATH:
            return ""  # it follows from calls before it, which were judged
        try:
            (outcomes,) = await self.current.run([suspect.sequence])
        except WorkerFailed:
            return None
        if len(outcomes) != len(suspect.sequence.calls) or places(outcomes[-1], suspect.candidate):
            return None
        return f"'{suspect.operation}' gives {suspect.candidate.error or 'something else'} where it is held to its contract, as it does now"

    async def stop(self) -> None:
        """End every process."""
        await asyncio.gather(self.pair.stop(), self.current.stop())


def _of_events(place: str) -> bool:
    """Say whether a place is one of events: what is emitted twice is delivered at least once, as promised."""
    return place.startswith("event")


def _promise(one: Difference) -> str:
    if one.witness.candidate.code == UNDECLARED:
        return PROMISES.get(one.witness.candidate.error, ERRORS)
    return TYPE if any(place.endswith("type") for place in one.places) else STATE


def _finding(one: Difference) -> Finding:
    witness, promise = one.witness, _promise(one)
    calls, came = [f"await {call.text(witness.cell)}" for call in witness.calls], replace(witness.candidate, code="").shown()
    told = "\n".join([*calls, f"  promised:  {promise}", f"  candidate: {came}"])
    if came != (alone := witness.current.shown()):
        told += f"\n  not held to it: {alone}"
    what = f"'{one.operation}' does not keep its contract:\n{told}"
    plain = {"calls": calls, "promised": promise, "candidate": came}
    return Finding(gate=GATE, level="refuse", what=what, cure="keep the promise on every input", witness=plain)


def _told(level: Level, what: str, cure: str) -> Finding:
    return Finding(gate=GATE, level=level, what=what, cure=cure)
