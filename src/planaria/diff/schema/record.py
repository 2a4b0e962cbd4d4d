"""Records: the classes of a version that are written and read, as JSON Schemas, one for the writer and one for the reader.

Why: a writer writes every field, a reader can do without those that have a default and without knowing all; so one class has
two schemas. Nothing is imported: classes are read as they are written.
Not here: the types of fields (`annotation`), comparing (`comparison`), root models and classes that are made by a call.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from planaria.diff.schema.annotation import STEPS_MAX, Annotations, Definition, Place, Scope, dotted, last
from planaria.diff.schema.document import Document, Schema

_FAMILIES = {
    "NamedTuple": "tuple", "TypedDict": "dict", "Struct": "struct", "BaseModel": "model", "BaseSettings": "model",
    "Enum": "enum", "IntEnum": "enum", "StrEnum": "enum", "CellError": "error", "PlanariaError": "error", "Contract": "contract",
}  # fmt: skip
_DECORATORS = ("dataclass", "define", "frozen", "mutable", "attrs", "s")
_FIELDS = ("field", "Field", "ib", "attrib")
_APART = frozenset(("tests", "test", "docs", "testing", "conftest", "_vendor", "vendor"))
_RENAMES: dict[str, Callable[[str], str]] = {
    "lower": str.lower, "upper": str.upper, "kebab": lambda name: name.replace("_", "-"),
    "pascal": lambda name: re.sub(r"(?:^|_)(.)", lambda found: found[1].upper(), name),
    "camel": lambda name: re.sub(r"(?<!^)_(.)", lambda found: found[1].upper(), name),
}  # fmt: skip
_APART_FIELDS = re.compile(r"['\"]?(\w+\.)*(ClassVar|InitVar|KW_ONLY)\b")
_Operation = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something that is written and read; its roles: `value` (a plain record), `event`, `arguments`, `answer`, `error`."""

    symbol: str
    file: str
    line: int
    roles: frozenset[str]
    is_public: bool


@dataclass(frozen=False)
class Records:
    r"""All records of a version, as a writer (`writes`) or as a reader sees them.

    >>> from planaria.diff.version import Version
    >>> scope = Scope(Version(label="", files={"a.py": b"from typing import NamedTuple\nclass Point(NamedTuple):\n    x: int"}))
    >>> Records(scope, writes=True).document.root["$defs"]["Point"]["minItems"]
    1
    """

    scope: Scope
    writes: bool
    schemas: dict[str, Schema] = field(default_factory=dict)
    found: dict[str, Record] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    waiting: list[tuple[str, Definition, str]] = field(default_factory=list)

    @cached_property
    def types(self) -> Annotations:
        """Return what makes schemas of annotations."""
        return Annotations(self.scope, self._refer, self.writes)

    @cached_property
    def document(self) -> Document:
        """Return the document that holds every schema by its symbol."""
        for module in self.scope.version.trees:
            for name, node in self.scope.names(module).items() if _APART.isdisjoint(module.split(".")) else ():
                if isinstance(node, ast.ClassDef):
                    self._refer(Definition(module, name, node))
        while self.waiting:
            symbol, found, family = self.waiting.pop()
            self.schemas[symbol] = self._schema(found, family)
        return Document({"$defs": self.schemas})

    @cached_property
    def every(self) -> Mapping[str, Record]:
        """Return every record by its symbol, with the roles, and the fame, of all that it is a part of."""
        assert self.document.root, "making it finds the records"
        found = self.found | {name: replace(self.found[name], roles=frozenset(("event",))) for name in self.events & self.found.keys()}
        waiting = [name for name, one in found.items() if one.roles != {"value"} or one.is_public]
        while waiting:
            whole = found[waiting.pop()]
            for part in re.findall(r"'#/\$defs/(.*?)'", str(self.schemas[whole.symbol])):
                one = found[part]
                if not whole.roles <= one.roles or whole.is_public > one.is_public:
                    found[part] = replace(one, roles=one.roles | whole.roles, is_public=one.is_public or whole.is_public)
                    waiting.append(part)
        return found

    def _refer(self, found: Definition) -> Schema | None:
        family, name = self._family(found), self.scope.version.symbol(found.module, found.name)
        if family == "contract":
            self._contract(found, name)
        if family in ("", "contract"):
            return None
        if name not in self.schemas:
            self._add(name, {}, found, found.node, "error" if family == "error" else "value")
            self.waiting.append((name, found, family))
        return {"$ref": f"#/$defs/{name}"}

    def _add(self, name: str, schema: Schema, found: Definition, node: ast.stmt, role: str) -> None:
        public = all(part[:1] != "_" or part == "__init__" for part in f"{found.module}.{found.name}".split("."))
        file, self.schemas[name] = self.scope.version.modules[found.module], schema
        self.found[name] = Record(symbol=name, file=file, line=node.lineno, roles=frozenset((role,)), is_public=public)

    def _bases(self, found: Definition) -> list[Definition | str]:
        names = [dotted(base.value if isinstance(base, ast.Subscript) else base) for base in found.node.bases]
        bases = [self.types.find(Place(found.module), name) for name in names if name]
        return [one for one in bases if isinstance(one, Definition | str)]

    def _family(self, found: Definition, step: int = 0) -> str:
        """Say how a class is written, '' where it is not."""
        for decorator in found.node.decorator_list:
            name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
            known = self.types.find(Place(found.module), name) if name else ""
            if isinstance(known, str) and last(known) in _DECORATORS:
                return "class"
        for base in self._bases(found) if step < STEPS_MAX else ():
            name = last(base) if isinstance(base, str) else base.name if base.name in ("Contract", "PlanariaError") else ""
            if family := _FAMILIES.get(name) or ("" if isinstance(base, str) else self._family(base, step + 1)):
                return family
        return ""

    def _options(self, found: Definition) -> dict[str, Any]:
        """Return the options of a class, those of its bases first: keywords, decorators, `model_config`."""
        made = {key: one for base in self._bases(found) if isinstance(base, Definition) for key, one in self._options(base).items()}
        body, given = found.node.body, [*found.node.keywords]
        config = [one.value for one in body if isinstance(one, ast.Assign) and dotted(one.targets[0]) == "model_config"]
        for node in (*found.node.decorator_list, *config):
            if isinstance(node, ast.Dict):
                given += [ast.keyword(getattr(key, "value", ""), one) for key, one in zip(node.keys, node.values, strict=True)]
            given += node.keywords if isinstance(node, ast.Call) else []
        return made | {one.arg: last(one.value) or self.types.value(one.value, Place(found.module)) for one in given if one.arg}

    def _parts(self, found: Definition) -> dict[str, tuple[ast.AnnAssign, Definition]]:
        """Return the fields of a class, those of its bases first, each with the class that declares it."""
        above = [base for base in reversed(self._bases(found)) if isinstance(base, Definition)]
        parts = {name: part for base in above for name, part in self._parts(base).items()}
        for node in found.node.body:
            one = node
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and last(node.value) in _FIELDS:
                type_ = next((each.value for each in node.value.keywords if each.arg == "type"), ast.Constant(...))
                one = ast.AnnAssign(ast.Name(dotted(node.targets[0])), type_, node.value, 1)
            name = dotted(one.target) if isinstance(one, ast.AnnAssign) else ""
            if isinstance(one, ast.AnnAssign) and name[:1] not in ("", "_") and not _APART_FIELDS.match(ast.unparse(one.annotation)):
                parts[name] = (one, found)
        return parts

    def _schema(self, found: Definition, family: str) -> Schema:
        if family == "enum":
            return {"enum": [*self.types.members(found)]}
        if family == "error":
            return self._error(found)
        options, fields, required = self._options(found), dict[str, Schema](), list[str]()
        if family == "struct" and (tag := options.get("tag") or "tag_field" in options):
            required = [str(options.get("tag_field", "type"))]
            fields[required[0]] = {"const": last(found.name) if tag is True else tag}
        for node, home in self._parts(found).values():
            of = {"total": self._options(home).get("total") is not False} if family == "dict" else options
            name, schema, is_required = self._field(node, of, Place(home.module, home.name))
            fields[name] = schema
            required += [name] * is_required
        forbids = self.writes or options.get("forbid_unknown_fields") is True or options.get("extra") == "forbid"
        if family == "tuple" or options.get("array_like") is True:
            listed = [{**schema, "title": name} if isinstance(schema, dict) else schema for name, schema in fields.items()]
            least = len(listed if self.writes else required)
            return {"type": "array", "prefixItems": listed, "minItems": least, **({"items": False} if forbids or family == "tuple" else {})}
        return _object(fields, required) | ({"additionalProperties": False} if forbids else {})

    def _field(self, node: ast.AnnAssign, options: Mapping[str, Any], place: Place) -> tuple[str, Schema, bool]:
        """Return a field as it is written or read: its name, its schema, and whether it must be there."""
        call = node.value if isinstance(node.value, ast.Call) and last(node.value) in _FIELDS else None
        said = {each.arg: each.value for each in call.keywords} if call else {}
        checks, name, text = said.get("validator"), dotted(node.target), ast.unparse(node)
        schema = self.types.limited(self.types.schema(node.annotation, place), [call, *getattr(checks, "elts", [checks])], place)
        defaults = [said[each] for each in ("default", "default_factory", "factory") if each in said] + (call.args if call else [])
        default = next(iter(defaults), None) if call else node.value
        optional = default is not None and getattr(default, "value", None) is not ...
        if default is not None and optional and isinstance(schema, dict):
            schema = schema | {"default": self.types.value(default, place)}
        if "total" in options:
            return name, schema, "NotRequired" not in text and bool(options["total"] or re.search(r"\bRequired\[", text))
        aliases = ("serialization_alias" if self.writes else "validation_alias", "alias", "name")
        rename = options.get("rename") or str(options.get("alias_generator", "")).removeprefix("to_")
        names = [self.types.value(said[each], place) for each in aliases if each in said]
        names.append(rename.get(name, name) if isinstance(rename, dict) else _RENAMES.get(str(rename), str)(name))
        left_out = "UNSET" in text or "UnsetType" in text or (optional and options.get("omit_defaults") is True)
        optional = optional or ("init" in said and self.types.value(said["init"], place) is False)
        return str(names[0]), schema, not (left_out if self.writes else optional)

    def _error(self, found: Definition) -> Schema:
        """Return the schema of an error as it travels: its code, and the facts that its texts name."""
        texts = {dotted(one.targets[0]): one.value for one in found.node.body if isinstance(one, ast.Assign)}
        said = {name: self.types.value(one, Place(found.module)) for name, one in texts.items()}
        facts = sorted({fact for key in ("what", "why", "fix") for fact in re.findall(r"\{([a-z_]\w*)\}", str(said.get(key)))})
        code = {"code": {"const": said["code"]}} if "code" in said else {"code": {}}
        return _object({**code, "facts": _object({fact: {} for fact in facts}, facts)}, ["code", "facts"])

    def _contract(self, found: Definition, symbol: str) -> None:
        place = Place(found.module, found.name)
        for node in ast.walk(found.node):
            if isinstance(node, ast.Call) and last(node) in ("event", "handles") and node.args:
                self.events.add(str(self.types.schema(node.args[0], place)).partition("$defs/")[2].removesuffix("'}"))
        for node in found.node.body:
            if isinstance(node, _Operation) and "operation" in map(last, node.decorator_list):
                name = f"{symbol}.{node.name}()"
                if name not in self.schemas:
                    self._add(name, self._arguments(node, place), found, node, "arguments")
                    self._add(f"{name} ->", self.types.schema(node.returns, place), found, node, "answer")

    def _arguments(self, node: _Operation, place: Place) -> Schema:
        given = [*node.args.posonlyargs, *node.args.args][1:]
        defaults = {one.arg: self.types.value(default, place) for one, default in zip(given[::-1], node.args.defaults[::-1], strict=False)}
        more = {name: {"default": value} for name, value in defaults.items()}
        fields = {one.arg: self.types.schema(one.annotation, place) | more.get(one.arg, {}) for one in given}
        return _object(fields, [name for name in fields if name not in defaults]) | {"additionalProperties": False}


def _object(fields: Mapping[str, Schema], required: Iterable[str]) -> dict[str, Schema]:
    return {"type": "object", "properties": dict(fields), "required": [*required]}
