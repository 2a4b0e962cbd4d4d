"""The demo's story: a room is served, used by many, and one of its cells is regenerated under them.

Why: the first two minutes with planaria must show the whole idea on something real; every figure that is told was
measured in this run, and a step that fails ends it with a status that is not 0.
Not here: the processes (`room`), the arithmetic (`figure`).
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planaria.assemble.client import Client
from planaria.assemble.place import Places
from planaria.assemble.regenerate import place_at, regenerate, roll_back
from planaria.assemble.system import system_at
from planaria.cli.demo.figure import Waits, Window, p99_ms, swap_ratio
from planaria.cli.demo.room import USERS, Room, Visitors, copy_to, corpus, menu, shelve_all
from planaria.cli.demo.turned import Attempt, turn
from planaria.cli.demo.users import Task
from planaria.cli.regen import SHOWN
from planaria.kernel.loader import Generation
from planaria.ledger import verify
from planaria.regen.promotion import promote
from planaria.regen.step import Step

CELL = "library"
PAGES_MIN = 200
WARM_S, QUIET_S, AFTER_S = 2.0, 4.0, 3.0
ROUNDS_MAX = 4
RATIO_MAX = 2.0
SEED = 20260101
NICE = 10  # whoever regenerates gives way to whoever is served


@dataclass(frozen=False, slots=True)
class Told:
    """What was measured so far."""

    pages: int = 0
    failed_pages: int = 0
    turned: list[Attempt] = field(default_factory=list)
    waits: Waits = field(default_factory=Waits)
    pairs: list[tuple[Window, Window]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    generation: str = ""
    rolled_back_to: str = ""
    ledger_entries: int = 0
    ledger_findings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ratio(self) -> float:
        """Return p99 in swaps over p99 in the quiet before them."""
        return swap_ratio(self.waits, self.pairs)

    @property
    def broken(self) -> list[str]:
        """Return what did not go as it must, as sentences."""
        verdicts = [one["verdict"] for one in self.attempts]
        facts = (
            (self.pages >= PAGES_MIN, f"only {self.pages} pages were shelved, {PAGES_MIN} are wanted ({self.failed_pages} failed)"),
            (
                self.waits.requests > 0 and self.waits.failed == 0,
                f"{self.waits.failed} of {self.waits.requests} requests failed, such as: {self.waits.problems[:1]}",
            ),
            (
                bool(self.turned) and all(one.stopped for one in self.turned),
                f"what a turned intake tried was not stopped: {[one.attack for one in self.turned if not one.stopped]}",
            ),
            (verdicts[:1] == ["fail"] and verdicts[-1:] == ["pass"], f"the attempts were judged {verdicts}, not fail and then pass"),
            (any(one.get("witness") for one in self.findings), "no attempt was refused with a witness"),
            (self.generation != "" and self.rolled_back_to != "", "the cell was not swapped and rolled back"),
            (self.ledger_entries > 0 and not self.ledger_findings, f"the ledger does not verify: {self.ledger_findings}"),
            (self.ratio <= RATIO_MAX, f"p99 during swaps was {self.ratio} times the quiet p99, at most {RATIO_MAX} is wanted"),
        )
        return [sentence for holds, sentence in facts if not holds]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Return the findings of every attempt."""
        return [finding for one in self.attempts for finding in one["findings"]]

    def plain(self) -> dict[str, Any]:
        """Return the figures as one object."""
        return {
            "ok": not self.broken, "pages": self.pages, "users": USERS,
            "attacks": [one.plain() for one in self.turned],
            "requests": self.waits.requests, "failed_requests": self.waits.failed,
            "p99_ms_quiet": p99_ms(self.waits.within(quiet for quiet, _ in self.pairs)),
            "p99_ms_swap": p99_ms(self.waits.within(swap for _, swap in self.pairs)), "p99_ratio": self.ratio, "swaps": len(self.pairs),
            "p99_ms_pairs": [[p99_ms(self.waits.within([one])) for one in pair] for pair in self.pairs],
            "attempts": [{name: one[name] for name in ("verdict", "findings")} for one in self.attempts], "generation": self.generation,
            "rolled_back_to": self.rolled_back_to, "ledger_entries": self.ledger_entries, "ledger_verified": not self.ledger_findings,
            "broken": self.broken, "seconds": round(self.seconds, 1),
        }  # fmt: skip


class Story:
    """Tell the story on a fresh copy of the reading room at `root`; `say` gets each line, `progress` what goes on."""

    def __init__(self, root: Path, *, port: int, say: Callable[[str], None], progress: Callable[[str], None]) -> None:
        self.root, self.say, self.progress = root, say, progress
        self.room = Room(root, port=port)
        self.told = Told()
        self.swap_began = 0.0

    async def tell(self, stay: Callable[[Client, str], Awaitable[None]] | None = None) -> Told:
        """Tell it from the beginning; `stay` is awaited with the running room and its users' key before the room is closed."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        copy_to(self.root)
        async with self.room.served() as client:
            cells = ", ".join(one for one in system_at(self.root).cells)
            self.say(f"1  a reading room is up at {client.note.url}: {cells}; its users have a key")
            summaries = await self._fill(client)
            await self._turn(client)
            task = Task(host=client.note.host, port=client.note.port, key=self.room.key, users=USERS, seed=SEED, menu=menu(summaries))
            async with Visitors(task) as visitors:
                self.told.waits = visitors.waits
                await self._regenerate(visitors)
            self._verify()
            self.told.seconds = loop.time() - started
            self._conclude()
            if stay is not None:
                await stay(client, self.room.key)
        return self.told

    async def _fill(self, client: Client) -> list[dict[str, Any]]:
        started, summaries = asyncio.get_running_loop().time(), list[dict[str, Any]]()
        with corpus(self.root) as pages:
            async for one in shelve_all(client, pages.addresses):
                if isinstance(one, Exception):
                    self.told.failed_pages += 1
                else:
                    summaries.append(one)
                self.progress(f"{len(summaries)} of {len(pages.addresses)} pages")
        self.told.pages = len(summaries)
        words, seconds = sum(one["words"] for one in summaries), asyncio.get_running_loop().time() - started
        self.say(f"2  {len(summaries)} pages of Python's own reference, {words:,} words, fetched from pydoc and shelved in {seconds:.1f} s")
        return summaries

    async def _turn(self, client: Client) -> None:
        self.say("3  suppose a page had turned the intake, which runs in a confined process: whatever the page says is run, and")
        self.told.turned = await turn(self.root, client)
        for one in self.told.turned:
            self.say(f"   {one.line}")

    async def _regenerate(self, visitors: Visitors) -> None:
        await visitors.watch(WARM_S)
        quiet = await visitors.watch(QUIET_S)
        self.say(f"4  {USERS} users search, read and ask: {self._rate(quiet)}")
        intent, proposals = self.root / "intents" / "phrases.md", self.root / "proposals" / "phrases.md"
        self.say(f"5  {CELL} is written anew: {intent.read_text().partition(chr(10))[0]!r}")
        os.nice(NICE)
        result = await regenerate(self.root, CELL, intent=str(intent), proposer=f"recorded:{proposals}", on_step=self._step)
        asked = self.swap_began
        self.told.attempts = result.plain()["attempts"]
        if not result.promoted:
            return
        self.told.generation = result.generation
        window = Window(asked, (await visitors.watch(AFTER_S)).end)
        self.say(f"6  generation {result.generation[:SHOWN]} took its place under load: {self._rate(window)}")
        await self._and_back(visitors, window)

    def _step(self, step: Step) -> None:
        self.progress(step.text)
        if step.kind == "generation.promoted":
            self.swap_began = asyncio.get_running_loop().time()
        if step.kind == "gate.verdict":
            self._verdict(step)

    def _verdict(self, step: Step) -> None:
        facts = step.facts
        self.say(f"   attempt {step.attempt}  {facts['gate']:<10} {facts['verdict']:<12} {facts['seconds']:.1f} s")
        for finding in facts["findings"]:
            if finding["level"] != "note":
                for line in finding["what"].splitlines():
                    self.say(f"      {line}")

    async def _and_back(self, visitors: Visitors, first: Window) -> None:
        """Roll back; then, as long as the machine is too noisy to tell, swap forth and back again.

        The quiet before the roll back stands beside the first swap too, since judging was going on before that.
        """
        place = place_at(Places.of(self.root), self._step)
        promoted = place.current(CELL)
        before, window = await self._swapped(visitors, roll_back(self.root, CELL, on_step=self._step))
        quiet = self.told.pairs[0][0]
        self.told.pairs.append((quiet, first))
        self.say(f"   beside the quiet between two swaps: {self._rate(quiet)}")
        self.told.rolled_back_to = before.digest
        self.say(f"7  and back to generation {before.digest[:SHOWN]} under load: {self._rate(window)}")
        for _ in range(ROUNDS_MAX):
            if self.told.ratio <= RATIO_MAX:
                break
            forth = promote(place, place.shelf.take(CELL, promoted.digest), {"reason": "measured again"})
            for change in (forth, roll_back(self.root, CELL, on_step=self._step)):
                _, window = await self._swapped(visitors, change)
                self.say(
                    f"-  measured again, as others use this machine: {self._rate(window)}; quiet: {self._rate(self.told.pairs[-1][0])}"
                )

    async def _swapped(self, visitors: Visitors, change: Coroutine[Any, Any, Generation]) -> tuple[Generation, Window]:
        quiet = await visitors.watch(QUIET_S)
        start = asyncio.get_running_loop().time()
        generation = await change
        window = Window(start, (await visitors.watch(AFTER_S)).end)
        self.told.pairs.append((quiet, window))
        return generation, window

    def _rate(self, window: Window) -> str:
        waits = self.told.waits.within([window])
        failed = self.told.waits.failed_within([window])
        return f"{len(waits) / (window.end - window.start):.0f} requests/s, {failed} failed, p99 {p99_ms(waits):.1f} ms"

    def _verify(self) -> None:
        ledger = Places.of(self.root).ledger
        self.told.ledger_findings = [one.problem for one in verify(ledger)]
        self.told.ledger_entries = len(list(ledger.glob("[0-9]*.json")))
        says = "verified" if not self.told.ledger_findings else "NOT sound"
        self.say(f"8  the ledger holds {self.told.ledger_entries} signed entries: {says}")

    def _conclude(self) -> None:
        waits = self.told.waits
        ratio = f"p99 {self.told.ratio:.2f} times the quiet, the median of {len(self.told.pairs)} swaps"
        self.say(f"{waits.requests:,} requests, {waits.failed} failed; {ratio}; {self.told.seconds:.0f} s in all")
        for sentence in self.told.broken:
            self.say(f"broken: {sentence}")
