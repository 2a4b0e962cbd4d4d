"""`planaria diff OLD NEW`: every change of meaning between two versions, named, and shown by a witness.

Why: a reviewer has one question, what will behave differently and for whom; a text diff cannot say, and a signature is not enough.
Reading order: `screen` (what a terminal shows), `page` (what a browser shows), `excerpt` (the code of a symbol), `bar`.
Not here: what is found (`diff`), generations of cells (`assemble.difference`), verdicts (`gates`).
"""

import argparse
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from planaria.cli.command import NO, OK, Command
from planaria.cli.diff.bar import Bar
from planaria.cli.terminal import Terminal
from planaria.kernel.error import PlanariaError

if TYPE_CHECKING:
    from planaria.diff.comparison import Question
    from planaria.diff.finding import Report
    from planaria.diff.version import Version

JUDGE, UNCONFINED = "PLANARIA_JUDGE", "unconfined"  # as `assemble.enclosure` reads it
GENERATION = re.compile(r"[a-z_][a-z0-9_]*@[0-9a-z]+")
MARKDOWN = (".md", ".txt")
EPILOG = """
of this command, as `diff` has them: 0 no difference of meaning was found (or only declared ones), 1 differences, 2 trouble

sides:
  cart.py  shop/  src/       a file, a package folder, a folder of packages; or two .json files with schemas
  HEAD~1:src/shop  v1.2:     a path in a git revision, or all of it
  cart@1  cart@current       a generation of a cell: by its number, the tree, or the beginning of its digest

intent: TOML, JSON or Markdown; for cells, pycon examples in Markdown count too
  [[expect]]
  symbol = "Cart.add"        the end of its dotted name; * is anything
  what = "parameter * is gone"
"""


class ComparisonFailed(PlanariaError):
    """The comparison broke off."""

    code = "PLN-D104"
    what = "the comparison failed: {error}: {text}"
    why = "so nothing is known of the difference: this is neither yes nor no"
    fix = "look at what the text names; PLANARIA_TRACE=1 shows where; --only leaves parts out"


def _options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"{parser.epilog}\n{EPILOG}"
    parser.add_argument("old", metavar="OLD", help="what there was")
    parser.add_argument("new", metavar="NEW", help="what there is to be")
    for name, sign, told in (
        ("--only", "KINDS", "some kinds: interface,schema,effects,structure,behaviour,performance"),
        ("--contract", "FILE[:CLASS]", "take preconditions, examples, types and effects from a contract"),
        ("--examples", "FILE", 'calls to start from, JSON lines: {"call": "f", "args": [1], "kwargs": {}}'),
        ("--intent", "FILE", "declared, expected differences: shown, marked, and no reason for exit status 1"),
        ("--html", "FILE", "write a page that stands by itself"),
        ("--root", "DIR", "the folder from which OLD and NEW are seen: of files, repository or system (this one)"),
    ):
        parser.add_argument(name, metavar=sign, help=told)
    parser.add_argument("--budget-s", type=float, default=30.0, metavar="S", help="CPU seconds for the search for witnesses (30)")
    parser.add_argument("--symbolic", action="store_true", help="ask a solver too, about functions whose parameters are annotated; slow")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the seed of the search (1)")


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    try:
        with Bar(terminal) as bar:
            report, sides = _compared(given, bar)
        if given.html:
            from planaria.cli.diff.page import page

            _write(Path(given.html), page(report, *sides))
    except PlanariaError:
        raise
    except Exception as error:
        text = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else str(error)
        raise ComparisonFailed(error=type(error).__name__, text=text) from error
    terminal.give(report.plain())
    if not terminal.as_json:
        from planaria.cli.diff.screen import tell

        tell(report, terminal, page=given.html)
    return NO if report.differs else OK


def _compared(given: argparse.Namespace, bar: Bar) -> "tuple[Report, tuple[Version, Version]]":
    folder = Path(given.root or ".")
    are_generations = {GENERATION.fullmatch(one) is not None and not (folder / one).exists() for one in (given.old, given.new)}
    if len(are_generations) > 1:
        raise _wrong(f"{given.old} {given.new}", "a generation is compared with a generation; CELL@current is the one in the tree")
    question = _question(given, bar, is_cell=are_generations == {True})
    if are_generations == {True}:
        import asyncio

        from planaria.assemble.difference import Pair
        from planaria.assemble.system import root_above
        from planaria.gates.intent import Intent, intent_from

        intent = intent_from(given.intent, Path()) if (given.intent or "").endswith(MARKDOWN) else Intent()
        pair = Pair.of(root_above(folder), given.old, given.new)
        return asyncio.run(pair.compared(question, intent)), pair.versions
    from planaria.diff.comparison import Comparison
    from planaria.diff.reading import versions

    old, new = versions(given.old, given.new, folder=folder)
    comparison = Comparison(old=old, new=new, question=question)
    report = comparison.settled()
    if report is None:
        import asyncio

        report = asyncio.run(comparison.report())
    return report, (old, new)


def _question(given: argparse.Namespace, bar: Bar, *, is_cell: bool) -> "Question":
    from planaria.diff.comparison import Question
    from planaria.diff.finding import KINDS
    from planaria.diff.intent import ExpectationWrong, expectations

    if not (math.isfinite(given.budget_s) and given.budget_s > 0):
        raise _wrong(f"--budget-s {given.budget_s}", "give a number of seconds above 0")
    for option in ("examples", "intent"):
        if (file := getattr(given, option)) and not Path(file).is_file():
            raise _wrong(f"--{option} {file}: there is no such file", "look at the path")
    asked = KINDS if given.only is None else [one.strip() for one in given.only.split(",")]
    if not set(asked) <= set(KINDS):
        raise _wrong(f"--only {given.only}", f"choose from: {', '.join(KINDS)}")
    expected = expectations(Path(given.intent).read_text("utf-8"), given.intent) if given.intent else ()
    if given.intent and not expected and not (is_cell and given.intent.endswith(MARKDOWN)):
        raise ExpectationWrong(file=given.intent, text="it declares nothing; examples alone count for cells")
    today = ""
    if any(one.until for one in expected):
        from datetime import UTC, datetime

        from planaria.assemble.clock import SystemClock

        today = datetime.fromtimestamp(SystemClock().now(), UTC).date().isoformat()
    return Question(
        kinds=tuple(one for one in KINDS if one in asked), budget_s=given.budget_s, contract=given.contract,
        examples=Path(given.examples) if given.examples else None, expected=expected, today=today, seed=given.seed, report=bar.tell,
        confined=os.environ.get(JUDGE) != UNCONFINED, symbolic=given.symbolic,
    )  # fmt: skip


def _wrong(text: str, cure: str) -> PlanariaError:
    from planaria.cli.error import UsageWrong

    return UsageWrong(text=text, program="planaria diff", cure=cure)


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


COMMAND = Command("diff", "show what two versions mean differently, with witnesses", "planaria diff HEAD:shop shop", _options, _run)
