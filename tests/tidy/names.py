"""Names: of files, of classes and functions, of quantities, of tests."""

import ast
import re
from collections.abc import Iterator, Sequence

from tests.tidy.rule import Finding, Rule, Source, definitions, each, snippet

FILES = frozenset(["base", "common", "helper", "helpers", "manager", "managers", "misc", "stuff", "util", "utils"])
WORDS = {
    "helper": "what it helps to do",
    "helpers": "what they help to do",
    "manager": "what it does to what it manages",
    "misc": "the one thing it is",
    "plugin": "gate, placement or proposer: what it is here",
    "plugins": "gates, placements or proposers: what they are here",
    "stub": "handle",
    "util": "the one thing it is",
    "utils": "the one thing it is",
    "cfg": "the word written out",
    "ctx": "the word written out",
    "mgr": "the word written out",
    "req": "request",
    "resp": "response",
    "cb": "the word written out",
    "cnt": "count",
    "evt": "event",
}
QUANTITIES = frozenset(["timeout", "interval", "duration", "delay", "elapsed", "latency", "ttl", "age"])
TEST_WORDS_MIN = 3


def words(name: str) -> list[str]:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().strip("_").split("_")


def _file(source: Source) -> Iterator[tuple[int, str, str]]:
    for part in source.path.removesuffix(".py").split("/"):
        if part.removeprefix("test_").strip("_") in FILES:
            yield 1, "", f"'{part}' says nothing of what is inside"


def _word(source: Source) -> Iterator[tuple[int, str, str]]:
    for name, node in definitions(source.tree):
        own = [node.name]
        if not isinstance(node, ast.ClassDef):
            own += [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        for one in own:
            for word in words(one):
                if word in WORDS:
                    yield node.lineno, name, f"'{one}': say {WORDS[word]} instead of '{word}'"


def _quantity(source: Source) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.arg):
            name, annotation = node.arg, node.annotation
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, annotation = node.target.id, node.annotation
        else:
            continue
        is_number = annotation is not None and re.search(r"\b(float|int)\b", ast.unparse(annotation))
        if is_number and words(name)[-1] in QUANTITIES:
            yield node.lineno, name, f"'{name}' does not say its unit: '{name}_s' or '{name}_ms'"


def _test(source: Source) -> Iterator[tuple[int, str, str]]:
    for name, node in definitions(source.tree):
        is_test = not isinstance(node, ast.ClassDef) and node.name.startswith("test_")
        if is_test and len(words(node.name.removeprefix("test_"))) < TEST_WORDS_MIN:
            yield node.lineno, name, f"'{node.name}' states no fact"


def _mirror(sources: Sequence[Source]) -> Iterator[Finding]:
    known = {source.path for source in sources}
    packages = {source.package for source in sources} - {""}
    for source in sources:
        parts = source.path.split("/")
        if parts[0] != "tests" or len(parts) != 3 or parts[1] not in packages or not parts[2].startswith("test_"):
            continue
        noun = parts[2].removeprefix("test_").removesuffix(".py")
        mirrored = f"src/planaria/{parts[1]}/{noun}"
        if f"{mirrored}.py" not in known and f"{mirrored}/__init__.py" not in known:
            yield Finding(place=source.path, line=1, problem=f"there is no {mirrored}.py")


RULES = (
    Rule(
        name="file-names",
        why="a file is named by the one concept it holds",
        cure="name the file by what is in it, or split it until it has a name",
        check=each(_file),
        bad=(snippet("", path="src/planaria/gates/utils.py"), snippet("", path="src/planaria/common/clock.py")),
        good=(snippet("", path="src/planaria/gates/verdict.py"),),
    ),
    Rule(
        name="words",
        why="one word, one meaning; and nobody has to guess what three letters stand for",
        cure="use the word of the design",
        check=each(_word),
        bad=(snippet("class CallManager: ...\n"), snippet("def load_plugin(): ...\n"), snippet("def f(*, ctx): ...\n")),
        good=(snippet("def context(self, msg, request): ...\n"), snippet("class Requirement: ...\n")),
    ),
    Rule(
        name="units",
        why="a number without a unit is read in the wrong one",
        cure="put the unit last: timeout_s, latency_ms",
        check=each(_quantity),
        bad=(snippet("def f(timeout: float): ...\n"), snippet("class A:\n  call_latency: int | None = None\n")),
        good=(snippet("def f(timeout_s: float, deadline: Deadline): ...\n"),),
    ),
    Rule(
        name="test-names",
        why="the list of tests reads as the list of facts",
        cure="write the fact as a sentence: test_refuses_an_operation_outside_the_contract",
        check=each(_test),
        bad=(snippet("def test_swap(): ...\n", path="tests/kernel/test_life.py"),),
        good=(snippet("def test_a_swap_loses_no_call(): ...\n", path="tests/kernel/test_life.py"),),
        where=("tests/", "examples/"),
    ),
    Rule(
        name="test-files",
        why="the tests of a file are found without searching",
        cure="name it tests/<package>/test_<file>.py after that file; wider ones go to tests/e2e or conformance",
        check=_mirror,
        bad=(snippet("", path="src/planaria/gates/verdict.py"), snippet("", path="tests/gates/test_verdicts.py")),
        good=(
            snippet("", path="src/planaria/gates/verdict.py"),
            snippet("", path="tests/gates/test_verdict.py"),
            snippet("", path="tests/e2e/test_anything.py"),
        ),
    ),
)
