"""A pool of scripts for some symbols, with what the unchanged code answers: made once, played on every mutant of a function.

Why: the original answers each script once, however many mutants it is asked of; and all begin with what people wrote.
Order: people's calls, then some of each: their calls with other options, telling values in the place of each argument, what was reached
before followed by a call of what is asked about, variations; at last beyond what people gave.
Not here: what differs (`distinction`), new arguments (`witness.script.making`).
"""

import itertools
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from planaria.prove.harden.option import variants, with_options
from planaria.prove.harden.project import Project
from planaria.witness.plain import KIND
from planaria.witness.script.form import Code, Made
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import Function
from planaria.witness.script.unit import Unit, called, units_of, variable_for
from planaria.witness.stage.actor import Actor, Played

AT_ONCE, WIDE_AFTER, TRACED, SCRIPTS_MAX, REPEATED_MAX, TRIES = 24, 1500, 240, 20_000, 500, 6
BEGUN_MAX, STEPS_MAX, SEEDS_MAX = 60, 5, 8
BEGUN_SHARE, VARIED_SHARE, SAME_SHARE = 0.6, 0.35, 0.5
FOLLOWING = (
    "made.__name__",
    "made.__doc__",
    "made()",
    "made(1)",
    "made([1, 2])",
    "made('a')",
    "made(lambda *given: given)",
    "made(lambda *given: given)(1, 2)",
)
Batch = list[tuple[Script, Played]]


class Pool:
    """Batches of scripts with the answers of the unchanged code, made as they are asked for."""

    def __init__(self, project: Project, affected: frozenset[str], old: Actor, *, seed: int, call_s: float) -> None:
        self.old, self.call_s, self.affected, self.subjects = old, call_s, affected, project.subjects
        self.maker = project.maker(affected, seed=seed)
        self.units: list[Unit] = units_of(project.subjects, set(affected), self.maker)
        for one in self.units:
            one.looks += tuple(project.looks(one.owner.symbol)) if one.owner else ()
        self.made = self.repeated = 0
        self.known: set[tuple[str, ...]] = set()
        self.begun: deque[Script] = deque(maxlen=BEGUN_MAX)
        self.tried, self.done = Counter[str](), Counter[str]()
        self.following: deque[Script] = deque()
        self.batches: list[Batch] = []
        seeds = project.seeds(affected)
        self._learn(seeds)
        self.source = self._scripts(seeds)

    def __iter__(self) -> Iterator[Batch]:
        """Yield all batches there are, and then new ones."""
        for number in itertools.count():
            if number == len(self.batches):
                scripts = list(itertools.islice(self.source, AT_ONCE))
                if not scripts or self.made > SCRIPTS_MAX:
                    return
                self.batches.append(self._played(scripts))
            yield self.batches[number]

    def _played(self, scripts: Sequence[Script]) -> Batch:
        is_traced = self.made < TRACED or self.made // AT_ONCE % 4 == 0
        self.made += len(scripts)
        self.old.send([one.plain() for one in scripts], call_s=self.call_s, traced=is_traced)
        batch = [one for one in zip(scripts, self.old.collect(), strict=True) if one[1].outcomes]
        for script, played in batch:
            self._keep(script, played, played.outcomes[len(script.needed) :])
        return batch

    def _keep(self, script: Script, played: Played, outcomes: Sequence[Any]) -> None:
        """Keep what took a new way, the arguments that were answered, and what more can be called on."""
        for unit in self._units_in(script) if played.news else ():
            unit.keep(script)
        for place, (step, outcome) in enumerate(zip(script.steps, outcomes, strict=False)):
            self.tried[step.symbol] += 1
            if outcome["k"] != "completed":
                return
            self.done[step.symbol] += 1
            function = self.subjects.callable_at(step.symbol)
            if played.news and function is not None and step.kind == "call" and script.source == "generated":
                self.maker.learn(function, step)
            value = outcome.get("value")
            if isinstance(value, dict) and value[KIND] == "other function" and step.kind == "call" and not step.target:
                made = (*script.steps[:place], replace(step, target="made"))
                self.following += (script.with_steps((*made, Step(kind="see", callee=one, symbol=step.symbol))) for one in FOLLOWING)
        rest = list(itertools.dropwhile(lambda one: one.kind == "do", script.steps))
        calls = [one for one in rest if one.kind != "see"]
        if calls[:1] and calls[0].target and calls[0] is rest[0]:
            self.begun.append(script.with_steps(calls[:STEPS_MAX]))

    def _learn(self, seeds: Sequence[Script]) -> None:
        self.maker.learn_props(seeds)
        for one in seeds:
            for step in one.steps:
                function = self.subjects.callable_at(step.symbol)
                if function is not None and step.kind == "call":
                    self.maker.learn(function, step, given=True)
        for unit in self.units:
            unit.seed(seeds)
            unit.corpus = [one for one in unit.corpus if unit.owner or unit.fresh or not _is_several(one)]

    def _scripts(self, seeds: Sequence[Script]) -> Iterator[Script]:
        wanted = self.affected
        mine = sorted((one for one in seeds if any(step.symbol in wanted for step in one.steps)), key=lambda one: len(one.steps))
        seeded = (unit.looking(one) for one in mine for unit in self._units_in(one) if unit.owner or unit.fresh or not _is_several(one))
        options = (
            unit.looking(each)
            for unit in self.units
            for one in [one for one in unit.corpus if any(step.symbol in wanted for step in one.steps)][:SEEDS_MAX]
            for each in with_options(one, self.maker, wanted)
        )
        probing = (one for each in itertools.zip_longest(*(unit.probing() for unit in self.units)) for one in each if one is not None)
        falsy = (one for unit in self.units for one in unit.falsy())
        siblings = (one for unit in self.units for one in unit.siblings())
        yield from filter(self._is_new, itertools.islice(seeded, 2 * AT_ONCE))
        while self.units:
            for some in (seeded, self._following(), falsy, siblings, options, probing, self._stories(), self._generated()):
                yield from itertools.islice(filter(self._is_new, some), AT_ONCE // 2)

    def _is_new(self, script: Script) -> bool:
        """Say whether a script was not tried; after many that were, what is there is taken."""
        lines = tuple(script.lines)
        is_new = lines not in self.known and bool(script.steps)
        self.known.add(lines)
        self.repeated = 0 if is_new else self.repeated + 1
        return is_new or self.repeated > REPEATED_MAX

    def _following(self) -> Iterator[Script]:
        while self.following:
            yield self.following.popleft()

    def _stories(self) -> Iterator[Script]:
        """Yield sequences of calls on one object: what fitted before, what is asked about, and what shows the state, with few values."""
        asked = [(unit, one) for unit in self.units for one in unit.functions if unit.owner and one.symbol in self.affected]
        asked += [(unit, one) for unit in self.units if unit.owner and unit.owner.symbol in self.affected for one in unit.functions]
        while asked:
            unit, function = self.maker.chance.choice(asked)
            yield unit.looking(Script(steps=tuple(self._story(unit, function))))

    def _story(self, unit: Unit, asked: Function) -> Iterator[Step]:
        chance, owner = self.maker.chance, unit.owner
        assert owner is not None, "it is asked for classes only"
        begun = [one for one in self.begun if one.steps[0].symbol == owner.symbol]
        name = variable_for(owner.symbol)
        steps = [self.maker.call(owner.maker, target=name)]
        if begun and chance.random() < BEGUN_SHARE:
            steps = list(chance.choice(begun).steps[: chance.choice((1, 1, 2, 3, STEPS_MAX))])
            name = steps[0].target
        if chance.random() < VARIED_SHARE:
            steps[0] = chance.choice([steps[0], *variants(owner.maker, steps[0], self.maker)])
        quiet = [one for one in unit.functions if not any(each.is_required for each in one.parameters)] or [asked]
        weights = [(1 + self.done[one.symbol]) / (1 + self.tried[one.symbol]) for one in unit.functions]
        few = [asked, *chance.choices(unit.functions, weights, k=chance.choice((0, 1, 2)))]  # of few sorts, so that they meet more often
        following = [*chance.choices(few, k=chance.choice((0, 1, 2, 3, 4))), asked]
        for function in [*following, *chance.choices(quiet, k=chance.choice((0, 1, 2)))]:
            step = self.maker.call(function, called(owner, function, name) if function.kind != "function" else "")
            if function is asked and chance.random() < VARIED_SHARE:
                others = (Code(name), Made(owner.callee, steps[0].given, steps[0].named))
                step = chance.choice([step, *variants(function, step, self.maker, others)])
            steps.append(self._again(step, steps))
        yield from steps

    def _again(self, step: Step, steps: Sequence[Step]) -> Step:
        """Return a call with values that other calls on the object were given, now and then."""
        known = [form for one in steps[1:] for form in one.given if not isinstance(form, Code)]
        given = [
            self.maker.chance.choice(same)
            if (same := [each for each in known if type(each) is type(form)]) and self.maker.chance.random() < SAME_SHARE
            else form
            for form in step.given
        ]
        return replace(step, given=tuple(given))

    def _generated(self) -> Iterator[Script]:
        while True:
            is_wide = self.maker.stock.wide = self.made > WIDE_AFTER
            for unit in self.units:
                made = (unit.script() for _ in range(TRIES))
                yield next((one for one in made if is_wide or not one.wide), unit.script())

    def _units_in(self, script: Script) -> list[Unit]:
        symbols = {one.symbol for one in script.steps}
        return [unit for unit in self.units if unit.exercised & symbols][:1]


def _is_several(script: Script) -> bool:
    """Say whether a script is several calls that have nothing to do with each other; each stands by itself as well."""
    return len(script.steps) > 1 and all(one.kind == "call" and not one.target and one.callee == one.symbol for one in script.steps)
