"""The page: a proof as one HTML file that stands by itself: the source coloured by what is proven, each line with its mutants.

Why: a reviewer reads the code, and sees in it which lines could be wrong without a test that notices.
All is written and escaped here; the page's script only hides and shows, and the policy in its head admits no other.
Not here: the look (`page.html`).
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from planaria.cli.diff.excerpt import TOKEN, marked
from planaria.cli.diff.screen import shown
from planaria.cli.prove.screen import WHY, change, counts, lines_of, ordered, place_of
from planaria.prove.proof import FileReach, Proof, Proven

TEMPLATE = Path(__file__).with_name("page.html")
SIGNS = {"survived": "✗", "unreached": "○", "inconclusive": "?", "probably_equivalent": "≈", "killed": "✓"}
ORDER = list(SIGNS)  # the worst first
LIVED = ORDER[:2]
OPEN_MAX, TESTS_MAX, LINES_MAX = 30, 3, 12


def page(proof: Proof) -> str:
    """Return the page of a proof.

    >>> "<script>" in page(Proof(files=(), tests=(), mutants=(), findings=(), cpu_s=1.0, seconds=1.0))
    True
    """
    own = [
        replace(proof, files=(one,), mutants=tuple(each for each in proof.mutants if each.mutant.file == one.file)) for one in proof.files
    ]
    files = list(enumerate(sorted(own, key=lambda one: -len(one.survivors))))
    slots = {
        "score": _score(proof), "branches": f"{proof.branches_percent:.1f} %", "cost": escape(counts(proof)[1]),
        "killed": f"{proof.count('killed'):,} of {proof.count('killed') + len(proof.survivors):,}",
        "filters": "".join(
            f"<label class={one}><input type=checkbox value={one}{' checked' * (one in LIVED)}>"
            f"{sign} {len([each for each in proof.mutants if each.verdict == one]):,} {one.replace('_', ' ')}</label>"
            for one, sign in SIGNS.items()
        ),
        "index": "".join(_entry(number, one) for number, one in files), "findings": _findings(proof),
        "files": "".join(_file(number, one.files[0], one.mutants) for number, one in files),
    }  # fmt: skip
    template = TEMPLATE.read_text(encoding="utf-8")
    for tag in ("style", "script"):
        text = template.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        slots[tag] = "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: slots[slot[1]], template)


def _entry(number: int, proof: Proof) -> str:
    functions: dict[str, list[Proven]] = {}
    for one in sorted(proof.mutants, key=_rank):
        functions.setdefault(one.mutant.function, []).append(one)
    told = "".join(
        f'<li><a href="#f{number}-{inside[0].mutant.line}">{_name(name)}{_score(replace(proof, mutants=tuple(inside)))}</a>'
        for name, inside in functions.items()
    )
    return f'<li><a href="#f{number}"><b>{_name(proof.files[0].file)}</b>{_score(proof)}</a><ol>{told}</ol>'


def _rank(one: Proven) -> tuple[int, int]:
    return ORDER.index(one.verdict), one.mutant.line


def _score(proof: Proof) -> str:
    level = next((one for one in (*LIVED, "killed") if any(each.verdict == one for each in proof.mutants)), "")
    return f'<i class="score {level}">{proof.score_percent:.1f} %</i>' if level else "<i class=score>none</i>"


def _name(text: str) -> str:
    """Return a name that a browser may break only at its dots and slashes."""
    return re.sub(r"(/|\.(?!py))", r"\1<wbr>", escape(shown(text)))


def _findings(proof: Proof) -> str:
    items = "".join(
        f"<li class={'survived' if one.kind == 'fails' else 'unreached'}><b>{one.kind.replace('_', ' ')}</b> {escape(shown(one.what))}"
        f" <small>{escape(place_of(one))}</small><p>{escape(shown(one.cure))}</p>"
        for one in ordered(proof)
    )
    return items and f"<details open><summary><h2>Where else it is blind: {len(proof.findings)}</h2></summary><ul>{items}</ul></details>"


def _file(number: int, file: FileReach, mutants: Sequence[Proven]) -> str:
    lines, rows = lines_of(file.source), []
    found: dict[int, list[Proven]] = {}
    for one in sorted(mutants, key=_rank):
        found.setdefault(one.mutant.line, []).append(one)
    for at, text in enumerate(_painted(lines), 1):
        verdicts = Counter(one.verdict for one in found.get(at, ()))
        missed = [f"to line {end}" if end > 0 else "out of the function" for start, end in file.missed_branches if start == at]
        told = [
            *(f"<p class=missed>no test goes from here {one}</p>" for one in missed),
            *(_mutant(one, lines) for one in found.get(at, ())),
        ]
        if killed := verdicts["killed"] * (len(told) > verdicts["killed"]):
            told[-killed:] = [f"<details><summary class='m killed'>✓ {killed} killed</summary>{''.join(told[-killed:])}</details>"]
        more = "".join(told)
        marks = " ".join(f"{SIGNS[one]}{count}" for one, count in verdicts.items()) or "↛" * bool(missed)
        kind = next(iter(verdicts), "unrun" * (at in file.missed_lines or bool(missed)))
        row, head = (
            f"<b>{at}</b><i>{marks}</i><code>{text or ' '}</code>",
            f'class="l {kind}" id=f{number}-{at} data-v="{" ".join(verdicts)}"',
        )
        rows.append(f"<details {head}><summary>{row}</summary>{more}</details>" if more else f"<div {head}>{row}</div>")
    is_open = " open" * (number < OPEN_MAX and any(one.verdict in LIVED for one in mutants))
    return f"<details id=f{number}{is_open}><summary><h2>{_name(file.file)}</h2></summary><div class=lines>{''.join(rows)}</div></details>"


def _mutant(one: Proven, lines: Sequence[str]) -> str:
    mutant, count = one.mutant, len(one.tests)
    gone, come = ("\n".join(side[:LINES_MAX]) for side in change(mutant, lines))
    diff = f"<del>{_marked(gone, come)}</del>" * bool(gone) + f"<ins>{_marked(come, gone)}</ins>" * bool(come)
    told = f"by <code>{_name(one.by)}</code>" if one.by else escape(shown(one.why))
    if one.verdict == "survived":
        tests = [*(f"<code>{_name(test)}</code>" for test in one.tests[:TESTS_MAX]), *[f"{count - TESTS_MAX} more"] * (count > TESTS_MAX)]
        told = f"run by {count}, noticed by none: {', '.join(tests)}"
    why = f"<p>{escape(WHY.get(mutant.operator, ''))}</p>" * (one.verdict in LIVED)
    verdict = f"{SIGNS[one.verdict]} {one.verdict.replace('_', ' ')}"
    return (
        f"<div class='m {one.verdict}'><p><b>{verdict}</b> {escape(mutant.operator)} <small>{told}</small></p><pre>{diff}</pre>{why}</div>"
    )


def _marked(text: str, other: str) -> str:
    told = marked(text, other)
    return escape(text) if told == f"<mark>{escape(text)}</mark>" else told


def _painted(lines: Sequence[str]) -> list[str]:
    """Return lines as HTML, with what they are made of marked, also where that goes over several lines."""
    text, told, at = "\n".join(shown(one.expandtabs(4)) for one in lines), [], 0
    for found in TOKEN.finditer(text):
        told.append(escape(text[at : found.start()]))
        told.append("\n".join(f"<i class={found.lastgroup}>{escape(one)}</i>" for one in found[0].split("\n")))
        at = found.end()
    return "".join([*told, escape(text[at:])]).split("\n")
