"""Making: new arguments, near to what was seen: seen again, changed in a part, or new of the kind that fits.

Why: a difference hides near the inputs that people gave, at the constants that the code itself names, and at ends: empty, one, many,
negative, large, the same twice.
Not here: which kinds fit (`kind`), which calls are made with them (`hunt`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from planaria.witness.script.change import changed
from planaria.witness.script.form import Code, Form, Made, is_key
from planaria.witness.script.kind import ANY, BOOL, DICT, FLOAT, INT, INTS, STR, Kind, of_error, of_form, of_parameter, type_of, union
from planaria.witness.script.range import Range
from planaria.witness.script.step import Prop, Script, Step, looks_in
from planaria.witness.script.stock import Key, Stock, keep
from planaria.witness.script.subject import Function, Parameter, Subjects

DEPTH_MAX = 3
ASKED_SHARE = 0.12
TAKES_SLICES = ("__getitem__", "__delitem__", "__setitem__")
OTHERS = ("iter", "iter", "tuple", "list", "set", "dict.fromkeys")
ANYTHING = (INT, STR, INTS, Kind("list", (STR,)), FLOAT, DICT, BOOL)


class Maker:
    """Make and change forms; what it has learned of a parameter decides what fits.

    >>> from planaria.witness.script.subject import subjects_of
    >>> import ast
    >>> subjects = subjects_of({"m": ast.parse("def f(x: int): ...")})
    >>> step = Maker(Random(1), subjects).call(subjects.functions["f"])
    >>> step.callee, isinstance(step.given[0], int)
    ('f', True)
    """

    def __init__(self, chance: Random, subjects: Subjects) -> None:
        self.chance, self.subjects, self.stock = chance, subjects, Stock(chance, subjects)
        self.kinds: dict[Key, Kind] = {}
        self.agreed: dict[Key, Kind] = {}
        self.ranges: dict[Key, Range] = {}
        self.near: list[Form] = []
        self.free_of: set[str] = set()
        self.props: dict[str, Prop] = {}
        self.prop_looks: dict[str, dict[str, str]] = defaultdict(dict)

    def learn_constants(self, constants: Iterable[Any]) -> None:
        """Keep the constants of code: numbers with their neighbours, texts."""
        self.stock.learn_constants(constants)

    def learn(self, function: Function, step: Step, *, given: bool = False) -> None:
        """Keep the arguments of a call of a function; `given` by people, they say what fits."""
        for parameter, form in pairs(function, step):
            key = (function.symbol, parameter.name)
            if isinstance(form, Code) and form.text.isidentifier():
                continue  # a variable of another script
            keep(self.stock.seen[key], form)
            if given:
                keep(self.stock.given[key], form)
                keep(self.stock.named[parameter.name], form)
                for kept in (self.kinds, self.ranges, self.stock.alphabet):
                    kept.pop(key, None)

    def learn_error(self, function: Function, step: Step, text: str) -> None:
        """Learn from what code says of arguments that it cannot take which kind it wants, where nobody gave or declared one."""
        for parameter, form in pairs(function, step):
            key = (function.symbol, parameter.name)
            wanted = of_error(text, type_of(form))
            if wanted != ANY and not self.stock.given.get(key) and not of_parameter(parameter, function, self.subjects)[1]:
                self.kinds[key] = wanted
                self.stock.seen.pop(key, None)

    def forget(self, function: Function, step: Step) -> None:
        """Keep no argument of a call that did not end in time: what is endless costs as much as a thousand others."""
        for parameter, form in pairs(function, step):
            for kept in (self.stock.seen[function.symbol, parameter.name], self.stock.given[function.symbol, parameter.name]):
                if isinstance(form, (Code, Made)) and form in kept and len(kept) > 1:
                    kept.remove(form)

    def learn_props(self, scripts: Iterable[Script]) -> None:
        """Keep what scripts define before they use it, for arguments that are made with it elsewhere."""
        for one in scripts:
            for step in one.steps:
                if step.kind == "do" and step.target:
                    self.props.setdefault(step.target, Prop(name=step.target, text=step.callee, imports=one.imports))
            for name, look, symbol in looks_in(one):
                self.prop_looks[name].setdefault(look, symbol)

    def kind(self, function: Function, parameter: Parameter) -> Kind:
        """Return what a parameter takes: what a contract or an annotation says, else what people gave, else what the code suggests."""
        key = (function.symbol, parameter.name)
        if key not in self.kinds:
            is_agreed = key in self.agreed
            told, is_told = (self.agreed[key], True) if is_agreed else of_parameter(parameter, function, self.subjects)
            given = self.stock.given.get(key) or ([] if is_told else self.stock.named.get(parameter.name, []))
            seen = union(map(of_form, given))
            is_sure = is_told and (parameter.annotation is not None or is_agreed) and "any" not in told.text
            self.kinds[key] = told if is_sure or seen == ANY or ("any" in seen.text and told != ANY) else seen
        return self.kinds[key]

    def is_wide(self, function: Function, step: Step) -> bool:
        """Say whether an argument goes beyond what people gave, where nothing declares that it may; a guess of a guess does."""
        return function.symbol not in self.free_of and any(
            not (self.range(key).holds(form) or self._may_be(one, form))
            if self.stock.given.get(key := (function.symbol, one.name))
            else self.kind(function, one) == ANY
            for one, form in pairs(function, step)
        )

    def _may_be(self, parameter: Parameter, form: Form) -> bool:
        """Say whether the code asks itself about such a form, beside those that people gave."""
        is_other = parameter.is_rest if isinstance(form, list) else isinstance(form, Made) and form.callee in (*OTHERS, "slice")
        return (form is None and parameter.name in self.stock.may_be_none) or (is_other and parameter.name in self.stock.asked)

    def range(self, key: Key) -> Range:
        """Return the range of what people gave for a parameter."""
        if key not in self.ranges:
            choices = () if key[1] in self.stock.sought else self.stock.constants["str"]
            self.ranges[key] = Range.of(self.stock.given.get(key, ()), choices)
        return self.ranges[key]

    def call(self, function: Function, callee: str = "", target: str = "") -> Step:
        """Return a call of a function with arguments made for it."""
        given, named = self.arguments(function)
        return Step(callee=callee or function.callee, symbol=function.symbol, given=given, named=named, target=target)

    def arguments(self, function: Function, depth: int = 0) -> tuple[tuple[Form, ...], tuple[tuple[str, Form], ...]]:
        """Return arguments for a function: what is required, and some of the rest."""
        given: list[Form] = []
        named: list[tuple[str, Form]] = []
        skipped = False
        for one in function.parameters:
            if one.is_rest:
                rest = [] if skipped else [self.make(function, one, depth) for _ in range(self.chance.choice((0, 1, 1, 2, 3)))]
                given += [rest] if one.name in self.stock.asked and self.chance.random() < ASKED_SHARE else rest
                skipped = True
            elif not one.is_required and self.chance.random() < 0.5:
                skipped = True
            elif one.is_keyword or skipped:
                named.append((one.name, self.make(function, one, depth)))
            else:
                given.append(self.make(function, one, depth))
        return tuple(given), tuple(named)

    def make(self, function: Function, parameter: Parameter, depth: int = 0) -> Form:
        """Return an argument for a parameter."""
        key, chance, stock = (function.symbol, parameter.name), self.chance, self.stock
        at, seen = chance.random(), stock.seen.get(key)
        kind = self.kind(function, parameter)
        if parameter.name in stock.asked and not depth and chance.random() < ASKED_SHARE:
            if function.callee in TAKES_SLICES and chance.random() < 0.5:
                return Made("slice", tuple(chance.choice((None, None, 0, 1, 2, 3, -1, -2)) for _ in range(3)))
            made = self.make(function, parameter, DEPTH_MAX)
            return Made(chance.choice(OTHERS), (made,)) if isinstance(made, (list, str, tuple)) else made
        if parameter.name in stock.may_be_none and chance.random() < 0.06:
            return None
        if key in stock.given and function.symbol not in self.free_of and (options := self.range(key).options):
            return chance.choice(sorted(options))
        fitting = [one for one in self.near if of_form(one).name == kind.name] if at < 0.35 else []
        if fitting:
            one = chance.choice(fitting)
            return one if chance.random() < 0.7 else changed(one, key, stock)
        if seen and at < 0.85:
            one = chance.choice(seen)
            return one if at < 0.5 else changed(one, key, stock)
        if at < 0.9 and stock.named.get(parameter.name):
            return chance.choice(stock.named[parameter.name])
        return self.new(kind, key, depth)

    def new(self, kind: Kind, key: Key = ("", ""), depth: int = 0) -> Form:
        """Return a form of a kind that need not have been seen."""
        chance = self.chance
        if kind.name == "union":
            return self.new(chance.choice(kind.inside), key, depth)
        if kind.name == "one of":
            return Code(chance.choice(kind.options))
        if kind.name.startswith("made "):
            return self._object(kind.name.removeprefix("made "), depth)
        if kind.inside:
            return self._collection(kind, key, depth)
        stock = self.stock
        singles: dict[str, Callable[[], Form]] = {
            "int": stock.integer, "float": stock.decimal, "bool": lambda: chance.random() < 0.5, "none": lambda: None,
            "file": lambda: self._file(key), "str": lambda: stock.text(key),
            "bytes": lambda: stock.text(key).encode(), "list": list, "tuple": tuple, "dict": dict,
        }  # fmt: skip
        return singles.get(kind.name, lambda: self.new(chance.choice(ANYTHING), key, depth + 1))()

    def _file(self, key: Key) -> Form:
        """Return an open file with a few lines, of text or of bytes."""
        lines = "\n".join(self.stock.text(key) for _ in range(self.chance.choice((0, 1, 2, 3, 5))))
        end = self.chance.choice(("", "\n"))
        return Made("io.StringIO", (lines + end,)) if self.chance.random() < 0.5 else Made("io.BytesIO", ((lines + end).encode(),))

    def _object(self, symbol: str, depth: int) -> Form:
        found = self.subjects.classes.get(symbol)
        if symbol in ("io.StringIO", "io.BytesIO"):
            return self._file(("", ""))
        return None if found is None or depth > DEPTH_MAX else Made(symbol, *self.arguments(found.maker, depth + 1))

    def _collection(self, kind: Kind, key: Key, depth: int) -> Form:
        inside = kind.inside
        if kind.name == "tuple":
            return tuple(self.new(one, key, depth + 1) for one in inside)
        count = self.stock.count() if depth < DEPTH_MAX else 1
        if kind.name == "dict":
            made = [(self.new(inside[0], key, depth + 1), self.new(inside[1], key, depth + 1)) for _ in range(count)]
            return {one: other for one, other in made if is_key(one)}
        items = [self.new(inside[0], key, depth + 1) for _ in range(count)]
        if items and self.chance.random() < 0.3:
            items += [self.chance.choice(items) for _ in range(self.chance.randint(1, 2))]
        if kind.name == "set":
            return {one for one in items if is_key(one)}
        return tuple(items) if kind.name == "tuple*" else items


def pairs(function: Function, step: Step) -> list[tuple[Parameter, Form]]:
    """Return the arguments of a call with the parameters that take them, as far as they fit."""
    positional = [one for one in function.parameters if not one.is_keyword]
    rest = next((one for one in function.parameters if one.is_rest), None)
    found: list[tuple[Parameter, Form]] = []
    for place, form in enumerate(step.given):
        if place < len(positional) and not positional[place].is_rest:
            found.append((positional[place], form))
        elif rest is not None:
            found.append((rest, form))
    by_name = {one.name: one for one in function.parameters}
    return found + [(by_name[name], form) for name, form in step.named if name in by_name]
