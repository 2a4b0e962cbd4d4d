"""Steps and scripts: calls of a version in order, as data with a text.

Why: a script is what is played, printed, shrunk and kept as a test, so it is one thing.
Not here: how it travels (`stage.actor`), where it comes from (`seed`, `making`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from planaria.witness.script.form import Form, size, written_arguments

WORD = re.compile(r"[^\W\d]\w*")
DEFINED = re.compile(r"^(?:class|def|async def) (\w+)", re.MULTILINE)
MADE = re.compile(r"(?<![\w.'\"])(datetime|decimal|fractions|io|itertools|operator|pathlib)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line: a call with forms as arguments (`call`), an expression to look at (`see`), or statements to carry out (`do`).

    `callee` is the text of what is called, of the expression or of the statements; `symbol` is what it exercises; `target` is the
    variable that takes the result.

    >>> Step(callee="Bank", given=(100,), target="bank", symbol="Bank").text
    'bank = Bank(100)'
    """

    callee: str
    symbol: str = ""
    kind: Literal["call", "see", "do"] = "call"
    given: tuple[Form, ...] = ()
    named: tuple[tuple[str, Form], ...] = ()
    target: str = ""

    @property
    def text(self) -> str:
        """Return it as a person would type it."""
        if self.kind != "call":
            return self.callee
        return f"{self.target} = {self.call}" if self.target else self.call

    @property
    def call(self) -> str:
        """Return the call by itself."""
        return f"{self.callee}({written_arguments(self.given, self.named)})"

    @property
    def size(self) -> int:
        """Return how much there is to read."""
        return (
            6 + sum(map(size, self.given)) + sum(3 + size(one) for _, one in self.named) + (len(self.callee) if self.kind != "call" else 0)
        )

    def plain(self) -> list[Any]:
        """Return it as an actor takes it."""
        given = f"({', '.join(map(repr, self.given))},)" if self.given else "()"
        named = f"{{{', '.join(f'{name!r}: {one!r}' for name, one in self.named)}}}" if self.named else ""
        return [self.kind, self.symbol, self.target, self.callee, given, named]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Steps in order; `fresh` where they must begin with the version as it is imported; `wide` where an input lies beyond what was seen.

    >>> Script(steps=(Step(callee="f", given=(1,)),)).lines
    ['f(1)']
    """

    steps: tuple[Step, ...]
    imports: tuple[str, ...] = ()
    source: str = "generated"
    fresh: bool = False
    wide: bool = False

    @property
    def lines(self) -> list[str]:
        """Return what a person would type, line by line."""
        return [*(f"import {one}" for one in self.needed), *(one.text for one in self.steps)]

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the modules to import: those of its source, and those whose values are made as arguments."""
        made = {found for one in self.steps if one.kind == "call" for found in MADE.findall(one.text)} - set(self.imports)
        if "copy" not in self.imports and any(one.kind == "see" and one.callee.startswith("copy.") for one in self.steps):
            made.add("copy")
        return (*self.imports, *sorted(made)) if made else self.imports

    @property
    def size(self) -> int:
        """Return how much there is to read."""
        return sum(one.size for one in self.steps)

    def plain(self) -> dict[str, Any]:
        """Return it as an actor takes it."""
        before = [["do", "", "", f"import {one}", "", ""] for one in self.needed]
        return {"steps": before + [one.plain() for one in self.steps], "fresh": self.fresh}

    def with_steps(self, steps: Iterable[Step]) -> "Script":
        """Return it with other steps."""
        return replace(self, steps=tuple(steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prop:
    """A class or a function that a file of tests defines for them, and the modules that it needs."""

    name: str
    text: str
    imports: tuple[str, ...] = ()


def looks_in(script: Script) -> Iterator[tuple[str, str, str]]:
    """Yield at what of the objects that it makes a script looks: what made the object, the look with `{0}` for it, and its symbol.

    >>> made, look = Step(callee="Clock", target="clock"), Step(kind="see", callee="clock.hour", symbol="f")
    >>> list(looks_in(Script(steps=(made, look))))
    [('Clock', '{0}.hour', 'f')]
    """
    made = {one.target: one.callee for one in script.steps if one.kind == "call" and one.target}
    for one in script.steps:
        names = (
            {name for name in WORD.findall(one.callee) if name in made}
            if one.kind == "see" and not re.search(r"[({'\"]", one.callee)
            else set()
        )
        if len(names) == 1:
            name = names.pop()
            yield made[name], re.sub(rf"(?<![\w.]){name}\b", "{0}", one.callee), one.symbol


def with_props(script: Script, props: Mapping[str, Prop]) -> Script:
    """Return a script that begins with the definitions of the props that it uses, and of those that these use.

    >>> script = Script(steps=(Step(callee="Clock", target="clock"),))
    >>> with_props(script, {"Clock": Prop(name="Clock", text="class Clock: pass")}).lines
    ['class Clock: pass', 'clock = Clock()']
    >>> own = script.with_steps((Step(kind="do", callee="class Clock: ..."), *script.steps))
    >>> with_props(own, {"Clock": Prop(name="Clock", text="class Clock: pass")}).lines
    ['class Clock: ...', 'clock = Clock()']
    """
    if not props:
        return script
    there = {name for one in script.steps for name in (one.target, *(DEFINED.findall(one.callee) if one.kind == "do" else ()))}
    wanted: dict[str, Prop] = {}
    texts = [one.text for one in script.steps]
    while texts:
        for name in WORD.findall(texts.pop()):
            if name in props and name not in there and name not in wanted:
                wanted[name] = props[name]
                texts.append(props[name].text)
    if not wanted:
        return script
    before = [Step(kind="do", callee=one.text, target=one.name) for name, one in props.items() if name in wanted]
    imports = dict.fromkeys((*script.imports, *(each for one in wanted.values() for each in one.imports)))
    return replace(script, steps=(*before, *script.steps), imports=tuple(imports))
