"""Excerpts: the code of a symbol in two versions side by side, as HTML.

Why: a witness says that two versions differ, and the code beside it says where.
Not here: the page around it (`page`).
"""

import ast
import difflib
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, chain, groupby, zip_longest
from keyword import kwlist

from planaria.diff.finding import Finding
from planaria.diff.version import Version

AROUND, ROWS_MAX, LINES_MAX, CHARACTERS_MAX, LIKE_MIN = 3, 240, 1000, 2000, 0.4
TOKEN = re.compile(
    r"(?P<c>#[^\n]*)|(?P<s>(?<!\w)[rbfuRBFU]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    rf"|(?P<k>\b(?:{'|'.join(kwlist)})\b)|(?P<n>\b\d[\w.]*)|(?P<d>(?<=def |ass )\w+|^ *@[\w.]+)",
    re.DOTALL | re.MULTILINE,
)
Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The lines of a definition and the number of the first; `path` is where its user finds the file."""

    path: str
    first: int
    lines: Sequence[str]


class Code:
    r"""The code of two versions, by symbol.

    >>> version = Version(label="", files={"cart.py": b"x = 1\n\nclass Cart:\n    def add(self):\n        return 1\n"})
    >>> [one.first for one in Code(version, version).of("Cart.add", [])]
    [4, 4]
    """

    def __init__(self, old: Version, new: Version) -> None:
        self.sides = (old, new)
        self.modules = {side.place(path): name for side in self.sides for name, path in side.modules.items()}

    def of(self, symbol: str, findings: Iterable[Finding]) -> list[Excerpt | None]:
        """Return what a symbol is in the old and in the new: found by its name, else in the file of a finding about it."""
        parts = re.sub(r"[(\[].*", "", symbol).split(".")
        names = [(".".join(parts[:size]), parts[size:]) for size in range(len(parts) - 1, 0, -1)]
        told = {self.modules[one.file]: one for one in findings if one.file in self.modules}
        names += [(name, parts[-size:]) for name in told for size in (len(parts), 2, 1)]
        if self.sides[0].is_one_module:
            names += [(name, parts) for side in self.sides for name in side.modules]
        return [self._excerpt(side, names, told.items()) for side in self.sides]

    def _excerpt(self, side: Version, names: Iterable[tuple[str, list[str]]], told: Iterable[tuple[str, Finding]]) -> Excerpt | None:
        for name, rest in names:
            if name in side.trees and (node := _definition(side.trees[name], rest)):
                return _cut(side, side.modules[name], node)
        for name, one in told:
            if name in side.trees and one.file == side.place(side.modules[name]):
                for node in ast.walk(side.trees[name]):
                    if isinstance(node, Definition) and node.lineno == one.line:
                        return _cut(side, side.modules[name], node)
        return None


def side_by_side(old: Excerpt | None, new: Excerpt | None) -> str:
    """Return two excerpts as the rows of a table: number, old line, number, new line.

    >>> side_by_side(Excerpt(path="a.py", first=1, lines=["x = 1"]), None)
    '<tr class="gone"><td>1</td><td><pre>x = <i class="n">1</i></pre></td><td></td><td></td></tr>'
    """
    before, after = (_Side(one) for one in (old, new))
    rows: list[str] = []
    for kind, first, last, other, end in difflib.SequenceMatcher(None, before.lines, after.lines, autojunk=False).get_opcodes():
        pairs = [_row(kind == "equal", (before, after), pair) for pair in zip_longest(range(first, last), range(other, end))]
        if kind == "equal" and len(pairs) > 2 * AROUND + 1:
            pairs[AROUND:-AROUND] = [_fold(f"{len(pairs) - 2 * AROUND} equal lines")]
        rows += pairs
    more = [_fold(f"and {len(rows) - ROWS_MAX} rows more")] if len(rows) > ROWS_MAX else []
    return "".join(rows[:ROWS_MAX] + more)


def marked(text: str, other: str) -> str:
    """Return a text as HTML, with what differs from another marked.

    >>> marked("(1, 2)", "(1, 3)")
    '(1, <mark>2</mark>)'
    """
    return _painted(text, [""] * len(text), _differing(text, other)[0] or frozenset(range(len(text)) if text != other else ()))


class _Side:
    """The lines of one side, and the class of every character in them."""

    def __init__(self, shown: Excerpt | None) -> None:
        self.lines, self.first = (list(shown.lines), shown.first) if shown else ([], 0)
        text = "\n".join(self.lines)
        self.kinds = [""] * len(text)
        for found in TOKEN.finditer(text):
            self.kinds[found.start() : found.end()] = [found.lastgroup or ""] * (found.end() - found.start())
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def cells(self, at: int | None, places: frozenset[int]) -> str:
        if at is None:
            return "<td></td><td></td>"
        line, start = self.lines[at], self.starts[at]
        return f"<td>{self.first + at}</td><td><pre>{_painted(line, self.kinds[start : start + len(line)], places)}</pre></td>"


def _row(is_same: bool, sides: tuple[_Side, _Side], pair: tuple[int | None, int | None]) -> str:  # noqa: FBT001 - one of three, private
    old, new = pair
    kind, marks = "same" if is_same else "come" if old is None else "gone", (frozenset[int](), frozenset[int]())
    if old is not None and new is not None and not is_same:
        kind, marks = "other", _differing(sides[0].lines[old], sides[1].lines[new])
    return f'<tr class="{kind}">{sides[0].cells(old, marks[0])}{sides[1].cells(new, marks[1])}</tr>'


def _fold(text: str) -> str:
    return f'<tr class="fold"><td colspan="4">{text}</td></tr>'


def _painted(text: str, kinds: Sequence[str], places: frozenset[int]) -> str:
    told = []
    for (kind, is_marked), run in groupby(range(len(text)), lambda at: (kinds[at], at in places)):
        first, *_, last = [*run] * 2
        part = escape(text[first : last + 1])
        part = f'<i class="{kind}">{part}</i>' if kind else part
        told.append(f"<mark>{part}</mark>" if is_marked else part)
    return "".join(told).replace("</mark><mark>", "")


def _differing(old: str, new: str) -> tuple[frozenset[int], frozenset[int]]:
    """Return the places of the words in which two texts differ; none where hardly anything is alike."""
    words = [re.findall(r"\w+|\s+|.", each[:CHARACTERS_MAX], re.DOTALL) for each in (old, new)]
    matcher = difflib.SequenceMatcher(None, words[0], words[1], autojunk=False)
    if matcher.ratio() < LIKE_MIN:
        return frozenset(), frozenset()
    one, other = ([0, *accumulate(map(len, each))] for each in words)
    told = [places for kind, *places in matcher.get_opcodes() if kind != "equal"]
    before = chain.from_iterable(range(one[first], one[last]) for first, last, _, _ in told)
    after = chain.from_iterable(range(other[first], other[last]) for _, _, first, last in told)
    return frozenset(before), frozenset(after)


def _definition(tree: ast.AST, names: list[str]) -> ast.AST | None:
    """Return the node that defines a dotted name, also where it stands in an `if` or a `try`; the last one, which counts."""
    found: ast.AST | None = None
    for node in _statements(tree):
        if names[0] in _names(node):
            found = node if len(names) == 1 else (isinstance(node, ast.ClassDef) and _definition(node, names[1:])) or found
    return found


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    for part in ("body", "orelse", "handlers"):
        for node in getattr(tree, part, ()):
            yield node
            if isinstance(node, ast.If | ast.Try | ast.ExceptHandler):
                yield from _statements(node)


def _names(node: ast.AST) -> list[str]:
    targets = [*getattr(node, "targets", ()), getattr(node, "target", None)]
    return [node.name] if isinstance(node, Definition) else [one.id for one in targets if isinstance(one, ast.Name)]


def _cut(version: Version, path: str, node: ast.AST) -> Excerpt:
    first = min([getattr(node, "lineno", 1), *(one.lineno for one in getattr(node, "decorator_list", ()))])
    lines = version.text(path).splitlines()[first - 1 : getattr(node, "end_lineno", first)][:LINES_MAX]
    text = textwrap.dedent("\n".join(one[:CHARACTERS_MAX].expandtabs(4) for one in lines))
    return Excerpt(path=version.place(path), first=first, lines=text.split("\n"))
