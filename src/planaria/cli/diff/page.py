"""The page: a report as one HTML file that stands by itself: no network, no foreign code, nothing of the compared code alive.

Why: a reviewer reads by symbol, wants the witness beside the code, and sends the file on.
All is written and escaped here; the page's script only hides and shows, and the policy in its head admits no other.
Not here: the look (`page.html`), the code of a symbol (`excerpt`).
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

from planaria.cli.diff.excerpt import Code, Excerpt, marked, side_by_side
from planaria.cli.diff.screen import looked, shown
from planaria.diff.comparison import NOT_FOUND, UNCHANGED
from planaria.diff.finding import LEVELS, Finding, Report
from planaria.diff.version import Version

TEMPLATE = Path(__file__).with_name("page.html")
OPEN_MAX = 30


def page(report: Report, old: Version, new: Version) -> str:
    """Return the page of a report.

    >>> version = Version(label="<b>", files={})
    >>> summary = {"meaning": UNCHANGED, "reason": "", "files": {"new": 1}, "seconds": 0.0}
    >>> "<b>" in page(Report(findings=(), summary=summary), version, version)
    False
    """
    groups: dict[str, list[Finding]] = {}
    for one in sorted(report.findings, key=_rank):
        groups.setdefault(one.symbol, []).append(one)
    code, ordered = Code(old, new), sorted(groups.items(), key=lambda one: (_rank(one[1][0]), one[0]))
    slots = {
        "old": _safe(old.label), "new": _safe(new.label), "looked": escape(looked(report.summary)),
        "verdict": _verdict(report), "filters": "".join(_filters(report)),
        "index": "".join(
            f'<li data-group="{at}"><a href="#s{at}"><i class="dot {_level(found[0])}"></i>{_name(symbol)}<b>{len(found)}</b></a></li>'
            for at, (symbol, found) in enumerate(ordered)
        ),
        "groups": "".join(_group(at, found, *code.of(symbol, found)) for at, (symbol, found) in enumerate(ordered)),
        "rest": "".join(_rest(report)),
    }  # fmt: skip
    template = TEMPLATE.read_text(encoding="utf-8")
    for tag in ("style", "script"):
        text = template.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        slots[tag] = "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return re.sub(r"\{\{(\w+)\}\}", lambda found: slots[found[1]], template)


def _rank(finding: Finding) -> tuple[bool, bool, int]:
    return finding.intended, not finding.is_difference, LEVELS.index(finding.level)


def _level(finding: Finding) -> str:
    return "intended" if finding.intended else finding.level


def _verdict(report: Report) -> str:
    level, text, more = "good", "Only what was declared has changed", ""
    if report.summary["meaning"] == UNCHANGED:
        text, more = "Nothing changed in meaning", report.summary["reason"]
    elif report.summary["meaning"] == NOT_FOUND:
        text, more = "No difference found", "which does not say that they are equal: see how hard it looked"
    elif report.differs:
        count = report.summary["differences"]
        level, text = min(report.findings, key=_rank).level, f"{count} difference{'s' * (count != 1)} of meaning"
    return f'<p class="verdict {level}">{text}<small>{escape(more)}</small></p>'


def _filters(report: Report) -> Iterator[str]:
    for name, count in sorted(Counter(map(_level, report.findings)).items(), key=lambda one: (*LEVELS, "intended").index(one[0])):
        yield f'<label class="filter {name}"><input type="checkbox" value="{name}" checked><b>{count}</b> {name}</label>'
    kinds = Counter(one.kind for one in report.findings).most_common()
    options = "".join(f"<option value={one}>{one} ({count})</option>" for one, count in kinds)
    yield f'<select id="kind" aria-label="kind"><option value="">every kind</option>{options}</select>'


def _safe(text: str) -> str:
    return escape(shown(text))


def _name(symbol: str) -> str:
    """Return a dotted name that is broken only at its dots."""
    return ".<wbr>".join(map(_safe, symbol.split(".")))


def _group(number: int, found: list[Finding], old: Excerpt | None, new: Excerpt | None) -> str:
    badges = "".join(f'<span class="badge {one}">{one}</span>' for one in dict.fromkeys(map(_level, found)))
    place = next((one.place for one in found if one.file), "")
    return (
        f'<details class="group" id="s{number}"{" open" * (number < OPEN_MAX)}><summary><h2>{_name(found[0].symbol)}</h2>{badges}'
        f'<span class="place">{_safe(place)}</span></summary>'
        f"{''.join(_finding(one, place) for one in found)}{_code(old, new)}</details>"
    )


def _finding(finding: Finding, place: str) -> str:
    level, what = _level(finding), _safe(finding.what)
    words = _safe(f"{finding.symbol} {finding.what} {finding.place}".lower())
    where = f'<span class="place">{_safe(finding.place)}</span>' if finding.place != place else ""
    cure = f'<p class="cure">{_safe(finding.cure)}</p>' if finding.cure and not finding.intended else ""
    return (
        f'<section class="finding {level}" data-level="{level}" data-kind="{finding.kind}" data-words="{words}">'
        f'<p class="what"><span class="kind">{finding.kind}</span>{what}{where}</p>{_witness(finding)}{cure}</section>'
    )


def _witness(finding: Finding) -> str:
    if not (witness := finding.witness):
        return ""
    calls = [">>> " + _lines(one).replace("\n", "\n... ") for one in witness["calls"]]
    (old, before), (new, after) = ((_lines(one.get("text", "")), one["kind"]) for one in (witness["old"], witness["new"]))
    sides = "".join(
        f'<div class="{side} {kind}"><b>{side}</b><pre>{marked(text, other) if before == after else escape(text)}</pre></div>'
        for side, kind, text, other in (("old", escape(before), old, new), ("new", escape(after), new, old))
    )
    expected = old if before == "completed" else f"Traceback (most recent call last):\n    ...\n{old.removeprefix('failed: ')}"
    copied = escape(_lines(witness.get("doctest") or "\n".join([*calls, *([expected] if expected != "None" else []), ""])))
    return (
        f'<div class="witness"><div class="calls"><button class="copy" data-copy="{copied}" title="a doctest of the old">copy</button>'
        f'{"".join(f"<code>{escape(one)}</code>" for one in calls)}</div><div class="sides">{sides}</div></div>'
    )


def _lines(text: str) -> str:
    return "\n".join(map(shown, text.split("\n")))


def _code(old: Excerpt | None, new: Excerpt | None) -> str:
    if (old and old.lines) == (new and new.lines):
        return ""
    heads = "".join(f'<th colspan="2">{_safe(f"{one.path}:{one.first}") if one else "not there"}</th>' for one in (old, new))
    columns = "<colgroup><col class=number><col><col class=number><col></colgroup>"
    return (
        f"<details class=code open><summary>code</summary><table>{columns}<thead><tr>{heads}</tr></thead>"
        f"<tbody>{side_by_side(old, new)}</tbody></table></details>"
    )


def _rest(report: Report) -> Iterator[str]:
    intent = report.summary.get("intent") or {}
    for title, entries in (
        ("Not exercised", [f"{one.symbol}: {one.why}" for one in report.not_exercised]),
        ("Declared, and matched nothing", intent.get("unmatched", ())),
        ("Declared, and is out of date", intent.get("expired", ())),
    ):
        if entries:
            items = "".join(f"<li>{_safe(one)}</li>" for one in entries)
            yield f"<details class=rest open><summary>{title}: {len(entries)}</summary><ul>{items}</ul></details>"
