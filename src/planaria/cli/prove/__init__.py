"""`planaria prove PATH`: how complete a test suite is, which wrong versions of the code it lets live, and where else it is blind.

Why: whoever means to throw code away must know whether the tests would notice, and coverage does not say.
Reading order: `screen` (what a terminal shows), `page` (what a browser shows).
Not here: the proof (`prove`), tests that are added (`cli.harden`), what a cell needs (`gates`).
"""

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planaria.cli.command import NO, OK, OPEN, Command
from planaria.cli.diff import JUDGE, UNCONFINED
from planaria.cli.diff.bar import Bar
from planaria.cli.terminal import Terminal
from planaria.kernel.error import PlanariaError

if TYPE_CHECKING:
    from planaria.prove.proof import Proof
    from planaria.prove.run import Request

CACHE = Path(".planaria", "prove")
EQUIVALENT_S = 20.0
EPILOG = """
of this command: it measures, and ends with 0 whatever it finds; with --least it judges
  0    the score is reached, even if every inconclusive mutant had survived
  1    it is not reached, or tests fail on the code as it is
  3    inconclusive mutants decide, or there was nothing to judge

score: killed of killed, survived and unreached; probably equivalent and inconclusive mutants are listed apart

in continuous integration, only what changed:
  planaria prove . --since main --least 90
"""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"{parser.epilog}\n{EPILOG}"
    shared_options(parser, 0.0, "CPU seconds for the mutants; the rest is inconclusive (0: no limit)")
    parser.add_argument("--html", metavar="FILE", help="write a page that stands by itself: the source coloured by what is proven")
    parser.add_argument("--since", default="", metavar="REV", help="only what changed since this git revision")
    parser.add_argument("--only", default="", metavar="OPERATORS", help="some operators, by name, with commas; a wrong name lists them")
    parser.add_argument("--least", type=float, metavar="PERCENT", help="the score that is asked for; below it the exit status is 1")
    parser.add_argument(
        "--equivalent-s", type=float, default=EQUIVALENT_S, metavar="S",
        help=f"CPU seconds to look for calls that tell survivors from the code; none: probably equivalent ({EQUIVALENT_S:.0f}; 0: none)",
    )  # fmt: skip
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument("--cache", type=Path, default=CACHE, metavar="DIR", help=f"where verdicts are kept for the next time ({CACHE})")
    cache.add_argument("--no-cache", dest="cache", action="store_const", const=None, help="neither use nor keep verdicts")


def shared_options(parser: argparse.ArgumentParser, budget_s: float, told: str) -> None:
    """Add what `prove` and `harden` both take; `told` says what the budget is for."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a package folder, a module, or a project folder")
    parser.add_argument("--tests", type=Path, action="append", default=[], metavar="PATH", help="where tests are; may be repeated (found)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="processes at a time (0: one for each core)")
    parser.add_argument("--budget-s", type=float, default=budget_s, metavar="S", help=told)


def check_shared(given: argparse.Namespace) -> None:
    """Refuse paths that are not there and numbers that are none, for `prove` and `harden` alike."""
    for path in (given.path, *given.tests):
        if not path.exists():
            raise wrong(given, f"there is no '{path}'", "look at the path")
    for name in ("jobs", "budget_s", "equivalent_s"):
        value = getattr(given, name, 0)
        if not (math.isfinite(value) and value >= 0):
            raise wrong(given, f"--{name.replace('_', '-')} {value}", "give a number from 0 on")


def wrong(given: argparse.Namespace, text: str, cure: str) -> PlanariaError:
    """Return the complaint about an argument of this command."""
    from planaria.cli.error import UsageWrong

    return UsageWrong(text=text, program=f"planaria {given.command}", cure=cure)


def told_by(bar: Bar) -> Callable[[str, int, int], None]:
    """Return what shows progress in a bar: phase, done, total."""
    bar.tell("reading", 0)
    return lambda phase, done, total: bar.tell(f"{phase} {done:,} of {total:,}" if total else phase, done / total if total else 0)


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    request = _request(given)

    with Bar(terminal) as bar:
        proof = asyncio.run(_proof(request, given.equivalent_s, told_by(bar)))
    if given.html:
        from planaria.cli.prove.page import page

        write_whole(Path(given.html), page(proof))
    terminal.give(proof.plain())
    if not terminal.as_json:
        from planaria.cli.prove.screen import tell

        tell(proof, terminal, page=given.html)
    return OK if given.least is None else _judged(proof, given)


async def _proof(request: "Request", equivalent_s: float, progress: Callable[[str, int, int], None]) -> "Proof":
    from planaria.prove.harden.equivalent import without_equivalents
    from planaria.prove.run import prove

    proof = await prove(request, progress=progress)
    confined = os.environ.get(JUDGE) != UNCONFINED
    return await without_equivalents(proof, request, budget_s=equivalent_s, confined=confined, progress=progress)


def _request(given: argparse.Namespace) -> "Request":
    from planaria.prove.operator import OPERATORS
    from planaria.prove.run import Request

    check_shared(given)
    if given.least is not None and not 0 <= given.least <= 100:  # noqa: PLR2004 - per cent
        raise wrong(given, f"--least {given.least}", "give a number from 0 to 100")
    if given.html and not Path(given.html).absolute().parent.is_dir():
        raise wrong(given, f"--html {given.html}: there is no such folder", "make it first")
    only = tuple(filter(None, (one.strip() for one in given.only.split(","))))
    names = [one.name for one in OPERATORS]
    if strange := [one for one in only if one not in names]:
        raise wrong(given, f"--only: there is no operator '{strange[0]}'", f"choose from: {', '.join(names)}")
    shared: dict[str, Any] = {name: getattr(given, name) for name in ("path", "jobs", "cache", "since", "budget_s")}
    return Request(**shared, tests=tuple(given.tests), only=only, environment=dict(os.environ))


def _judged(proof: "Proof", given: argparse.Namespace) -> int:
    killed, undecided = proof.count("killed"), proof.count("inconclusive")
    whole = killed + len(proof.survivors) + undecided
    if any(one.kind == "fails" for one in proof.findings):
        return NO
    if not whole:
        return OK if given.since else OPEN
    if 100 * killed >= given.least * whole:
        return OK
    return OPEN if 100 * (killed + undecided) >= given.least * whole else NO


COMMAND = Command("prove", "say how complete a test suite is, and which wrong code it lets live", "planaria prove src/shop", _options, _run)
