"""A shop on disk, a ledger in memory, and gates that need no process: what the tests of regeneration share."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planaria.assemble.system import system_at
from planaria.gates.intent import intent_of
from planaria.gates.verdict import Case, Finding, Level, Verdict, Workers, decide
from planaria.regen.attempt import Order
from planaria.regen.promotion import Place
from planaria.regen.proposer import proposer_from
from planaria.regen.step import Step

SHOP = Path(__file__).parent.parent / "gates" / "cases" / "shop"
LEVELS: tuple[Level, ...] = ("refuse", "doubt", "note")
REBATE = '"""The rebate."""\n\n\ndef per_cent(pieces):\n    return {text}\n'


@dataclass(frozen=True, slots=True)
class Noted:
    kind: str
    cell: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Book:
    """A ledger in memory; it can be told to break at the next entry of a kind."""

    noted: list[Noted] = field(default_factory=list)
    breaks_at: str = ""

    def append(self, kind: str, facts: Mapping[str, Any], *, cell: str = "") -> Noted:
        if kind == self.breaks_at:
            raise OSError("no space on the device")
        self.noted.append(Noted(kind, cell, facts))
        return self.noted[-1]

    def entries(self) -> list[Noted]:
        return self.noted

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.noted]


@dataclass(slots=True)
class Shop:
    root: Path
    book: Book = field(default_factory=Book)
    steps: list[Step] = field(default_factory=list)

    def place(self, swap=None) -> Place:
        return Place(root=self.root, book=self.book, swap=swap, tell=self.steps.append)

    @property
    def impl(self) -> Path:
        return self.root / "cells" / "cart" / "impl"

    @property
    def rebate(self) -> str:
        return (self.impl / "rebate.py").read_text()

    def recorded(self, *texts: str) -> str:
        """Record attempts, each by the expression that its rebate returns."""
        heads = [f"## Attempt {number}\n\n```python impl/rebate.py\n" for number in range(1, len(texts) + 1)]
        parts = [f"{head}{REBATE.format(text=text)}```\n" for head, text in zip(heads, texts, strict=True)]
        (self.root / "proposals.md").write_text("# Proposals\n\n" + "\n".join(parts))
        return "recorded:proposals.md"

    def order(self, proposer: str, **more) -> Order:
        more = {"gates": (("words", words),), "proof": (), "workers": Workers(), **more}
        environment = more.pop("environment", {"PATH": "/usr/bin:/bin"})
        timeout_s = more.pop("timeout_s", 60.0)
        made = proposer_from(proposer, folder=self.root, environment=environment, timeout_s=timeout_s)
        return Order(
            cell="cart", system=system_at(self.root), intent=intent_of("Be fair."), proposer=made, scratch_parent=self.scratch, **more
        )

    @property
    def scratch(self) -> Path:
        folder = self.root.parent / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def is_clean(self) -> bool:
        """Say whether nothing is left of copies and journals."""
        runtime = {one.name for one in (self.root / ".planaria").iterdir()}
        left = [one.name for one in self.impl.parent.iterdir() if one.name.startswith(".impl")]
        return not list(self.scratch.iterdir()) and not left and runtime <= {"generations", "proven", "regen.lock"}


def shop_in(folder: Path) -> Shop:
    shutil.copytree(SHOP, folder / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    return Shop(folder / "shop")


async def words(case: Case) -> Verdict:
    """Refuse or leave open what says so, and let the rest pass."""
    text = (case.candidate.directory / "rebate.py").read_text()
    levels: list[Level] = [level for level in LEVELS if level in text]
    found = [Finding(gate="words", level=level, what=f"it says {level}", cure="say less", witness={"text": text}) for level in levels]
    return decide("words", found, checked=1)
