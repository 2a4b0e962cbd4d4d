"""The loop: pack, proposer, candidate, gates from the cheapest, findings into the next pack; until one passes or the attempts are spent.

Why: a refused candidate is worth its findings, so they go into the next pack; and a verdict that is inconclusive pauses, since
another attempt cannot cure a judge that has nothing to judge by.
Before the first attempt, the suite must prove the implementation that is to be thrown away (`gates.completeness`).
Every step is in the ledger before the next begins. Whatever ends the loop, the implementation in force is untouched until a
candidate has passed every gate, and a promotion that has begun is finished.
Not here: what is judged (`gates`), changing what is in force (`promotion`).
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from planaria.gates.completeness import PROOF, SuiteIncomplete, limits_of, proof_of
from planaria.gates.intent import Intent
from planaria.gates.order import GATES
from planaria.gates.verdict import Case, Finding, Gate, Limits, Result, Verdict, Workers, decide, judge
from planaria.kernel.contract import describe
from planaria.kernel.loader import Generation, digest_of, files_of, generation_at
from planaria.kernel.system import CellPlan, System
from planaria.pack.assembly import TOKENS_MAX, Material, Pack, assemble
from planaria.regen.promotion import Place, alone, promote, recover
from planaria.regen.proposer import Proposed, Proposer, Task
from planaria.regen.scratch import SHOWN_MAX, Scratch, SystemCopy
from planaria.regen.step import Attempt, Regenerated, Step

T = TypeVar("T")
PROPOSAL = "policy"
TEXT_CHARACTERS_MAX = 2000
WHOLE_MAX = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to regenerate, why, by whom, judged how, and how long to try.

    `proof` are the gates that the implementation in force must pass before the first attempt. `recordings` and `store` are given to
    the behaviour gate where they exist; `scratch_parent` is where copies are made.
    """

    cell: str
    system: System
    intent: Intent
    proposer: Proposer
    workers: Workers
    gates: tuple[tuple[str, Gate], ...] = GATES
    proof: tuple[tuple[str, Gate], ...] = PROOF
    limits: Limits = field(default_factory=Limits)
    attempts_max: int = 3
    pack_tokens_max: int = TOKENS_MAX
    recordings: Path | None = None
    store: Path | None = None
    scratch_parent: Path | None = None

    @property
    def plan(self) -> CellPlan:
        """Return the plan of the cell; raises NoSuchCell (PLN-C105) where there is none."""
        return self.system.plan(self.cell)


async def regenerate(place: Place, order: Order) -> Regenerated:
    """Regenerate a cell; what happens is told to `place.tell` and recorded in its ledger.

    Raises:
        RegenerationRunning, ProposerWrong, NotACell: PLN-R102, PLN-R103, PLN-R107. PackTooLarge: PLN-R110.
        SuiteIncomplete, CompletenessWrong: PLN-R112, PLN-R111; nothing was proposed.
        SwapRefused: PLN-R106; a candidate passed, and the running system kept the one before.
    """
    began = time.perf_counter()
    plan = order.plan
    with alone(place.root) as note:
        await recover(place)
        current = place.current(order.cell)
        loop = _Loop(place, order, plan=plan, current=current)
        scratch = Scratch.open(order.scratch_parent)
        note.write_text(str(scratch.folder), encoding="utf-8")
        try:
            attempts, generation = await loop.run(scratch)
        except BaseException as error:
            loop.ended("interrupted", f"it was ended by {type(error).__name__}")
            raise
        finally:
            await _finished(asyncio.to_thread(scratch.close))
        verdict: Result = attempts[-1].verdict if attempts else "inconclusive"
        loop.ended(verdict, "a candidate is in force" if generation else "the implementation is as it was")
    seconds = time.perf_counter() - began
    return Regenerated(cell=order.cell, verdict=verdict, attempts=tuple(attempts), generation=generation, seconds=seconds)


class _Loop:
    """One regeneration: what stays the same over its attempts, and the findings that pass from one to the next."""

    def __init__(self, place: Place, order: Order, *, plan: CellPlan, current: Generation) -> None:
        self.place, self.order, self.plan, self.current = place, order, plan, current
        self.limits = limits_of(plan, order.limits)
        self.refused: dict[str, int] = {}
        self.findings: tuple[str, ...] = ()

    def record(self, kind: str, text: str, facts: Mapping[str, Any], *, attempt: int = 0) -> None:
        self.place.record(kind, self.order.cell, text, _recordable(facts), attempt=attempt)

    def tell(self, kind: str, text: str, *, attempt: int = 0, **facts: Any) -> None:
        self.place.tell(Step(kind=kind, cell=self.order.cell, text=text, attempt=attempt, facts=facts))

    def ended(self, verdict: str, text: str) -> None:
        self.record("regen.ended", text, {"verdict": verdict, "generation": self.place.current(self.order.cell).digest})

    async def run(self, scratch: Scratch) -> tuple[list[Attempt], str]:
        order, attempts = self.order, list[Attempt]()
        facts = {
            "contract": describe(self.plan.contract).digest, "intent": order.intent.digest, "intent_text": order.intent.text,
            "current": self.current.digest, "proposer": order.proposer.name, "attempts_max": order.attempts_max,
            "gates": [name for name, _ in order.gates],
        }  # fmt: skip
        self.record("regen.started", f"regenerating {order.cell} by {order.proposer.name}", facts)
        await self.prove(scratch)
        for number in range(1, order.attempts_max + 1):
            attempt, case, is_last = await self.attempt(scratch, number)
            if attempt is None:
                break
            attempts.append(attempt)
            if case is not None and attempt.verdict == "pass":
                return attempts, (await self.promote(case, attempt)).digest
            self.refuse(attempt)
            if is_last or attempt.verdict == "inconclusive":
                break
        return attempts, ""

    async def prove(self, scratch: Scratch) -> None:
        """Refuse to begin where the suite does not prove the implementation in force; what was proven before is not proven again."""
        cell, gates = self.order.cell, [name for name, _ in self.order.proof]
        kept, key = proof_of(self.place.root, cell, self.limits)
        facts = {"generation": self.current.digest, "gates": gates, "before": kept.is_file() and kept.read_text(encoding="utf-8") == key}
        if gates and not facts["before"]:
            copy = await _finished(asyncio.to_thread(scratch.judging, self.place.root, cell, 0, files_of(self.current.directory)))
            case = self.case(copy.system)
            for name, gate in self.order.proof:
                self.tell("gate.started", f"asking the {name} gate whether the suite proves what is in force", gate=name)
                verdict = await judge(name, gate, case)
                told = {**verdict.plain(), "generation": self.current.digest}
                self.record("suite.verdict", f"{name} of what is in force: {verdict.result}", told)
                if not verdict.passed:
                    raise SuiteIncomplete.of(cell, verdict)
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(key, encoding="utf-8")
        if gates:
            self.record("suite.proven", f"the suite of {cell} proves what is in force", facts)

    async def attempt(self, scratch: Scratch, number: int) -> tuple[Attempt | None, Case | None, bool]:
        """Make one attempt; None when the proposer has no more to give after another attempt."""
        self.tell("attempt.started", f"attempt {number} of {self.order.attempts_max}", attempt=number)
        pack = assemble(self.material(), budget_tokens=self.order.pack_tokens_max)
        self.tell("pack.made", f"a pack of {pack.tokens} tokens", attempt=number, tokens=pack.tokens, left_out=list(pack.left_out))
        files, findings, proposed = await self.propose(scratch, number, pack)
        if proposed.is_last and number > 1:
            self.tell("proposer.spent", proposed.problem, attempt=number)
            return None, None, True
        digest = digest_of(files) if files else ""
        facts = {"attempt": number, "candidate": digest, "proposer": self.order.proposer.name, "files": sorted(files)}
        facts |= {"pack": pack.digest, "pack_tokens": pack.tokens, **proposed.facts}
        self.record("candidate.proposed", f"candidate {digest[:12] or 'none'}, {len(files)} files", facts, attempt=number)
        if proposed.told and digest in ("", self.current.digest):
            self.tell("proposer.told", proposed.told, attempt=number)
        findings += self.stale(files, digest, proposed)
        if not files:
            verdict = decide(PROPOSAL, findings, checked=0)
            self.verdict(verdict, digest, number)
            return Attempt(number=number, candidate=digest, verdicts=(verdict,)), None, proposed.is_last
        copy = await _finished(asyncio.to_thread(scratch.judging, self.place.root, self.order.cell, number, files))
        case = self.case(copy.system)
        verdicts = [verdict async for verdict in self.judged(case, findings, number)]
        if verdicts and verdicts[-1].passed:
            verdicts += [verdict async for verdict in self.touched(case, copy, number)]
        return Attempt(number=number, candidate=digest, verdicts=tuple(verdicts)), case, False

    def material(self) -> Material:
        neighbours = tuple(name for name, plan in self.order.system.cells.items() if plan.contract in self.plan.uses)
        return Material(
            root=self.place.root, cell=self.order.cell, intent=self.order.intent.text, current=self.current.directory,
            neighbours=neighbours, findings=self.findings,
        )  # fmt: skip

    async def propose(self, scratch: Scratch, number: int, pack: Pack) -> tuple[dict[str, bytes], list[Finding], Proposed]:
        copy = await _finished(asyncio.to_thread(scratch.proposing, self.place.root, self.order.cell, number))
        pack_file = copy.system.parent / "pack.md"
        pack_file.write_text(pack.text, encoding="utf-8")
        task = Task(system=copy.system, cell=self.order.cell, attempt=number, pack=pack.text, pack_file=pack_file)
        proposed = await self.order.proposer.propose(task)
        if proposed.problem:
            return {}, [], proposed
        files, findings = await _finished(asyncio.to_thread(copy.collect, self.limits))
        return files, findings, proposed

    def stale(self, files: Mapping[str, bytes], digest: str, proposed: Proposed) -> Iterator[Finding]:
        """Find that there is no candidate, or none that is new."""

        def refuse(what: str, cure: str) -> Finding:
            return Finding(gate=PROPOSAL, level="refuse", what=what, cure=cure)

        if proposed.problem:
            yield refuse(proposed.problem, "give a proposer that answers")
        elif not files:
            yield refuse("it left no implementation", f"write cells/{self.order.cell}/impl/__init__.py")
        elif digest == self.current.digest:
            yield refuse("it changed nothing", f"change the implementation in cells/{self.order.cell}/impl")
        elif digest in self.refused:
            yield refuse(f"it is the candidate of attempt {self.refused[digest]} again", "cure what the findings say")

    def case(self, system: Path) -> Case:
        order = self.order
        impl = system / "cells" / order.cell / "impl"
        return Case(
            root=self.place.root, scratch=system, cell=order.cell, contract=self.plan.contract, current=self.current,
            candidate=generation_at(order.cell, impl), intent=order.intent, grants=self.plan.uses, workers=order.workers,
            recordings=order.recordings, store=order.store, limits=self.limits,
        )  # fmt: skip

    async def judged(self, case: Case, findings: list[Finding], number: int) -> AsyncIterator[Verdict]:
        """Ask the gates in order until one does not pass; what the proposal itself showed counts with the first."""
        for name, gate in self.order.gates:
            self.tell("gate.started", f"asking the {name} gate", attempt=number, gate=name)
            verdict = await judge(name, gate, case)
            if findings:
                whole = decide(PROPOSAL, [*findings, *verdict.findings], checked=1, evidence=verdict.evidence)
                verdict, findings = replace(whole, seconds=verdict.seconds), []
            self.verdict(verdict, case.candidate.digest, number)
            yield verdict
            if not verdict.passed:
                return

    async def touched(self, case: Case, copy: SystemCopy, number: int) -> AsyncIterator[Verdict]:
        """Doubt every gate where the copy in which they judged is not as it was: its tests, or the candidate itself."""
        changed = await asyncio.to_thread(copy.changed)
        impl = case.candidate.directory
        if not impl.is_dir() or digest_of(files_of(impl)) != case.candidate.digest:
            changed.append(f"cells/{self.order.cell}/impl")
        if changed:
            what, cure = (
                f"while it was judged, this changed: {', '.join(changed[:SHOWN_MAX])}",
                "let nothing write into the system's folder",
            )
            verdict = decide(PROPOSAL, [Finding(gate=PROPOSAL, level="doubt", what=what, cure=cure)], checked=1)
            self.verdict(verdict, case.candidate.digest, number)
            yield verdict

    def verdict(self, verdict: Verdict, candidate: str, number: int) -> None:
        facts = {**verdict.plain(), "attempt": number, "candidate": candidate}
        self.record("gate.verdict", f"{verdict.gate}: {verdict.result}", facts, attempt=number)

    def refuse(self, attempt: Attempt) -> None:
        self.refused.setdefault(attempt.candidate, attempt.number)
        deciding = [one for one in attempt.findings if one.level != "note"]
        self.findings = tuple(_line(one) for one in deciding)
        gate = attempt.verdicts[-1].gate if attempt.verdicts else ""
        kind, word = ("candidate.paused", "leaves open") if attempt.verdict == "inconclusive" else ("candidate.refused", "refuses")
        facts = {"attempt": attempt.number, "candidate": attempt.candidate, "gate": gate, "findings": len(deciding)}
        self.record(kind, f"the {gate} gate {word} candidate {attempt.candidate[:12] or 'none'}", facts, attempt=attempt.number)

    async def promote(self, case: Case, attempt: Attempt) -> Generation:
        described = {"contract": describe(self.plan.contract).digest, "intent": self.order.intent.digest, "attempt": attempt.number}
        described["gates"] = [one.gate for one in attempt.verdicts]
        return await _finished(promote(self.place, case.candidate, described, attempt=attempt.number))


async def _finished(work: Awaitable[T]) -> T:
    """Await work that must not stop half way: a cancellation waits for its end, and is raised then."""
    task = asyncio.create_task(_awaited(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _line(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    witness = f" Witness: {json.dumps(finding.witness, ensure_ascii=False, default=str)}" if finding.witness else ""
    return f"[{finding.gate}] {place}{finding.what}. Cure: {finding.cure}.{witness}"


def _recordable(value: Any) -> Any:
    """Return the value as the ledger can hold it: bounded texts without halves of characters, numbers that are exact in JSON."""
    if isinstance(value, Mapping):
        return {str(key): _recordable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_recordable(one) for one in value]
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode()
        return text if len(text) <= TEXT_CHARACTERS_MAX else text[:TEXT_CHARACTERS_MAX] + "…"
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) and abs(value) <= WHOLE_MAX else str(value)
    return str(value)


async def _awaited(work: Awaitable[T]) -> T:
    return await work
