"""Members: what a change of a class means to those who call it, catch it, inherit from it or use its objects.

Why: a member counts wherever it is inherited from, and is compared once, at the most public class that has it.
Not here: functions (`function`), what fields there are (`record`).
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from planaria.diff.finding import Level
from planaria.diff.interface.annotation import real
from planaria.diff.interface.change import Change, change
from planaria.diff.interface.function import Place, is_deprecated, sort_of, type_change
from planaria.diff.interface.namespace import metaclass
from planaria.diff.interface.parameter import signature_changes
from planaria.diff.interface.record import AUTO, Family, constructor, decorated, family, fields, is_on, options, values
from planaria.diff.interface.surface import Definition, own_attributes

SPECIAL = re.compile(
    "len|iter|next|contains|reversed|call|a?enter|a?exit|await|aiter|anext|eq|l[te]|g[te]|bool|neg|pos|abs|invert|int|float|index|round|complex"
    "|bytes|[gs]et|delete|(get|set|del)item|[gs]etattr|fspath|missing|html|r?(add|sub|mul|truediv|floordiv|mod|pow|[lr]shift)"
    "|r?(and|x?or|matmul|divmod)|i(add|sub|mul|x?or|and)|(instance|subclass)check"
)
DOUBTFUL = re.compile("__(bool|contains|reversed|html|getattr|eq|l[te]|g[te]|i(add|sub|mul|x?or|and))__")
IDLE = frozenset(
    (
        "builtins.object",
        "typing.Generic",
        "abc.ABC",
        "typing.Protocol",
        "typing_extensions.Protocol",
        "typing.NamedTuple",
        "?",
        "collections.abc.Hashable",
    )
)
FLAGS = {
    "frozen": "it is {} frozen", "order": "its objects can {} be ordered by <", "forbid_unknown_fields": "it refuses unknown fields {}"
}  # fmt: skip
UNTOLD = frozenset(("object", "Generic", "Protocol", "ABC", "UserDict"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Two definitions that are reached under one name (below the class, `name`), or what one side lacks; changes that are known already."""

    name: str
    old: Place | None = None
    new: Place | None = None
    changes: tuple[Change, ...] = ()


def is_offered(name: str) -> bool:
    """Say whether a member is there for callers: a public name, or a special method that gives objects an ability.

    >>> [is_offered(one) for one in ("add", "_add", "__len__", "__repr__")]
    [True, False, True, False]
    """
    if name.startswith("__") and name.endswith("__"):
        return SPECIAL.fullmatch(name[2:-2]) is not None
    return not name.startswith("_")


def class_changes(old: Place, new: Place) -> Iterator[Change]:
    """Yield what differs between two classes as wholes: parents, construction, options, metaclass, duties of subclasses."""
    kinds = family(old.one), family(new.one)
    yield from _construction(old, new, kinds)
    if old.one.sort != "class" or new.one.sort != "class":
        return
    yield from _parents(old.one, new.one)
    yield from _duties(old, new)
    nodes = [options(one.one).get("metaclass") for one in (old, new)]
    before, after = ("" if one is None else ast.unparse(one).rpartition(".")[2] for one in nodes)
    if before != after:
        is_plain = "ABC" in after or not after
        yield change("info" if is_plain else "warning", f"its metaclass was {before or 'type'} and is {after or 'type'}")
    if _hash(old.one) and _hash(new.one) is False:
        client = "assert {path}.__hash__ is not None"
        yield change("breaking", "its objects can no longer be hashed", "define __hash__ beside __eq__", client)
    slots = [any("__slots__" not in each.members for each in one.one.ancestry[0]) for one in (old, new)]
    if slots == [True, False] and kinds[1] not in ("namedtuple", "enum"):
        yield change("warning", "its objects take no other attributes: it has __slots__ now", "leave out __slots__")
    if is_deprecated(new) and not is_deprecated(old):
        yield change("info", "it is deprecated now")


def _construction(old: Place, new: Place, kinds: tuple[Family, Family]) -> Iterator[Change]:
    yield from _constructor(old, new, kinds)
    yield from _fields(old, new, kinds)
    if all(kinds) and "enum" not in kinds:
        yield from _options(old, new)
    if kinds == ("enum", "enum"):
        yield from _values(old, new)


def _constructor(old: Place, new: Place, kinds: tuple[Family, Family]) -> Iterator[Change]:
    before, after = constructor(old.one), constructor(new.one)
    if before is None or after is None or (before[1].short == after[1].short and before[1].function and after[1].function):
        return
    noun = "field" if all(kinds) else "parameter"
    for one in signature_changes(before[0], after[0]):
        what, level = one.what.replace("parameter", noun), one.level
        if kinds == ("namedtuple", "namedtuple") and "is new and optional" in what:
            what, level = f"{what}, and whoever unpacks it gets one more", "warning"
        yield replace(one, level=level, what=what, client="" if "typeddict" in kinds else one.client)


def _fields(old: Place, new: Place, kinds: tuple[Family, Family]) -> Iterator[Change]:
    after = fields(new.one)
    for name, one in fields(old.one).items():
        other = after.get(name)
        if other is None:
            continue
        sides = (replace(old, one=one.home).reader, one.annotation), (replace(new, one=other.home).reader, other.annotation)
        for each in type_change(*sides, f"field '{name}'", is_given=True):
            is_read_wider = each.level == "info" and not each.what.endswith("Any")
            yield replace(each, level="warning", cure="check those who read it") if is_read_wider else each
        if kinds[1] == "typeddict" and one.parameter and other.parameter and one.parameter.is_required > other.parameter.is_required:
            yield change("warning", f"key '{name}' may be missing now", "keep it required")


def _options(old: Place, new: Place) -> Iterator[Change]:
    first, second = options(old.one), options(new.one)
    for name, what in FLAGS.items():
        if is_on(first, name) != is_on(second, name):
            is_now = is_on(second, name)
            level: Level = "breaking" if is_now != (name == "order") else "info"
            yield change(level, what.format("now" if is_now else "no longer"), f"keep {name} as it was")
    for name in ("rename", "tag", "tag_field", "array_like", "extra"):
        before, after = (ast.unparse(each[name]) if name in each else "nothing" for each in (first, second))
        if before != after:
            yield change("breaking", f"its option {name} was {before} and is {after}", f"keep {name}")


def _values(old: Place, new: Place) -> Iterator[Change]:
    before, after = values(old.one), values(new.one)
    for name, value in before.items():
        if name not in after:
            yield change("breaking", f"member '{name}' is gone", "keep it as an alias", f"{{path}}[{name!r}]")
        elif value.removesuffix(AUTO) != after[name].removesuffix(AUTO):
            is_sure = not (value.endswith(AUTO) or after[name].endswith(AUTO))
            client = f"assert {{path}}[{name!r}].value == {value}" if is_sure else ""
            what = f"value of member '{name}' was {value} and is {after[name]}"
            yield change("breaking" if is_sure else "warning", what, "keep the value: it may be stored", client)
    for name in after.keys() - before.keys():
        yield change("info", f"member '{name}' is new")


def _hash(one: Definition) -> bool | None:
    """Say whether objects can be hashed, as far as the class itself decides."""
    if family(one) in ("typeddict", "enum", "namedtuple"):
        return None
    for each in one.ancestry[0]:
        own, given = each.members, options(each)
        is_record = decorated(each) != ""
        if "__hash__" in own:
            value = own["__hash__"].value
            return not (isinstance(value, ast.Constant) and value.value is None)
        if "__eq__" in own and not is_record:
            return False
        if is_record:
            loose = is_on(given, "unsafe_hash") or is_on(given, "hash") or not is_on(given, "eq", default=True)
            return loose or is_on(given, "frozen") or (each.decorators[-1].endswith("attr.s") and None)
    return True if not one.ancestry[1] else None


def _names(one: Definition) -> dict[str, tuple[str, bool]]:
    """Return all parents of a class by the last part of their names: the dotted name, and whether callers know it."""
    inner, outer = one.ancestry
    found = {each.short: (".".join(each.key), not each.name.startswith("_") and "._" not in each.name) for each in inner[1:]}
    for name in outer:
        known = real(name)
        for each in known.__mro__ if known is not None else ():
            found.setdefault(each.__name__, (f"{each.__module__}.{each.__qualname__}", True))
        found.setdefault(name.rpartition(".")[2], (name, known is not None or "." in name))
    return found


def _parents(old: Definition, new: Definition) -> Iterator[Change]:
    before, after = _names(old), _names(new)
    above = {name for one in old.ancestry[0][1:] if one.short in after for name in _names(one)}
    lost = {
        name: path
        for name, (path, is_known) in before.items()
        if is_known
        and name not in {*after, *above, *UNTOLD}
        and path not in IDLE
        # a parent that left its version altogether is told where it was
        and (isinstance(old.home.space.find(path), str) or new.home.space.find(path) is not None)
    }
    shown = [name for name in lost if name not in {each for path in lost.values() for each in _implied(path, old)}]
    if shown:
        is_foreign = all(path.partition(".")[0] != "builtins" and isinstance(old.home.space.find(path), str) for path in lost.values())
        is_error = any(name.endswith(("Error", "Exception", "Warning")) for name in before)
        what = f"it is no longer a subclass of {', '.join(shown)}" + (f": `except {shown[0]}` does not catch it" if is_error else "")
        home, _, name = lost[shown[0]].rpartition(".")
        client = f"import {home}\nassert issubclass({{path}}, {home}.{name})"
        yield change("warning" if is_foreign or "?" in new.ancestry[1] else "breaking", what, "keep the base class", client)
        return
    fresh = {name: path for name, (path, is_known) in after.items() if is_known and path not in IDLE and name not in {*before, "object"}}
    direct = [name for name in fresh if name not in {each for path in fresh.values() for each in _implied(path, new)}]
    if direct:
        yield change("info", f"it is a subclass of {', '.join(direct)} now")


def _implied(path: str, one: Definition) -> set[str]:
    known, found = real(path), one.home.space.find(path)
    if isinstance(found, Definition):
        return set(_names(found))
    return {each.__name__ for each in known.__mro__[1:]} if known is not None else set()


def _abstract(one: Definition) -> dict[str, Definition]:
    """Return the methods that a subclass must define, by name."""
    found = {name: member for each in reversed(one.ancestry[0]) for name, member in each.members.items()}
    return {name: member for name, member in found.items() if any("abstract" in mark for mark in member.decorators)}


def _duties(old: Place, new: Place) -> Iterator[Change]:
    before = _abstract(old.one)
    for name, one in _abstract(new.one).items():
        if name in before or (one.key[1] != f"{new.one.name}.{name}" and new.one.home.space.find(".".join(one.key).rpartition(".")[0])):
            continue
        client = f"assert {name!r} not in {{path}}.__abstractmethods__"
        yield change("breaking", f"method '{name}' is abstract now: subclasses must define it", "give it a body, with a warning", client)
    if "final" in new.marks - old.marks:
        yield change("breaking", "it is final now: it may not be subclassed", "leave out @final")
    hook = new.one.members.get("__init_subclass__")
    if hook and hook.function and "__init_subclass__" not in old.one.members and Place(hook).body.always_raises:
        yield change("breaking", "it can no longer be subclassed: __init_subclass__ refuses", "allow it", "class Mine({path}): ...")


def _members(one: Definition) -> dict[str, Place]:
    """Return what a class offers, its own or inherited, each with the class that has it; properties of its metaclass included."""
    found: dict[str, Place] = {}
    above = metaclass(one)
    for each in (*one.ancestry[0], *(above.ancestry[0] if above else ())):
        for name, member in each.members.items():
            if name in found or member.is_for_types or (name not in ("__init__", "__new__") and not is_offered(name)):
                continue
            other = each.members.get(member.value.id) if member.sort == "attribute" and isinstance(member.value, ast.Name) else None
            place = Place(other if other and other.sort == "function" else member, each)
            if each in one.ancestry[0] or sort_of(place) == "property":
                found[name] = place
    if "__init__" in found:
        found.pop("__new__", None)
    return found


def meetings(old: Place, new: Place) -> Iterator[Meeting]:
    """Yield the members of two classes that meet under one name, and those that are gone or new."""
    kinds = family(old.one), family(new.one)
    before, after = _members(old.one), _members(new.one)
    known = {*(fields(old.one) if all(kinds) else ()), *(values(old.one) if kinds[0] == "enum" else ()), "__init__", "__new__"}
    for name, place in before.items():
        if name in after:
            yield Meeting(name=name, old=place, new=after[name])
        elif name not in known and (lost := _lost(name, place, new.one)):
            yield Meeting(name=name, old=place, changes=(lost,))
    known = {*before, *(fields(new.one) if all(kinds) else ()), "__init__", "__new__"}
    for name, place in after.items():
        if place.owner is new.one and name not in known and not (kinds[1] == "enum" and place.one.sort == "attribute"):
            yield Meeting(name=name, new=place, changes=(change("info", f"{sort_of(place)} '{name}' is new"),))


def _lost(name: str, old: Place, new: Definition) -> Change | None:
    inner, outer = new.ancestry
    assert old.owner, "members have owners"
    is_told_here = old.owner.key == new.key or old.owner.short.startswith("_") or "builtins.type" in old.owner.ancestry[1]
    is_made = any(family(one) in ("dataclass", "attrs", "struct", "namedtuple") for one in inner) and DOUBTFUL.fullmatch(name)
    if (
        (name != "__hash__" and any(hasattr(real(one) or object, name) for one in outer))
        or not (is_told_here or old.owner.short in [one.short for one in inner])
        or (old.one.is_instance and any(one.attr == name for each in inner for one in own_attributes(each.node)))
        or is_made
        or (name == "__contains__" and any("__iter__" in one.members for one in inner))
    ):
        return None
    noun = "special method" if name.startswith("__") else sort_of(old)
    is_declared = old.one.sort == "attribute" and old.one.value is None and not old.one.is_instance
    doubt = is_declared or old.one.sort == "import" or DOUBTFUL.fullmatch(name) or any("__getattr__" in one.members for one in inner)
    doubt = doubt or any(real(one) is None and one not in IDLE - {"?"} for one in outer)
    cure, client = f"keep '{name}', with a warning, for one more version", "" if old.one.is_instance else "{path}"
    return change("warning" if doubt else "breaking", f"{noun} '{name}' is gone", cure, client)
