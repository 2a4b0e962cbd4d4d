"""The screen: a proof as a terminal shows it: the score, the most telling survivors as small diffs, and what it comes to.

Why: each survivor is a change of the code that nobody would notice, and a diff is read faster than a name.
Not here: the same for a browser (`page`), how an operator changes code (`prove.operator`).
"""

import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from os.path import commonprefix

from planaria.cli.diff.screen import shown
from planaria.cli.terminal import BOLD, DIM, GREEN, RED, YELLOW, Terminal
from planaria.prove.mutant import Mutant
from planaria.prove.operator import OPERATORS
from planaria.prove.proof import Blind, Proof, Proven, Verdict

WHY = {one.name: one.why for one in OPERATORS}
Paint = Callable[[str, str], str]
VERDICTS: tuple[Verdict, ...] = ("killed", "survived", "unreached", "probably_equivalent", "inconclusive")
PLACES_MAX, ROWS_MAX, UNREACHED_MAX, FINDINGS_MAX, DIFF_MAX, WIDTH, BEFORE = 12, 44, 4, 8, 4, 140, 40


def tell(proof: Proof, terminal: Terminal, *, page: str | None = None) -> None:
    """Say a proof; where a page was written, only what it comes to."""
    width = max(60, shutil.get_terminal_size().columns) if terminal.out.isatty() else WIDTH

    def paint(text: str, kind: str) -> str:
        return terminal.colour(text if len(text) <= width else f"{text[: width - 1]}…", kind)

    parts = [] if page else [_survivors(proof, paint, width), _unreached(proof, paint), _findings(proof, paint, width)]
    terminal.say(_head(proof, paint))
    for part in (*parts, [*counts(proof), *([f"written to {page}"] if page else [])]):
        for number, line in enumerate(part):
            terminal.say(line if number else f"\n{line}")


def change(mutant: Mutant, lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines of a file that a mutant takes away and those that it puts there, without the indentation that they share.

    >>> change(Mutant(id=1, file="a.py", operator="boundary", function="f", line=2, column=2, end_line=2, end_column=7, text="a <= b",
    ...     key=""), ["if c:", "  a < b"])
    (['a < b'], ['a <= b'])
    """
    part = "\n".join(lines[mutant.line - 1 : mutant.end_line])
    told = list(filter(None, replace(mutant, line=1, end_line=mutant.end_line - mutant.line + 1).diff(part).split("\n")))
    text = textwrap.dedent("\n".join(line[2:].expandtabs(4) for line in told)).split("\n")
    gone, come = ([shown(line) for one, line in zip(told, text, strict=False) if one[0] == sign] for sign in "-+")
    return gone, come


def lines_of(source: str) -> list[str]:
    r"""Return lines as Python counts them, which is not as `str.splitlines` does.

    >>> lines_of("a\fb\r\nc")
    ['a\x0cb', 'c']
    """
    return re.split(r"\r\n|\r|\n", source)


def _head(proof: Proof, paint: Paint) -> str:
    if not proof.mutants:
        return paint("nothing to prove: there are no mutants of this code", YELLOW)
    colour = RED if proof.count("survived") else YELLOW if proof.survivors else GREEN
    score, killed = paint(f"score {proof.score_percent:.1f} %", f"{BOLD};{colour}"), proof.count("killed")
    return f"{score}: {killed:,} of {killed + len(proof.survivors):,} mutants killed; {proof.branches_percent:.1f} % of branches reached"


def _survivors(proof: Proof, paint: Paint, width: int) -> Iterator[str]:
    files, places, told, rows = {one.file: lines_of(one.source) for one in proof.files}, _places(proof), set[str](), 0
    for number, place in enumerate(places):
        if number == PLACES_MAX or rows > ROWS_MAX:
            yield paint(f"and {sum(map(len, places[number:])):,} survivors more: --html FILE or --json", DIM)
            return
        lines = list(_place(place, files[place[0].mutant.file], told, width))
        rows += len(lines)
        yield from (paint(text, kind) for text, kind in lines)


def _places(proof: Proof) -> list[list[Proven]]:
    """Return the survivors of each place; first the functions in which the most tests run one and do not notice."""
    lived = [one for one in proof.mutants if one.verdict == "survived"]
    most: dict[tuple[str, str], int] = {}
    for one in sorted(lived, key=lambda one: len(one.tests)):
        most[one.mutant.file, one.mutant.function] = len(one.tests)

    def rank(one: Proven) -> tuple[int, str, str, int, int]:
        mutant = one.mutant
        return -most[mutant.file, mutant.function], mutant.file, mutant.function, mutant.line, mutant.end_line

    return [list(found) for _, found in groupby(sorted(lived, key=rank), rank)]


def _place(place: list[Proven], lines: Sequence[str], told: set[str], width: int) -> Iterator[tuple[str, str]]:
    mutant, operators, tests = place[0].mutant, dict.fromkeys(one.mutant.operator for one in place), max(len(one.tests) for one in place)
    run = f"  run by {tests:,} test{'s' * (tests != 1)}"
    yield f"{shown(mutant.file)}:{mutant.line}  {', '.join(operators)}  {shown(mutant.function)}{run}", BOLD
    before: list[str] = []
    for one in place:
        gone, come = change(one.mutant, lines)
        same = len(commonprefix([*gone, *come])) if any(len(line) > width - 4 for line in (*gone, *come)) else 0  # noqa: RUF071 - no paths
        start = max(0, same - BEFORE)
        gone, come = ([f"  {sign} {'…' * bool(start)}{line[start:]}" for line in side] for sign, side in (("-", gone), ("+", come)))
        yield from ((line, RED) for line in _short(gone if gone != before else []))
        yield from ((line, GREEN) for line in _short(come))
        before = gone
    for name in operators:
        if name not in told and name in WHY:
            told.add(name)
            yield f"    {WHY[name]}", DIM


def _short(lines: list[str]) -> list[str]:
    return lines if len(lines) <= DIFF_MAX else [*lines[: DIFF_MAX - 1], f"    ... {len(lines) - DIFF_MAX + 1} lines more"]


def _unreached(proof: Proof, paint: Paint) -> Iterator[str]:
    functions: dict[tuple[str, str], list[int]] = {}
    for one in (one.mutant for one in proof.mutants if one.verdict == "unreached"):
        functions.setdefault((one.file, one.function), []).append(one.line)
    for (file, function), lines in sorted(functions.items(), key=lambda one: -len(one[1]))[:UNREACHED_MAX]:
        where = f"{shown(file)}:{min(lines)}" + f"-{max(lines)}" * (max(lines) > min(lines))
        yield f"{where}  {paint('no test runs', YELLOW)} {len(lines)} mutant{'s' * (len(lines) != 1)} in {shown(function)}"
    if len(functions) > UNREACHED_MAX:
        yield paint(f"and in {len(functions) - UNREACHED_MAX} functions more", DIM)


def _findings(proof: Proof, paint: Paint, width: int) -> Iterator[str]:
    for one in ordered(proof)[:FINDINGS_MAX]:
        kind, rest, cure = one.kind.replace("_", " "), f"  {place_of(one)}  {shown(one.what)}", shown(one.cure)
        gap = ": " if len(kind + rest + cure) + 2 <= width else "\n    "
        yield f"{paint(kind, RED if one.kind == 'fails' else YELLOW)}{rest}{gap}{paint(cure, DIM)}"
    if len(proof.findings) > FINDINGS_MAX:
        yield paint(f"and {len(proof.findings) - FINDINGS_MAX} findings more: --html FILE or --json", DIM)


def ordered(proof: Proof) -> list[Blind]:
    """Return what a suite does not see, first the tests that fail, since nothing is known by them."""
    return sorted(proof.findings, key=lambda one: one.kind != "fails")


def place_of(finding: Blind) -> str:
    """Return where something is that a suite does not see.

    >>> place_of(Blind(kind="skipped", file="test_a.py", line=3, test="test_a.py::test_b", what="it is skipped", cure="run it"))
    'test_a.py:3 test_b'
    """
    line, test = f":{finding.line}" * bool(finding.line), finding.test.rpartition("::")[2]
    return shown(f"{finding.file}{line} {test}".strip())


def counts(proof: Proof) -> list[str]:
    """Return what a proof comes to and what it cost, as two lines."""
    told = ", ".join(f"{proof.count(one):,} {one.replace('_', ' ')}" for one in VERDICTS)
    why = Counter(one.why for one in proof.mutants if one.verdict == "inconclusive" and one.why).most_common(1)
    results = Counter(one.result for one in proof.tests)
    tests = ", ".join(f"{count:,} {result}" for result, count in sorted(results.items())) or "none"
    cached = sum(one.is_cached for one in proof.mutants)
    speed = (len(proof.mutants) - cached) / proof.cpu_s if proof.cpu_s else 0
    return [
        f"{len(proof.mutants):,} mutants: {told}" + (f" ({shown(why[0][0])})" if why else ""),
        f"tests: {tests}; {proof.seconds:.1f} s, {proof.cpu_s:.1f} CPU s, {speed:.0f} mutants per CPU second, {cached:,} from the cache",
    ]
