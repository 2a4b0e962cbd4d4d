"""The pairs of programs that the search for witnesses is measured on, written as folders of cases.

Why: a figure counts only on programs that nobody here wrote to fit it. The data sets stay where they are (`--data`): a case is
built from them when the benchmark runs, and its folder lets one case be run again by hand.
Not here: mutants of packages (`mutants`), rewrites that keep meaning (`rewrites`), running `planaria diff` (`behaviour`).
"""

import ast
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRONG, RIGHT = "wrong", "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pair: files of both sides by path, and whether they differ in meaning (`wrong`) or not (`right`)."""

    corpus: str
    name: str
    label: str
    old: Mapping[str, str]
    new: Mapping[str, str]
    facts: Mapping[str, Any] = field(default_factory=dict)


def pair(corpus: str, name: str, label: str, *, old: str, new: str, **facts: Any) -> Case:
    """Return a case of two single files."""
    return Case(corpus=corpus, name=name, label=label, old={"old.py": old}, new={"new.py": new}, facts=facts)


def write(case: Case, cache: Path) -> Path:
    """Write a case below `cache/corpus/name`, with a `case.json` beside it; return its folder."""
    folder = cache / case.corpus / case.name
    for path, text in {**case.old, **case.new}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    told = {"label": case.label, "corpus": case.corpus, "id": case.name, **case.facts}
    (folder / "case.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return folder


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a file of JSON lines, packed or not; none where there is no such file."""
    if path.exists():
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        yield from map(json.loads, text.splitlines())


def humaneval(data: Path) -> Iterator[Case]:
    """Yield the 164 right and subtly wrong functions of HumanEvalPack, with the examples of their docstrings only."""
    for row in rows(data / "humanevalpack.jsonl"):
        name = row["task_id"].replace("/", "_")
        texts = {"old": row["prompt"] + row["canonical_solution"], "new": row["prompt"] + row["buggy_solution"]}
        yield pair("humaneval", name, WRONG, **texts, entry=row["entry_point"], bug=row["bug_type"], symptom=row["failure_symptoms"])


def classeval(data: Path) -> Iterator[Case]:
    """Yield the candidates of ClassEval beside their reference, wrong ones and right ones."""
    for row in rows(data / "classeval_dev.jsonl.gz"):
        imports = "".join(f"{one}\n" for one in row["imports"])
        needs = sorted({one.split()[1].split(".")[0] for one in row["imports"]})
        old = imports + "\n\n" + with_docstrings(row["reference"], row["skeleton"])
        for number, one in enumerate(row["candidates"]):
            label = RIGHT if one["right"] else WRONG
            kind, name = kind_of(one["code"], row["class_name"]), f"{row['task_id']}_{number}"
            about = {"entry": row["class_name"], "candidate": kind, "author": one["author"], "needs": needs}
            yield pair(f"classeval_{label}", name, label, old=old, new=imports + one["code"], **about)


def kind_of(code: str, name: str) -> str:
    """Say what a candidate is: a class of the name that was asked for, code without it, or no Python at all."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return "no python"
    return "class" if any(isinstance(one, ast.ClassDef) and one.name == name for one in tree.body) else "no such class"


def with_docstrings(code: str, skeleton: str) -> str:
    """Return code with the docstrings of a skeleton put into its classes and functions of the same names."""
    told = {name: ast.get_docstring(node, clean=False) for name, node in named(ast.parse(skeleton))}
    tree = ast.parse(code)
    for name, node in named(tree):
        text = told.get(name)
        if text and ast.get_docstring(node) is None:
            node.body.insert(0, ast.Expr(ast.Constant(text)))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def named(tree: ast.AST, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every class and function by its dotted name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield above + node.name, node
            yield from named(node, f"{above}{node.name}.")
