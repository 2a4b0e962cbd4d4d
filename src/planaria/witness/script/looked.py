"""How hard a hunt looked: scripts, calls, what could be compared of each symbol, and why the rest could not.

Why: "no difference found" is worth what was tried, so it is told with every result.
Not here: the loop that counts (`hunt`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=False, slots=True)
class Looked:
    """How hard it looked: scripts and calls, calls by symbol, those that could be compared, what could not and why."""

    scripts: int = 0
    calls: int = 0
    cpu_s: float = 0.0
    played: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    unsteady: Counter[str] = field(default_factory=Counter)
    slow: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)
    not_repeated: int = 0


def not_exercised(looked: Looked, affected: Iterable[str], failed: Mapping[str, str], *, modules: int) -> dict[str, str]:
    """Return the affected symbols of which no call could be compared, with the reason; `failed` are modules that cannot be imported.

    >>> not_exercised(Looked(), ["f"], {}, modules=1)
    {'f': 'no call of it was made within the budget'}
    """
    found: dict[str, str] = {}
    for symbol in sorted(affected):
        if looked.compared[symbol]:
            continue
        module = next((name for name in failed if symbol.startswith(name)), "")
        if failed and (module or len(failed) == modules):
            found[symbol] = f"the old version cannot be imported: {failed.get(module) or next(iter(failed.values()))}"
        elif looked.unsteady[symbol]:
            found[symbol] = "the old version disagrees with itself"
        elif looked.played[symbol]:
            found[symbol] = f"every input was outside what it takes ({looked.errors.get(symbol, 'a condition does not hold')})"
        else:
            found[symbol] = "no call of it was made within the budget"
    return found


def summed_up(looked: Looked) -> dict[str, Any]:
    """Return how hard it looked, as data.

    >>> summed_up(Looked(scripts=3))["scripts"]
    3
    """
    return {
        "scripts": looked.scripts, "calls": looked.calls, "cpu_s": round(looked.cpu_s, 2),
        "compared": dict(sorted(looked.compared.items())),
        "outside": dict(sorted(looked.outside.items())), "unsteady": dict(looked.unsteady), "slow": dict(looked.slow),
        "not_repeated": looked.not_repeated,
    }  # fmt: skip
