"""Parameters: what a change of a signature means to callers.

Why: what is positional, what has a name and what is absorbed decide who breaks.
Not here: reading signatures (`signature`), annotations as types (`annotation`).
"""

import ast
import re
from collections.abc import Iterator, Sequence

from planaria.diff.finding import Level
from planaria.diff.interface.change import Change, change
from planaria.diff.interface.signature import Parameter, Signature

SENTINEL = re.compile(r"\.\.\.|b?''|[\[({]?(None,? ?)*[\])}]?")
PLAIN = (ast.Constant, ast.UnaryOp, ast.Tuple, ast.List, ast.Dict)


def signature_changes(old: Signature, new: Signature) -> Iterator[Change]:
    """Yield what a change of a signature means to callers; types apart.

    >>> old, new = Signature(parameters=(Parameter(name="a"),)), Signature(parameters=(Parameter(name="a", kind="keyword-only"),))
    >>> [(one.level, one.what) for one in signature_changes(old, new)]
    [('breaking', "parameter 'a' is keyword-only now")]
    """
    if old == new:
        return
    renamed = _renamed(old, new)
    for name, one in old.names.items():
        if name in renamed:
            yield from _rename(one, renamed[name], old, new)
        elif name not in new.names and not (one.is_passed_on and new.passes_on):
            yield _removal(one, old, new)
    yield from _additions(old, new, frozenset(one.name for one in renamed.values()))
    yield from _moves(old, new, renamed)
    yield from _absorbers(old, new)


def _renamed(old: Signature, new: Signature) -> dict[str, Parameter]:
    """Pair parameters at the same place that have no namesake on the other side."""
    found = {}
    for one, other in zip(old.positional, new.positional, strict=False):
        is_gone = one.name not in new.names or (_plain(one.name) == _plain(other.name) and new.names[one.name].kind == "keyword-only")
        if is_gone and other.name not in old.names and other.is_required <= one.is_required:
            found[one.name] = other
    lost = [one for one in old.parameters if one.kind == "keyword-only" and one.name not in new.names]
    fresh = [one for one in new.parameters if one.kind == "keyword-only" and one.name not in old.names]
    if len(lost) == len(fresh) == 1 and not lost[0].is_read | fresh[0].is_read and shown(lost[0].default) == shown(fresh[0].default):
        found[lost[0].name] = fresh[0]
    return found


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _rename(one: Parameter, other: Parameter, old: Signature, new: Signature) -> Iterator[Change]:
    what = f"parameter '{one.name}' is renamed to '{other.name}'"
    cure = f"keep the name '{one.name}', or take it as well and warn"
    if one.kind == "positional-only":
        if other.kind == "keyword-only":
            yield change("breaking", f"{what} and is keyword-only now", cure, bind(old, [one.name]))
    elif one.name in new.names:
        yield change("info", f"{what}; the old name is still taken")
    elif new.stars:
        yield change("warning", f"{what}; the old name ends in **kwargs", cure)
    else:
        yield change("info" if one.name.startswith("_") else "breaking", what, cure, bind(old, [one.name]))


def _removal(one: Parameter, old: Signature, new: Signature) -> Change:
    by_name, by_place = one.kind != "positional-only", one.kind != "keyword-only"
    noun = "keyword" if one.is_read else "parameter"
    cure = f"keep '{one.name}' (and ignore it, with a warning) for one more version"
    if one.name.startswith("_"):
        return change("info", f"private {noun} '{one.name}' is gone")
    if one.is_read and new.stars:
        is_taken = one.is_passed_on or new.leaves or one.name in new.words
        level: Level = "breaking" if new.ignores else "info" if is_taken else "warning"
        return change(level, f"keyword '{one.name}' is no longer read out of **kwargs", cure)
    if (new.stars or not by_name) and (new.star or not by_place):
        return change("warning", f"{noun} '{one.name}' is gone; what is given for it ends in *args or **kwargs", cure)
    if by_place and not by_name and len(new.positional) >= len(old.positional):
        return change("info", f"positional-only parameter '{one.name}' is gone")
    what = "can no longer be given by position: it may go into **kwargs" if new.stars and new.passes_on else "is gone"
    return change("breaking", f"{noun} '{one.name}' {what}", cure, bind(old, [f"{'*' * new.stars}{one.name}"]))


def _additions(old: Signature, new: Signature, renamed: frozenset[str]) -> Iterator[Change]:
    order, inserted = [one.name for one in new.positional], list[tuple[str, str]]()
    for name, one in new.names.items():
        if name in old.names or name in renamed or (one.is_read and name.startswith("_")):
            continue
        cure, noun = f"give '{name}' a default and put it last, or make it keyword-only", "keyword" if one.is_read else "parameter"
        rest = order[order.index(name) :] if name in order else []
        later = [each.name for each in old.positional if each.name in rest]
        if one.is_required:
            is_open = (old.star and one.kind != "keyword-only") or old.stars
            is_idle = old.star and (old.stars or one.kind == "positional-only")
            level: Level = "breaking" if not is_open else "info" if is_idle else "warning"
            yield change(level, f"{noun} '{name}' is new and required", cure, "" if is_open else bind(old, []))
        elif later and not one.is_read:
            inserted.append((name, later[0]))
        elif old.star and one.kind != "keyword-only" and not one.is_read and (new.star or old.positional):
            level = "info" if old.passes_on else "breaking" if new.star else "warning"
            yield change(level, f"parameter '{name}' is new and takes what went into *args", cure)
        else:
            yield change("info", f"{noun} '{name}' is new and optional")
    if inserted:
        first, stands = inserted[0][1], "stands" if len(inserted) == 1 else "stand"
        what = f"{_listed([name for name, _ in inserted])} new and {stands} before '{first}', which moves by position"
        yield change("breaking", what, "put it last, or make it keyword-only", bind(old, [f"*{first}"], check=first))


def _moves(old: Signature, new: Signature, renamed: dict[str, Parameter]) -> Iterator[Change]:
    mine = [renamed.get(one.name, one).name for one in old.positional]
    kept = [one.name for one in new.positional if one.name in mine]
    moved = _moved([name for name in mine if name in kept], kept)
    pairs = [(one, new.names[one.name]) for one in old.parameters if one.name in new.names]
    for one, other in pairs:
        yield from _kind_change(old, one, other)
        if other.is_required and not one.is_required:
            what = f"parameter '{one.name}' is required now{', and has moved' * (one.name in moved)}"
            yield change("breaking", what, "keep its default", bind(old, []))
        elif one.is_required and not other.is_required:
            yield change("info", f"parameter '{one.name}' is optional now")
        elif not one.is_required | one.is_read | other.is_read:
            yield from _default_change(one, other)
    by_name = [one for one, other in pairs if one.kind != "keyword-only" == other.kind and one.name not in renamed]
    if by_name:
        is_read = by_name[0].is_read or new.names[by_name[0].name].is_read
        level: Level = "info" if is_read and new.star else "warning" if is_read or new.star else "breaking"
        what = f"{_listed([one.name for one in by_name])} keyword-only now"
        yield change(level, what, "let them be given by position", bind(old, [f"*{by_name[0].name}"]))
    moved = [name for name in moved if name not in old.names or old.names[name].is_required >= new.names[name].is_required]
    if moved:
        client = bind(old, [f"*{moved[0]}"], check=moved[0]) if moved[0] in old.names else ""
        yield change("breaking", f"{_listed(moved).rpartition(' ')[0]} moved to another place", "keep the order", client)


def _kind_change(old: Signature, one: Parameter, other: Parameter) -> Iterator[Change]:
    if one.kind != other.kind == "positional-only":
        what = f"parameter '{one.name}' is positional-only now"
        yield change("breaking", what, "let it be given by name", bind(old, [one.name]))
    elif one.kind != other.kind == "positional" and not one.is_read:
        word = "name" if one.kind == "positional-only" else "position"
        yield change("info", f"parameter '{one.name}' may be given by {word} too now")


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return f"parameters {listed} are" if len(names) > 1 else f"parameter {listed} is"


def _moved(before: list[str], after: list[str]) -> list[str]:
    """Return the fewest names that, taken out, leave both in one order."""
    best: list[list[str]] = []
    for place, name in enumerate(before):
        earlier = [one for other, one in zip(before[:place], best, strict=True) if after.index(other) < after.index(name)]
        best.append([*max(earlier, key=len, default=[]), name])
    kept = max(best, key=len, default=[])
    return [name for name in before if name not in kept]


def _default_change(one: Parameter, other: Parameter) -> Iterator[Change]:
    before, after = shown(one.default), shown(other.default)
    if before == after or one.default is None or other.default is None or _literal(one.default) == _literal(other.default):
        return
    what = f"default of parameter '{one.name}' was {before} and is {after}"
    plain = [isinstance(each, PLAIN) for each in (one.default, other.default)]
    empty = [bool(SENTINEL.fullmatch(each)) for each in (before, after)]
    is_idle = all(one or not other for one, other in zip(empty, plain, strict=True)) and any(empty)
    client = f"assert inspect.signature({{path}}).parameters[{one.name!r}].default == {before}" if plain[0] else ""
    yield change("warning" if all(plain) and not is_idle else "info", what, "keep it, or say so loudly", client)


def _literal(node: ast.expr) -> object:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return node
    return type(value) if isinstance(value, bool) or not isinstance(value, int | float) else float, value


def shown(default: ast.expr | None) -> str:
    """Return a default as text.

    >>> shown(None)
    ''
    """
    return "" if default is None else ast.unparse(default)


def _absorbers(old: Signature, new: Signature) -> Iterator[Change]:
    is_spelled_out = old.passes_on and len(new.parameters) > len(old.parameters)
    if old.star and not new.star:
        level: Level = "info" if is_spelled_out else "warning" if len(new.positional) > len(old.positional) else "breaking"
        count = max(len(old.positional), len(new.positional)) + 1
        client = f"inspect.signature({{path}}).bind({', '.join(['0'] * count)})"
        yield change(level, "*args is gone: it takes no more positional arguments", "keep *args", client if level == "breaking" else "")
    if old.stars and not new.stars:
        is_idle = old.ignores and not any(one.is_read for one in old.parameters)
        level = "info" if is_spelled_out else "breaking" if is_idle else "warning"
        yield change(level, "**kwargs is gone: it refuses other keywords", "keep **kwargs", bind(old, ["surely_unknown"]))
    for before, after, noun in ((old.star, new.star, "positional arguments"), (old.stars, new.stars, "keywords")):
        if after and not before:
            yield change("info", f"it takes any {noun} now")


def bind(old: Signature, given: Sequence[str], check: str = "") -> str:
    """Return a statement that binds arguments: the required ones and those given, by name or (`*name`) by position.

    >>> bind(Signature(parameters=(Parameter(name="a", is_required=True), Parameter(name="b"))), ["b"])
    'inspect.signature({path}).bind(a=0, b=1)'
    """
    last = max((place for place, one in enumerate(old.positional) if f"*{one.name}" in given), default=-1)
    by_place, by_name = [], []
    for place, one in enumerate(old.parameters):
        is_asked = one.is_required or one.name in given
        if (place <= last and one.kind != "keyword-only") or (one.kind == "positional-only" and is_asked):
            by_place.append(str(place))
        elif is_asked:
            by_name.append(f"{one.name}={place}")
    by_name += [f"{name}=None" for name in given if not name.startswith("*") and name not in old.names]
    call = f"inspect.signature({{path}}).bind({', '.join([*by_place, *by_name])})"
    return f"assert {call}.arguments[{check!r}] == {last}" if check else call
