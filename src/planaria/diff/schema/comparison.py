"""Comparison: what one version writes and the other cannot read, both ways, as findings with the value that shows it.

Why: old data outlives its code, and old readers meet new writers while a change rolls out; the two breaks are cured differently.
Not here: how schemas are compared (`containment`), where they come from (`record`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from planaria.diff.finding import Finding, Level
from planaria.diff.schema.annotation import Scope
from planaria.diff.schema.containment import Counterexample, Undecided, differences
from planaria.diff.schema.document import Document, Refusal, Schema, members_of, modern, text_of, told
from planaria.diff.schema.inclusion import Inclusion
from planaria.diff.schema.record import Record, Records
from planaria.diff.version import Version

_SAID = ("what old versions wrote can{} be read", "old versions can{} read what is written now")
_CURES = (
    "read both forms: give what is new a default, keep what was accepted, or migrate what is stored",
    "let readers that know both forms go out first, or give the new form another name",
    "look at it: neither a value that shows a difference was found, nor a proof that there is none",
    "nothing need be done", "see what is stored, or sent without it: it is read in another way now",
)  # fmt: skip
_NAMED = ("$defs", "definitions", "components/schemas")
_MARKS = frozenset(("$schema", "$defs", "openapi", "swagger", "definitions", "properties", "anyOf", "oneOf", "allOf"))


@dataclass(frozen=True, slots=True)
class _Pair:
    """One record on both sides: the schemas of its (writer, reader), of the old and of the new version."""

    record: Record
    sides: tuple[tuple[Schema, Schema], ...]

    def fields(self, side: int) -> dict[str, Schema]:
        schema = self.sides[side][1] if isinstance(self.sides[side][1], Mapping) else {}
        listed = {one["title"]: one for one in schema.get("prefixItems", ()) if isinstance(one, Mapping) and "title" in one}
        return listed or dict(schema.get("properties", {}))

    def requires(self, name: str, side: int, role: int) -> bool:
        schema = self.sides[side][role] if isinstance(self.sides[side][role], Mapping) else {}
        listed = "prefixItems" in schema and schema.get("minItems")
        return name in ([*self.fields(side)][:listed] if listed else schema.get("required", ()))

    def finding(self, level: Level, what: str, cure: int, witness: Mapping[str, Any] | None = None) -> Finding:
        one, text = self.record, _CURES[cure]
        symbol = one.symbol.removesuffix(" ->").removesuffix("()")
        return Finding(kind="schema", level=level, symbol=symbol, what=what, cure=text, file=one.file, line=one.line, witness=witness)

    def field_at(self, refusal: Refusal) -> str:
        names, first = list(dict.fromkeys([*self.fields(1), *self.fields(0)])), refusal.path[0] if refusal.path else ""
        return names[first] if isinstance(first, int) and first < len(names) else str(first)


def schema_findings(old: Version, new: Version) -> list[Finding]:
    r"""Compare everything that two versions write and read: records, operations, events, errors, and schemas kept as JSON files.

    >>> old, new = (Version(label="", files={"a.py": b"class A(TypedDict):\n    x: " + kind}) for kind in (b"int", b"str"))
    >>> [(one.level, one.symbol) for one in schema_findings(old, new)]
    [('breaking', 'A'), ('warning', 'A')]
    """
    if old.files == new.files:
        return []
    (was, was_read), (now, now_read) = ([Records(scope, writes=writes) for writes in (True, False)] for scope in (Scope(old), Scope(new)))
    documents = ((was.document, was_read.document), (now.document, now_read.document))
    before, after = was.every, now.every
    same = {name: name for name in before if name in after}
    for name in [one for one in before if one not in after]:
        alike = [one for one in after if one not in before and one.rpartition(".")[2] == name.rpartition(".")[2]]
        same |= {name: alike[0]} if len(alike) == 1 else {}
    pairs = [
        _Pair(after[to], ((was.schemas[name], was_read.schemas[name]), (now.schemas[to], now_read.schemas[to])))
        for name, to in same.items() if before[name].is_public or after[to].is_public
    ]  # fmt: skip
    found = _found(pairs, documents, [(f"#/$defs/{name}", f"#/$defs/{to}") for name, to in same.items()])
    gone = [one for name, one in before.items() if name not in same and one.is_public and not name.endswith((")", ">"))]
    found += [_Pair(one, ()).finding("warning", "it is gone: nothing reads what old versions wrote of it", 4) for one in gone]
    listed = [sorted(name for name in version.files if name.endswith(".json")) for version in (old, new)]
    same_files = [(name, name) for name in listed[0] if name in listed[1]] if max(map(len, listed)) != 1 else [*zip(*listed, strict=False)]
    for name, to in same_files:
        schemas = [_loaded(old.files[name]), _loaded(new.files[to])]
        found += json_schema_findings(*schemas, symbol=to, file=to) if None not in schemas and old.files[name] != new.files[to] else []
    return found


def json_schema_findings(old_schema: Schema, new_schema: Schema, *, symbol: str, file: str = "") -> list[Finding]:
    """Compare two JSON Schemas, or the component schemas of two OpenAPI documents; a writer writes only the fields that are named.

    >>> found = json_schema_findings({"type": "integer"}, {"type": ["integer", "null"]}, symbol="age")
    >>> [(one.level, one.witness["calls"]) for one in found]
    [('warning', ['null'])]
    """
    roots = [modern(old_schema), modern(new_schema)]
    named = [{f"#/{where}/{name}": one for where in _NAMED for name, one in _under(root, where).items()} for root in roots]
    both = [name for name in named[0] if name in named[1]]
    asked = [(f"{symbol}.{name.rpartition('/')[2]}", named[0][name], named[1][name]) for name in both]
    if all(isinstance(root, bool) or not root.keys() & {"openapi", "swagger"} for root in roots):
        asked.append((symbol, *roots))
    value = Record(symbol=symbol, file=file, line=0, roles=frozenset(("value",)), is_public=True)
    pairs = [_Pair(replace(value, symbol=name), ((one, one), (other, other))) for name, one, other in asked]
    old, new = map(Document, roots)
    return _found(pairs, ((old, old), (new, new)), [(name, name) for name in both])


def _under(root: Schema, where: str) -> Mapping[str, Schema]:
    for part in where.split("/"):
        root = root.get(part, {}) if isinstance(root, Mapping) else {}
    return dict(root)


def _loaded(content: bytes) -> Schema | None:
    """Return a JSON file that is a schema, or an OpenAPI document; None for any other."""
    try:
        data = json.loads(content)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    is_typed = data.get("type") in ("object", "array", "string") and data.keys() & {"items", "enum", "title"}
    return data if data.keys() & _MARKS or is_typed else None


def _found(pairs: Iterable[_Pair], documents: tuple[tuple[Document, Document], ...], references: list[tuple[str, str]]) -> list[Finding]:
    found, assumed = list[Finding](), (frozenset(references), frozenset((to, name) for name, to in references))
    for pair in pairs:
        seen, (old, new) = set[str](), pair.sides
        for way, write, read in ((0, old[0], new[1]), (1, new[0], old[1])) if text_of(old) != text_of(new) else ():
            inclusion = Inclusion(narrow=documents[way][0], wide=documents[1 - way][1], closed=True, assumed=assumed[way])
            for one in differences(inclusion, write, read):
                refusal = one.refusal if isinstance(one, Counterexample) else Refusal(one.path, "", one.reason)
                seen.add(pair.field_at(refusal))
                found.append(_broken(pair, one, refusal, way))
        found += _compatible(pair, seen)
    return found


def _broken(pair: _Pair, one: Counterexample | Undecided, refusal: Refusal, way: int) -> Finding:
    if isinstance(one, Undecided):
        return pair.finding("warning", f"cannot tell whether {_SAID[way].format('')}: {refusal}", 2)
    outcomes = [{"kind": "completed", "text": "accepted"}, {"kind": "failed", "text": f"refused: {refusal}"}]
    old, new = outcomes if way == 0 else outcomes[::-1]
    witness = {"calls": [json.dumps(one.value, ensure_ascii=False)], "old": old, "new": new}
    name = pair.field_at(refusal)
    said = _field_change(pair, name) if name else _type_change("it", pair.sides[0][1], pair.sides[1][1])
    said = (said if len(refusal.path) <= 1 else f"{said} ({refusal})") if said else str(refusal)
    return pair.finding(_level(pair.record, way), f"{_SAID[way].format('not')}: {said}", way, witness)


def _level(record: Record, way: int) -> Level:
    """Say how bad a break is: an answer or an error is read by callers and seldom kept; arguments are written by callers."""
    if way == 0:
        return "warning" if record.symbol.endswith(" ->") or record.roles == {"error"} else "breaking"
    return "breaking" if record.roles & {"answer", "event", "error"} else "info" if record.roles == {"arguments"} else "warning"


def _type_change(of: str, old: Schema, new: Schema) -> str:
    members = [members_of(old) or [], members_of(new) or []]
    if not all(members) or max(map(len, members)) == 1:
        return f"{of} was {told(old)} and is now {told(new)}" if told(old) != told(new) else ""
    gone, added = ([one for one in mine if one not in others] for mine, others in (members, members[::-1]))
    words = [f"{told({'enum': each})} {word}" for each, word in ((gone, "is no member any more"), (added, "is a new member")) if each]
    return ("" if of == "it" else f"{of}: ") + "; ".join(words)


def _field_change(pair: _Pair, name: str) -> str:
    old, new = [{key: _bare(one) for key, one in pair.fields(side).items()} for side in (0, 1)]
    if name in old and name in new:
        if old[name] != new[name]:
            return _type_change(f"field '{name}'", old[name], new[name])
        was, now = (pair.requires(name, side, 1) for side in (0, 1))
        words = "could be left out and is now required" if now else "was required and can now be left out"
        return f"field '{name}' {words}" if was != now else ""
    for here, there in ((old, new), (new, old)):
        if name in here:
            alike = [one for one in there if one not in here and there[one] == here[name]]
            if len(alike) == 1:
                before, after = (name, alike[0]) if here is old else (alike[0], name)
                return f"field '{before}' is now called '{after}'"
            return f"field '{name}' is " + ("gone" if here is old else "new and required" if pair.requires(name, 1, 1) else "new")
    return ""


def _bare(schema: Schema) -> Schema:
    apart = ("default", "title", "description")
    return {key: one for key, one in schema.items() if key not in apart} if isinstance(schema, Mapping) else schema


def _compatible(pair: _Pair, seen: set[str]) -> Iterator[Finding]:
    """Tell the changes that break nothing, and those that change silently: another default, a field that is read no more."""
    said = set[str]()
    for name in dict.fromkeys([*pair.fields(0), *pair.fields(1)]):
        what = _field_change(pair, name) if name not in seen else ""
        defaults = [one.get("default") if isinstance(one := pair.fields(side).get(name), Mapping) else None for side in (0, 1)]
        if None not in defaults and text_of(defaults[0]) != text_of(defaults[1]):
            what = f"the default of field '{name}' was {told({'const': defaults[0]})} and is now {told({'const': defaults[1]})}"
            is_silent = not all(pair.requires(name, side, 0) for side in (0, 1))
        elif not what or what in said or any(one in what for one in seen if f"'{one}'" in what):
            continue
        else:
            said.add(what)
            is_silent = "is now called" in what
        yield pair.finding("warning" if is_silent else "info", what, 4 if is_silent else 3)
