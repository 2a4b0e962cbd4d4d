"""Units: what is exercised by scripts of one shape.

A function is exercised by single calls, a class by sequences of calls on its objects, and functions that share a module's state by
sequences of calls on a version imported anew.
Why: what a stateful thing does wrong shows only after other calls, so scripts set up, change, and then look at everything.
Not here: playing scripts (`hunt`), arguments (`making`).
"""

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from planaria.witness.script.change import changed, probes
from planaria.witness.script.form import Code, Form, Made, replaced
from planaria.witness.script.making import Maker, pairs
from planaria.witness.script.step import Script, Step, with_props
from planaria.witness.script.subject import Class, Function, Subjects

METHOD = re.compile(r"^    def ([a-z]\w*)", re.MULTILINE)
AFFECTED_SHARE, LIKE_SHARE, HEIRS_MAX = 0.5, 0.5, 3
CORPUS_MAX, CALLS_MAX, SIZE_MAX, PROBES_MAX, SEEDS_PROBED, PROP_LOOKS_MAX = 200, 8, 30, 300, 6, 8


@dataclass(frozen=False, slots=True)
class Unit:
    """What is exercised together; `symbols` are those that may have changed."""

    functions: tuple[Function, ...]
    symbols: frozenset[str]
    maker: Maker
    owner: Class | None = None
    fresh: bool = False
    looks: tuple[str, ...] = ()
    corpus: list[Script] = field(default_factory=list)

    @property
    def chance(self) -> Random:
        """Return the source of chance."""
        return self.maker.chance

    @property
    def exercised(self) -> set[str]:
        """Return the symbols of all that it calls."""
        return {one.symbol for one in self.functions} | ({self.owner.symbol} if self.owner else set())

    def callable_at(self, symbol: str) -> Function | None:
        """Return the function, method or constructor in it that has a symbol."""
        makers = [self.owner.maker] if self.owner else []
        return next((one for one in (*self.functions, *makers) if one.symbol == symbol), None)

    def seed(self, seeds: Iterable[Script]) -> None:
        """Take the scripts of people that exercise it as the first to vary."""
        for one in seeds:
            steps = [step for step in one.steps if step.symbol in self.exercised]
            if steps and (self.owner is not None or self.fresh or len(one.steps) == 1 or any(step.kind == "do" for step in one.steps)):
                self.corpus.append(replace(one, fresh=self.fresh))
            elif steps:
                self.corpus += [replace(one, steps=(replace(step, target=""),)) for step in steps if not _variables(one, step)]

    def keep(self, script: Script) -> None:
        """Keep a script that took a new way."""
        self.corpus.append(replace(script, steps=tuple(one for one in script.steps if one.kind != "see")[:SIZE_MAX], source="generated"))
        if len(self.corpus) > CORPUS_MAX:
            del self.corpus[CORPUS_MAX // 3]

    def looking(self, script: Script) -> Script:
        """Return a script that ends by looking at every object in it, and begins with the props that it uses."""
        script = self._looking_at_props(script)
        if self.owner is None:
            return with_props(replace(script, fresh=self.fresh), self.maker.props)
        objects = [one.target for one in script.steps if one.symbol == self.owner.symbol and one.target]
        looks = [
            Step(kind="see", callee=look.format(name), symbol=self.owner.symbol) for name in dict.fromkeys(objects) for look in self.looks
        ]
        return with_props(replace(script, steps=(*script.steps, *looks[:SIZE_MAX])), self.maker.props)

    def _looking_at_props(self, script: Script) -> Script:
        """Return a script that ends by looking at what people looked at of the props that it makes."""
        made = {one.target: self.maker.prop_looks[one.callee] for one in script.steps if one.target and one.callee in self.maker.props}
        looks = [
            Step(kind="see", callee=look.format(name), symbol=symbol)
            for name, some in made.items()
            for look, symbol in [*some.items()][:PROP_LOOKS_MAX]
        ]
        return script.with_steps((*script.steps, *looks)) if looks else script

    def falsy(self) -> Iterator[Script]:
        """Yield the scripts of people with objects in the place of their props that are the same, and false."""
        for base in list(self.corpus):
            for one in dict.fromkeys(one.callee for one in base.steps if one.target and one.callee in self.maker.props):
                if self.maker.props[one].text.startswith("class "):
                    text = f"class Empty{one}({one}):\n\n    def __bool__(self):\n        return False"
                    steps = [replace(step, callee=f"Empty{one}") if step.callee == one else step for step in base.steps]
                    place = next((place for place, step in enumerate(steps) if step.kind == "do" and step.target == one), -1) + 1
                    steps.insert(place, Step(kind="do", callee=text, target=f"Empty{one}"))
                    yield self.looking(base.with_steps(steps))

    def siblings(self) -> Iterator[Script]:
        """Yield the scripts of people with another method of a prop in the place of the one that they call, the shortest first."""
        for base in sorted(self.corpus, key=lambda one: len(one.steps)):
            for one in dict.fromkeys(one.callee for one in base.steps if one.target and one.callee in self.maker.props):
                names = METHOD.findall(self.maker.props[one].text)
                used = [name for name in names if any(re.search(rf"\.{name}\b", step.callee) for step in base.steps)]
                for name, other in itertools.product(used, names):
                    if name != other:
                        steps = (
                            replace(step, callee=re.sub(rf"\.{name}\b", f".{other}", step.callee))
                            if not step.target or step.kind == "call"
                            else step
                            for step in base.steps
                        )
                        yield self.looking(base.with_steps(steps))

    def script(self) -> Script:
        """Return a new script: a variation of one that is worth it, or a new one."""
        if self.owner is None and not self.fresh:
            made = self._varied_call() if self.corpus and self.chance.random() < 0.65 else self._new_call()
        else:
            made = self._varied() if self.corpus and self.chance.random() < 0.55 else self._new()
        return self._told_wide(self.looking(made))

    def _told_wide(self, script: Script) -> Script:
        known = [(self.callable_at(one.symbol), one) for one in script.steps if one.kind == "call"]
        wide = any(function is not None and self.maker.is_wide(function, one) for function, one in known)
        return replace(script, wide=wide, source="generated", fresh=self.fresh)

    def _new_call(self) -> Script:
        function = self.functions[0]
        if self.chance.random() < 0.3:
            self.maker.near = []
        step = self.maker.call(function)
        self.maker.near = [one for _, one in pairs(function, step)]
        return Script(steps=(step,))

    def _varied_call(self) -> Script:
        base = self.chance.choice(self.corpus)
        steps = list(base.steps)
        at = max((place for place, one in enumerate(steps) if one.kind == "call"), default=0)
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            steps[at] = self._changed(steps[at])
        return base.with_steps(steps)

    def _changed(self, step: Step) -> Step:
        """Return a call with one argument changed, or left out, or added."""
        function = next((one for one in self.functions if one.symbol == step.symbol), None)
        if function is None or step.kind != "call":
            return step
        count, at = len(step.given) + len(step.named), self.chance.random()
        if not count or at < 0.06:
            given, named = self.maker.arguments(function)
            return replace(step, given=given, named=named)
        place = self.chance.randrange(count)
        keys = pairs(function, step)
        if place >= len(keys) or len(keys) != count:
            return step
        parameter, form = keys[place]
        if isinstance(form, Code) and form.text.isidentifier():
            return step  # a variable of this script
        key = (function.symbol, parameter.name)
        made: Form = self.maker.make(function, parameter) if at < 0.3 else changed(form, key, self.maker.stock)
        if place < len(step.given):
            return replace(step, given=replaced(step.given, place, made))
        return replace(step, named=replaced(step.named, place - len(step.given), (parameter.name, made)))

    def _method(self, name: str) -> Step:
        asked = [one for one in self.functions if one.symbol in self.symbols]
        function = self.chance.choice(asked if asked and self.chance.random() < AFFECTED_SHARE else self.functions)
        if function.kind == "function":
            return self.maker.call(function)
        step = self.maker.call(function, called(self.owner, function, name))
        self.maker.near = [one for _, one in pairs(function, step)][:3] + self.maker.near[:9]
        return step

    def _new(self) -> Script:
        self.maker.near = []
        count = self.chance.choice((1, 2, 2, 3, 4, 5, CALLS_MAX))
        if self.owner is None:
            return Script(steps=tuple(self._method("") for _ in range(count)))
        name = variable_for(self.owner.symbol)
        known = [
            one.steps[0] for one in self.chance.sample(self.corpus, min(3, len(self.corpus))) if one.steps[0].symbol == self.owner.symbol
        ]
        is_known = bool(known) and self.chance.random() < 0.6
        made = replace(known[0], target=name) if is_known else self.maker.call(self.owner.maker, target=name)
        steps = (self._method(name) for _ in range(count if self.functions else 0))
        return Script(steps=(made, *(self._with_like(one, made) for one in steps)))

    def _with_like(self, step: Step, made: Step) -> Step:
        """Return a call in which another object is now and then one made like this one, or nearly."""
        assert self.owner is not None, "objects have a class"
        for place, form in enumerate(step.given):
            if isinstance(form, Made) and form.callee == self.owner.callee and self.chance.random() < LIKE_SHARE:
                like: Form = Made(self.owner.callee, made.given, made.named)
                if self.chance.random() < LIKE_SHARE:
                    like = changed(like, (step.symbol, ""), self.maker.stock)
                step = replace(step, given=replaced(step.given, place, like))
        return step

    def _varied(self) -> Script:
        base = self.chance.choice(self.corpus)
        steps = list(base.steps[:SIZE_MAX])
        self.maker.near = [one for step in steps for one in step.given if not isinstance(one, Code)][-8:]
        for _ in range(self.chance.choice((1, 1, 2, 3, 5))):
            place, what = self.chance.randrange(len(steps)), self.chance.random()
            objects = [one.target for one in steps if self.owner and one.symbol == self.owner.symbol and one.target]
            if what < 0.45:
                steps[place] = self._changed(steps[place])
            elif what < 0.75 and self.functions and (objects or self.owner is None):
                first = next((at for at, one in enumerate(steps) if one.target in objects), -1)
                steps.insert(self.chance.randint(first + 1, len(steps)), self._method(self.chance.choice(objects) if objects else ""))
            elif what < 0.85 and not steps[place].target:
                steps.insert(self.chance.randint(place, len(steps)), steps[place])
            elif not steps[place].target and len(steps) > 1:
                del steps[place]
        return base.with_steps(steps[:SIZE_MAX])

    def probing(self) -> Iterator[Script]:
        """Yield scripts that try telling values in the place of each argument of what people wrote."""
        for base in list(self.corpus)[:SEEDS_PROBED]:
            for place, step in enumerate(base.steps):
                function = self.callable_at(step.symbol) if step.kind == "call" else None
                for one in self._probed(function, step) if function is not None else ():
                    made = self._told_wide(self.looking(base.with_steps(replaced(base.steps, place, one))))
                    if not made.wide:
                        yield made

    def _probed(self, function: Function, step: Step) -> Iterator[Step]:
        for at, form in enumerate(step.given[: len(pairs(function, step))]):
            yield from (replace(step, given=replaced(step.given, at, one)) for one in probes(form, self.maker.stock)[:PROBES_MAX])


def _variables(script: Script, step: Step) -> bool:
    """Say whether a step uses what other steps of its script bind."""
    targets = {one.target for one in script.steps if one.target and one.kind != "do"}
    return bool(targets & set(re.findall(r"\w+", step.text.partition("(")[2]))) or "." in step.callee.removeprefix(step.symbol)


def variable_for(symbol: str) -> str:
    """Return a name for an object of a class.

    >>> variable_for("shop.ShoppingCart"), variable_for("set_")
    ('shopping_cart', 'made_set_')
    """
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", symbol.rpartition(".")[2]).lower()
    return plain if plain != symbol.rpartition(".")[2] else f"made_{plain}"


def units_of(subjects: Subjects, affected: set[str], maker: Maker) -> list[Unit]:
    """Return the units of a version that hold what may have changed."""
    functions = subjects.functions.values()
    sharing = [one for one in functions if not subjects.dotted and one.node is not None and _shares(one.node)]
    alone = [one for one in functions if one.symbol in affected and one not in sharing]
    found = [Unit(functions=(one,), symbols=frozenset((one.symbol,)), maker=maker) for one in alone]
    changed = frozenset(one.symbol for one in sharing) & affected
    if changed:
        found.append(Unit(functions=tuple(sharing), symbols=changed, maker=maker, fresh=True))
    for owner in subjects.classes.values():
        mine = frozenset(one for one in affected if one == owner.symbol or one.rpartition(".")[0] == owner.symbol)
        if mine and not owner.is_error:
            methods = tuple(owner.methods.values())
            found.append(Unit(functions=methods, symbols=mine, maker=maker, owner=owner, looks=owner.looks))
    return found


def _shares(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Global) for one in ast.walk(node))


def heirs_of(subjects: Subjects, symbols: Iterable[str], maker: Maker) -> list[Unit]:
    """Return units of classes that inherit methods, for those that no object of their own class will show."""
    wanted = set(symbols)
    found: list[Unit] = []
    for owner in subjects.classes.values():
        mine = {
            f"{owner.symbol}.{name}"
            for above in owner.above
            for name, one in owner.methods.items()
            if f"{above}.{name}" in wanted and one.node is subjects.classes[above].methods[name].node
        }
        if mine and not owner.is_error:
            methods = tuple(owner.methods.values())
            found.append(Unit(functions=methods, symbols=frozenset(mine), maker=maker, owner=owner, looks=owner.looks))
    return found[:HEIRS_MAX]


def called(owner: Class | None, function: Function, name: str) -> str:
    """Return the text that calls a method on an object of that name; what belongs to the class is called on the class."""
    if owner is not None and function.kind in ("classmethod", "staticmethod"):
        return f"{owner.callee}.{function.callee}"
    return f"{name}.{function.callee}"


def with_looks(units: Sequence[Unit], other: Subjects) -> None:
    """Look only at what objects of both versions have."""
    for unit in units:
        twin = other.classes.get(unit.owner.symbol) if unit.owner else None
        there = {*twin.looks, *(f"{{0}}.{name}" for name in twin.methods)} if twin is not None else set()
        unit.looks = tuple(one for one in unit.looks if one in there)
