"""Changes of effects: what public symbols can do to the outside now that they could not before, and by which way.

Why: nobody looks for a network call in a function that reckoned yesterday; so a new kind of effect is shown with the way from
the symbol that callers use to the line that touches. It breaks, unless the contract declares it.
Not here: packages of others (`dependency`), what a place touches (`trace`), what leads where (`graph`).
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from planaria.diff.effect.dependency import dependency_findings
from planaria.diff.effect.graph import Graph, is_aside
from planaria.diff.effect.trace import Origin, Trace, trace
from planaria.diff.finding import Finding, Level
from planaria.diff.normal import trees_of
from planaria.diff.version import Version

PHRASES = {
    "reads": "reads files", "writes": "writes files", "connects": "uses the network", "spawns": "starts processes",
    "secret": "reads the environment or secrets", "clock": "reads the clock", "chance": "draws random numbers",
    "code": "runs code that cannot be read here", "cell": "uses another cell",
}  # fmt: skip
_GRAVE = ("writes", "connects", "spawns", "secret", "code")
_TARGETED = ("reads", "writes", "connects", "spawns", "secret")
_SHOWN_MAX, _NAMES_MAX, _PLACES_MAX, _WAY_MAX = 70, 4, 60, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    version: Version
    graph: Graph
    reach: tuple[Mapping[str, set[str]], Mapping[str, set[str]]]

    def kinds(self, symbol: str, *, guesses: bool = False) -> set[str]:
        place = self.graph.public.get(symbol, "")
        return {kind for kind, places in self.reach[guesses].items() if place in places}

    def told(self, symbol: str) -> str:
        short = self.short(symbol)
        return self.version.symbol(symbol[: -len(short) - 1], short) if symbol not in self.graph.traces else symbol

    def short(self, name: str) -> str:
        """Return a name without its module; the name of a module is left whole."""
        module = name
        while module and module not in self.graph.traces:
            module = module.rpartition(".")[0]
        return name.removeprefix(f"{module}.")

    def called(self, symbol: str) -> str:
        if symbol in self.graph.traces:
            return f"importing {symbol}"
        return f"running {symbol.removesuffix('.__main__')}" if symbol.endswith(".__main__") else f"{self.told(symbol)}()"

    def way(self, symbol: str, place: str, origin: Origin, *, guesses: bool) -> str:
        way = [self.short(one) for one in self.graph.chain(self.graph.public[symbol], place, guesses=guesses)]
        way = way if len(way) < _WAY_MAX else [*way[:2], "...", way[-1]]
        call = ast.unparse(origin.node) if isinstance(origin.node, ast.Call) else origin.name
        call = call if len(call) <= _SHOWN_MAX else f"{call[:_SHOWN_MAX]}..."
        return f"{' -> '.join([*way, call])} at {self.file(place).rpartition('/')[2]}:{origin.node.lineno}"

    def file(self, place: str) -> str:
        return self.version.modules[self.graph.places[place].module]

    def finding(self, place: str, line: int, level: Level, symbol: str, *, what: str, cure: str) -> Finding:
        return Finding(kind="effects", level=level, symbol=self.told(symbol), file=self.file(place), line=line, what=what, cure=cure)

    def also(self, symbols: list[str]) -> str:
        return _also([self.told(one) for one in symbols])


def effect_findings(old: Version, new: Version, *, declared: frozenset[str] | None = None) -> list[Finding]:
    r"""Return what public symbols can newly do to the outside, what no longer, and which packages of others came or went.

    >>> one, two = (Version(label="", files={"a.py": text}) for text in (b"def f(): 1", b"def f(): _g()\ndef _g(): open('x', 'w')"))
    >>> print(effect_findings(one, two)[0].what)
    f() now writes files: f -> _g -> open('x', 'w') at a.py:2
    """
    if old.files == new.files:
        return []
    before, after = _sides(old, new)
    gains = list(_gains(before, after, declared or frozenset()))
    places = defaultdict[tuple[str, str, str], dict[int, Finding]](dict)
    for kind, one in gains:
        places[kind, one.level, one.file].setdefault(one.line, one)
    found = [replace(one, what=one.what + _more(len(more))) for one, *more in (list(each.values()) for _, each in sorted(places.items()))]
    told = {(one.file, one.line) for _, one in gains}
    found += (one for one in _retargeted(before, after) if (one.file, one.line) not in told)
    found += _losses(before, after)
    return found + dependency_findings(old, new, (before.graph.traces, after.graph.traces))


def observed_findings(
    old_seen: Mapping[str, Mapping[str, int]], new_seen: Mapping[str, Mapping[str, int]], *, static: Iterable[Finding] = (),
) -> list[Finding]:  # fmt: skip
    """Return the kinds of effect that were seen in the new version only while both ran, but those that `static` findings tell.

    >>> [one.what for one in observed_findings({"f": {"reads": 1}}, {"f": {"reads": 2, "writes": 1}})]
    ['f() writes files where the old version did not: seen while it ran']
    """
    told = {kind for one in static if one.kind == "effects" and one.level != "info" for kind in PHRASES if PHRASES[kind] in one.what}
    symbols = defaultdict[str, list[str]](list)
    for symbol, seen in sorted(new_seen.items()):
        for kind in seen:
            if seen[kind] and not old_seen.get(symbol, {}).get(kind) and kind not in told:
                symbols[kind].append(symbol)
    return [
        Finding(
            kind="effects", level="breaking", symbol=names[0], cure=_cure(kind),
            what=f"{names[0]}() {PHRASES.get(kind, kind)} where the old version did not{_also(names[1:])}: seen while it ran",
        )
        for kind, names in sorted(symbols.items())
    ]  # fmt: skip


def _sides(old: Version, new: Version) -> tuple[_Side, _Side]:
    """Return both versions with their graphs; a file that is the same on both sides is read once."""
    alike = {name for name, path in new.modules.items() if old.modules.get(name) == path and old.files[path] == new.files[path]}
    traces = list[dict[str, Trace]]()
    for side in (old, new):
        names = [name for name in side.modules if not is_aside(name) and not (traces and name in alike)]
        read = {
            name: trace(name, tree, is_package=side.modules[name].endswith("__init__.py"))
            for name, tree in trees_of(side, names).items()
            if name in names
        }
        traces.append({name: one for name, one in traces[0].items() if name in alike} | read if traces else read)
    graphs = [Graph(traces=each) for each in traces]
    _inform(*graphs)
    sides = []
    for side, graph in zip((old, new), graphs, strict=True):
        sure, wide = ({kind: graph.reaching(each, guesses=one) for kind, each in graph.origins.items()} for one in (False, True))
        sides.append(_Side(version=side, graph=graph, reach=(sure, wide)))
    return sides[0], sides[1]


def _inform(old: Graph, new: Graph) -> None:
    """Let what the old version asked of a thing of an unknown class touch what it touches now that its class is told."""
    for name, place in new.places.items():
        was = old.places.get(name, place)
        for one in place.origins if was is not place else ():
            if ("", one.name[1:-2]) in was.methods and one.kind not in {each.kind for each in was.origins}:
                was.origins.append(one)


def _gains(before: _Side, after: _Side, declared: frozenset[str]) -> Iterator[tuple[str, Finding]]:
    gains = defaultdict[tuple[str, Level, bool, bool], list[str]](list)
    gone = {symbol.rpartition(".")[2]: before.kinds(symbol, guesses=True) for symbol in before.graph.public.keys() - after.graph.public}
    for symbol in after.graph.public:
        sure, wide = after.kinds(symbol), after.kinds(symbol, guesses=True)
        if symbol in before.graph.public:
            was, might = before.kinds(symbol), before.kinds(symbol, guesses=True)
            for kind in sure - was:
                gains[kind, "warning" if kind in might else "breaking", False, False].append(symbol)
            for kind in wide - might - sure:
                gains[kind, "warning", True, True].append(symbol)
        else:
            for kind in sure - gone.get(symbol.rpartition(".")[2], set()):
                gains[(kind, "warning", True, False) if kind in before.reach[False] else (kind, "breaking", False, False)].append(symbol)
    for (kind, level, only_new, guesses), symbols in sorted(gains.items()):
        is_declared = declared & {kind, kind.split()[0]}
        for one in _led(before, after, kind, symbols, only_new=only_new, guesses=guesses):
            yield (
                kind,
                replace(one, level="info", cure="nothing to do: the contract declares it") if is_declared else replace(one, level=level),
            )
    for kind in sorted({*_GRAVE} & after.graph.origins.keys()):
        yield from ((kind, one) for one in _unreached(before, after, kind))


def _led(before: _Side, after: _Side, kind: str, symbols: list[str], *, only_new: bool, guesses: bool) -> Iterator[Finding]:
    """Yield a finding for each place where symbols come to an effect: new places first, old ones for those they explain alone."""
    left, every = set(symbols), set(symbols)
    known, graph = before.graph.origins.get(kind, {}), after.graph
    places = [one for one in sorted(graph.origins[kind], key=lambda one: (one in known, one)) if not (only_new and one in known)]
    for place in places[:_PLACES_MAX]:
        reached = graph.reaching([place], guesses=guesses)
        names = [one for one in (left if place in known else every) if graph.public[one] in reached]
        if names:
            names.sort(key=lambda one: _nearness(before, after, one, place))
            left.difference_update(names)
            origin = graph.origins[kind][place][0]
            what = f"{after.called(names[0])} now {'perhaps ' if guesses else ''}{_phrase(kind)}{after.also(names[1:])}"
            what = f"{what}: {after.way(names[0], place, origin, guesses=guesses)}"
            yield after.finding(place, origin.node.lineno, "breaking", names[0], what=what, cure=_cure(kind))


def _unreached(before: _Side, after: _Side, kind: str) -> Iterator[Finding]:
    public = set(after.graph.public.values())
    for place, origins in after.graph.origins[kind].items():
        is_known = place in before.graph.origins.get(kind, ()) or place in public
        if not is_known and public.isdisjoint(after.graph.reaching([place], guesses=True)):
            what = f"{after.told(place)} {_phrase(kind)}, and nothing public is seen to come to it: {origins[0].name}"
            yield after.finding(place, origins[0].node.lineno, "warning", place, what=what, cure=_cure(kind))


def _nearness(before: _Side, after: _Side, symbol: str, place: str) -> tuple[bool, bool, bool, int, str]:
    """Order symbols by which of them shows an effect best: one that was there before, close to what touches."""
    home, places = after.graph.public[symbol], after.graph.places
    is_far = places[home].module != places[place].module
    return symbol not in before.graph.public, is_far, home != place, symbol.count("."), symbol


def _retargeted(before: _Side, after: _Side) -> Iterator[Finding]:
    for kind in _TARGETED:
        old = {place: {_aim(kind, one.target) for one in each} - {""} for place, each in before.graph.origins.get(kind, {}).items()}
        known = {one for each in old.values() for one in each}
        for place, origins in after.graph.origins.get(kind, {}).items() if known else ():
            for one in origins:
                aim = _aim(kind, one.target)
                if aim and aim not in known and place in before.graph.places:
                    known.add(aim)
                    was = ", ".join(map(repr, sorted(old.get(place, ()))))
                    what = f"{after.called(place)} {_phrase(kind)} at another target: {aim!r}{f' rather than {was}' if was else ''}"
                    cure = "make sure that it is meant; narrow the effect in the contract to the targets it needs"
                    yield after.finding(place, one.node.lineno, "warning", place, what=what, cure=cure)


def _losses(before: _Side, after: _Side) -> Iterator[Finding]:
    lost = defaultdict[str, list[str]](list)
    for symbol in sorted(before.graph.public.keys() & after.graph.public.keys()):
        for kind in before.kinds(symbol) - after.kinds(symbol, guesses=True):
            lost[kind].append(symbol)
    for kind, names in sorted(lost.items()):
        what = f"{after.called(names[0])} no longer {_phrase(kind)}{after.also(names[1:])}"
        home = after.graph.public[names[0]]
        cure = "nothing to do; a contract that declares it may declare less"
        yield after.finding(home, after.graph.places[home].line, "info", names[0], what=what, cure=cure)


def _phrase(kind: str) -> str:
    return PHRASES.get(kind) or f"uses the cell {kind.partition(' ')[2] or 'of another'}"


def _aim(kind: str, target: str) -> str:
    if "://" in target:
        return target.partition("://")[2].partition("/")[0]
    return target.partition(" ")[0] if kind == "spawns" else target[:_SHOWN_MAX]


def _also(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
    return f" (so do {', '.join(names[:_NAMES_MAX])}{more})" if names else ""


def _more(places: int) -> str:
    return f" and {places} more place{'s' * (places > 1)}" if places else ""


def _cure(kind: str) -> str:
    if kind == "code":
        return "write plainly what it does, so that it can be read"
    if kind.startswith("cell"):
        return "do without, or have a person grant that cell in system.py"
    return f"do without, or have a person declare {kind.capitalize()}() in the contract"
