"""Assembly of a pack: contract, intent, findings, current code, migrations, suite and neighbours, the needed ones first.

Why: the contract, the intent and the findings decide whether a candidate can be right, so without them there is no pack; the
rest is taken in the order of its worth while it fits, and what was left out is named in the text.
Not here: the estimate of tokens (`token`), what findings are (`gates.verdict`; they come as lines).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import files_of
from planaria.pack.token import tokens_in

TOKENS_MAX = 40_000
TASK = """# Rewrite the implementation of cell '{cell}'

Write the implementation of the cell anew so that it does what the intent asks and everything that the contract, its
examples and the suite ask. You may change, add and remove files below `cells/{cell}/impl/`, and nothing else: contract,
tests, migrations and other cells are read only, and a change there refuses the whole candidate.

- `impl/__init__.py` holds exactly one subclass of the contract, with every operation as `async def` (a stream with `yield`) and
  the same parameters.
- Import the standard library, `planaria` (public names only), contracts (`from cells.NAME.contract import ...`), files of
  this implementation (`from .name import ...`), and packages that the current code imports. No exec, eval, reflection or
  changes of other modules; nothing happens at import.
- Touch the outside only as the contract's `effects` say. State is kept by `state()`, in tables that the migrations made.
- Values are returned as the contract declares them. The suite must reach nearly all branches: write no code that nothing asks for.
"""


class PackTooLarge(PlanariaError):
    """What a proposer must see does not fit into its budget."""

    code = "PLN-R110"
    what = "the pack for cell '{cell}' needs {needed} tokens without any code, and {budget} are allowed"
    why = "contract, intent and findings are always in it"
    fix = "give more tokens, or shorten the contract or the intent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a pack is made of; `findings` are lines about the attempt before, `neighbours` the cells whose contracts help."""

    root: Path
    cell: str
    intent: str
    current: Path
    neighbours: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The text, its estimated tokens, and the titles of what did not fit."""

    text: str
    tokens: int
    left_out: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the text.

        >>> Pack(text="", tokens=0, left_out=()).digest[:8]
        'e3b0c442'
        """
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    title: str
    text: str
    language: str = "markdown"

    @property
    def block(self) -> str:
        if self.language == "markdown":
            return f"## {self.title}\n\n{self.text.strip()}\n"
        fence = "````" if "```" in self.text else "```"
        return f"## {self.title}\n\n{fence}{self.language}\n{self.text.rstrip()}\n{fence}\n"

    @property
    def tokens(self) -> int:
        return tokens_in(self.block, self.language)


def assemble(material: Material, *, budget_tokens: int = TOKENS_MAX) -> Pack:
    """Make a pack of at most `budget_tokens`.

    Raises:
        PackTooLarge: PLN-R110, when even the needed parts do not fit.
    """
    task = TASK.format(cell=material.cell)
    needed = list(_needed(material))
    spent = tokens_in(task) + sum(one.tokens for one in needed)
    if spent > budget_tokens:
        raise PackTooLarge(cell=material.cell, needed=spent, budget=budget_tokens)
    taken, left_out = [], []
    for one in _useful(material):
        if spent + one.tokens <= budget_tokens:
            spent += one.tokens
            taken.append(one)
        else:
            left_out.append(one.title)
    text = "\n".join([task, *(one.block for one in [*needed, *taken])])
    if left_out:
        note = f"\nLeft out to stay within {budget_tokens} tokens: {', '.join(left_out)}\n"
        text, spent = text + note, spent + tokens_in(note)
    return Pack(text=text, tokens=spent, left_out=tuple(left_out))


def _needed(material: Material) -> Iterator[_Part]:
    yield _Part(title="The intent", text=material.intent)
    if material.findings:
        yield _Part(title="What was wrong with the attempt before", text="\n".join(f"- {one}" for one in material.findings))
    yield from _files(material.root, [Path("cells") / material.cell / "contract.py"])


def _useful(material: Material) -> Iterator[_Part]:
    for name, content in files_of(material.current).items():
        yield _Part(title=f"cells/{material.cell}/impl/{name}", text=content.decode("utf-8", "replace"), language="python")
    folder = material.root / "cells" / material.cell
    yield from _files(material.root, sorted((folder / "migrations").glob("*.sql")))
    yield from _files(material.root, sorted((folder / "tests").rglob("*.py")))
    yield from _files(material.root, [Path("cells") / one / "contract.py" for one in material.neighbours])


def _files(root: Path, paths: Iterable[Path]) -> Iterator[_Part]:
    for path in paths:
        whole = root / path
        if whole.is_file():
            language = {".py": "python", ".sql": "sql"}.get(whole.suffix, "text")
            yield _Part(title=str(whole.relative_to(root)), text=whole.read_text(encoding="utf-8", errors="replace"), language=language)
