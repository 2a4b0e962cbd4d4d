"""`planaria harden PATH`: tests are added until nothing that can be told apart survives, and what needs a person is asked.

Why: what was added is read like any other test, so it is shown, with the wrong code that it keeps out.
Not here: how tests are found and judged (`prove.harden`), what survives (`cli.prove`).
"""

import argparse
import os
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from planaria.cli.command import OK, Command
from planaria.cli.diff import JUDGE, UNCONFINED
from planaria.cli.diff.bar import Bar
from planaria.cli.prove import CACHE, check_shared, shared_options, told_by, wrong
from planaria.cli.terminal import BOLD, DIM, GREEN, YELLOW, Terminal

if TYPE_CHECKING:
    from planaria.prove.harden.cell import Access
    from planaria.prove.harden.hardening import Ask, Hardening
    from planaria.prove.mutant import Mutant

BUDGET_S, SHOWN_MAX = 600.0, 20
ASKED = """Write pytest tests that pass on this code, each of which fails for at least one of the changes below.
Print one Python file and nothing else: imports, and functions `test_...` without parameters and decorators that need nothing else
and each say one fact in their names. No clock, no chance, no network, no files.
"""
EPILOG = """
of this command: it ends with 0 whatever is left; `planaria prove --least` judges
  no test that exists is edited; one is added only if it passes ten times in shuffled order, and kills what no other kills
  a proposer reads from standard input what is asked, and prints a test file
"""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"{parser.epilog}\n{EPILOG}"
    shared_options(parser, BUDGET_S, "CPU seconds for the search of tests (600)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where tests are added (test_hardened_NAME.py, beside the others)")
    parser.add_argument(
        "--proposer", metavar="COMMAND", help="a program, asked about what the search cannot reach; its tests are judged alike"
    )
    parser.add_argument("--dry-run", action="store_true", help="show everything, and write nothing")


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    from planaria.prove.harden.hardening import HardenRequest
    from planaria.prove.harden.run import harden
    from planaria.prove.run import Request

    check_shared(given)
    output: Path | None = given.output
    if output and not (output.suffix == ".py" and (output.name.startswith("test_") or output.stem.endswith("_test"))):
        raise wrong(given, f"--output {output}: pytest would not find it", "call it test_....py")
    proposer = _Program(given) if given.proposer is not None else None
    request = Request(path=given.path, tests=tuple(given.tests), jobs=given.jobs, cache=CACHE, environment=dict(os.environ))
    with TemporaryDirectory(prefix="planaria-harden-") as folder, Bar(terminal) as bar:
        file = Path(folder, output.name if output else "test_hardened.py") if given.dry_run else output
        asked = HardenRequest(
            prove=request, budget_s=given.budget_s, file=file, proposer=proposer, confined=os.environ.get(JUDGE) != UNCONFINED,
            access=_access(given.path), examples=not given.dry_run,
        )  # fmt: skip
        hardening = asyncio.run(harden(asked, progress=told_by(bar)))
    file = None if given.dry_run else hardening.file
    terminal.give(_plain(hardening, file))
    _tell(hardening, file, terminal)
    if given.dry_run:
        terminal.say(terminal.colour("nothing was written: it was a dry run", YELLOW))
    return OK


def _access(path: Path) -> "Access | None":
    """Return how a cell is reached; None where the path is no cell."""
    if not (path / "contract.py").is_file():
        return None
    from planaria.assemble.regenerate import workers
    from planaria.assemble.system import system_at
    from planaria.prove.harden.cell import Access
    from planaria.prove.subject import subject_at

    subject = subject_at(path)

    return Access(contract=system_at(subject.root).plan(subject.cell).contract, command=workers().judged)


class _Program:
    """A program that proposes: it runs in an empty folder, so that it cannot write into the project by accident."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        try:
            self.words = shlex.split(given.proposer)
        except ValueError as error:
            raise wrong(given, f"--proposer {given.proposer}: {error}", "quote it as for a shell") from error
        if not self.words:
            raise wrong(given, "--proposer names no program", "name one")

    async def propose(self, ask: "Ask") -> str:
        from planaria.prove.child import run_child

        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLANARIA_")}
        with TemporaryDirectory(prefix="planaria-propose-") as folder:
            ended = await run_child(
                self.words, cwd=Path(folder), environment=environment, timeout_s=ask.seconds, given=question(ask)
            )  # fmt: skip
        if ended.code is None and ended.errors.startswith("it could not be started"):
            raise wrong(self.given, f"--proposer: {ended.errors}", "look at the path of the program")
        return ended.output if ended.code is not None else ""


def question(ask: "Ask") -> str:
    """Return what a proposer reads.

    >>> from planaria.prove.harden.hardening import Ask
    >>> ask = Ask(sources={"a.py": "x = 1"}, survivors=("a.py:1",), refused=(), attempt=1, seconds=9.0)
    >>> question(ask).splitlines()[-5:]
    ['x = 1', '', '## changes', '', 'a.py:1']
    """
    parts = [ASKED, *(f"## {name}\n\n{text}" for name, text in ask.sources.items()), "## changes", *ask.survivors]
    return "\n\n".join([*parts, *(["## tests that were refused, and why", *ask.refused] if ask.refused else [])]) + "\n"


def _plain(hardening: "Hardening", file: Path | None) -> dict[str, Any]:
    sources = {one.file: one.source for one in hardening.before.files}

    def told(mutant: "Mutant") -> dict[str, Any]:
        place = {"file": mutant.file, "line": mutant.line, "operator": mutant.operator, "function": mutant.function}
        return {**place, "diff": mutant.diff(sources[mutant.file])}

    before, after = hardening.before, hardening.after
    return {
        "added": [{"name": one.name, "source": one.source, "kills": [told(each) for each in one.kills]} for one in hardening.added],
        "questions": [{**told(one.mutant), "what": one.what} for one in hardening.questions], "file": file and str(file),
        "score_percent": {"before": round(before.score_percent, 2), "after": round(after.score_percent, 2)},
        "survived": {"before": len(before.survivors), "after": len(after.survivors)},
        "probably_equivalent": after.count("probably_equivalent"), "cpu_s": round(hardening.cpu_s, 3),
    }  # fmt: skip


def _tell(hardening: "Hardening", file: Path | None, terminal: Terminal) -> None:
    from planaria.cli.diff.screen import shown

    added, questions, before, after = hardening.added, hardening.questions, hardening.before, hardening.after
    killed = after.count("killed") - before.count("killed")
    for one in added[:SHOWN_MAX]:
        head, *body = map(shown, one.source.rstrip("\n").split("\n"))
        terminal.say("\n".join([terminal.colour(head, BOLD), *body, ""]))
    if len(added) > SHOWN_MAX:
        terminal.say(terminal.colour(f"and {len(added) - SHOWN_MAX} tests more: {file or '--json'}\n", DIM))
    sources = {one.file: one.source for one in before.files}
    for asked in questions[:SHOWN_MAX]:
        mutant = asked.mutant
        terminal.say(f"{shown(mutant.file)}:{mutant.line}  {terminal.colour('to be decided', YELLOW)}  {shown(asked.what)}")
        terminal.say("\n".join([*(f"  {shown(line)}" for line in mutant.diff(sources[mutant.file]).split("\n")), ""]))
    if len(questions) > SHOWN_MAX:
        terminal.say(terminal.colour(f"and {len(questions) - SHOWN_MAX} questions more: --json\n", DIM))
    terminal.say(
        terminal.colour(f"score {before.score_percent:.1f} % -> {after.score_percent:.1f} %", GREEN if added else YELLOW)
        + f": {len(added)} test{'s' * (len(added) != 1)}{f' in {file}' if file else ''} kill {killed} of "
        f"{len(before.survivors)} survivors; {after.count('probably_equivalent')} are probably equivalent, {len(after.survivors)} left; "
        f"{hardening.cpu_s:.1f} CPU s"
    )


COMMAND = Command("harden", "add tests that kill what a test suite lets live", "planaria harden src/shop --dry-run", _options, _run)
