"""The contract diff: an implementation against its contract, and a contract against the one before it.

Why: most candidates that cannot run can be refused on paper, in milliseconds, with the line; and the change of a contract is
what people review, so each is named with whether callers break.
Not here: Python without a contract (`diff.interface`); whether it behaves (`behaviour`); loading, which checks the same again
(`kernel.loader`).
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planaria.diff.source import Source, dotted
from planaria.kernel.contract import Contract, OperationDescription, operations

Function = ast.FunctionDef | ast.AsyncFunctionDef
START = "impl/__init__.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One way in which an implementation does not fit its contract.

    >>> Flaw(what="operation 'add' is not implemented", cure="write it", file="impl/__init__.py", line=4).line
    4
    """

    what: str
    cure: str
    file: str = START
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    source: Source
    node: ast.ClassDef


def implementation_flaws(contract: type[Contract], sources: Iterable[Source]) -> tuple[list[Flaw], int]:
    """Compare the files of an implementation with its contract; return the flaws, and how many operations were compared.

    >>> from planaria.diff.source import read
    >>> [one.what for one in implementation_flaws(Contract, [read("impl/words.py", "")])[0]]
    ['there is no impl/__init__.py']
    """
    files = {one.file: one for one in sources}
    start = files.get(START)
    if start is None:
        return [Flaw(what=f"there is no {START}", cure=f"write the subclass of {contract.__name__} there")], 0
    name = f"{contract.__module__}.{contract.__qualname__}"
    found = [place for place in _visible(start, files) if name in _ancestors(place, files)]
    if len(found) != 1:
        shown = ", ".join(one.node.name for one in found) or "none"
        cure = f"define (or import from a file of this implementation) exactly one class {contract.__name__}Cell({contract.__name__})"
        return [Flaw(what=f"{START} must hold exactly one subclass of {contract.__name__}; found: {shown}", cure=cure)], 0
    declared = operations(contract)
    flaws = [flaw for one in declared.values() for flaw in _operation_flaws(one, found[0], files)]
    flaws += _class_flaws(found[0], files)
    return flaws, len(declared)


def _visible(start: Source, files: Mapping[str, Source]) -> Iterator[_Place]:
    """Yield the classes in the namespace of impl/__init__.py that come from the implementation's files."""
    seen = set()
    for name in [*_top(start), *start.known]:
        place = _class(name, start, files)
        if place is not None and id(place.node) not in seen:
            seen.add(id(place.node))
            yield place


def _top(source: Source) -> dict[str, ast.ClassDef]:
    return {one.name: one for one in source.tree.body if isinstance(one, ast.ClassDef)}


def _class(name: str, source: Source, files: Mapping[str, Source]) -> _Place | None:
    """Find the class that a name in a file stands for, through relative imports."""
    if name in _top(source):
        return _Place(source=source, node=_top(source)[name])
    target = source.known.get(name, "")
    if not target.startswith("."):
        return None
    dots = len(target) - len(target.lstrip("."))
    folder = source.file.split("/")[:-dots]
    *module, last = target.lstrip(".").split(".")
    stem = "/".join([*folder, *module])
    for path in (f"{stem}.py", f"{stem}/__init__.py"):
        if path in files and files[path] is not source:
            return _class(last, files[path], files)
    return None


def _ancestors(place: _Place, files: Mapping[str, Source]) -> set[str]:
    """Return the dotted names of everything outside the implementation that a class inherits from."""
    found: set[str] = set()
    for base in place.node.bases:
        inner = _class(base.id, place.source, files) if isinstance(base, ast.Name) else None
        found |= _ancestors(inner, files) if inner is not None and inner.node is not place.node else {dotted(place.source, base)}
    return found


def _method(name: str, place: _Place, files: Mapping[str, Source]) -> tuple[Source, ast.stmt] | None:
    """Find what a class or a parent of it in the implementation binds to a name."""
    for one in reversed(place.node.body):
        assigned = [ast.unparse(each) for each in one.targets] if isinstance(one, ast.Assign) else []
        if name in ([one.name] if isinstance(one, Function) else assigned):
            return place.source, one
    for base in place.node.bases:
        inner = _class(base.id, place.source, files) if isinstance(base, ast.Name) else None
        found = _method(name, inner, files) if inner is not None and inner.node is not place.node else None
        if found is not None:
            return found
    return None


def _operation_flaws(declared: OperationDescription, place: _Place, files: Mapping[str, Source]) -> Iterator[Flaw]:
    found = _method(declared.name, place, files)
    parameters = ", ".join(one.name for one in declared.parameters)
    signature = f"async def {declared.name}(self{', ' if parameters else ''}{parameters})"
    if found is None:
        what = f"operation '{declared.name}' is not implemented"
        yield Flaw(what=what, cure=f"write {signature}", file=place.source.file, line=place.node.lineno)
        return
    source, node = found
    if not isinstance(node, ast.AsyncFunctionDef) or (declared.streams and not _yields(node)):
        way = "`async def` with `yield`" if declared.streams else "`async def`"
        yield Flaw(what=f"operation '{declared.name}' must be {way}", cure=f"write {signature}", file=source.file, line=node.lineno)
    if isinstance(node, Function):
        for what in _parameter_problems(declared, node):
            yield Flaw(what=f"operation '{declared.name}' {what}", cure=f"write {signature}", file=source.file, line=node.lineno)


def _yields(node: ast.AsyncFunctionDef) -> bool:
    return any(isinstance(one, ast.Yield) for one in ast.walk(node))


def _parameter_problems(declared: OperationDescription, node: Function) -> Iterator[str]:
    given = [*node.args.posonlyargs, *node.args.args][1:]
    names = [one.arg for one in given]
    names += [f"*{one.arg}" for one in (node.args.vararg,) if one] + [one.arg for one in node.args.kwonlyargs]
    names += [f"**{one.arg}" for one in (node.args.kwarg,) if one]
    wanted = [one.name for one in declared.parameters]
    if names != wanted or node.args.kwonlyargs:
        yield f"takes ({', '.join(names)}), the contract says ({', '.join(wanted)})"
        return
    defaults: list[ast.expr | None] = [None] * (len(given) - len(node.args.defaults))
    defaults += node.args.defaults[-len(given) :] if given else []
    for parameter, default in zip(declared.parameters, defaults, strict=False):
        if parameter.required and default is not None:
            yield f"gives '{parameter.name}' a default, the contract gives none"
        elif not parameter.required and default is None:
            yield f"gives '{parameter.name}' no default, the contract says {parameter.default!r}"
        elif isinstance(default, ast.Constant) and default.value != parameter.default:
            yield f"gives '{parameter.name}' the default {default.value!r}, the contract says {parameter.default!r}"


def _class_flaws(place: _Place, files: Mapping[str, Source]) -> Iterator[Flaw]:
    made = _method("__init__", place, files)
    if made is not None and isinstance(made[1], Function):
        arguments = made[1].args
        needed = len(arguments.posonlyargs) + len(arguments.args) - 1 - len(arguments.defaults)
        if needed > 0 or None in arguments.kw_defaults:
            cure = "take nothing: declare state() and uses(Contract) in the class"
            yield Flaw(what="its __init__ takes arguments that nobody gives", cure=cure, file=made[0].file, line=made[1].lineno)
    if _method("events", place, files) is not None:
        cure = "leave them to the contract"
        yield Flaw(what="it declares events of its own", cure=cure, file=place.source.file, line=place.node.lineno)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two versions of a contract; `breaking` says whether a caller that was right may now be wrong.

    >>> Change(place="add", what="parameter 'sku' is gone", breaking=True).plain()
    {'place': 'add', 'what': "parameter 'sku' is gone", 'breaking': True}
    """

    place: str
    what: str
    breaking: bool

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {"place": self.place, "what": self.what, "breaking": self.breaking}


def contract_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Compare two contracts, each as `ContractDescription.plain()`.

    >>> from planaria.kernel.contract import describe
    >>> plain = describe(type("Empty", (Contract,), {})).plain()
    >>> contract_changes(plain, plain)
    []
    """
    changes: list[Change] = []
    for kind in ("operations", "handlers"):
        before, after = ({one["name"]: one for one in side[kind]} for side in (old, new))
        changes += (Change(place=name, what=f"{kind[:-1]} '{name}' is gone", breaking=True) for name in before.keys() - after.keys())
        changes += (Change(place=name, what=f"{kind[:-1]} '{name}' is new", breaking=False) for name in after.keys() - before.keys())
        for name in before.keys() & after.keys():
            changes += _operation_changes(before[name], after[name])
    changes += _value_changes(old["values"], new["values"])
    for gone, is_breaking in ((True, True), (False, False)):
        first, second = (old, new) if gone else (new, old)
        names = {one["event"] for one in first["events"]} - {one["event"] for one in second["events"]}
        changes += (Change(place=one, what=f"event {one} is {'gone' if gone else 'new'}", breaking=is_breaking) for one in names)
    return sorted(changes, key=lambda one: (one.place, one.what))


def _operation_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    name = old["name"]
    yield from _parameter_changes(name, old["parameters"], new["parameters"])
    for key, is_breaking in (("returns", True), ("deadline_s", False), ("idempotent", bool(old["idempotent"]))):
        if old[key] != new[key]:
            yield Change(place=name, what=f"{key} was {old[key]} and is {new[key]}", breaking=is_breaking)
    for key, word, is_breaking in (("errors", "error", True), ("effects", "effect", False), ("requires", "condition", True)):
        first, second = ({_shown(one) for one in side[key]} for side in (old, new))
        for one in sorted(second - first):
            yield Change(place=name, what=f"{word} {one} is new", breaking=is_breaking)
        for one in sorted(first - second):
            yield Change(place=name, what=f"{word} {one} is gone", breaking=False)


def _parameter_changes(place: str, old: list[dict[str, str]], new: list[dict[str, str]]) -> Iterator[Change]:
    before, after = ({one["name"]: one for one in side} for side in (old, new))
    for name, one in after.items():
        if name not in before:
            yield Change(place=place, what=f"parameter '{name}' is new", breaking="default" not in one)
        elif one != before[name]:
            was, now = (" = ".join([each["type"], *([each["default"]] if "default" in each else [])]) for each in (before[name], one))
            yield Change(place=place, what=f"parameter '{name}' was {was} and is {now}", breaking=True)
    for name in before.keys() - after.keys():
        yield Change(place=place, what=f"parameter '{name}' is gone", breaking=True)
    if [one for one in before if one in after] != [one for one in after if one in before]:
        yield Change(place=place, what="its parameters come in another order", breaking=True)


def _shown(one: Any) -> str:
    return f"'{one['text']}' ({one['source']})" if isinstance(one, Mapping) else re.sub(r"\s+", " ", str(one))


def _value_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield Change(place=name, what=f"value {name} was {old[name]} and is {new[name]}", breaking=True)
