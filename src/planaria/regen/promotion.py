"""Promotion: which generation is in force, in the tree, in the ledger and in the running system; and the way back.

Why: the three must agree after any crash. A journal names the change while it is made; the ledger's entry is the decision; the
next start finishes what was decided and takes back what was not. The running system comes last, since it can refuse.
Not here: judging (`attempt`), keeping generations (`shelf`).
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import Generation, files_of, generation_at
from planaria.regen.error import GenerationMissing, NoGenerationBefore, NotACell, RegenerationRunning, SwapRefused
from planaria.regen.scratch import PREFIX, remove, write_files
from planaria.regen.shelf import Shelf, sync
from planaria.regen.step import Step, Tell

PROMOTED = "generation.promoted"
SWAPPED = "generation.swapped"
ROLLED_BACK = "generation.rolled_back"
RECOVERED = "generation.recovered"
Swap = Callable[[str, Generation], Awaitable[None]]


class Entry(Protocol):
    """What is read of an entry of the ledger."""

    @property
    def kind(self) -> str:
        """Return what was decided."""
        ...

    @property
    def cell(self) -> str:
        """Return the cell that it concerns."""
        ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return its facts."""
        ...


class Book(Protocol):
    """What a regeneration needs of the ledger."""

    def append(self, kind: str, facts: Mapping[str, Any], *, cell: str = "") -> Any:
        """Record a decision; durable when this returns."""
        ...

    def entries(self) -> Sequence[Entry]:
        """Return all entries in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A system whose generations change: its root, its ledger, how to swap in the running system (if one is up), whom to tell."""

    root: Path
    book: Book
    swap: Swap | None = None
    tell: Tell = lambda _: None

    @property
    def shelf(self) -> Shelf:
        """Return its shelf."""
        return Shelf(self.root)

    @property
    def journal(self) -> Path:
        """Return the file that names a change while it is made."""
        return self.root / ".planaria" / "promotion.json"

    def impl(self, cell: str) -> Path:
        """Return the folder of the implementation in force."""
        return self.root / "cells" / cell / "impl"

    def record(self, kind: str, cell: str, text: str, facts: Mapping[str, Any], *, attempt: int = 0) -> None:
        """Append to the ledger, then tell."""
        self.book.append(kind, facts, cell=cell)
        self.tell(Step(kind=kind, cell=cell, text=text, attempt=attempt, facts=facts))

    def current(self, cell: str) -> Generation:
        """Return the generation that the tree holds.

        Raises:
            NotACell: PLN-R107.
        """
        if not self.impl(cell).is_dir():
            known = sorted(one.name for one in (self.root / "cells").glob("*") if (one / "contract.py").is_file())
            raise NotACell(cell=cell, known=", ".join(known) or "none")
        return generation_at(cell, self.impl(cell))


@contextlib.contextmanager
def alone(root: Path) -> Iterator[Path]:
    """Hold the lock of a system's generations; yield a file that names the scratch folder, which the next holder removes.

    Raises:
        RegenerationRunning: PLN-R102.
    """
    folder = root / ".planaria"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / "regen.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RegenerationRunning(pid=os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "?") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        note = folder / "regen.scratch"
        if note.is_file():
            left = Path(note.read_text(encoding="utf-8").strip())
            if left.name.startswith(PREFIX) and left.is_dir() and not left.is_symlink():
                remove(left)
            note.unlink()
        try:
            yield note
        finally:
            note.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def put(place: Place, generation: Generation) -> None:
    """Replace a cell's tree by a generation; at every moment the tree is whole or absent, and `recover` sees to the rest."""
    impl = place.impl(generation.cell)
    fresh, old = impl.with_name(".impl.new"), impl.with_name(".impl.old")
    remove(fresh)
    write_files(fresh, files_of(generation.directory))
    for path in [*sorted(fresh.rglob("*"), reverse=True), fresh]:
        sync(path)
    if impl.exists():
        remove(old)
        impl.rename(old)
    fresh.rename(impl)
    sync(impl.parent)
    remove(old)


def _note(place: Place, cell: str, before: str, after: str) -> None:
    partial = place.journal.with_suffix(".partial")
    partial.write_text(json.dumps({"cell": cell, "before": before, "after": after}))
    sync(partial)
    partial.replace(place.journal)
    sync(place.journal.parent)


def history(entries: Sequence[Entry], cell: str) -> list[str]:
    """Return the generations that a cell can be rolled back to, the nearest last."""
    stack: list[str] = []
    for one in entries:
        if one.cell == cell and one.kind == PROMOTED:
            stack.append(str(one.facts["before"]))
        elif one.cell == cell and one.kind == ROLLED_BACK and stack:
            stack.pop()
    return stack


async def recover(place: Place) -> None:
    """Finish or take back a change that a crash interrupted; call it with the lock held.

    What the ledger says was decided stands; a change without its entry is taken back, in the running system too.
    """
    if not place.journal.is_file():
        return
    journal = json.loads(place.journal.read_text(encoding="utf-8"))
    cell, before, after = journal["cell"], journal["before"], journal["after"]
    decided = [one for one in place.book.entries() if one.cell == cell and one.kind in (PROMOTED, ROLLED_BACK)]
    is_decided = bool(decided) and decided[-1].facts["after"] == after
    generation = place.shelf.take(cell, after if is_decided else before)
    put(place, generation)
    if place.swap is not None:
        try:
            await place.swap(cell, generation)
        except Exception as error:
            if not is_decided:
                raise
            generation = place.shelf.take(cell, before)
            _take_back(place, decided[-1].kind, place.shelf.take(cell, after), generation, _reason(error))
    text = f"a change that was interrupted was {'finished' if generation.digest == after else 'taken back'}"
    place.record(RECOVERED, cell, text, {"generation": generation.digest, "before": before, "after": after})
    place.journal.unlink()


def _take_back(place: Place, kind: str, after: Generation, before: Generation, reason: str, *, attempt: int = 0) -> None:
    """Put the generation before back into the tree, and record that the decision did not last."""
    put(place, before)
    back = ROLLED_BACK if kind == PROMOTED else PROMOTED
    told = {"before": after.digest, "after": before.digest, "reason": reason}
    place.record(back, before.cell, f"the running system kept generation {before.digest[:12]}: {reason}", told, attempt=attempt)


def _reason(error: Exception) -> str:
    return str(error.plain()["what"]) if isinstance(error, PlanariaError) else f"{type(error).__name__}: {error}"


async def promote(place: Place, candidate: Generation, facts: Mapping[str, Any], *, attempt: int = 0) -> Generation:
    """Make a candidate the generation in force: shelf, tree, ledger, running system.

    Raises:
        GenerationMissing: PLN-R105; its files are not those of its digest, and nothing changes.
        SwapRefused: PLN-R106; tree and ledger say that the generation before is in force again.
    """
    cell = candidate.cell
    before = place.shelf.keep(cell, place.impl(cell))
    after = place.shelf.keep(cell, candidate.directory)
    if after.digest != candidate.digest:
        known = ", ".join(one[:12] for one in place.shelf.digests(cell))
        raise GenerationMissing(cell=cell, generation=candidate.digest[:12], text="its files changed after it was judged", known=known)
    text = f"generation {after.digest[:12]} is in force"
    await _change(place, before, after, decision=(PROMOTED, text, {**facts}), attempt=attempt)
    return after


async def roll_back(place: Place, cell: str) -> Generation:
    """Put the generation before the last promotion back in force; what is in the tree now stays on the shelf.

    Raises:
        NoGenerationBefore: PLN-R104. GenerationMissing: PLN-R105. SwapRefused: PLN-R106. RegenerationRunning: PLN-R102.
    """
    with alone(place.root):
        await recover(place)
        place.current(cell)
        known = history(place.book.entries(), cell)
        if not known:
            raise NoGenerationBefore(cell=cell)
        after = place.shelf.take(cell, known[-1])
        before = place.shelf.keep(cell, place.impl(cell))
        text = f"generation {after.digest[:12]} is in force again"
        await _change(place, before, after, decision=(ROLLED_BACK, text, {}))
        return after


async def _change(
    place: Place, before: Generation, after: Generation, *, decision: tuple[str, str, Mapping[str, Any]], attempt: int = 0
) -> None:
    kind, text, facts = decision
    cell, digests = before.cell, {"before": before.digest, "after": after.digest}
    _note(place, cell, before.digest, after.digest)
    try:
        put(place, after)
        place.record(kind, cell, text, {**digests, **facts}, attempt=attempt)
    except BaseException:
        put(place, before)
        place.journal.unlink()
        raise
    if place.swap is not None:
        try:
            await place.swap(cell, after)
        except Exception as error:
            _take_back(place, kind, after, before, _reason(error), attempt=attempt)
            place.journal.unlink()
            raise SwapRefused(cell=cell, generation=after.digest[:12], text=_reason(error)) from error
        place.record(SWAPPED, cell, f"the running system has swapped to {after.digest[:12]}", digests, attempt=attempt)
    place.journal.unlink()
