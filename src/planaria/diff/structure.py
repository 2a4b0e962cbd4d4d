"""Structure: what moved, grew, came and went, and what imports what; notes that help a reviewer to find a way through.

Why: a list of changed names is no story; "moved, as it was" and "grew from 10 to 60 lines" are what a reviewer would have to
find out. A note is no change of meaning; a cycle of imports, a file of data and a file that is no Python are.
Not here: whether a definition means something else (`normal`), what callers lose (`interface`).
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from planaria.diff.effect.graph import shortest
from planaria.diff.finding import Finding, Level
from planaria.diff.normal import Sameness, trees_of
from planaria.diff.shape import Function, Unit, absolute
from planaria.diff.version import Version

_DOCUMENTS = (".md", ".rst", ".typed", ".pyi", "LICENSE")
_GROWN, _LINES_MIN, _WAYS_MIN, _BODY_MIN = 1.5, 30, 8, 3
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.match_case, ast.Assert)


def structure_findings(old: Version, new: Version, sameness: Sameness) -> list[Finding]:
    r"""Return what changed in the structure of a version.

    >>> from planaria.diff.normal import unchanged
    >>> one, two = (Version(label="", files={"a.py": b"def f(): return %d" % number}) for number in (1, 2))
    >>> [(each.symbol, each.what) for each in structure_findings(one, two, unchanged(one, two))]
    [('f', 'its body changed')]
    """
    if old.files == new.files:
        return []
    both = _Both(old=old, new=new, same=sameness)
    return [one for part in (_files, _moves, _modules, _changes, _members, _copies, _imports) for one in part(both)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    """Both versions; `told` are definitions that moved, by their old and new names."""

    old: Version
    new: Version
    same: Sameness
    told: set[str] = field(default_factory=set)

    def note(self, symbol: str, what: str, *, level: Level = "info", cure: str = "read it", file: str = "", line: int = 0) -> Finding:
        side = max((self.new, self.old), key=lambda one: len(_module(one, symbol)))
        file = file or side.modules.get(_module(side, symbol), "")
        return Finding(kind="structure", level=level, symbol=symbol, what=what, cure=cure, file=file, line=line)

    def is_told(self, symbol: str) -> bool:
        parts = symbol.split(".")
        return any(".".join(parts[:cut]) in self.told for cut in range(1, len(parts) + 1))


def _module(side: Version, symbol: str) -> str:
    if side.is_one_module:
        return next(iter(side.modules))
    while symbol and symbol not in side.modules:
        symbol = symbol.rpartition(".")[0]
    return symbol


def _files(both: _Both) -> Iterator[Finding]:
    old, new = both.old.files, both.new.files
    for path in sorted(path for path in {**old, **new} if not path.endswith(".py") and old.get(path) != new.get(path)):
        verb = "is gone" if path in old else "is new"
        if path in old and path in new:
            verb = f"changed: {len(old[path]):,} bytes before, {len(new[path]):,} now"
        level: Level = "info" if path.endswith(_DOCUMENTS) else "warning"
        yield both.note(path, f"this file {verb}", level=level, cure="compare what is read from it", file=path)
    for name, path in both.new.modules.items():
        if name in both.same.changed | both.same.added and (why := both.new.unreadable.get(path)):
            line = re.search(r"line (\d+)", why)
            what = f"it cannot be parsed: {why}"
            yield both.note(name, what, level="breaking", cure="mend the syntax", file=path, line=int(line.group(1)) if line else 0)


def _modules(both: _Both) -> Iterator[Finding]:
    for name in sorted(both.old.modules.keys() ^ both.new.modules.keys()):
        if name in both.new.modules:
            yield both.note(name, "this module is new")
        else:
            yield both.note(name, "this module is gone", cure="make sure that nothing imports it")


def _moves(both: _Both) -> Iterator[Finding]:
    same = both.same
    left = defaultdict[tuple[str, ...], list[str]](list)
    for symbol in sorted(same.removed, key=lambda one: one.count(".")):
        left[_key(symbol, same.before)].append(symbol)
    for symbol in sorted(same.added, key=lambda one: (one.count("."), one)):
        key = _key(symbol, same.after)
        if not key or not left.get(key) or both.is_told(symbol):
            continue
        last = symbol.rpartition(".")[2]
        was = min(left[key], key=lambda one: (one.rpartition(".")[2] != last, one))
        left[key].remove(was)
        if not both.is_told(was):
            both.told.update((symbol, was))
            verb = "moved here from" if was.rpartition(".")[2] == last else "renamed: it was"
            yield both.note(symbol, f"{verb} {was}, its meaning is the same", line=same.after[symbol][0].node.lineno)


def _key(symbol: str, units: Mapping[str, list[Unit]]) -> tuple[str, ...]:
    """Return what a definition means, without its name; () for what is too small to be known again."""
    found = units.get(symbol)
    node = found[0].node if found else None
    if found is None or not isinstance(node, Function | ast.ClassDef):
        return ()
    if _lines(node) < _BODY_MIN and sum(1 for _ in ast.walk(node)) < _LINES_MIN:
        return ()
    names = sorted(name for name in units if name.startswith(f"{symbol}.")) if isinstance(node, ast.ClassDef) else []
    inside = sorted((name.removeprefix(symbol), one.head, one.body) for name in names for one in units[name])
    return (found[0].head, found[0].body, *(text for each in inside for text in each))


def _changes(both: _Both) -> Iterator[Finding]:
    same = both.same
    for symbol in sorted(same.changed):
        if not same.before.get(symbol) or not same.after.get(symbol):
            if symbol in both.new.modules and both.new.modules[symbol] not in both.new.unreadable:
                yield both.note(symbol, "what it does on import, or what it imports, changed")
            continue
        one, two = same.before[symbol][0], same.after[symbol][0]
        if isinstance(one.node, Function) and isinstance(two.node, Function):
            parts = ["signature"] * (one.head != two.head) + ["body"] * (one.body != two.body)
            what = f"its {' and '.join(parts or ['body'])} changed{_growth(one.node, two.node)}"
        else:
            what = f"its {'bases, decorators or class body' if isinstance(two.node, ast.ClassDef) else 'value'} changed"
        yield both.note(symbol, what, line=two.node.lineno)


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _growth(before: ast.stmt, after: ast.stmt) -> str:
    told = []
    for count, least, unit in ((_lines, _LINES_MIN, "lines"), (_ways, _WAYS_MIN, "ways through it")):
        was, now = count(before), count(after)
        told += [f"from {was} to {now} {unit}"] if now >= max(least, _GROWN * was) else []
    return f"; it grew {' and '.join(told)}" if told else ""


def _ways(node: ast.stmt) -> int:
    """Return how many ways lead through a function (McCabe, A Complexity Measure, 1976)."""
    return 1 + sum(len(one.values) - 1 if isinstance(one, ast.BoolOp) else isinstance(one, _BRANCHES) for one in ast.walk(node))


def _members(both: _Both) -> Iterator[Finding]:
    names = defaultdict[str, dict[str, list[str]]](dict)
    for verb, symbols, side, other in (
        ("new", both.same.added, both.new, both.old), ("gone", both.same.removed, both.old, both.new),
    ):  # fmt: skip
        for symbol in sorted(symbols):
            module = _module(side, symbol)
            if symbol != module and module in other.modules and not both.is_told(symbol) and symbol.rpartition(".")[0] not in symbols:
                names[module].setdefault(verb, []).append(symbol.removeprefix(f"{module}."))
    for module, parts in sorted(names.items()):
        yield both.note(module, "; ".join(f"{verb}: {', '.join(each)}" for verb, each in parts.items()))


def _copies(both: _Both) -> Iterator[Finding]:
    same = both.same
    homes = defaultdict[tuple[str, ...], list[str]](list)
    for symbol in [one for one in same.after if one not in both.told]:
        homes[_key(symbol, same.after)].append(symbol)
    for symbol in sorted(same.added - both.told):
        key = _key(symbol, same.after)
        others = [one for one in homes.get(key, ()) if one != symbol] if key else []
        if others and "_" not in {part[:1] for part in symbol.split(".")} and symbol.rpartition(".")[0] not in same.added:
            yield both.note(symbol, f"it means the same as {others[0]}: a copy", cure="keep one, and let the other name stand for it")


def _imports(both: _Both) -> Iterator[Finding]:
    old, new = (_links(side) for side in (both.old, both.new))
    for name in sorted(old.keys() & new.keys()):
        for verb, links in (("imports {} now", new[name] - old[name]), ("no longer imports {}", old[name] - new[name])):
            if links:
                yield both.note(name, f"it {verb.format(', '.join(sorted(links)))}")
    known = [set(one) for one in _cycles(old)]
    for cycle in _cycles(new):
        if not any(one.issuperset(cycle) for one in known):
            way = " -> ".join((*cycle, cycle[0]))
            cure = "move what both need into a module of its own, or import it where it is used"
            yield both.note(cycle[0], f"a new cycle of imports: {way}", level="warning", cure=cure)


def _links(side: Version) -> dict[str, set[str]]:
    found = {}
    for name, tree in trees_of(side, list(side.modules)).items():
        links, is_package = set[str](), side.modules[name].endswith("__init__.py")
        for node in _run(tree.body):
            if isinstance(node, ast.Import):
                links.update(one.name for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = absolute(node, name, is_package=is_package)
                links.update(each if (each := f"{source}.{one.name}") in side.modules else source for one in node.names)
        found[name] = {one for one in links if one in side.modules and one != name}
    return found


def _run(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if not isinstance(node, Function) and not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            for name in ("body", "orelse", "finalbody", "handlers"):
                yield from _run(getattr(node, name, ()))


def _cycles(links: Mapping[str, set[str]]) -> list[list[str]]:
    """Return one shortest cycle for each knot of modules that import each other."""
    found, known = [], set[str]()
    for start in sorted(links):
        cycle = [] if start in known else shortest(start, start, links)[:-1]
        known.update(cycle)
        found += [cycle] if cycle else []
    return found
