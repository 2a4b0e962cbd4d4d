"""Difference: two generations of a cell compared, by what they say and by what they do in the system around them.

Why: a cell's behaviour needs its contract, its state and its neighbours, so its generations are run as the gates run candidates.
They are numbered as they came into force: `cart@1` is the first that the ledger knows; `cart@current` is the tree.
Not here: plain Python (`diff.comparison`), the search (`diff.behaviour`), verdicts (`gates`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planaria.assemble.clock import SystemClock
from planaria.assemble.place import Places
from planaria.assemble.regenerate import workers
from planaria.assemble.system import system_at
from planaria.diff.behaviour import Comparison as Compared
from planaria.diff.behaviour import Material, Subject, compare
from planaria.diff.comparison import Comparison, Question
from planaria.diff.finding import Finding, NotExercised, Report
from planaria.diff.reading import NoSuchSide, NothingToCompare
from planaria.diff.version import Version
from planaria.gates.intent import Intent
from planaria.kernel.contract import ContractDescription, describe
from planaria.kernel.loader import Generation, files_of
from planaria.ledger import Ledger
from planaria.regen.error import GenerationMissing
from planaria.regen.promotion import PROMOTED, ROLLED_BACK, Place
from planaria.regen.shelf import Shelf
from planaria.store import backup
from planaria.witness.search import Difference

CURRENT, SHOWN = "current", 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two generations of one cell of the system at `root`, and their files as versions."""

    root: Path
    old: Generation
    new: Generation
    versions: tuple[Version, Version]

    @classmethod
    def of(cls, root: Path, old: str, new: str) -> "Pair":
        """Find two generations by what they are called: `cart@1`, `cart@current`, `cart@79542fa7`.

        Raises:
            NoSuchSide, NotACell, GenerationMissing: PLN-D101, PLN-R107, PLN-R105.
        """
        (cell, _, first), (other, _, second) = (one.partition("@") for one in (old, new))
        if cell != other:
            raise NoSuchSide(side=new, text=f"it is not of '{cell}'", cure=f"compare generations of one cell: {old} {cell}@{CURRENT}")
        places = Places.of(root)
        before, after = (_generation(places, cell, one) for one in (first, second))
        return cls(root=places.root, old=before, new=after, versions=(_version(old, before), _version(new, after)))

    async def compared(self, question: Question, intent: Intent) -> Report:
        """Compare them; the intent's examples show what is meant to change.

        Raises:
            NothingToCompare: PLN-D102; WorkerFailed: PLN-W101; and what loading the system raises.
        """
        contract = system_at(self.root).plan(self.old.cell).contract
        described = describe(contract)
        effects = frozenset(one.kind for each in (*described.operations, *described.handlers) for one in each.effects)
        comparison = Comparison(old=self.versions[0], new=self.versions[1], question=replace(question, declared=effects))
        settled = comparison.settled()
        if settled is not None:
            return settled
        found = list(comparison.static())
        if "behaviour" not in question.kinds:
            return comparison.concluded(found)
        question.report("behaviour", 0.3)
        with TemporaryDirectory(prefix="planaria-diff-") as folder:
            subject = Subject(
                root=self.root, cell=self.old.cell, contract=contract, current=self.old, candidate=self.new,
                command=workers().judged, scratch=Path(folder),
            )  # fmt: skip
            done = await compare(subject, self._material(question, intent, described, Path(folder) / "store.sqlite"))
        told = {one["operation"]: f"{one['seen']} calls could not be compared: {one['why']}" for one in done.summary["not_comparable"]}
        left = [NotExercised(symbol=f"{self.old.cell}.{name}", why=why) for name, why in {**told, **done.not_exercised}.items()]
        if done.seeds_left:
            why = f"no time for {done.seeds_left} examples and recordings: give more, --budget-s"
            left.append(NotExercised(symbol=self.old.cell, why=why))
        names = {"calls": "calls", "seconds": "seconds", "seed": "seed", "inputs": "sequences", "cpu_s": "judge_cpu_s"}
        search = {name: done.summary[key] for name, key in names.items()} | {"branches": None}
        return comparison.concluded([*found, *self._findings(done)], left=left, search=search)

    def _material(self, question: Question, intent: Intent, described: ContractDescription, store: Path) -> Material:
        places = Places.of(self.root)
        if places.store.exists():
            backup(places.store, store)
        recorded = (*_lines(places.recordings / f"{self.old.cell}.jsonl"), *_examples(question.examples, described))
        kept, budget_s, seed = store if store.exists() else None, question.budget_s, question.seed
        return Material(intent=intent.blocks, recordings=recorded, store=kept, budget_s=budget_s, seed=seed)

    def _findings(self, done: Compared) -> Iterator[Finding]:
        for one in sorted(done.differences, key=lambda one: -one.seen):
            what = f"it behaves otherwise: {', '.join(one.places)} (seen {one.seen} times)"
            yield self._finding(one.operation, what, "do what the old one does; or, if it is meant, show it in the intent", one)
        for name in sorted(done.unfinished):
            yield self._finding(name, "it seemed to differ, and there was no time left to be sure", "give it more: --budget-s")
        for each in done.summary["explained"]:
            what = f"it differs as the intent's examples show: {', '.join(each['places'])} (seen {each['seen']} times)"
            yield replace(self._finding(each["operation"], what, "nothing: it is declared"), intended=True)

    def _finding(self, operation: str, what: str, cure: str, shown: Difference | None = None) -> Finding:
        file, line = "", 0
        for path in self.versions[1].modules.values():
            text = self.versions[1].text(path)
            if found := re.search(rf"^ *async def {operation}\b", text, re.MULTILINE):
                file, line = path, text.count("\n", 0, found.end()) + 1
        return Finding(
            kind="behaviour", level="breaking" if shown else "warning", symbol=f"{self.old.cell}.{operation}", what=what, cure=cure,
            file=file, line=line, witness=_witness(shown) if shown else None,
        )  # fmt: skip


def _generation(places: Places, cell: str, named: str) -> Generation:
    ledger = Ledger.open(places.ledger, None, clock=SystemClock())
    tree = Place(root=places.root, book=ledger).current(cell)
    if named == CURRENT:
        return tree
    facts = [one.facts for one in ledger.entries() if one.cell == cell and one.kind in (PROMOTED, ROLLED_BACK)]
    numbered = list(dict.fromkeys(str(one[side]) for one in facts for side in ("before", "after"))) or [tree.digest]
    if named.isdecimal() and len(named) < SHOWN / 2:
        if not 0 < int(named) <= len(numbered):
            known = ", ".join(f"{cell}@{number} ({one[:SHOWN]})" for number, one in enumerate(numbered, start=1))
            raise GenerationMissing(cell=cell, generation=named, text=f"{len(numbered)} came into force", known=known)
        named = numbered[int(named) - 1]
    return tree if tree.digest.startswith(named) else Shelf(places.root).take(cell, named)


def _version(label: str, generation: Generation) -> Version:
    files = {f"{generation.cell}/{name}": content for name, content in files_of(generation.directory).items()}
    return Version(label=label, files=files, origin=(f"{generation.cell}/", f"{label}/"))


def _witness(shown: Difference) -> dict[str, Any]:
    witness = shown.witness
    sides = {"old": witness.current.plain(), "new": witness.candidate.plain()}
    if witness.current.events != witness.candidate.events:
        for one in sides.values():
            one["text"] += f" (emitted: {json.dumps(one.get('events', []), ensure_ascii=False, default=str)})"
    return {"calls": [f"await {one.text(witness.cell)}" for one in witness.calls], "start": witness.start, **sides}


def _lines(file: Path) -> Iterator[Mapping[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        try:
            found = json.loads(line)
        except ValueError:
            continue  # a line that is cut off
        if isinstance(found, dict):
            yield found


def _examples(file: Path | None, described: ContractDescription) -> Iterator[Mapping[str, Any]]:
    """Read calls to start from; arguments by position get their names from the contract."""
    names = {one.name: [each.name for each in one.parameters] for one in described.operations}
    for one in _lines(file) if file else ():
        call = str(one.get("call", "")).rpartition(".")[2]
        if call not in names:
            raise NothingToCompare(side=str(file), text=f"the contract has no operation '{call}', but {', '.join(names)}")
        yield {"call": call, "arguments": dict(zip(names[call], one.get("args", ()), strict=False)) | dict(one.get("kwargs", {}))}
