"""The search for what two versions of plain Python do otherwise: material, hunt, clients, timings, and what they mean as findings.

Why: everything that runs a version is here, so what is not asked for starts no process.
Not here: the engine (`witness.script`, `witness.stage`), cells (`behaviour`), timings (`performance`).
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from planaria.diff.affected import affected_symbols, near_modules
from planaria.diff.example import doctest_of
from planaria.diff.finding import Finding, Level, NotExercised
from planaria.diff.material import Agreement, agreed, code_of, from_file, maker_of, script_of, seeds_of
from planaria.diff.normal import unchanged
from planaria.diff.observed import BehaviourRequest, BehaviourResult
from planaria.diff.version import Version
from planaria.witness.script.branch import reached
from planaria.witness.script.hunt import Difference, Hunt, Pairing
from planaria.witness.script.likeness import shown
from planaria.witness.script.looked import not_exercised, summed_up
from planaria.witness.script.making import Maker
from planaria.witness.script.step import Script
from planaria.witness.script.subject import Subjects, subjects_of
from planaria.witness.script.unit import with_looks
from planaria.witness.stage.actor import Actor, Order, Stage, StageFailed

SOLVED_S = 1.0
CURE = "do what the old version does; or, if it is meant, declare it (--intent)"
CLIENT_S, ALONE_SHARE, ALONE_MAX = 2.0, 0.3, 4


async def behaviour_findings(old: Version, new: Version, request: BehaviourRequest) -> BehaviourResult:
    """Run what may behave otherwise in both versions, side by side, and return what differs with its witnesses.

    Raises:
        StageFailed: PLN-W102, where a version cannot be run here; NothingToCompare: PLN-D102, for a contract or calls that cannot be read.
    """
    with TemporaryDirectory(prefix="planaria-diff-") as folder:
        search = Search(old, new, request, Path(folder))
        try:
            return await search.result()
        finally:
            search.close()


class Search:
    """One search at work; close it at the end, whatever came of it."""

    def __init__(self, old: Version, new: Version, request: BehaviourRequest, folder: Path) -> None:
        self.old, self.new, self.request, self.folder = old, new, request, folder.resolve()
        self.folder.chmod(0o755)  # whom an actor becomes must reach its version
        self.stages = [Stage(confined=request.confined), Stage(confined=request.confined, hash_seed=1)]
        self.pairing: Pairing | None = None
        self.began = perf_counter()

    def close(self) -> None:
        """End every process."""
        if self.pairing is not None:
            self.pairing.stop()
        for one in self.stages:
            one.close()

    @cached_property
    def subjects(self) -> Subjects:
        """Return what of the old version can be called."""
        return subjects_of(code_of(self.old, near_modules(self.old, self.new)), dotted=not self.old.is_one_module)

    @cached_property
    def newer(self) -> Subjects:
        """Return what of the new version can be called."""
        return subjects_of(code_of(self.new, self.subjects.modules), dotted=self.subjects.dotted)

    @cached_property
    def agreement(self) -> Agreement | None:
        """Return the contract, if one was given."""
        return Agreement.of(self.request.contract) if self.request.contract else None

    async def result(self) -> BehaviourResult:
        """Do what was asked."""
        wants = self.request.kinds
        affected = affected_symbols(self.old, self.new, self.subjects) if wants else frozenset[str]()
        is_loaded = "behaviour" in wants and bool(self.subjects.modules)
        if not affected and not self.request.clients and not is_loaded:
            return BehaviourResult(summary=self._summary(None, affected))
        pairing = self.pairing = self._pairing(affected)
        clients = tuple(map(self._mended, self._shown(pairing, self.request.clients))) if self.request.clients else ()
        found = list(self._not_loaded(pairing)) if is_loaded else []
        if not affected or len(found) >= len(self.subjects.modules) > 0:
            return BehaviourResult(
                findings=tuple(map(self._mended, found)), clients=clients, summary=self._summary(None, affected),
                not_exercised=() if affected or "behaviour" not in wants else tuple(self._hidden()),
            )  # fmt: skip
        hunt, seeds = self._hunt(pairing, affected)
        affected, gone = frozenset(hunt.affected), tuple(f"{one.symbol}." for one in found)
        share = 1.0 if "behaviour" in wants else ALONE_SHARE  # what is timed must have been found to be alike
        differences = await hunt.run(seeds, budget_s=share * self.request.budget_s)
        if self.request.symbolic:
            differences = await self._solved(hunt, pairing)
        sums = [one.sum_up() for one in (pairing.old, pairing.new)]
        left: dict[str, str] = {}
        if "behaviour" in wants:
            found += [self._finding(one) for one in differences if not one.symbol.startswith(gone or "-")]
            found += self._acts(sums[0], {**sums[1], **self._alone(pairing, hunt)})
            left = not_exercised(hunt.looked, hunt.affected, pairing.old.failed, modules=len(hunt.subjects.modules)) | _unsteady(hunt)
        if "performance" in wants:
            from planaria.diff.performance import performance_findings

            found += performance_findings(pairing, hunt, budget_s=self.request.budget_s)
        return BehaviourResult(
            findings=tuple(map(self._mended, found)), clients=clients, summary=self._summary(hunt, affected, sums),
            not_exercised=tuple(NotExercised(symbol=symbol, why=self._placed(why)) for symbol, why in left.items()),
            seen_old=sums[0].get("seen", {}), seen_new=sums[1].get("seen", {}),
        )  # fmt: skip

    def _hidden(self) -> Iterator[NotExercised]:
        """Yield what differs and is not led to by anything that can be called: that nothing was run must not read as "equal"."""
        same = unchanged(self.old, self.new)
        for symbol in sorted(same.changed | same.added | same.removed):
            yield NotExercised(symbol=symbol, why="nothing public was found that leads to it")

    def _not_loaded(self, pairing: Pairing) -> Iterator[Finding]:
        """Yield the modules that only the old version lets be imported."""
        try:
            pairing.new.start()
        except StageFailed as error:
            pairing.old.start()  # where this fails too, it is not the version's fault
            pairing.old.stop()
            yield self._act(f"it ends its process when it is imported: {error.facts['text']}")
            return
        if pairing.new.failed:
            pairing.old.start()
            known = pairing.old.failed
            pairing.old.stop()
            for module in sorted({*pairing.new.failed} - {*known} & {*self.old.modules}):
                yield replace(
                    self._act(f"it cannot be imported: {pairing.new.failed[module]}"), symbol=module, file=self.old.modules[module]
                )

    def _mended(self, one: Finding) -> Finding:
        """Return a finding in which files are where its user has them."""
        witness = json.loads(self._placed(json.dumps(one.witness))) if one.witness else one.witness
        return replace(one, what=self._placed(one.what), witness=witness)

    def _placed(self, text: str) -> str:
        if str(self.folder) not in text:
            return text
        for role, version in (("old", self.old), ("new", self.new)):
            places = {f"{role}/{path}": version.place(path) for path in version.files} | {f"{role} scratch/": "", role: version.label}
            for path, place in places.items():
                text = text.replace(f"{self.folder}/{path}", json.dumps(place)[1:-1])
        return text

    async def _solved(self, hunt: Hunt, pairing: Pairing) -> list[Difference]:
        """Play what a solver proposes for symbols that have not differed; return all differences."""
        from planaria.diff.symbolic import symbolic_seeds

        left = sorted(hunt.affected - {symbol for symbol, _ in hunt.found})
        seeds = symbolic_seeds(self.stages[0], self.folder / "symbolic", (self.old, self.new), self.subjects, left)
        return await hunt.run(seeds, budget_s=pairing.cpu_s + SOLVED_S) if seeds else list(hunt.found.values())

    def _pairing(self, affected: frozenset[str]) -> Pairing:
        orders = [self._order("old", self.old, affected), self._order("new", self.new, affected)]
        actors = [Actor(stage, order) for stage in self.stages for order in orders]
        return Pairing(old=actors[0], new=actors[1], old_again=actors[2], new_again=actors[3])

    def _order(self, role: str, version: Version, affected: frozenset[str]) -> Order:
        folder = self.folder / role
        for path, content in version.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        writable = self.folder / f"{role} scratch"
        writable.mkdir(exist_ok=True)
        known = code_of(version, self.subjects.modules)
        modules = {name for symbol in affected for name in known if symbol.startswith(f"{name}.")} or set(known)
        roots = {name.partition(".")[0] for name in modules} & set(version.modules)
        agreement = self.agreement if role == "old" else None
        return Order(
            role=role, folder=folder, modules=tuple(version.modules if version.is_one_module else sorted(roots | modules)),
            writable=writable, dotted=not self.old.is_one_module, contract=self._contract(agreement),
            contract_class=agreement.name if agreement else "",
            chance=any(b"random" in content for path, content in version.files.items() if path.endswith(".py")),
        )  # fmt: skip

    def _contract(self, agreement: Agreement | None) -> Path | None:
        """Copy a contract to where an actor may read it."""
        if agreement is None:
            return None
        place = self.folder / "contract.py"
        place.write_bytes(agreement.path.read_bytes())
        return place

    def _hunt(self, pairing: Pairing, affected: frozenset[str]) -> tuple[Hunt, list[Script]]:
        maker: Maker = maker_of(self.subjects, (self.old, self.new), affected, seed=self.request.seed)
        seeds = from_file(self.request.examples, self.subjects) if self.request.examples else []
        if self.agreement is not None:
            seeds += agreed(self.agreement, self.subjects, maker)
        seeds += seeds_of(self.old, self.new, self.subjects, affected)
        shown_by_people = {step.symbol for one in seeds for step in one.steps}
        if not affected <= shown_by_people:
            # Nobody shows how the nearest are called, so those that use them are asked as well.
            wider = affected_symbols(self.old, self.new, self.subjects, rings=2)
            more = seeds_of(self.old, self.new, self.subjects, wider - affected)
            seeds += more
            affected |= {one for one in wider if any(step.symbol == one for each in more for step in each.steps)}
        hunt = Hunt(pairing, self.subjects, affected=affected, maker=maker)
        hunt.reported = lambda share: self.request.report("behaviour", share)
        with_looks([*hunt.units, *hunt.heirs], self.newer)
        return hunt, seeds

    def _finding(self, one: Difference) -> Finding:
        file, line = self._place(one.symbol)
        what, imports = _what(one), self._imports(one.script)
        level: Level = "warning" if one.script.wide or one.places == {"output"} else "breaking"
        if one.script.wide:
            what += ", on an input beyond those that examples and tests show"
        return Finding(
            kind="behaviour", level=level, symbol=one.symbol, what=what, cure=CURE, file=file, line=line,
            witness={
                "calls": [*imports, *one.script.lines], "old": shown(one.old), "new": shown(one.new),
                "doctest": "\n".join([*(f">>> {each}" for each in imports), doctest_of(one, node_of=self._node)]),
            },
        )  # fmt: skip

    def _imports(self, script: Script) -> list[str]:
        """Return the lines that import what a script names by its path; the names of a single module are taken as there."""
        if not self.subjects.dotted:
            return []
        text = "\n".join(script.lines)
        return [f"import {name}" for name in self.subjects.modules if re.search(rf"(?<![\w.]){re.escape(name)}\.\w", text)]

    def _node(self, symbol: str) -> ast.AST | None:
        found = self.subjects.callable_at(symbol)
        return found.node if found is not None else None

    def _place(self, symbol: str) -> tuple[str, int]:
        """Return where a symbol is defined, in the new version if it is there."""
        for version, subjects in ((self.new, self.newer), (self.old, self.subjects)):
            found = subjects.callable_at(symbol)
            if found is not None and found.node is not None:
                first = next(iter(version.modules))
                module = max((name for name in version.modules if symbol.startswith(f"{name}.")), key=len, default=first)
                return version.modules[module], found.node.lineno
        return "", 0

    def _alone(self, pairing: Pairing, hunt: Hunt) -> Mapping[str, Any]:
        """Return what is seen of a new version whose process ended: a few scripts that were answered alike, each in a new process."""
        changed: set[str] = set()
        looked: dict[str, int] = {}
        for script in [scripts[0] for scripts in hunt.alike.values()][: ALONE_MAX * (pairing.new.spent.starts > 1)]:
            told = _told_alone(pairing.new, script, hunt.call_s)
            changed |= {*told.get("changed", ())}
            looked |= told.get("looked", {})
            if "changed" not in told and "changed" in _told_alone(pairing.old, script, hunt.call_s):
                changed.add("what answers for it")
        return {"changed": changed, "looked": looked} if changed or looked else {}

    def _acts(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
        """Yield what the new version does to who runs it, and the old one does not."""
        for name in sorted(set(new.get("changed", ())) - set(old.get("changed", ()))):
            yield self._act(f"it changes {name}, which all code in its process shares")
        for name in sorted(set(new.get("looked", {})) - set(old.get("looked", {}))):
            yield self._act(f"it looks at who calls it ({name})")

    def _act(self, what: str) -> Finding:
        module, path = next(iter(self.new.modules.items()))
        return Finding(
            kind="behaviour", level="breaking", symbol=module, what=what, cure="refuse it, unless it is declared (--intent)", file=path
        )

    def _shown(self, pairing: Pairing, clients: Sequence[Finding]) -> Iterator[Finding]:
        """Yield findings with the witness that their client is: it works on the old version, and fails on the new one."""
        plain = [script_of(one.client).plain() for one in clients]
        told = []
        for actor in (pairing.old, pairing.new):
            try:
                actor.send(plain, call_s=CLIENT_S, traced=False)
                told.append(actor.collect())
            except StageFailed:
                yield from clients
                return
        for one, before, after in zip(clients, *told, strict=True):
            old, new = before.outcomes[-1], after.outcomes[-1]
            if old["k"] == "completed" and new["k"] in ("failed", "unknown"):
                witness = {"calls": one.client.strip().splitlines(), "old": {"kind": "completed", "text": "it works"}, "new": shown(new)}
                yield replace(one, witness=witness)
            else:
                yield one
        for actor in (pairing.old, pairing.new):
            actor.stop()  # what a client left behind is not to be hunted in

    def _summary(self, hunt: Hunt | None, affected: frozenset[str], sums: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        facts: dict[str, Any] = {"inputs": 0, "calls": 0, "branches": None, "cpu_s": 0.0}
        if hunt is not None:
            told = summed_up(hunt.looked)
            facts |= {"inputs": told["scripts"], "calls": told["calls"], "cpu_s": told["cpu_s"]}
            facts["branches"] = {
                side: list(self._branches(version, told_of, hunt))
                for side, version, told_of in zip(("old", "new"), (self.old, self.new), sums, strict=False)
            }
            facts |= {name: told[name] for name in ("compared", "outside", "unsteady", "slow", "not_repeated")}
        return {**facts, "affected": sorted(affected), "seconds": round(perf_counter() - self.began, 3), "seed": self.request.seed}

    def _branches(self, version: Version, told: Mapping[str, Any], hunt: Hunt) -> tuple[int, int]:
        paths = {version.modules[name]: tree for name, tree in code_of(version, self.subjects.modules).items()}
        arcs = [(str(path), int(before), int(after)) for path, before, after in told.get("arcs", ())]
        counted = Counter(path for path, _, _ in arcs)
        functions = [
            (path, node.lineno)
            for symbol in hunt.affected
            if (found := self.subjects.callable_at(symbol)) and (node := found.node)
            for path in paths
            if version is self.old
        ]
        return reached({path: tree for path, tree in paths.items() if counted[path]}, arcs, functions if version.is_one_module else ())


def _told_alone(actor: Actor, script: Script, call_s: float) -> Mapping[str, Any]:
    actor.stop()
    actor.send([script.plain()], call_s=call_s, traced=False)
    actor.collect()
    return actor.sum_up()


def _unsteady(hunt: Hunt) -> dict[str, str]:
    """Return the symbols of which each suspect was chance, as the old version gives now this and now that."""
    found = {symbol for symbol, _ in hunt.found}
    return dict.fromkeys(sorted({*hunt.looked.unsteady} & hunt.affected - found), "the old version disagrees with itself")


def _what(one: Difference) -> str:
    old, new = one.old, one.new
    if one.unsteady:
        return "it gives different results for the same call"
    if new.get("code") == "late":
        return "it gives no answer in time, where the old version does"
    if new["k"] == "unknown":
        return f"it ends its process: {new.get('text', '')}"
    if new["k"] in ("outside", "stop"):
        return (
            "it refuses an input that the old version takes"
            if new["k"] == "outside"
            else f"what the call needs is gone: {new.get('text', '')}"
        )
    if old["k"] == "completed" and new["k"] == "failed":
        return f"it raises {new['error']}, where the old version gives a result"
    if old["k"] == "failed" and new["k"] == "completed":
        return f"it gives a result, where the old version raises {old['error']}"
    if "error" in one.places:
        return f"it raises {new['error']}, where the old version raises {old['error']}"
    if one.places == {"arguments"}:
        return "it changes its arguments otherwise"
    if one.places == {"output"}:
        return "it prints something else"
    return f"it gives another result ({', '.join(sorted(one.places))})"
