"""The catalogue of attacks, read from their source.

Why: the host must know every attack by name and theme, and must never load one; so it reads the functions, their
decorators and their docstrings as text.
Not here: running them (`host`), the attacks (`target.impl`).
"""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent / "target" / "impl"
DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack: what it tries, what it would allow, and how it is run.

    `way` is the operation that runs it; `only` the one placement it is for; `marks` a text whose appearance in the log shows
    that it got through; `bare` why it reaches nothing even without a sandbox, where that is so; `sane` marks what must work;
    `scratch` what needs a scratch folder for that.
    """

    name: str
    theme: str
    what: str
    allows: str
    way: str = "attempt"
    only: str = ""
    deadline_s: float = DEADLINE_S
    marks: str = ""
    bare: str = ""
    sane: bool = False
    scratch: bool = False

    @property
    def path(self) -> str:
        """Return the name by which the target finds it."""
        return f"{self.theme}.{self.name}"


@functools.cache
def attacks() -> tuple[Attack, ...]:
    """Return every attack, and what must work, by theme.

    >>> [one.theme for one in attacks() if one.name == "starts_a_shell"]
    ['process']
    """
    return tuple(one for path in sorted(SOURCES.glob("*.py")) for one in _attacks_in(path))


def attacks_for(placement: str) -> tuple[Attack, ...]:
    """Return the attacks that can be tried in a placement.

    >>> {one.only for one in attacks_for("wasm")} == {"", "wasm"}
    True
    """
    return tuple(one for one in attacks() if one.only in ("", placement))


@functools.cache
def calls_used() -> frozenset[str]:
    """Return the names of the system calls that attacks make; their numbers are given to them.

    >>> "io_uring_setup" in calls_used()
    True
    """
    texts = (
        node.value for path in SOURCES.glob("*.py") for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)
    )
    return frozenset(text for text in texts if isinstance(text, str) and text.replace("_", "").isalnum())


def _attacks_in(path: Path) -> Iterator[Attack]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "attack":
                    what, _, allows = (ast.get_docstring(node) or "").partition("\n\nAllows:")
                    yield Attack(name=node.name, theme=path.stem, what=_line(what), allows=_line(allows), **_said(decorator))


def _said(decorator: ast.Call) -> dict[str, Any]:
    return {one.arg: ast.literal_eval(one.value) for one in decorator.keywords if one.arg}


def _line(text: str) -> str:
    return " ".join(text.split())
