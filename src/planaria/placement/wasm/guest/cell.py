"""Loading: a cell's source becomes an instance with its handles, its state and its operations.

Why: contracts and implementation come as source text, so that a regenerated cell needs no build; the same checks as the
kernel's loader makes tell what is wrong with it.
Not here: what a guest cannot do, which is found before (`fitness`).
"""

import doctest
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from planaria.kernel.contract import Contract, OperationDescription, operations
from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import PREFIX, Generation, ImplementationProblems, load
from planaria.kernel.system import wires_of
from planaria.placement.wasm.guest.codec import decode, encode, encode_long, reader
from planaria.placement.wasm.guest.state import State
from planaria.placement.wasm.guest.turn import BULKY, Operation, Turn

HOOKS = ("on_start", "on_stop", "background", "hand_over", "take_over")


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import modules from texts; packages above them are made as they are needed."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.packages: set[str] = set()

    def add(self, name: str, text: str, *, package: bool = False) -> None:
        """Add a module."""
        self.texts[name] = text
        if package:
            self.packages.add(name)
        parts = name.split(".")
        for length in range(1, len(parts)):
            above = ".".join(parts[:length])
            self.texts.setdefault(above, "")
            self.packages.add(above)

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find a module that was added."""
        if fullname not in self.texts:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=f"<{fullname}>", is_package=fullname in self.packages)

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make it."""

    def exec_module(self, module: ModuleType) -> None:
        """Run its text."""
        exec(compile(self.texts[module.__name__], f"<{module.__name__}>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the text is the module


SOURCES = Sources()


class Unloadable(Exception):
    """Problems with what was sent, one sentence each."""


def attach(turn: Turn) -> None:
    """Let a conversation begin with a cell."""

    def begin(number: str, _name: str, body: str, _cuts: str) -> None:
        try:
            turn.post("r", number, encode(Loaded(turn, decode(body)).told))
        except Unloadable as error:
            turn.post("r", number, encode({"problems": list(error.args)}))

    turn.acts["l"] = begin


class Loaded:
    """A loaded cell."""

    def __init__(self, turn: Turn, sent: Mapping[str, Any]) -> None:
        self.turn = turn
        for name, text in sent["modules"].items():
            SOURCES.add(name, text)
        contract = _named(*sent["contract"])
        implementation = _implementation(sent["generation"], contract)
        wires = wires_of(implementation)
        self.instance = implementation()
        used = {name: getattr(implementation, name).contract for name, cell in wires.items() if cell is not None}
        for name in wires:
            setattr(self.instance, name, handle(turn, name, used[name]) if name in used else State())
        for name, one in operations(contract).items():
            readers = [reader(parameter.type) for parameter in one.parameters]
            turn.operations[name] = Operation(getattr(self.instance, name), readers, streams=one.streams)
        for name in HOOKS:
            turn.operations[f".{name}"] = Operation(getattr(self.instance, name), (), streams=False)
        turn.operations[".hand_over"] = Operation(self._hand_over, (), streams=False)
        errors = [each for one in (contract, *used.values()) for each in _errors(one)]
        known = {(error.__name__, error.code): error for error in errors}
        turn.declared = lambda name, code: known.get((name, code))
        self.told = {
            "remembers": implementation.hand_over is not Contract.hand_over,
            "works": implementation.background is not Contract.background,
            "wires": wires,
        }

    async def _hand_over(self) -> Any:
        handed = await self.instance.hand_over()
        if problem := _unplain(handed):
            raise TypeError(f"hand_over gave {problem}: only None, booleans, numbers, texts, lists and dicts of them can be handed over")
        return handed


def _unplain(value: Any) -> str:
    if isinstance(value, Mapping):
        return next(
            (found for key, one in value.items() if (found := _unplain(one) or ("" if isinstance(key, str) else "another key"))), ""
        )
    if isinstance(value, (list, tuple)):
        return next((found for one in value if (found := _unplain(one))), "")
    return "" if value is None or isinstance(value, (bool, int, float, str)) else f"a {type(value).__name__}"


def _errors(contract: type[Contract]) -> list[type[PlanariaError]]:
    return [error for one in operations(contract).values() for error in one.errors]


def _named(module: str, name: str) -> Any:
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _implementation(generation: Mapping[str, Any], contract: type[Contract]) -> type[Contract]:
    package = f"{PREFIX}.{generation['cell']}.g{generation['digest'][:12]}"
    for path, text in generation["files"].items():
        parts = path.removesuffix(".py").split("/")
        is_package = parts[-1] == "__init__"
        SOURCES.add(".".join([package, *(parts[:-1] if is_package else parts)]), text, package=is_package)
    named = Generation(cell=generation["cell"], digest=generation["digest"], directory=Path(), specs=SOURCES.find_spec)
    try:
        return load(named, contract)
    except ImplementationProblems as error:
        raise Unloadable(*error.facts["problems"]) from error


def handle(turn: Turn, attribute: str, contract: type[Contract]) -> Contract:
    """Make a handle to another cell: an instance of its contract whose operations ask the host."""
    methods = {name: _method(turn, attribute, one) for name, one in operations(contract).items()}
    made: Contract = type(f"{contract.__name__}Handle", (contract,), methods)()
    return made


def _method(turn: Turn, attribute: str, described: OperationDescription) -> Callable[..., Any]:
    names = [one.name for one in described.parameters]
    defaults = {one.name: one.default for one in described.parameters if not one.required}
    what, read = f"{attribute} {described.name}", reader(described.returns)

    def text(given: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[str, list[str]]:
        if len(given) > len(names) or not named.keys() <= set(names[len(given) :]):
            raise TypeError(f"{described.name}() takes ({', '.join(names)})")
        values = {**defaults, **dict(zip(names, given, strict=False)), **named}
        if missing := [name for name in names if name not in values]:
            raise TypeError(f"{described.name}() needs {', '.join(missing)}")
        ordered = [values[name] for name in names]
        plain = encode(ordered)
        return (plain, []) if len(plain) < BULKY else encode_long(ordered)

    async def call(_self: Any, *given: Any, **named: Any) -> Any:
        sent, segments = text(given, named)
        return await turn.ask(f"call {what}", sent, read, segments)

    async def flow(_self: Any, *given: Any, **named: Any) -> Any:
        sent, segments = text(given, named)
        opened = await turn.ask(f"open {what}", sent, None, segments)
        try:
            while following := await turn.ask(f"next {what}", str(opened)):
                yield following[0] if read is None else read(following[0])
        finally:
            turn.post("d", str(opened), "")

    made = flow if described.streams else call
    made.__name__, made.__doc__ = described.name, described.doc
    return made


def install() -> None:
    """Find modules among the texts alone, besides what was built in."""
    sys.meta_path.insert(0, SOURCES)
    doctest.DocTestParser.get_examples = lambda *_: []  # type: ignore[method-assign]  # examples are run from outside, and reading them is half of a load
