"""Behaviour: what a candidate does otherwise than the current implementation, each difference with a witness.

Why: the text of a rewrite says little, and its own tests say what its author thought of; the same calls made to both say
what callers will notice. Intended changes are shown by examples: an intent example that gives different outcomes shows
which places of an outcome are meant to change, and a difference found elsewhere is allowed only where all its places are
among those of the same operation. Whether a call completes, and how many and which things it gives, is never explained so.
Not here: the search itself (`witness`), the verdict (`gates.behaviour`).
"""

import doctest
import inspect
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from planaria.diff.reach import changed_operations
from planaria.kernel.contract import Contract, ContractDescription, OperationDescription, describe
from planaria.kernel.loader import Generation, files_of
from planaria.placement.codec import MsgspecCodec
from planaria.witness.call import Call, Outcome, Sequence, Start
from planaria.witness.comparison import Slack, places
from planaria.witness.example import recorded, sequence_of
from planaria.witness.generator import Generator
from planaria.witness.plain import canonical, names_of
from planaria.witness.pool import Pool, constants_of
from planaria.witness.scene import Scenes, holds
from planaria.witness.search import Difference, Pair, Places, Search, Suspect
from planaria.witness.worker import Limits, Order, Worker

OUTSIDE = frozenset(("connects", "spawns", "writes", "secret"))
NEVER_EXPLAINED = frozenset(("outcome", "error", "condition", "arguments", "events", "type", "length", "membership", "keys"))
CUT = "the changed order is cut off by a limit; beyond it both give the same"
CUT_AT_MOST = "the changed order is cut off by the greatest limit, beyond which nothing can be seen"
BEYOND_LIMITS = (1000, 500, 200, 100, 99, 64, 60, 50, 40, 32, 30, 25, 20, 16, 12, 10, 8, 6, 5)
RECORDINGS_MAX = 400
PATIENCE_TIMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Two generations of one cell, and how to start a worker: `command` is completed with root, cell, directory and store."""

    root: Path
    cell: str
    contract: type[Contract]
    current: Generation
    candidate: Generation
    command: tuple[str, ...]
    scratch: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What to search with: the intent's blocks of examples, recorded calls, a copy of the store, seconds, sequences and a seed."""

    intent: tuple[tuple[doctest.Example, ...], ...] = ()
    recordings: tuple[Mapping[str, Any], ...] = ()
    store: Path | None = None
    budget_s: float = 10.0
    sequences_max: int | None = None
    seed: int = 1
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs, what was meant to, and how hard it looked."""

    differences: tuple[Difference, ...]
    explained: Mapping[str, tuple[str, ...]]
    not_exercised: Mapping[str, str]
    changed: frozenset[str]
    summary: Mapping[str, Any] = field(default_factory=dict)
    seeds_left: int = 0
    unfinished: frozenset[str] = frozenset()


def skipped_operations(description: ContractDescription) -> dict[str, str]:
    """Return the operations that reach outside, with the reason for which they are not run.

    >>> skipped_operations(describe(type("Empty", (Contract,), {})))
    {}
    """
    found = {}
    for one in description.operations + description.handlers:
        outside = [str(effect) for effect in one.effects if effect.kind in OUTSIDE]
        if outside:
            found[one.name] = f"it touches the outside ({', '.join(outside)}), which two runs cannot share"
    return found


async def compare(subject: Subject, material: Material) -> Comparison:
    """Search for differences of behaviour within the budget.

    Raises:
        WorkerFailed: PLN-W101, when either generation could not be run.
    """
    behaviour = Behaviour(subject, material)
    try:
        return await behaviour.compare()
    finally:
        await behaviour.pair.stop()


class Behaviour:
    """One comparison at work."""

    def __init__(self, subject: Subject, material: Material) -> None:
        self.subject, self.material = subject, material
        self.description = describe(subject.contract)
        self.skipped = skipped_operations(self.description)
        everything = self.description.operations + self.description.handlers
        self.operations = {one.name: one for one in everything if one.name not in self.skipped}
        self.slacks = _slacks(everything)
        limits = material.limits
        patient = replace(limits, call_s=PATIENCE_TIMES * limits.call_s)
        self.pair = Pair(
            self._worker("current", subject.current, (0, 0), limits), self._worker("candidate", subject.candidate, (0, 1), limits),
            self._worker("current again", subject.current, (1, 1), limits), self._worker("patient", subject.candidate, (0, 1), patient),
            slack_of=self.slacks.__getitem__,
        )  # fmt: skip
        self.explained: dict[str, set[str]] = {}

    def _worker(self, role: str, generation: Generation, seeds: tuple[int, int], limits: Limits) -> Worker:
        subject, store = self.subject, str(self.material.store or "-")
        command = (*subject.command, str(subject.root.resolve()), subject.cell, str(generation.directory.resolve()), store)
        scratch = subject.scratch.resolve() / role.replace(" ", "_")
        order = Order(cell=subject.cell, role=role, command=command, scratch=scratch, seed=seeds[0], hash_seed=seeds[1], limits=limits)
        return Worker(order)

    async def compare(self) -> Comparison:
        """Start the workers, learn what is meant, search, and sum up."""
        await self.pair.start()
        pool, chance = Pool(), Random(self.material.seed)  # noqa: S311 - it must repeat, and keeps no secret
        sources = [files_of(one.directory) for one in (self.subject.current, self.subject.candidate)]
        for text in dict.fromkeys(content for files in sources for name, content in files.items() if name.endswith(".py")):
            pool.learn_constants(constants_of(text.decode(errors="replace")))
        pool.learn_constants(constants_of(inspect.getsource(sys.modules[self.subject.contract.__module__])))
        scenes = Scenes(self.operations.values(), Generator(pool, chance), names_of([one.returns for one in self.operations.values()]))
        intended = [await self._examples(block, f"intent block {number}") for number, block in enumerate(self.material.intent, start=1)]
        await self._learn_intent(intended)
        seeds = [await self._examples(one.examples, f"example of {one.name}") for one in self.description.operations if one.examples]
        seeds = [one for one in seeds + self._recorded() if one.calls]
        search = Search(self.pair, scenes, cell=self.subject.cell, allowed=self._allowed, excused=self._excused)
        scenes.seed(one for one in intended if one.calls)
        starts: tuple[Start, ...] = ("fresh", "copy") if self.material.store else ("fresh",)
        search.sequences_max = self.material.sequences_max
        found = await search.run(seeds, budget_s=self.material.budget_s, starts=starts)
        changed = changed_operations((*self.operations, *self.skipped), *sources)
        return self._summed_up(search, found, changed)

    async def _examples(self, examples: Iterable[doctest.Example], source: str) -> Sequence:
        namespace = vars(sys.modules[self.subject.contract.__module__])
        described = replace(self.description, operations=tuple(one for one in self.description.operations if one.name in self.operations))
        return await sequence_of(examples, described, self.pair.current, cell=self.subject.cell, namespace=namespace, source=source)

    def _recorded(self) -> list[Sequence]:
        codec = MsgspecCodec()

        def decoder(operation: OperationDescription) -> Any:
            decode, names = codec.arguments_decoder(operation), [one.name for one in operation.parameters]
            return lambda given: dict(zip(names, decode(codec.encode(given)), strict=True))

        decoders = {name: decoder(one) for name, one in self.operations.items()}
        sequences = recorded(self.material.recordings[-RECORDINGS_MAX:], decoders)
        on_copies = [replace(one, start="copy") for one in sequences] if self.material.store else []
        return [*sequences, *on_copies]

    async def _learn_intent(self, intended: list[Sequence]) -> None:
        """Run the intent's calls on both, and keep the places in which they differ as meant."""
        for sequence, (current, candidate) in zip(intended, await self.pair.run(intended), strict=True):
            for call, one, other in zip(sequence.calls, current, candidate, strict=False):
                if not self._cuts(call, one, other):
                    found = places(one, other, self.slacks[call.operation])
                    self.explained.setdefault(call.operation, set()).update(place for place in found if _can_be_explained(place))

    def _allowed(self, operation: str, found: Places) -> bool:
        return found <= self.explained.get(operation, set())

    def _cuts(self, call: Call, one: Outcome, other: Outcome) -> list[str]:
        """Return the parameters that are limits which both results have reached."""
        if not (isinstance(one.value, list) and isinstance(other.value, list) and len(one.value) == len(other.value)):
            return []
        given = {each.name: each.default for each in self.operations[call.operation].parameters if not each.required} | dict(call.arguments)
        return [name for name, value in given.items() if type(value) is int and value == len(one.value)]

    async def _excused(self, suspect: Suspect, pair: Pair) -> str | None:
        """Say why a difference follows from an order that is meant to change: both results are cut off by a limit.

        A greater limit is tried: there, both must give what they gave before, and more, and differ only as they are meant to.
        """
        last, one, other = suspect.sequence.calls[-1], suspect.current, suspect.candidate
        if "order" not in self.explained.get(suspect.operation, ()) or one.kind != other.kind or one.events != other.events:
            return None
        for name in self._cuts(last, one, other):
            given = last.arguments.get(name, len(one.value))
            greater = [
                limit
                for limit in BEYOND_LIMITS
                if limit > given and holds(self.operations[last.operation], {**last.arguments, name: limit})
            ]
            if not greater:
                return CUT_AT_MOST
            call = Call(last.operation, {**last.arguments, name: greater[0]})
            ((current, candidate),) = await pair.run([replace(suspect.sequence, calls=(*suspect.sequence.calls[:-1], call))])
            if len(current) != len(suspect.sequence.calls) or len(candidate) != len(current):
                continue
            more, others = current[-1], candidate[-1]
            if not (_begins_with(more, one) and _begins_with(others, other)):
                continue
            if self._allowed(last.operation, places(more, others)):
                return CUT
            if self._cuts(call, more, others):
                return CUT_AT_MOST
        return None

    def _summed_up(self, search: Search, found: list[Difference], changed: frozenset[str]) -> Comparison:
        looked = search.looked
        summary = {
            "sequences": looked.sequences, "calls": looked.calls, "seconds": round(looked.seconds, 2),
            "judge_cpu_s": round(looked.judge_cpu_s, 2),
            "calls_by_operation": dict(sorted(looked.by_operation.items())), "seed": self.material.seed, "branches": "not measured",
            "explained": [{"operation": name, "places": sorted(where), "seen": seen} for (name, where), seen in looked.allowed.items()],
            "excused": dict(looked.excused), "compared": {name: slack for name, slack in self.slacks.items() if slack != "exact"},
            "not_comparable": [{"operation": name, "why": why, "seen": seen} for (name, why), seen in looked.not_comparable.items()],
        }  # fmt: skip
        return Comparison(
            differences=tuple(found), explained={name: tuple(sorted(where)) for name, where in self.explained.items() if where},
            not_exercised=self._not_exercised(search), changed=changed, summary=summary, seeds_left=looked.seeds_left,
            unfinished=frozenset(looked.unfinished),
        )  # fmt: skip

    def _not_exercised(self, search: Search) -> dict[str, str]:
        found = dict(self.skipped)
        for name in self.operations:
            if not search.looked.by_operation[name]:
                is_outside = search.scenes.outside[name]
                found[name] = "no arguments were found inside its preconditions" if is_outside else "the budget was spent before"
            elif not search.looked.answered[name]:
                found[name] = "every call was refused, or failed with an error that the contract does not declare"
        return found


def _slacks(operations: Iterable[OperationDescription]) -> dict[str, Slack]:
    """Say how strictly each operation is compared: where a cell may look at the clock, values of time are not."""
    described = list(operations)
    timed: Slack = "time" if any(effect.kind == "clock" for one in described for effect in one.effects) else "exact"
    return {one.name: "shape" if any(effect.kind == "chance" for effect in one.effects) else timed for one in described}


def _can_be_explained(place: str) -> bool:
    return place.rpartition(": ")[2] not in NEVER_EXPLAINED


def _begins_with(more: Outcome, less: Outcome) -> bool:
    return isinstance(more.value, list) and canonical(more.value[: len(less.value)]) == canonical(less.value)
