"""What is not used here, each with what stands in its place."""

import ast
from collections.abc import Iterator

from tests.tidy.rule import Rule, Source, each, snippet

CLOCK = "the Clock port (planaria.kernel.port)"
CHANCE = "a random.Random(seed) that the caller passes"
ENVIRONMENT = "a parameter; only assemble and cli read the environment"
LOOP = "asyncio.get_running_loop()"
ASGI = "the operation table and starlette"

# The whole name as it is written after its imports are resolved, and what to use in its place.
IN_SOURCE = {
    "time.time": CLOCK,
    "time.time_ns": CLOCK,
    "datetime.datetime.now": CLOCK,
    "datetime.datetime.utcnow": CLOCK,
    "datetime.datetime.today": CLOCK,
    "datetime.date.today": CLOCK,
    "time.sleep": "await asyncio.sleep, or better an asyncio.Event",
    "random.random": CHANCE,
    "random.randint": CHANCE,
    "random.randrange": CHANCE,
    "random.choice": CHANCE,
    "random.choices": CHANCE,
    "random.sample": CHANCE,
    "random.shuffle": CHANCE,
    "random.uniform": CHANCE,
    "random.seed": CHANCE,
    "random.SystemRandom": "secrets for keys; elsewhere " + CHANCE,
    "uuid.uuid1": "the Ids port (planaria.kernel.port)",
    "uuid.uuid4": "the Ids port (planaria.kernel.port)",
    "os.environ": ENVIRONMENT,
    "os.getenv": ENVIRONMENT,
    "os.system": "asyncio.create_subprocess_exec with a list",
    "asyncio.get_event_loop": LOOP,
    "asyncio.set_event_loop": LOOP,
    "asyncio.ensure_future": "asyncio.TaskGroup, or create_task with a kept reference",
    "asyncio.wait_for": "asyncio.timeout (a third of the cost, and it cancels in place)",
    "asyncio.create_subprocess_shell": "asyncio.create_subprocess_exec with a list",
    "importlib.metadata.entry_points": "an explicit tuple, or a dotted path in system.py (D-005)",
    "pkgutil.iter_modules": "an explicit tuple (D-005)",
    "functools.singledispatch": "a match statement in one place",
    "unittest.mock": "a fake from planaria.testing that passes the conformance kit",
}
# Modules, and the packages of planaria in which even these may be imported.
MODULES: dict[str, tuple[str, tuple[str, ...]]] = {
    "requests": ("asyncio streams, or the adapter of the port that needs HTTP", ()),
    "httpx": ("asyncio streams, or the adapter of the port that needs HTTP", ("thought",)),
    "aiohttp": ("asyncio streams, or the adapter of the port that needs HTTP", ()),
    "urllib.request": ("asyncio streams, or the adapter of the port that needs HTTP", ("cli",)),
    "pickle": ("the Codec port: what is loaded from outside must not run", ()),
    "marshal": ("the Codec port: what is loaded from outside must not run", ()),
    "shelve": ("the Store port", ()),
    "sqlite3": ("apsw, inside planaria.store", ()),
    "apsw": ("the Store port", ("store",)),
    "rich": ("data; only the command line draws", ("cli",)),
    "click": ("argparse, from the operation table", ()),
    "typer": ("argparse, from the operation table", ()),
    "pydantic": ("msgspec", ("thought",)),
    "fastapi": (ASGI, ()),
    "flask": (ASGI, ()),
    "litellm": ("the provider adapters of planaria.thought", ()),
    "tiktoken": ("a tokenizer whose vocabulary ships in its wheel", ()),
    "authlib": ("joserfc", ()),
    "structlog": ("one msgspec line per record", ()),
}
ALLOWED = {
    CLOCK: ("assemble", "testing"),
    ENVIRONMENT: ("assemble", "cli", "testing"),
    "the Ids port (planaria.kernel.port)": ("assemble", "testing"),
}
IN_TESTS = {
    "time.sleep": "an event that the code under test sets, or planaria.testing's clock",
    "unittest.mock": "a fake from planaria.testing that passes the conformance kit",
    "asyncio.wait_for": "asyncio.timeout",
    "random.random": CHANCE,
    "random.randint": CHANCE,
    "random.choice": CHANCE,
    "random.shuffle": CHANCE,
    "pytest.skip": "a test that states the known limit; a skip is not a pass",
    "pytest.mark.skip": "a test that states the known limit; a skip is not a pass",
    "pytest.mark.skipif": "a test that states the known limit; a skip is not a pass",
    "pytest.importorskip": "the lock: what the tests need is in it",
}


def names_used(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield every dotted name that is imported or used, with what its imports resolve to."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node.lineno, f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            first, _, rest = dotted.partition(".")
            if first in known and rest.replace(".", "").isidentifier():
                yield node.lineno, f"{known[first]}.{rest}"


def _covers(banned: str, name: str) -> bool:
    return name == banned or name.startswith(banned + ".")


def _in_source(source: Source) -> Iterator[tuple[int, str, str]]:
    told: set[tuple[int, str]] = set()
    for line, name in names_used(source.tree):
        for banned, instead in IN_SOURCE.items():
            if _covers(banned, name) and source.package not in ALLOWED.get(instead, ()) and (line, banned) not in told:
                told.add((line, banned))
                yield line, banned, f"'{banned}': use {instead}"
        for banned, (instead, packages) in MODULES.items():
            if _covers(banned, name) and source.package not in packages and (line, banned) not in told:
                told.add((line, banned))
                yield line, banned, f"'{banned}': use {instead}"


def _in_tests(source: Source) -> Iterator[tuple[int, str, str]]:
    for line, name in names_used(source.tree):
        for banned, instead in IN_TESTS.items():
            if name == banned:
                yield line, banned, f"'{banned}': use {instead}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.sleep" and ast.unparse(node.args[0]) != "0":
            yield node.lineno, "asyncio.sleep", "'asyncio.sleep' of a time: wait for the event that the code sets"


def _seedless(source: Source) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("random.Random", "Random") and not node.args:
            yield node.lineno, "random.Random", "'Random()' without a seed cannot be repeated"


def _swallowed(source: Source) -> Iterator[tuple[int, str, str]]:
    broad = ("Exception", "BaseException")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "BaseException"
            is_silent = all(isinstance(one, ast.Pass | ast.Continue) or _is_dots(one) for one in node.body)
            if caught in broad and is_silent:
                yield node.lineno, "", f"every {caught} is swallowed"
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            yield from ((node.lineno, "", "every error is suppressed") for one in node.args if ast.unparse(one) in broad)


def _is_dots(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


_TEST = "tests/kernel/test_snippet.py"

RULES = (
    Rule(
        name="bans",
        why="time, chance, ids, environment and files are reached through ports, and one thing is done in one way",
        cure="use what the finding names",
        check=each(_in_source),
        bad=(
            snippet("import time\nnow = time.time()\n"),
            snippet("from time import time as now\n"),
            snippet("import datetime as dt\nx = dt.datetime.now()\n"),
            snippet("import os\nx = os.environ['A']\n"),
            snippet("import asyncio\nasyncio.get_event_loop()\n"),
            snippet("import random\nrandom.choice([1])\n"),
            snippet("import httpx\n"),
            snippet("def f():\n    from urllib.request import urlopen\n"),
            snippet("import sqlite3\n", path="src/planaria/store/sqlite.py"),
            snippet("import apsw\n", path="src/planaria/ledger/file.py"),
        ),
        good=(
            snippet("import os\nx = os.environ['A']\n", path="src/planaria/cli/main.py"),
            snippet("import time\nnow = time.time\n", path="src/planaria/assemble/clock.py"),
            snippet("import apsw\n", path="src/planaria/store/sqlite.py"),
            snippet("import time\nx = time.perf_counter()\nclock.time()\n"),
        ),
        where=("src/",),
    ),
    Rule(
        name="test-bans",
        why="a test that waits for a clock, or is skipped, says nothing when it is green",
        cure="use what the finding names",
        check=each(_in_tests),
        bad=(
            snippet("import time\ntime.sleep(1)\n", path=_TEST),
            snippet("import asyncio\nasync def f():\n    await asyncio.sleep(0.1)\n", path=_TEST),
            snippet("from unittest.mock import Mock\nfrom unittest import mock\n", path=_TEST),
            snippet("import pytest\n@pytest.mark.skipif(True)\ndef test_a_b_c(): ...\n", path=_TEST),
        ),
        good=(snippet("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n", path=_TEST),),
        where=("tests/", "examples/"),
    ),
    Rule(
        name="seedless",
        why="a seed repeats every failure",
        cure="pass a seed",
        check=each(_seedless),
        bad=(snippet("import random\nx = random.Random()\n"),),
        good=(snippet("import random\nx = random.Random(seed)\n"),),
    ),
    Rule(
        name="swallowed",
        why="an error that nobody sees is found by a user",
        cure="catch the error that is expected, or record it",
        check=each(_swallowed),
        bad=(
            snippet("try:\n    f()\nexcept Exception:\n    pass\n"),
            snippet("try:\n    f()\nexcept:\n    ...\n"),
            snippet("with contextlib.suppress(Exception):\n    f()\n"),
        ),
        good=(
            snippet("try:\n    f()\nexcept OSError:\n    pass\n"),
            snippet("try:\n    f()\nexcept Exception as error:\n    keep(error)\n"),
        ),
    ),
)
