"""Functions: what a change of a function, method or value means to users: parameters, types, decorators, kind, exceptions.

Why: a pair is compared in one way wherever it stands; a method that became a property is used in another way than before.
Not here: which pairs are compared (`difference`), pairs of classes (`member`).
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from planaria.diff.finding import Level
from planaria.diff.interface.annotation import Reader, is_below, movement
from planaria.diff.interface.body import Body, body
from planaria.diff.interface.change import Change, change
from planaria.diff.interface.parameter import shown, signature_changes
from planaria.diff.interface.record import constructor
from planaria.diff.interface.signature import Signature, signature
from planaria.diff.interface.surface import Definition, called, texts

PROPERTIES = ("cached_property", "abstractproperty", "locked_cached_property", "reify")
MANAGERS = {"contextmanager", "asynccontextmanager"}
TOLD_APART = ("", *MANAGERS, "property", "staticmethod", "classmethod", "final", "overload", "override", "wraps")
ERROR = "NotImplementedError"
VERSION = ("version", "author", "copyright", "license", "date", "build")
SHAPES = {ast.List: "list", ast.Dict: "dict", ast.Set: "set", ast.Tuple: "tuple", ast.JoinedStr: "str"}
ALIKE = ({"int", "float"}, {"list", "tuple"})
SHOWN_MAX = 60
Typed = tuple[Reader, ast.expr | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A definition, with the class through which it is reached."""

    one: Definition
    owner: Definition | None = None

    @property
    def reader(self) -> Reader:
        """Return what reads its annotations."""
        return Reader(self.one.home, self.owner if self.owner and self.owner.home is self.one.home else None)

    @property
    def marks(self) -> set[str]:
        """Return the last parts of the names of its decorators."""
        return {name.rpartition(".")[2] for name in self.one.decorators}

    @property
    def body(self) -> Body:
        """Return the facts of its body."""
        return body(self.one, self.owner)


def sort_of(place: Place) -> str:
    """Return how a member is used: "method", "function", "property", "class" or "attribute"."""
    one = place.one
    if one.function:
        is_property = any(mark in PROPERTIES or mark.endswith("property") for mark in place.marks)
        return "property" if is_property else "method" if place.owner else "function"
    return "class" if one.sort == "class" else "property" if called(one.value).endswith("property") else "attribute"


def is_bound(place: Place) -> bool:
    """Say whether it is a method that gets its object first."""
    return sort_of(place) == "method" and not place.marks & {"staticmethod", "classmethod"}


def _function_changes(old: Place, new: Place) -> Iterator[Change]:
    if old.one.function is None or new.one.function is None:
        return
    signatures = signature(old.one, old.owner), signature(new.one, new.owner)
    if sort_of(old) == sort_of(new) != "property":
        refused = old.body.always_raises
        for one in signature_changes(*signatures) if not refused or refused.startswith("NotImpl") else ():
            yield replace(one, level="info") if one.level == "warning" and _is_filled_in(one, old, new) else one
        yield from _kind_changes(old, new)
    yield from _type_changes(old, new, signatures)
    yield from _decorator_changes(old, new)
    yield from _exception_changes(old, new)


def _is_filled_in(one: Change, old: Place, new: Place) -> bool:
    """Say whether a default that became None, or was it, is filled in by the body."""
    found = re.fullmatch(r"default of parameter '(\w+)' was (.*) and is (.*)", one.what)
    if found is None or "None" not in found.groups():
        return False
    name, before, after = found.groups()
    place, literal = (old, after) if before == "None" else (new, before)
    text = b"\n".join(place.one.lines).decode("utf-8", "replace")
    filled = rf"\b{name}\b *(=|or\b)[^\n]*{re.escape(literal)}|{re.escape(literal)}[^\n]* if {name} is None"
    return bool(re.search(rf"\b{name} is (?:not )?None|not {name}\b|\b{name} or ", text) and re.search(filled, text))


def _kind_changes(old: Place, new: Place) -> Iterator[Change]:
    first, second = (isinstance(one.one.node, ast.AsyncFunctionDef) for one in (old, new))
    managed = old.marks & MANAGERS, new.marks & MANAGERS
    yields = old.body.yields, new.body.yields
    if managed[0] != managed[1]:
        word = "no context manager any more" if managed[0] else "a context manager now"
        yield change("breaking", f"it is {word}", "keep the decorator, or use another name")
    elif first != second:
        what = "it is async now: callers must await it" if second else "it is no longer async: its result cannot be awaited"
        check = "assert " + ("not " * second) + "(inspect.iscoroutinefunction({path}) or inspect.isasyncgenfunction({path}))"
        is_wrapped = any("sync" in mark or "variant" in mark for mark in new.marks ^ old.marks) or new.one.short.startswith("__a")
        level: Level = "info" if is_wrapped or old.body.always_raises.startswith("NotImpl") else "breaking"
        yield change(level, what, "offer the other kind under another name", check)
    elif yields[0] != yields[1]:
        is_plain = (new if yields[0] else old).body.returns_container
        what = "it returns a value now, and yielded" if yields[0] else "it yields now, and returned a value"
        yield change("breaking" if first else "warning" if is_plain else "info", what, "wrap it: keep what it returns")


def _type_changes(old: Place, new: Place, signatures: tuple[Signature, Signature]) -> Iterator[Change]:
    if old.one.overloads or new.one.overloads:
        return
    first, second, others = old.reader, new.reader, signatures[1].names
    for name, one in signatures[0].names.items():
        other = others.get(name)
        if other and not one.is_read and not other.is_read:
            is_optional = "None" in (shown(one.default), shown(other.default))
            sides = (first, one.annotation), (second, other.annotation)
            yield from type_change(*sides, f"parameter '{name}'", is_given=True, is_optional=is_optional)
    returned = [getattr(one.one.node, "returns", None) for one in (old, new)]
    yield from type_change((first, returned[0]), (second, returned[1]), "its result")


def type_change(old: Typed, new: Typed, noun: str, *, is_given: bool = False, is_optional: bool = False) -> Iterator[Change]:
    """Yield what a change of a type means: narrowing what is given (`is_given`) and widening what is got break."""
    if old[1] is None or new[1] is None:
        return
    forward, backward = movement((old[0], old[1]), (new[0], new[1]), is_optional=is_optional)
    if forward and backward:
        return
    safe = forward if is_given else (ast.unparse(old[1]) == "None") or backward
    shape = "wider" if forward else "narrower" if backward else "another" if safe is not None else "perhaps another"
    before, after = (ast.unparse(one).strip("'\"") for one in (old[1], new[1]))
    cure = "" if safe else f"go on accepting {before}" if is_given else f"go on returning {before}"
    level: Level = "info" if safe else "warning" if safe is None else "breaking"
    yield change(level, f"type of {noun} is {shape}: was {before} and is {after}", cure)


def _decorator_changes(old: Place, new: Place) -> Iterator[Change]:
    before, after = old.marks, new.marks
    for mark in ("staticmethod", "classmethod") if old.owner and sort_of(old) == sort_of(new) == "method" else ():
        if mark in before and is_bound(new):
            client = f"assert isinstance(inspect.getattr_static({{owner}}, {{name!r}}), {mark})"
            yield change("breaking", f"it is no {mark} any more: it needs an object", f"keep @{mark}", client)
        elif mark in after - before:
            yield change("info", f"it is a {mark} now")
    setters = ["setter" in one.one.accessors for one in (old, new)]
    if setters == [True, False]:
        yield change("breaking", "it can no longer be assigned: its setter is gone", "keep the setter")
    elif setters == [False, True]:
        yield change("info", "it can be assigned now")
    if before & {"lru_cache", "cache"} and not after & {"lru_cache", "cache"}:
        yield change("warning", "it is no longer cached: cache_clear and cache_info are gone", "keep the cache")
    if "final" in after - before:
        yield change("warning", "it is final now: subclasses may not replace it", "leave out @final")
    for mark in sorted(before ^ after):
        if mark not in TOLD_APART and "deprecat" not in mark.lower():
            yield change("info", f"decorator @{mark} is {'gone' if mark in before else 'new'}")


def is_deprecated(place: Place) -> bool:
    """Say whether a function warns that it will go, by decorator or in its body."""
    return any("deprecat" in mark.lower() for mark in place.marks) or (place.one.function is not None and place.body.warns)


def _exception_changes(old: Place, new: Place) -> Iterator[Change]:
    before, after, always = old.body, new.body, new.body.always_raises
    is_duty = always == ERROR and ("abstractmethod" in new.marks or before.is_empty)
    was_refusing = before.always_raises == ERROR if always == ERROR else bool(before.always_raises)
    if always and not was_refusing and not is_duty and always != "NotImplemented":
        yield change("breaking", f"it only raises {always} now", "keep what it did, with a warning")
    gone, fresh, kept = (
        {name: place.reader.type(ast.parse(name, mode="eval").body).name for name in sorted(names)}
        for names, place in ((before.raises - after.raises, old), (after.raises - before.raises, new), (before.raises & after.raises, new))
    )
    space = new.one.home.space
    for name, path in fresh.items():
        if any(is_below(path, each, space) for each in kept.values()) or always == name or before.always_raises.startswith("NotImpl"):
            continue
        below = [is_below(path, there, space) for there in gone.values()]
        if below == [False]:
            (lost,) = gone
            what = f"it raises {name} where it raised {lost}, which `except {lost}` does not catch"
            yield change("warning", what, f"raise a subclass of both {name} and {lost}")
        elif not any(below):
            yield change("info", f"it may raise {name} now")
    if is_deprecated(new) and not is_deprecated(old):
        yield change("info", "it is deprecated now")


def pair_changes(old: Place, new: Place) -> Iterator[Change]:
    """Yield what differs between two definitions of one name that are no classes on both sides."""
    first, second = sort_of(old), sort_of(new)
    if first == second:
        yield from (_value_changes if first == "attribute" else _function_changes)(old, new)
        return
    before, after, keep = _shape(old.one.value), _shape(new.one.value), f"keep the {first}"
    if {first, second} == {"property", "method"}:
        what = "it is a property now: it must not be called" if second == "property" else "it is a method now: it must be called"
        client = "assert " + ("not " * (second == "property")) + "isinstance(inspect.getattr_static({owner}, {name!r}), property)"
        yield change("breaking", what, keep, client)
    elif first == "attribute" and second == "property":
        is_set = bool(new.one.accessors or new.one.value)
        what = "it is a property now" + (" that cannot be assigned" * (not is_set))
        yield change("info" if is_set else "warning", what, "add a setter")
    elif second == "attribute" and after and first != "property":
        yield change("breaking", f"the {first} is a plain value now ({after})", keep, "assert callable({path})")
    elif second == "attribute":
        yield change("info", f"the {first} is a plain attribute now")
    elif first == "attribute" and before:
        yield change("breaking", f"it was a {before} and is a {second}", keep, "assert not callable({path})")
    elif first == "class":
        what = f"the class is a {second} now: no isinstance, no subclasses"
        yield change("breaking", what, keep, "assert isinstance({path}, type)")
    elif second == "class":
        yield change("info", f"the {first} is a class now")
        made = constructor(new.one) if old.one.function else None
        yield from signature_changes(signature(old.one, old.owner), made[0]) if made else ()


def _shape(node: ast.expr | None) -> str:
    """Return the type of a value that is written out."""
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    if isinstance(node, ast.Call):
        return called(node) if called(node) in ("frozenset", "set", "dict", "list", "tuple") and texts(node) is not None else ""
    return SHAPES.get(type(node), "")


def _value_changes(old: Place, new: Place) -> Iterator[Change]:
    first, second = old.one, new.one
    for one in type_change((old.reader, first.annotation), (new.reader, second.annotation), "it"):
        yield replace(one, level="warning" if one.level == "breaking" and "another" not in one.what else one.level)
    shapes = {_shape(first.value), _shape(second.value)}
    if first.value is None or second.value is None or "" in shapes or any(word in first.short.lower() for word in VERSION):
        return
    before, after = (ast.unparse(one) for one in (first.value, second.value))
    if before == after or first.is_instance:
        return
    is_setting = old.owner is not None and _shape(first.value) in ("int", "bool", "float")
    is_other = len(shapes) > 1 and shapes not in ALIKE
    level: Level = "warning" if (is_other or is_setting) and "NoneType" not in shapes else "info"
    yield change(level, f"its value was {_short(before)} and is {_short(after)}", "keep the value, or say so loudly")


def _short(text: str) -> str:
    return text if len(text) < SHOWN_MAX else f"{text[: SHOWN_MAX - 3]}..."
