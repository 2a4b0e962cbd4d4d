"""The catalogue of errors: stable codes, whole texts, and facts enough to fill them."""

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter

import planaria
from planaria.kernel.error import PlanariaError, every_error
from tests.tidy.rule import Source, python_sources, snippet

CODE = re.compile(r"PLN-[A-Z]\d{3}")
TEXTS = ("what", "why", "fix")


def catalogue() -> list[type[PlanariaError]]:
    for module in pkgutil.walk_packages(planaria.__path__, "planaria."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return sorted({one for one in every_error() if one.__module__.startswith("planaria.")}, key=lambda one: (one.code, one.__name__))


def fields(kind: type[PlanariaError]) -> set[str]:
    return {
        name.partition(".")[0].partition("[")[0]
        for text in TEXTS
        for _, name, _, _ in Formatter().parse(getattr(kind, text))
        if name is not None
    }


def problems(kinds: Sequence[type[PlanariaError]]) -> list[str]:
    told = []
    uses = Counter(kind.code for kind in kinds)
    for kind in kinds:
        if not CODE.fullmatch(kind.code):
            told.append(f"{kind.__name__}: '{kind.code}' is no code like PLN-C104")
        if "code" not in vars(kind):
            told.append(f"{kind.__name__}: has no code of its own")
        if uses[kind.code] > 1:
            told.append(f"{kind.__name__}: shares the code {kind.code}")
        told.extend(f"{kind.__name__}: '{text}' is empty" for text in TEXTS if not getattr(kind, text).strip())
        told.extend(f"{kind.__name__}: a fact without a name" for name in fields(kind) if not name.isidentifier())
        if not (kind.__doc__ or "").strip():
            told.append(f"{kind.__name__}: has no docstring, and `planaria explain {kind.code}` needs one")
    return told


def unfilled(source: Source, kinds: Mapping[str, type[PlanariaError]]) -> Iterator[str]:
    """Find errors that are made without a fact which their text needs."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
            given = {one.arg for one in node.keywords}
            missing = fields(kinds[node.func.id]) - given
            if missing and None not in given:
                yield f"{source.path}:{node.lineno}: {node.func.id} without {', '.join(sorted(missing))}"


def test_every_error_has_a_code_of_its_own_and_says_what_why_and_fix() -> None:
    assert problems(catalogue()) == []


def test_every_error_is_made_with_the_facts_that_its_text_needs() -> None:
    kinds = {kind.__name__: kind for kind in catalogue()}
    sources = [source for source in python_sources() if source.path.startswith("src/")]
    assert [told for source in sources for told in unfilled(source, kinds)] == []


def _kind(**texts: str) -> type[PlanariaError]:
    whole = {"code": "PLN-T999", "what": "w", "why": "y", "fix": "f", "__doc__": "One."}
    return type("Odd", (Exception,), {**whole, **texts})


def test_a_wrong_entry_of_the_catalogue_is_found() -> None:
    assert problems([_kind()]) == []
    assert problems([_kind(code="T999")])
    assert problems([_kind(), _kind()])
    assert problems([_kind(fix=" ")])
    assert problems([_kind(what="cell {0}")])
    assert problems([_kind(__doc__="")])


def test_a_missing_fact_is_found() -> None:
    kinds = {"Odd": _kind(what="cell {cell}", fix="use {known[0]}")}
    assert len(list(unfilled(snippet("raise Odd(cell=1)\n"), kinds))) == 1
    assert not list(unfilled(snippet("raise Odd(cell=1, known=2)\nraise Odd(**facts)\n"), kinds))
