"""Mutants of real packages: made by Cosmic Ray, killed by the packages' own tests, kept as one change each.

Why: a fuzzer tuned on toys meets here what people ship: iterators, caches, parsers, recurrences. `mutants.jsonl` holds only what
changes; the case is rebuilt from the installed package, and a digest says whether it is the same.
`python mutants.py --sdists FOLDER` breeds them anew (an environment with `cosmic-ray` and `pytest`, and the unpacked source
distributions, which hold the tests): the mutations are Cosmic Ray's, the draw is seeded (20, and 21 for more-itertools), and one that
breaks the import is left out.
Not here: mutants that planaria makes to judge tests (`planaria.prove`), running `planaria diff` (`behaviour`).
"""

import argparse
import ast
import hashlib
import importlib.util
import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

KEPT = Path(__file__).parent / "mutants.jsonl"
TESTS_S, PATIENCE = 30, 5
MEMORY_BYTES = 2 << 30
EPOCH = 1_000_000_000
FAILED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A package, which of its modules are mutated, the tests of each, and how many killed mutants are kept.

    `by_name`: only the tests named like the mutated function are run, because all of them take half a minute.
    """

    distribution: str
    package: str
    modules: Mapping[str, str]
    kept: int
    by_name: bool = False
    by_doctest: bool = False
    tests_inside: bool = False


def _each(stem: str, names: str) -> dict[str, str]:
    return {f"{name}.py": f"{stem}{name}.py" for name in names.split()}


SUITES = (
    Suite(distribution="more-itertools", package="more_itertools", modules=_each("tests/test_", "more recipes"), kept=100, by_name=True),
    Suite(
        distribution="boltons",
        package="boltons",
        modules=_each(
            "tests/test_",
            "iterutils strutils dictutils mathutils listutils setutils statsutils timeutils cacheutils formatutils urlutils jsonutils"
            " funcutils tableutils typeutils namedutils",
        ),
        kept=100,
    ),
    Suite(
        distribution="toolz",
        package="toolz",
        modules=_each("toolz/tests/test_", "itertoolz dicttoolz functoolz recipes"),
        kept=50,
        tests_inside=True,
    ),
    Suite(
        distribution="sortedcontainers",
        package="sortedcontainers",
        modules=_each("sortedcontainers/", "sortedlist sorteddict sortedset"),
        kept=40,
        by_doctest=True,
    ),
    Suite(
        distribution="python-dateutil",
        package="dateutil",
        modules={
            "relativedelta.py": "tests/test_relativedelta.py",
            "rrule.py": "tests/test_rrule.py",
            "easter.py": "tests/test_easter.py",
            "parser/_parser.py": "tests/test_parser.py",
            "parser/isoparser.py": "tests/test_isoparser.py",
        },
        kept=60,
    ),
)


def installed(package: str) -> Path | None:
    """Return the folder of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found and found.origin else None


def records() -> list[dict[str, Any]]:
    """Return the mutants that are kept."""
    return [json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines()]


def mutated(text: str, record: Mapping[str, Any]) -> str | None:
    """Return the text of a mutated file, or None where the installed file is another one than it was made from."""
    start = sum(len(line) for line in text.splitlines(keepends=True)[: record["line"] - 1]) + record["at"]
    changed = text[:start] + record["put"] + text[start + record["cut"] :]
    return changed if digest(changed) == record["digest"] else None


def digest(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def cases(cache: Path, chosen: Sequence[Mapping[str, Any]], sdists: Path | None) -> Iterator[tuple[Path, str]]:
    """Write the folders of mutants below `cache/mutants`; yield each with the reason why it could not be rebuilt, or "".

    A folder holds `old/PACKAGE` and `new/PACKAGE` (unchanged files are links to one copy) and, where `sdists` has them, the
    package's own tests in `with_tests/old` and `with_tests/new` beside the packages.
    """
    suites = {one.distribution: one for one in SUITES}
    for record in chosen:
        suite = suites[record["package"]]
        folder = cache / "mutants" / f"{suite.package}_{record['digest'][:8]}"
        home = installed(suite.package)
        path = f"{suite.package}/{record['path']}"
        text = mutated((home / record["path"]).read_text(encoding="utf-8"), record) if home else None
        if home is None or text is None:
            yield folder, f"{suite.distribution} {record['version']} is not installed here"
            continue
        tests = _tests(suite, home, sdists)
        shutil.rmtree(folder, ignore_errors=True)
        for side in ("old", "new"):
            _link(home, folder / side / suite.package, without="tests")
            if tests:
                _link(home, folder / "with_tests" / side / suite.package, without="tests")
                _link(tests, folder / "with_tests" / side / "tests", without="resources")
        for top in (folder / "new", *([folder / "with_tests/new"] if tests else [])):
            (top / path).unlink()
            (top / path).write_text(text, encoding="utf-8")
        told = {
            "label": "wrong",
            "corpus": "mutants",
            "id": folder.name,
            "package_name": suite.package,
            "with_tests": bool(tests),
            **record,
        }
        (folder / "case.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        yield folder, ""


def _tests(suite: Suite, home: Path, sdists: Path | None) -> Path | None:
    if suite.tests_inside:
        return home / "tests"
    found = sorted(sdists.glob(f"{suite.distribution.replace('-', '_')}-{version(suite.distribution)}/tests")) if sdists else []
    return found[0] if found else None


def _link(source: Path, target: Path, *, without: str) -> None:
    for path in sorted(source.rglob("*.py")):
        inside = path.relative_to(source)
        if without not in inside.parts:
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target / inside)
            except OSError:
                shutil.copyfile(path, target / inside)


def positions(text: str) -> dict[str, list[tuple[str, int, int]]]:
    """Return every mutation of Cosmic Ray by family of its operator: the operator, its occurrence, the line."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(text)))
    found: dict[str, list[tuple[str, int, int]]] = {}
    for name in operator_names():
        if "Variable" in name:
            continue
        operator = get_operator(name)()
        lines = [start[0] for node in nodes for start, _ in operator.mutation_positions(node)]
        family = name.removeprefix("core/").split("_")[0]
        found.setdefault(family, []).extend((name, count, line) for count, line in enumerate(lines))
    return found


def drawn(text: str, chance: Random) -> Iterator[tuple[str, int, int]]:
    """Yield mutations one family after the other, in random order, no line twice by one family."""
    found = sorted(positions(text).items())
    pools = {family: chance.sample(ways, len(ways)) for family, ways in chance.sample(found, len(found))}
    seen: set[tuple[str, int]] = set()
    while any(pools.values()):
        for family, pool in pools.items():
            while pool:
                name, count, line = pool.pop()
                if (family, line) not in seen:
                    seen.add((family, line))
                    yield name, count, line
                    break


def one_change(old: str, new: str) -> dict[str, Any]:
    """Return the only change between two texts: the line and the place in it, how much is cut, and what is put there."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    at = start - old.rfind("\n", 0, start) - 1
    cut, put = len(old) - end - start, new[start : len(new) - end]
    return {"line": old.count("\n", 0, start) + 1, "at": at, "cut": cut, "put": put, "digest": digest(new)}


def _alike(one: str, other: str) -> int:
    """Return how many signs two texts begin with alike."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def limited(seconds: float) -> None:
    """Bound a process of strangers' code, in the child."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 26, 1 << 26))
    os.nice(10)


def run(command: Sequence[str], folder: Path, seconds: float) -> int | None:
    """Run a command under limits; return its status, or None when its CPU time was over."""
    variables = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HOME": str(folder)}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: limited(seconds),  # noqa: PLW1509 - there is one thread
    ) as process:
        try:
            status = process.wait(PATIENCE * seconds)
            return None if status in (-signal.SIGKILL, -signal.SIGXCPU) else status
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None


def definition(text: str, line: int) -> str:
    """Return the name of the definition at the top level that holds a line."""
    tops = [one for one in ast.parse(text).body if isinstance(one, ast.ClassDef | ast.FunctionDef)]
    return next((one.name for one in tops if one.lineno <= line <= (one.end_lineno or 0)), "")


def killed_by(suite: Suite, test: str, folder: Path, name: str) -> str:
    """Say whether a package's tests fail in a folder: "tests", "time", or "" when they pass or nothing can be imported."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    extra = ["--doctest-modules"] if suite.by_doctest else []
    if suite.by_name:
        extra = ["-k", f"{name} or {name.replace('_', '')}"]
    status = run([*command, *extra, test], folder, TESTS_S)
    return {None: "time", FAILED: "tests"}.get(status, "")


def breed(suite: Suite, sdists: Path, chance: Random) -> Iterator[dict[str, Any]]:
    """Yield killed mutants of a package, module after module in turn, until there are enough."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    home = installed(suite.package)
    assert home is not None, suite.package
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(home, folder / suite.package, ignore=shutil.ignore_patterns("__pycache__"))
        if (tests := _tests(suite, home, sdists)) and not suite.tests_inside:
            shutil.copytree(tests, folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        texts = {path: (home / path).read_text(encoding="utf-8") for path in suite.modules if (home / path).exists()}
        sound = [path for path in texts if _passes(suite, suite.modules[path], folder)]
        ways = {path: drawn(texts[path], chance) for path in sound}
        kept = tried = 0
        while ways and kept < suite.kept:
            for path in list(ways):
                found = next(ways[path], None)
                if found is None:
                    del ways[path]
                    continue
                operator, count, line = found
                new = mutate_code(texts[path], get_operator(operator)(), count)
                if new is None or new == texts[path]:
                    continue
                tried += 1
                _put(folder / suite.package / path, new, tried)
                cause = _imports(suite, path, folder) and killed_by(suite, suite.modules[path], folder, definition(texts[path], line))
                _put(folder / suite.package / path, texts[path], 0)
                if cause:
                    kept += 1
                    told = {"package": suite.distribution, "version": version(suite.distribution), "path": path, "operator": operator[5:]}
                    yield {**told, "killed_by": cause, **one_change(texts[path], new)}


def _put(path: Path, text: str, number: int) -> None:
    """Write a module with a time of its own, so that no bytecode of another text is taken for its."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (EPOCH + number, EPOCH + number))


def _passes(suite: Suite, test: str, folder: Path) -> bool:
    extra = ["--doctest-modules"] if suite.by_doctest else []
    is_sound = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *extra, test], folder, 2 * TESTS_S) == 0
    print(f"{suite.package}: {test} {'passes' if is_sound else 'DOES NOT PASS unchanged, left out'}", file=sys.stderr)
    return is_sound


def _imports(suite: Suite, path: str, folder: Path) -> bool:
    module = f"{suite.package}.{path.removesuffix('.py').replace('/', '.')}"
    return run([sys.executable, "-c", f"import {module}"], folder, TESTS_S) == 0


def main() -> None:
    """Breed mutants and write them down as they come."""
    parser = argparse.ArgumentParser(description="Breed mutants of packages and keep those that their own tests kill")
    parser.add_argument("--sdists", type=Path, required=True, help="a folder of unpacked source distributions")
    parser.add_argument("--into", type=Path, default=KEPT)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--package", action="append", help="only this one (may be repeated)")
    asked = parser.parse_args()
    known = {json.loads(line)["digest"] for line in asked.into.read_text(encoding="utf-8").splitlines()} if asked.into.exists() else set()
    with asked.into.open("a", encoding="utf-8") as file:
        for suite in SUITES:
            if asked.package and suite.distribution not in asked.package:
                continue
            try:
                for record in breed(suite, asked.sdists, Random(asked.seed)):
                    if record["digest"] not in known:
                        file.write(json.dumps(record, ensure_ascii=False) + "\n")
                        file.flush()
            except PackageNotFoundError:
                print(f"{suite.distribution}: not installed here", file=sys.stderr)


if __name__ == "__main__":
    main()
