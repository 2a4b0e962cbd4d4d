"""Graph: what comes to what in a version, through its own functions, and which public symbol so comes to touch the outside.

Why: an effect matters to those who call; a private function that writes is the public one's doing. Names are followed through
imports and re-exports. A method asked of something unknown may be any of that name: such ways are guesses, and kept apart.
Not here: what a single function mentions (`trace`), old against new (`change`).
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from planaria.diff.effect.trace import Origin, Place, Trace

# Methods that plain values have too: asked of something unknown, they are no method of the version's own.
_PLAIN = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int, float) for name in dir(kind)) | {"close", "read"}
_MAKING = ("__new__", "__init__", "__post_init__", "__enter__", "__exit__", "__aenter__", "__aexit__")
_ASIDE = frozenset(("tests", "test", "testing", "docs", "examples", "benchmarks", "_vendor", "vendored"))
_Ways = Mapping[str, Iterable[str]]
_T = TypeVar("_T")


def is_aside(module: str) -> bool:
    """Say whether a module is a test or a document, and no part of what callers use.

    >>> is_aside("shop.tests.test_cart"), is_aside("shop.cart")
    (True, False)
    """
    parts = module.split(".")
    return bool(_ASIDE & set(parts[1:])) or parts[-1].startswith("test_") or parts[-1] == "conftest"


def shortest(start: str, end: str, ways: _Ways) -> list[str]:
    """Return the shortest way of one step or more between two places, both told; [] where there is none.

    >>> shortest("a", "c", {"a": "bc", "b": "c"}), shortest("a", "a", {"a": "b", "b": "a"})
    (['a', 'c'], ['a', 'b', 'a'])
    """
    before, waiting = dict[str, str](), deque([start])
    while waiting and end not in before:
        one = waiting.popleft()
        for other in sorted(ways.get(one, ())):
            if other not in before:
                before[other] = one
                waiting.append(other)
    names = [end, before[end]] if end in before else []
    while names and names[-1] != start:
        names.append(before[names[-1]])
    return names[::-1]


@dataclass(frozen=False, kw_only=True)
class Graph:
    """The places of a version and the ways between them."""

    traces: Mapping[str, Trace]
    _memory: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def places(self) -> dict[str, Place]:
        """Return every place by its full name."""
        return {name: place for trace in self.traces.values() for name, place in trace.places.items()}

    @cached_property
    def _members(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Return the members of each class by their last names, and the full names of all members by their last."""
        found = [(*name.rpartition(".")[::2], name) for name in self.places]
        kept = [(owner, last, name) for owner, last, name in found if owner in self.places and owner not in self.traces]
        return _grouped((owner, last) for owner, last, _ in kept), _grouped((last, name) for _, last, name in kept)

    def found(self, name: str, depth: int = 12) -> str:
        """Return the place that a dotted name leads to, through re-exports; '' where it leads out of the version."""
        if name in self._memory:
            return self._memory[name]
        self._memory[name] = ""
        result = name if name in self.places and name not in self.traces else ""
        parts = name.split(".") if depth and not result else []
        for cut in range(len(parts) - 1, 0, -1):
            before, after = ".".join(parts[:cut]), parts[cut:]
            if before in self.traces:
                result = self._through(self.traces[before], after, depth - 1)
                break
            if before in self.places:
                result = self.method(before, after[0]) or before
                break
        self._memory[name] = result = result or (name if name in self.traces else "")
        return result

    def _through(self, trace: Trace, after: list[str], depth: int) -> str:
        if after[0] in trace.known:
            return self.found(".".join((trace.known[after[0]], *after[1:])), depth)
        starred = (self.found(".".join((star, *after)), depth) for star in trace.stars if star in self.traces)
        return next((one for one in starred if one and one not in self.traces), "")

    def _bases(self, name: str) -> Iterator[str]:
        for base in self.places[name].bases if name in self.places else ():
            if (up := self.found(base)) and up not in self.traces:
                yield up

    def method(self, owner: str, name: str, depth: int = 12) -> str:
        """Return the method of a class, its own or inherited; '' where it has none in this version."""
        if f"{owner}.{name}" in self.places:
            return f"{owner}.{name}"
        return next((one for up in self._bases(owner) if depth and (one := self.method(up, name, depth - 1))), "")

    def _asked(self, owner: str, name: str) -> Iterator[tuple[str, bool]]:
        """Yield the methods that may be meant by a name that is asked of a value, and whether that is but a guess."""
        kind = self.found(owner) if owner else ""
        if owner.startswith("super "):
            yield from ((self.method(up, name), False) for up in self._bases(owner[6:]))
        elif kind and kind not in self.traces:
            yield self.method(kind, name), False
        elif not owner and name not in _PLAIN:
            yield from ((one, True) for one in self._members[1].get(name, ()))

    @cached_property
    def ways(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Return where one comes to from each place: for sure, and with guesses."""
        sure, wide = dict[str, set[str]](), dict[str, set[str]]()
        for name, place in self.places.items():
            asked = [one for owner, method in place.methods for one in self._asked(owner, method) if one[0]]
            ways = sure[name] = {each for one in place.names if (each := self.found(one)) and each not in self.traces}
            ways |= {one for one, is_guess in asked if not is_guess} | {one for each in _MAKING if (one := f"{name}.{each}") in self.places}
            if name in self.traces:
                ways |= {one for each in self.traces[name].known.values() for one in _modules(each) if one in self.traces}
            ways.discard(name)
            wide[name] = ways | {one for one, _ in asked}
        return sure, wide

    @cached_property
    def _back(self) -> list[dict[str, list[str]]]:
        return [_grouped((one, name) for name, ways in every.items() for one in ways) for every in self.ways]

    def reaching(self, places: Iterable[str], *, guesses: bool = False) -> set[str]:
        """Return every place that comes to one of some places, and those places."""
        return _reached(places, lambda one: self._back[guesses].get(one, ()))

    def chain(self, start: str, end: str, *, guesses: bool = False) -> list[str]:
        """Return the shortest way between two places."""
        return [end] if start == end else shortest(start, end, self.ways[guesses]) or [end]

    @cached_property
    def origins(self) -> dict[str, dict[str, list[Origin]]]:
        """Return the origins of each kind of effect, by place."""
        kinds = _grouped((one.kind, (name, one)) for name, place in self.places.items() for one in place.origins)
        return {kind: _grouped(each) for kind, each in kinds.items()}

    @cached_property
    def public(self) -> dict[str, str]:
        """Return the place behind every public symbol: also those with a private home that a public name stands for."""
        names = (name for name, place in self.places.items() if not _is_private(f"{place.module}.{name[len(place.module) + 1 :]}"))
        found = {name: name for name in names}
        for trace in self.traces.values():
            for alias, full in trace.known.items() if not _is_private(trace.module) else ():
                place = self.found(full)
                if place and place not in self.traces and place not in found and not alias.startswith("_"):
                    found[f"{trace.module}.{alias}"] = place
        for name, home in list(found.items()):
            for one in filter(_is_private, _reached([home], self._bases)):
                for method in self._members[0].get(one, ()):
                    if not (method.startswith("_") or f"{one}.{method}" in found or f"{home}.{method}" in self.places):
                        found[f"{name}.{method}"] = self.method(home, method)
        return found


def _grouped(pairs: Iterable[tuple[str, _T]]) -> dict[str, list[_T]]:
    found = defaultdict[str, list[_T]](list)
    for name, one in pairs:
        found[name].append(one)
    return dict(found)


def _reached(names: Iterable[str], ways: Callable[[str], Iterable[str]]) -> set[str]:
    met = set(names)
    waiting = list(met)
    while waiting:
        more = set(ways(waiting.pop())) - met
        met |= more
        waiting += more
    return met


def _is_private(name: str) -> bool:
    return any(one.startswith("_") and not one.endswith("__") for one in name.split("."))


def _modules(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:cut]) for cut in range(1, len(parts) + 1))
