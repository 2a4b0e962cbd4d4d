"""Shapes: frozen values, no inheritance but for errors and contracts, documents in docstrings, reasons for excuses."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence

from tests.tidy.rule import Finding, Rule, Source, definitions, each, snippet

_FROZEN = frozenset(("frozen", "slots", "kw_only"))
_FAMILIES = frozenset(("PlanariaError", "CellError", "Refused", "Failed", "Unknown", "Several", "Contract", "Struct"))
_POSITIONAL_FIELDS_MAX = 3
_REASON_WORDS_MIN = 2
_EXCUSE = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no (?:cover|branch))(?::?\s*(?:\[[\w, -]+\]|[A-Z]+\d+[, ]*)*)(.*)")


def _dataclass(source: Source) -> Iterator[tuple[int, str, str]]:
    for name, node in definitions(source.tree):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        fields = sum(isinstance(one, ast.AnnAssign) for one in node.body)
        asked = _FROZEN if fields > _POSITIONAL_FIELDS_MAX else _FROZEN - {"kw_only"}
        for decorator in node.decorator_list:
            called = ast.unparse(decorator).partition("(")[0]
            if called in ("dataclass", "dataclasses.dataclass"):
                said = decorator.keywords if isinstance(decorator, ast.Call) else []
                missing = asked - _switched_on(said)
                if missing and not any(ast.unparse(one) == "frozen=False" for one in said):
                    yield node.lineno, name, f"a dataclass without {', '.join(sorted(missing))}"
        if any(ast.unparse(base).endswith("Struct") for base in node.bases) and "frozen" not in _switched_on(node.keywords):
            yield node.lineno, name, "a msgspec struct without frozen"


def _switched_on(keywords: list[ast.keyword]) -> set[str]:
    return {one.arg for one in keywords if one.arg and isinstance(one.value, ast.Constant) and one.value.value is True}


def _inheritance(sources: Sequence[Source]) -> Iterator[Finding]:
    parents = {
        node.name: [ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases]
        for source in sources
        for _, node in definitions(source.tree)
        if isinstance(node, ast.ClassDef)
    }

    def is_family(name: str) -> bool:
        above = parents.get(name, [])
        return name in _FAMILIES or "Protocol" in above or any(is_family(one) for one in above if one != name)

    for source in sources:
        for name, node in definitions(source.tree):
            for parent in parents.get(node.name, ()) if isinstance(node, ast.ClassDef) else ():
                if parent in parents and not is_family(parent):
                    yield Finding(place=f"{source.path}:{name}", line=node.lineno, problem=f"inherits from {parent}")


def _module(source: Source) -> Iterator[tuple[int, str, str]]:
    text = ast.get_docstring(source.tree) or ""
    first = text.partition("\n")[0]
    if not first.endswith("."):
        yield 1, "", "the module docstring does not begin with one line that says what it is"
    elif source.path.endswith("/__init__.py") and "Why:" not in text:
        yield 1, "", "the package docstring does not say 'Why:'"


def _decisions(sources: Sequence[Source]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for source in sources:
        text = " ".join((ast.get_docstring(source.tree) or "").split())
        for found in re.finditer(r"Decision (D-\d{3}):(.*?)(?=Decision D-\d{3}:|$)", text):
            number, said = found.groups()
            if "because" not in said.lower() or "revisit when" not in said.lower():
                yield Finding(place=f"{source.path}:{number}", line=1, problem="says no 'Because' or no 'Revisit when'")
            if seen.setdefault(number, source.path) != source.path:
                yield Finding(place=f"{source.path}:{number}", line=1, problem=f"is also decided in {seen[number]}")


def _excuses(source: Source) -> Iterator[tuple[int, str, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        found = _EXCUSE.match(token.string) if token.type == tokenize.COMMENT else None
        if found and len(re.findall(r"[A-Za-z]{2,}", found.group(2))) < _REASON_WORDS_MIN:
            yield token.start[0], "", f"'{token.string.strip()}' gives no reason"


RULES = (
    Rule(
        name="frozen-values",
        why="what may cross a process border must be a value everywhere",
        cure="@dataclass(frozen=True, slots=True, kw_only=True); what is no value but working state says frozen=False",
        check=each(_dataclass),
        bad=(
            snippet("@dataclass\nclass A:\n    x: int\n"),
            snippet("@dataclass(frozen=True, slots=True)\nclass A:\n    x: int\n    y: int\n    z: int\n    a: int\n"),
            snippet("class A(msgspec.Struct):\n    x: int\n"),
        ),
        good=(
            snippet("@dataclass(frozen=True, slots=True)\nclass A:\n    x: int\n    y: int\n    z: int\n"),
            snippet("@dataclass(frozen=False)\nclass Working:\n    x: int\n"),
            snippet("@dataclass\nclass _Working:\n    x: int\n"),
            snippet("class A(msgspec.Struct, frozen=True):\n    x: int\n"),
        ),
        where=("src/",),
    ),
    Rule(
        name="inheritance",
        why="inheritance joins two files that cannot be read apart",
        cure="hold the other as a field, or declare a port",
        check=_inheritance,
        bad=(snippet("class A: ...\nclass B(A): ...\n"),),
        good=(
            snippet("class Refused(PlanariaError): ...\nclass Busy(Refused): ...\nclass Busier(Busy): ...\n"),
            snippet("class P(Protocol[T]): ...\nclass B(P[int]): ...\nclass V(ast.NodeVisitor): ...\n"),
            snippet("class Cart(Contract): ...\nclass CartCell(Cart): ...\n"),
        ),
        where=("src/",),
    ),
    Rule(
        name="module-docstrings",
        why="code is the only document: a file says what it is, and a package why it is",
        cure='begin with """One line that says what.""", and in a package: Why: the reason and any Decision D-nnn',
        check=each(_module),
        bad=(
            snippet("x = 1\n"),
            snippet('"""no full stop"""\n'),
            snippet('"""Gates."""\n', path="src/planaria/gates/__init__.py"),
        ),
        good=(
            snippet('"""One verdict."""\n'),
            snippet('"""Gates.\n\nWhy: trust.\n"""\n', path="src/planaria/gates/__init__.py"),
        ),
        where=("src/",),
    ),
    Rule(
        name="decisions",
        why="a decision without its reason and its end cannot be revisited",
        cure="Decision D-014: ... Because ... Revisit when ...",
        check=_decisions,
        bad=(
            snippet('"""A.\n\nDecision D-014: we do. Because so.\n"""\n'),
            snippet('"""A.\n\nDecision D-014: a. Because b. Revisit when c. Decision D-015: a.\n"""\n'),
        ),
        good=(snippet('"""A.\n\nDecision D-014: we do.\nBecause so. Revisit\nwhen it hurts.\n"""\n'),),
        where=("src/",),
    ),
    Rule(
        name="excuses-have-reasons",
        why="an excuse without a reason is copied",
        cure="# noqa: BLE001 - a cell may raise anything",
        check=each(_excuses),
        bad=(
            snippet("x = 1  # noqa: E501\n"),
            snippet("x = 1  # noqa: E501, F401\n"),
            snippet("x = 1  # type: ignore[arg-type]\n"),
            snippet("x = 1  # pragma: no cover\n"),
        ),
        good=(
            snippet("x = 1  # noqa: E501 - the address is that long\n"),
            snippet("x = 1  # type: ignore[arg-type]  # the library's types are wrong\n"),
            snippet("x = 1  # pragma: no cover - only on another system\n"),
        ),
    ),
)
