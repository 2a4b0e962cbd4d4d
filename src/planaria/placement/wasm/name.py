"""Names of WIT: words of small letters and digits joined by hyphens, each beginning with a letter.

Why: Python's names and WIT's differ, and two names that differ in Python must not become one; so a name is changed as
little as possible, and where two would clash the later one gets a number.
Not here: what is named (`shape`, `wit`).
"""

import re
from collections.abc import Iterable

HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
KEYWORDS = frozenset(
    [
        "as",
        "async",
        "bool",
        "borrow",
        "char",
        "constructor",
        "enum",
        "error-context",
        "export",
        "f32",
        "f64",
        "flags",
        "float32",
        "float64",
        "from",
        "func",
        "future",
        "import",
        "include",
        "interface",
        "list",
        "map",
        "option",
        "own",
        "package",
        "record",
        "resource",
        "result",
        "s16",
        "s32",
        "s64",
        "s8",
        "static",
        "stream",
        "string",
        "tuple",
        "type",
        "u16",
        "u32",
        "u64",
        "u8",
        "use",
        "variant",
        "with",
        "world",
    ]
)


def kebab(text: str) -> str:
    """Return the name that WIT can have for a text.

    >>> kebab("PageView"), kebab("unit_price_cents"), kebab("HTTPServer"), kebab("line_2"), kebab("größe"), kebab("3rd")
    ('page-view', 'unit-price-cents', 'http-server', 'line2', 'grxf6xdfe', 'n3rd')
    """
    plain = "".join(one if one.isascii() else f"x{ord(one):x}" for one in HUMPS.sub("-", text))
    words = [one for one in re.split(r"[^a-z0-9]+", plain.lower()) if one]
    joined = ""
    for word in words or ["empty"]:
        joined += word if word[0].isdigit() else f"-{word}"
    return joined.removeprefix("-") if joined[0] == "-" else f"n{joined}"


def written(name: str) -> str:
    """Return a name as it stands in a WIT file: its keywords are marked.

    >>> written("record"), written("line")
    ('%record', 'line')
    """
    return f"%{name}" if name in KEYWORDS else name


class Names:
    """The names of one scope, each given once.

    >>> names = Names()
    >>> names.take("line_2"), names.take("Line2"), names.take("line2")
    ('line2', 'line2-n2', 'line2-n3')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def take(self, text: str) -> str:
        """Return a name for a text that nothing else in this scope has."""
        wanted, number = kebab(text), 1
        name = wanted
        while name in self.taken:
            number += 1
            name = f"{wanted}-n{number}"
        self.taken.add(name)
        return name
