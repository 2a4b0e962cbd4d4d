"""Sameness: whether two versions mean the same on paper, and which symbols do not.

Why: most changes of text change nothing, and then nothing has to be run; where something differs, its name leads the search.
It is sound: what it calls the same is the same, as far as no code looks at its own lines, frames or source. Cheapest first:
bytes, then tokens, then trees (`shape`), then the order of what they hold (`order`).
Not here: what the differences are (the other rooms).
"""

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from planaria.diff.order import turns
from planaria.diff.shape import Shape, Unit, shape
from planaria.diff.version import Version

IDENTICAL, LAYOUT = "identical bytes", "comments, formatting or docstrings"
TREE, ORDER = "formatting, docstrings, annotations or names of locals", "order of independent definitions"
_READS_DOCUMENTS = re.compile(rb"__doc__|\bgetdoc\b|\bdocopt\b")
_READS_FRAMES = re.compile(rb"_getframe|currentframe|f_locals")
_MOST = 0.5
_TOKEN = re.compile(
    r"""
    \n[ \t]*                                                                       # a line, and what it is indented by
    | (?i:\b[rbuf]{1,2}(?=["']))?                                                  # a text
      (?: \"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*\"{3} | '{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}
        | "[^"\\\n]*(?:\\.[^"\\\n]*)*" | '[^'\\\n]*(?:\\.[^'\\\n]*)*' )
    | \#[^\n]* | \\\n                                                              # a comment; the end of a line that goes on
    | [0-9][\w.]* | \w+ | [()\[\]{}] | [^\w\s()\[\]{}"'\#\\]+ | [^ \t]             # numbers, words, brackets, signs, no Python
    """,
    re.DOTALL | re.VERBOSE,
)
_TAB = re.compile("\n *\t")
_DEPTHS = dict.fromkeys("([{", 1) | dict.fromkeys(")]}", -1)
_NESTS_TEXTS = sys.version_info >= (3, 12)
_Units = dict[str, list[Unit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sameness:
    """Whether two versions mean the same, by which reading; and the symbols that do not.

    `before` and `after` hold, by symbol, the units of the modules that had to be read.
    """

    is_same: bool
    reason: str
    changed: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    before: Mapping[str, list[Unit]] = field(default_factory=dict, compare=False, repr=False)
    after: Mapping[str, list[Unit]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    sides: tuple[Version, Version]
    reasons: set[str] = field(default_factory=set)
    names: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    units: tuple[_Units, _Units] = field(default_factory=lambda: ({}, {}))

    def contents(self, module: str) -> list[bytes | None]:
        return [side.files[side.modules[module]] if module in side.modules else None for side in self.sides]


def unchanged(old: Version, new: Version) -> Sameness:
    r"""Say whether two versions mean the same, and which symbols differ; files with the same bytes are not even parsed.

    >>> one = Version(label="old", files={"a.py": b"def f(x):\n    y = x # well\n    return y"})
    >>> two = Version(label="new", files={"a.py": b"def f(x):\n    z = x\n    return (z)"})
    >>> unchanged(one, two).is_same, unchanged(one, Version(label="new", files={"a.py": b"def f(x): return 1"})).changed
    (True, frozenset({'f'}))
    """
    if old.files == new.files:
        return Sameness(is_same=True, reason=IDENTICAL)
    reading = _Reading(sides=(old, new))
    unlike = [name for name in {**old.modules, **new.modules} if not _is_laid_out_alike(reading, name)]
    trees = [trees_of(side, unlike) for side in (old, new)]
    for name in unlike:
        _compare(reading, name, trees[0].get(name), trees[1].get(name))
    data = [{path: content for path, content in side.files.items() if not path.endswith(".py")} for side in (old, new)]
    is_same = not any(reading.names.values()) and data[0] == data[1]
    reason = " and ".join(sorted(reading.reasons)) if is_same else "" if data[0] == data[1] else "data files"
    names = {kind: frozenset(found) for kind, found in reading.names.items()}
    return Sameness(is_same=is_same, reason=reason, before=reading.units[0], after=reading.units[1], **names)


def _is_laid_out_alike(reading: _Reading, module: str) -> bool:
    before, after = reading.contents(module)
    if before == after:
        return True
    if before is None or after is None or len({side.modules[module] for side in reading.sides}) > 1:
        return False
    keeps = _READS_DOCUMENTS.search(before + b"\n" + after) is not None
    tokens = _layout(before, keeps_documents=keeps)
    if tokens is None or tokens != _layout(after, keeps_documents=keeps):
        return False
    reading.reasons.add(LAYOUT)
    return True


def _layout(content: bytes, *, keeps_documents: bool) -> list[str] | None:
    """Return the tokens of a file without comments and documents, each line with its depth before it; None where only a parser can tell.

    Files of equal tokens have equal trees, docstrings apart; tokens cost less than a tree, and most changes of form end here.
    """
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    is_unusual = any(one in text for one in "\r\f\0\ufeff") or "coding" in text[:200] or ("\t" in text and _TAB.search(f"\n{text}"))
    return None if is_unusual else _lines(_TOKEN.findall(f"\n{text}"), keeps_documents=keeps_documents)


def _lines(tokens: list[str], *, keeps_documents: bool) -> list[str] | None:
    found: list[str] = []
    widths, opened, began, is_document, line = [0], 0, 0, False, "\n"
    for token in tokens:
        first = token[0]
        if first == "\n":
            line = line if opened else token
        elif first not in "#\\":
            if line:
                if is_document:
                    del found[began:]
                if not _indent(widths, len(line) - 1):
                    return None
                began, is_document, line = len(found), not keeps_documents, ""
                found.append(f"\n{len(widths) - 1}")
            if token[-1] not in ("'", '"'):
                opened += _DEPTHS.get(first, 0)
                found += token if not (first.isalnum() or first == "_") else (token,)
                is_document = False
            elif _NESTS_TEXTS and "{" in token and _may_nest(token):
                return None
            else:
                is_document = is_document and first in ("'", '"') and "\\" not in token  # an escape may be wrong, and be refused
                found.append(token)
    return found[:began] if is_document else found


def _indent(widths: list[int], width: int) -> bool:
    """Go to the depth of a line; say whether it fits one of the depths before it."""
    if width > widths[-1]:
        widths.append(width)
    while width < widths[-1]:
        widths.pop()
    return width == widths[-1]


def _may_nest(text: str) -> bool:
    """Say whether a text may be the first piece of one that holds other texts between braces."""
    bare = text.replace("{{", "").replace("}}", "")
    return bare.count("{") != bare.count("}")


def trees_of(side: Version, modules: list[str]) -> Mapping[str, ast.Module]:
    """Return the trees of some modules; those of all are read once, to be used by others too, where these are most of them.

    >>> list(trees_of(Version(label="", files={"a.py": b"1", "b.py": b"2", "c.py": b"3"}), ["b"]))
    ['b']
    """
    files = {path: side.files[path] for name in modules if (path := side.modules.get(name)) is not None}
    if "trees" in side.__dict__ or sum(map(len, files.values())) > _MOST * sum(map(len, side.files.values())):
        return {name: side.trees[name] for name in modules if name in side.trees}
    return Version(label=side.label, files=files).trees


def _compare(reading: _Reading, module: str, before: ast.Module | None, after: ast.Module | None) -> None:
    text = b"\n".join(filter(None, reading.contents(module)))
    keeps = {"keeps_documents": bool(_READS_DOCUMENTS.search(text)), "keeps_names": bool(_READS_FRAMES.search(text))}
    names, (old, new) = reading.names, reading.sides
    try:
        one, two = (None if tree is None else shape(tree, **keeps) for tree in (before, after))
    except RecursionError:
        one = two = None
    units = [each.units if each else {} for each in (one, two)]
    for side, known, found in zip(reading.sides, reading.units, units, strict=True):
        known.update((side.symbol(module, name), each) for name, each in found.items())
    if module not in old.modules:
        names["added"] |= {module, *(new.symbol(module, name) for name in units[1])}
    elif module not in new.modules:
        names["removed"] |= {module, *(old.symbol(module, name) for name in units[0])}
    elif one is None or two is None or before is None or after is None:
        names["changed"].add(module)
    else:
        names["added"] |= {new.symbol(module, name) for name in units[1].keys() - units[0]}
        names["removed"] |= {old.symbol(module, name) for name in units[0].keys() - units[1]}
        differing = {name for name in units[0].keys() & units[1] if _meaning(units[0][name]) != _meaning(units[1][name])}
        differing.update(_blocks_that_differ(reading, (one, two), (before, after)))
        names["changed"] |= {new.symbol(module, name) if name else module for name in differing}
        reading.reasons.add(TREE)


def _meaning(units: list[Unit]) -> list[tuple[str, str]]:
    return [(one.head, one.body) for one in units]


def _blocks_that_differ(reading: _Reading, shapes: tuple[Shape, Shape], trees: tuple[ast.Module, ast.Module]) -> Iterator[str]:
    """Yield the blocks that do something else, or do it in another order; what is only defined anew there has its own name."""
    packages = frozenset(name.split(".")[0] for side in reading.sides for name in side.modules)
    for block, before in shapes[0].blocks.items():
        both = before, shapes[1].blocks.get(block, before)
        names = [[one for one, _ in items] for items in both]
        if names[0] == names[1]:
            continue
        common = Counter(names[0]) & Counter(names[1])
        left = (Counter(names[0]) | Counter(names[1])) - common
        kept = [[(one, node) for one, node in items if one in common and one not in left] for items in both]
        if any(not one.startswith(("define ", "set ")) for one in left):
            yield block
        elif [one for one, _ in kept[0]] != [one for one, _ in kept[1]]:
            if turns(kept[0], trees[0], packages) != turns(kept[1], trees[1], packages):
                yield block
            reading.reasons.add(ORDER)
