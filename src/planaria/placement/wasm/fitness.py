"""Fitness: what an implementation does that no guest can, found in its source before it runs.

Why: a guest is one thread of Python without native extensions; a cell that needs more should be told at once and with a
cure, not by an error in its first call.
Not here: rights (`placement.right`); what a guest refuses while it runs (`guest.surroundings`).
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

MODULES = (
    "__future__", "abc", "array", "ast", "asyncio", "asyncio.taskgroups", "asyncio.timeouts", "asyncio.queues", "base64", "binascii",
    "bisect", "calendar", "cmath", "codecs", "collections", "collections.abc", "concurrent.futures", "configparser", "contextlib",
    "contextvars", "copy", "copyreg", "csv", "dataclasses", "datetime", "decimal", "difflib", "email", "email.message", "email.parser",
    "email.policy", "email.utils", "encodings.ascii", "encodings.cp1252", "encodings.idna", "encodings.iso8859_1", "encodings.iso8859_15",
    "encodings.latin_1", "encodings.utf_16", "encodings.utf_16_be", "encodings.utf_16_le", "encodings.utf_32", "encodings.utf_8",
    "encodings.utf_8_sig", "enum", "errno", "fnmatch", "fractions", "functools", "gc", "getopt", "graphlib", "gzip", "hashlib", "heapq",
    "hmac", "html", "html.entities", "html.parser", "http", "http.client", "http.cookies", "importlib", "importlib.util", "inspect", "io",
    "ipaddress", "itertools", "json", "json.decoder", "json.encoder", "keyword", "linecache", "locale", "logging", "math", "mimetypes",
    "numbers", "operator", "os", "os.path", "pathlib", "pickle", "pkgutil", "platform", "posixpath", "pprint", "queue", "quopri",
    "random", "re", "reprlib", "sched", "secrets", "select", "selectors", "shlex", "signal", "socket", "sqlite3", "stat", "statistics",
    "string", "stringprep", "struct", "subprocess", "sys", "tempfile", "textwrap", "threading", "time", "timeit", "token", "tokenize",
    "tomllib", "traceback", "types", "typing", "unicodedata", "unittest", "urllib", "urllib.error", "urllib.parse", "urllib.request",
    "uuid", "warnings", "weakref", "xml", "xml.etree", "xml.etree.ElementTree", "xml.parsers.expat", "xml.sax", "xml.sax.saxutils",
    "zipfile", "zlib", "zoneinfo",
)  # fmt: skip
ALSO = frozenset(("builtins", "planaria", "msgspec", "msgspec.structs", "ssl", "cells"))
MSGSPEC = frozenset(
    f"msgspec.{one}" for one in ("json", "msgpack", "yaml", "toml", "convert", "to_builtins", "defstruct", "inspect", "Raw")
)
USELESS = {
    "threading": "a guest has one thread: use asyncio tasks",
    "concurrent.futures": "a guest has one thread: use asyncio tasks",
    "subprocess": "a guest starts no programs", "socket": "a guest has no sockets: use asyncio.open_connection",
    "select": "a guest has no sockets", "selectors": "a guest has no sockets", "signal": "a guest gets no signals",
    "tempfile": "a guest has no files", "http.client": "a guest has no sockets: use asyncio.open_connection",
    "urllib.request": "a guest has no sockets: use asyncio.open_connection", "sqlite3": "use the cell's state",
}  # fmt: skip
CALLS = {
    "open": "a guest has no files", "time.sleep": "a guest cannot wait: use `await asyncio.sleep`",
    "os.system": "a guest starts no programs",
    "asyncio.run": "the guest's loop is running: await it", "asyncio.create_subprocess_exec": "a guest starts no programs",
    "asyncio.create_subprocess_shell": "a guest starts no programs", "asyncio.start_server": "a guest cannot listen",
    "asyncio.start_unix_server": "a guest cannot listen", "asyncio.open_unix_connection": "a guest has no sockets",
    "os.fork": "a guest starts no programs", "breakpoint": "a guest has no terminal", "input": "a guest has no terminal",
}  # fmt: skip
NATIVE = ("so", "pyd", "dylib")
INSTEAD = "place it as 'process'"


def unfit(files: Mapping[str, bytes], *, also: Iterable[str] = ()) -> list[str]:
    """Return a sentence with place and cure for each thing in an implementation that no guest can do.

    `also` are the modules that are sent beside it, such as those of its contracts.

    >>> unfit({"__init__.py": b"import numpy"})
    ["__init__.py:1: a guest has no module 'numpy': do without, or place it as 'process'"]
    """
    problems = []
    own = {one.partition(".")[0] for one in also}
    for path, content in sorted(files.items()):
        if path.endswith(".py"):
            problems += _in_python(path, content, own)
        elif path.rpartition(".")[2] in NATIVE:
            problems.append(f"{path}: a guest loads no native extension: do without, or {INSTEAD}")
    return problems


def _in_python(path: str, content: bytes, own: set[str]) -> list[str]:
    try:
        tree = ast.parse(content, path)
    except (SyntaxError, ValueError) as error:
        return [f"{path}: it is not Python: {error}"]
    names: dict[str, str] = {}
    found = [*_imports(tree, own, names), *_calls(tree, names)]
    return [f"{path}:{line}: {text}" for line, text in sorted(set(found))]


def _imports(tree: ast.Module, own: set[str], names: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Find modules that a guest does not have, but not those whose absence the code expects; fill in what each name stands for."""
    guarded = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for one in node.body for inner in ast.walk(one)}
    for node in ast.walk(tree):
        modules, line = [], getattr(node, "lineno", 0)
        if isinstance(node, ast.Import):
            modules = [one.name for one in node.names]
            names.update(
                {one.asname or one.name.partition(".")[0]: one.name if one.asname else one.name.partition(".")[0] for one in node.names}
            )
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules = [node.module]
            names.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names})
        if modules and id(node) not in guarded:
            yield from ((line, text) for one in modules if (text := _lacking(one, own)))


def _calls(tree: ast.Module, names: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            written = ast.unparse(node.func)
            first, dot, rest = written.partition(".")
            resolved = f"{names.get(first, first)}{dot}{rest}"
            if resolved in CALLS:
                yield node.lineno, f"`{written}`: {CALLS[resolved]}; or {INSTEAD}"
            elif ".".join(resolved.split(".")[:2]) in MSGSPEC:
                yield node.lineno, f"`{written}`: a guest has of msgspec what contracts use; use `json`, or {INSTEAD}"


def _lacking(name: str, own: set[str]) -> str:
    first = name.partition(".")[0]
    if name in USELESS:
        return f"`{name}`: {USELESS[name]}; or {INSTEAD}"
    if name.startswith("msgspec.") and name != "msgspec.structs":
        return f"a guest has no `{name}`: use `json`, or {INSTEAD}"
    if first in own or first in ALSO or name in MODULES:
        return ""
    return f"a guest has no module '{name}': do without, or {INSTEAD}"
