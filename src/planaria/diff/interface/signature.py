"""Signatures: what callers of a function may give it, forwarded and read keywords included.

Why: `**kwargs` that a function reads, or hands to its parent, are as good as written out.
Not here: what a change of a signature means (`parameter`), fields that make a constructor (`record`).
"""

import ast
import re
import sys
from dataclasses import dataclass, replace
from typing import Literal

from planaria.diff.interface.body import body
from planaria.diff.interface.surface import Definition, called, dotted

Kind = Literal["positional-only", "positional", "keyword-only"]
CALLED = ("__init__", "__new__", "__call__", "__init_subclass__")
DEPTH_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter as callers see it; `is_read`: the body takes it out of `**kwargs`, or (`is_passed_on`) hands those to who does."""

    name: str
    kind: Kind = "positional"
    is_required: bool = False
    default: ast.expr | None = None
    annotation: ast.expr | None = None
    is_read: bool = False
    is_passed_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a function takes; `star` and `stars`: any other positional, any other keyword arguments.

    `ignores`: nobody looks at those; `leaves`: they go to the standard library; `words` are in the text of whoever might.
    """

    parameters: tuple[Parameter, ...] = ()
    star: bool = False
    stars: bool = False
    ignores: bool = False
    passes_on: bool = False
    leaves: bool = False
    words: frozenset[str] = frozenset()

    @property
    def names(self) -> dict[str, Parameter]:
        """Return its parameters by name."""
        return {one.name: one for one in self.parameters}

    @property
    def positional(self) -> list[Parameter]:
        """Return those that may be given by position, in order."""
        return [one for one in self.parameters if one.kind != "keyword-only"]


def signature(one: Definition, owner: Definition | None = None, depth: int = 0) -> Signature:
    """Return the signature of a function; of a method (`owner`) without its own object."""
    function = one.function
    if function is None:
        return Signature(star=True, stars=True)
    given, short = function.args, one.short
    places = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(places) - len(given.defaults)) + given.defaults
    is_bound = owner is not None and not any(each.endswith("staticmethod") for each in one.decorators)
    is_special = short.startswith("__") and short.endswith("__") and short not in CALLED
    found = []
    for each, default in [*zip(places, defaults, strict=True)][is_bound:]:
        is_private = is_special or each in given.posonlyargs or (each.arg.startswith("__") and not each.arg.endswith("__"))
        found.append(_parameter(each, "positional-only" if is_private else "positional", default))
    found += [_parameter(each, "keyword-only", default) for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    made = Signature(parameters=tuple(found), star=given.vararg is not None)
    return made if given.kwarg is None or is_special else _with_keywords(made, one, owner, depth)


def _parameter(argument: ast.arg, kind: Kind, default: ast.expr | None) -> Parameter:
    return Parameter(name=argument.arg, kind=kind, is_required=default is None, default=default, annotation=argument.annotation)


def _with_keywords(made: Signature, one: Definition, owner: Definition | None, depth: int) -> Signature:
    facts, known = body(one, owner), made.names
    extra = [
        Parameter(name=name, kind="keyword-only", is_required=must, is_read=True) for name, must in facts.keys.items() if name not in known
    ]
    is_open, is_star, seen = not facts.is_closed, made.star, {*known, *facts.keys}
    for call in facts.passes_on if depth < DEPTH_MAX and len(facts.passes_on) == 1 else ():
        target = _target(call, one, owner) if any(each.arg is None for each in call.keywords) else None
        if target is None:
            continue
        if target[0] is None:
            is_open, is_star = False, False
            break
        inner = signature(target[0], target[1], depth + 1)
        positions = [dotted(each) for each in call.args if not isinstance(each, ast.Starred)]
        count = len(positions) - (positions[:1] in (["self"], ["cls"]))
        named = {each.arg for each in call.keywords}
        has_star = any(isinstance(each, ast.Starred) for each in call.args)
        for each in inner.positional[count:] + [each for each in inner.parameters if each.kind == "keyword-only"]:
            kind = each.kind if has_star and made.star else "keyword-only"
            if each.name in facts.keys and kind != "keyword-only" and each.name not in known:
                extra = [*(read for read in extra if read.name != each.name), replace(each, kind=kind, is_read=True)]
            elif each.name not in seen and each.name not in named:
                extra.append(replace(each, kind=kind, is_read=True, is_passed_on=True))
        is_open, is_star = is_open and inner.stars, is_star and inner.star if has_star else is_star
    merged = sorted([*made.parameters, *extra], key=lambda each: each.kind == "keyword-only")
    ignores, passes_on = not facts.passes_on and not facts.is_used, bool(facts.passes_on)
    roots = [str(one.home.space.name(one.home, call.func)).partition(".")[0] for call in facts.passes_on]
    leaves = any(each in sys.stdlib_module_names for each in roots)
    text = b"\n".join(one.home.lines).decode("utf-8", "replace") if is_open and passes_on else ""
    words = frozenset(re.findall(r"\w+", text))
    made = Signature(parameters=tuple(merged), star=is_star, stars=is_open, ignores=ignores, passes_on=passes_on)
    return replace(made, leaves=leaves, words=words)


def _target(call: ast.Call, one: Definition, owner: Definition | None) -> tuple[Definition | None, Definition | None] | None:
    """Return the function that gets all keywords with its class; (None, None) for `object`; nothing where it is not known."""
    function, space = call.func, one.home.space
    if owner and isinstance(function, ast.Attribute) and called(function.value) == "super":
        inner, outer = owner.ancestry
        home = next((place for place, each in enumerate(inner) if each.members.get(one.short) is one), 0)
        for each in inner[home + 1 :]:
            if function.attr in each.members:
                return each.members[function.attr], each
        return (None, None) if not outer and function.attr == "__init__" else None
    found = space.name(one.home, function)
    if not isinstance(found, Definition):
        return None
    if found.sort == "class":
        start = space.member(found, "__init__")
        return (start, found) if start and start.function and not found.ancestry[1] else None
    if found.function is None:
        return None
    if "." in found.name and call.args and dotted(call.args[0]) in ("self", "cls"):
        holder = space.find(f"{found.home.name}.{found.name.rpartition('.')[0]}")
        return (found, holder) if isinstance(holder, Definition) else None
    return (found, None) if "." not in found.name and not found.decorators else None
