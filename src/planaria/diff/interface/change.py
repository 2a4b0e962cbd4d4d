"""Changes: one thing that differs for callers, before it is known under which name it is told.

Why: rules say what and how bad; the walk says where.
Not here: the rules, findings (`diff.finding`).
"""

from dataclasses import dataclass

from planaria.diff.finding import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, `client` being the statement after the imports that shows it (`{path}`: the path of the symbol)."""

    level: Level
    what: str
    cure: str = ""
    client: str = ""


def change(level: Level, what: str, cure: str = "", client: str = "") -> Change:
    """Make a change.

    >>> change("info", "it is new").level
    'info'
    """
    return Change(level=level, what=what, cure=cure, client=client)
