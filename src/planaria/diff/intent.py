r"""Intent: differences that were declared beforehand; they are shown, and marked as intended.

Why: a reviewer looks at what nobody declared; and what was declared and did not come is news as well.
A file is TOML (`[[expect]]`), JSON (`{"expect": [...]}`), or Markdown with ```toml blocks. An entry has `symbol` (a dotted name or its
end) or `what` (part of the text, or /a regular expression/), `*` for anything, and may have `kind`, `why` and `until` (its last day).
Not here: what examples of an intent declare for a cell (`behaviour`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from planaria.diff.finding import KINDS, Finding
from planaria.kernel.error import PlanariaError

TOML = re.compile(r"^```toml[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class ExpectationWrong(PlanariaError):
    """A declaration of differences that cannot be used."""

    code = "PLN-D103"
    what = "the intent '{file}' cannot be used: {text}"
    why = "what it excuses must be plain, so nothing in it is guessed"
    fix = 'write entries like: [[expect]] with symbol = "Cart.add" and what = "parameter * is gone"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One declared difference.

    >>> finding = Finding(kind="interface", level="breaking", symbol="shop.Cart.add", what="parameter 'x' is gone", cure="")
    >>> Expectation(symbol="Cart.*", what="parameter * is gone").covers(finding)
    True
    """

    symbol: str = "*"
    what: str = "*"
    kind: str = ""
    until: str = ""
    why: str = ""

    def covers(self, finding: Finding) -> bool:
        """Say whether it declares a finding."""
        named = re.fullmatch(rf"(?s:.*\.)?{_pattern(self.symbol)}", finding.symbol, re.DOTALL)
        return bool(named and self.kind in ("", finding.kind) and re.search(_pattern(self.what), finding.what, re.DOTALL))


def expectations(text: str, file: str) -> tuple[Expectation, ...]:
    r"""Read declared differences; the name of the file says how they are written.

    Raises:
        ExpectationWrong: PLN-D103.

    >>> expectations('[[expect]]\nsymbol = "Cart.add"\nuntil = 2031-01-01', "intent.toml")[0].until
    '2031-01-01'
    """
    import json
    import tomllib

    try:
        blocks = "\n".join(TOML.findall(text)) if file.endswith((".md", ".txt")) else text
        whole = json.loads(text) if file.endswith(".json") else tomllib.loads(blocks)
        entries = whole.pop("expect", []) if isinstance(whole, dict) else whole
        if not isinstance(entries, list) or (isinstance(whole, dict) and whole):
            raise ValueError("it holds more, or something else, than a list of entries named expect")
        return tuple(map(_expectation, entries))
    except (ValueError, re.error) as error:
        raise ExpectationWrong(file=file, text=str(error)) from error


def marked(findings: Iterable[Finding], expected: Iterable[Expectation], *, today: str) -> tuple[list[Finding], dict[str, list[str]]]:
    """Mark the findings that were declared; return them all, and the entries that matched nothing or are out of date.

    >>> marked([], [Expectation(symbol="f")], today="2030-01-01")[1]["unmatched"]
    ["symbol 'f'"]
    """
    entries = list(expected)
    valid, used, found = [one for one in entries if not one.until or today <= one.until], set[Expectation](), list[Finding]()
    for finding in findings:
        by = [one for one in valid if one.covers(finding)]
        used.update(by)
        found.append(replace(finding, intended=True) if by else finding)
    return found, {
        "unmatched": [_told(one) for one in valid if one not in used],
        "expired": [_told(one) for one in entries if one not in valid],
    }


def _expectation(entry: Any) -> Expectation:
    try:
        made = Expectation(**{key: str(value) for key, value in entry.items()})
    except (AttributeError, TypeError):
        raise ValueError(f"{entry!r} has other keys than symbol, what, kind, until, why") from None
    if made.symbol in ("", "*") and made.what in ("", "*"):
        raise ValueError(f"{entry!r} names neither symbol nor what, and would excuse everything")
    if made.kind not in ("", *KINDS) or (made.until and not DATE.fullmatch(made.until)):
        raise ValueError(f"{entry!r}: kind is one of {', '.join(KINDS)}; until is a date like 2031-12-31")
    re.compile(_pattern(made.what))
    return made


def _pattern(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == "/":
        return text[1:-1]
    return ".*".join(map(re.escape, text.split("*")))


def _told(one: Expectation) -> str:
    return ", ".join(f"{key} '{getattr(one, key)}'" for key in ("symbol", "what", "kind", "until") if getattr(one, key) not in ("", "*"))
