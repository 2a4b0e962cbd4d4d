"""The screen: a report as a terminal shows it, one line a finding and its witness beneath.

Why: what needs a decision is seen without scrolling; and what was not looked at is said in the same breath.
Not here: the same for a browser (`page`).
"""

import shutil
from collections.abc import Iterator, Mapping
from os.path import commonprefix
from typing import Any

from planaria.cli.terminal import DIM, GREEN, RED, YELLOW, Terminal
from planaria.diff.comparison import NOT_FOUND, UNCHANGED
from planaria.diff.finding import Finding, Report

COLOURS = {"breaking": RED, "warning": YELLOW, "info": DIM, "intended": GREEN}
FINDINGS_MAX, LINES_MAX, CALLS_MAX, LEFT_MAX = 40, 60, 6, 3
SYMBOL_WIDTH_MAX, WIDTH_MIN, TEXT_MAX, BEFORE = 36, 60, 300, 40


def tell(report: Report, terminal: Terminal, *, page: str | None = None) -> None:
    """Say a report; where a page was written, only what it comes to."""
    width = max(WIDTH_MIN, shutil.get_terminal_size().columns) if terminal.out.isatty() else 0
    ordered = sorted(report.findings, key=lambda one: (one.intended, not one.is_difference)) if not page else []
    symbols = min(SYMBOL_WIDTH_MAX, max((len(shown(one.symbol)) for one in ordered[:FINDINGS_MAX]), default=0))
    lines: list[str] = []
    for number, finding in enumerate(ordered):
        if number == FINDINGS_MAX or len(lines) > LINES_MAX:
            lines.append(terminal.colour(f"... and {len(ordered) - number} more: --json gives all, --html FILE shows them", DIM))
            break
        lines += _finding(finding, terminal, width, symbols)
    lines += [*([""] if lines else []), *_conclusion(report, terminal), *([f"written to {page}"] if page else [])]
    for line in lines:
        terminal.say(line)


def shown(text: str) -> str:
    r"""Return a text in one line in which every sign can be seen, so that code cannot draw on the terminal of who reads it.

    >>> print(shown("a\x1b[2Jb\n"))
    a\x1b[2Jb\n
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape", "backslashreplace").decode("ascii") for one in text)


def _finding(finding: Finding, terminal: Terminal, width: int, symbols: int) -> Iterator[str]:
    level = "intended" if finding.intended else finding.level
    head, what, place = f"  {shown(finding.symbol).ljust(symbols)}  ", shown(finding.what), shown(finding.place)
    what = _cut(what, max(width - len(head) - len(place) - 10, WIDTH_MIN // 2) if width else TEXT_MAX)
    yield f"{terminal.colour(level.ljust(8), COLOURS[level])}{head}{what}" + (f"  {terminal.colour(place, DIM)}" if place else "")
    if finding.witness:
        yield from _witness(finding.witness, (width or TEXT_MAX) - 11)


def _witness(witness: Mapping[str, Any], width: int) -> Iterator[str]:
    calls = [_cut(shown(one), TEXT_MAX) for one in witness["calls"]]
    if len(calls) > CALLS_MAX:
        yield f"    ... {len(calls) - CALLS_MAX} calls before"
    yield from (f"    >>> {one}" for one in calls[-CALLS_MAX:])
    texts = {side: shown(str(witness[side].get("text", ""))) for side in ("old", "new")}
    same = len(commonprefix([*texts.values()]))  # noqa: RUF071 - these are texts, not paths
    start = max(0, same - BEFORE) if max(map(len, texts.values())) > width else 0
    yield from (f"      {side}: {_cut('…' * bool(start) + text[start:], width)}" for side, text in texts.items())


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _conclusion(report: Report, terminal: Terminal) -> Iterator[str]:
    summary = report.summary
    if summary["meaning"] == UNCHANGED:
        yield f"{terminal.colour('nothing changed in meaning', GREEN)}: {summary['reason']}"
    elif summary["meaning"] == NOT_FOUND:
        yield f"{terminal.colour(NOT_FOUND, GREEN)}, which does not say that they are equal"
    if report.findings:
        levels = ", ".join(terminal.colour(f"{count} {one}", COLOURS[one]) for one, count in summary["levels"].items() if count)
        yield levels + (f"; {summary['intended']} of them intended" if summary["intended"] else "")
    yield looked(summary)
    for one in report.not_exercised[:LEFT_MAX]:
        yield _cut(f"not exercised: {shown(one.symbol)}: {shown(one.why)}", TEXT_MAX)
    if len(report.not_exercised) > LEFT_MAX:
        yield f"not exercised: and {len(report.not_exercised) - LEFT_MAX} more: --json"
    for word, name in (("matched nothing", "unmatched"), ("is out of date", "expired")):
        yield from (f"declared, and {word}: {shown(one)}" for one in summary["intent"][name])


def looked(summary: Mapping[str, Any]) -> str:
    """Say how hard it looked.

    >>> looked({"search": {"inputs": 1200, "seed": 1, "seconds": 2.5, "branches": {"old": [3, 4], "new": [4, 4]}}, "seconds": 3.1})
    'looked: 1,200 inputs in 2.5 s, seed 1; branches reached: 3 of 4 in the old, 4 of 4 in the new; 3.1 s in all'
    """
    search, took = summary.get("search"), f"{summary['seconds']:.1f} s in all"
    if not (search and search.get("inputs")):
        where = f"at {summary['files']['new']} files" if summary["meaning"] == UNCHANGED else f"for {', '.join(summary['kinds'])}"
        return f"looked: {where}, on paper; {'no inputs were tried' if search else 'nothing was run'}; {took}"
    branches = search.get("branches") or {}
    told = ", ".join(f"{reached:,} of {all_:,} in the {side}" for side, (reached, all_) in branches.items() if all_)
    told = told or ("there are none" if branches else "not measured")
    tried = f"{search.get('inputs', 0):,} inputs in {search.get('seconds', 0.0):.1f} s, seed {search.get('seed', '?')}"
    return f"looked: {tried}; branches reached: {told}; {took}"
