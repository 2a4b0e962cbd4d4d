"""The cell that attacks: it looks an attack up by its name, runs it, and says how it went.

Why: an attack is a plain function, so that a new one is one more function in the file of its theme.
"""

import importlib
import inspect
from collections.abc import AsyncIterator, Mapping

from planaria.attack.neighbour.contract import Neighbour
from planaria.attack.target.contract import Account, Parcel, Target
from planaria.kernel.state import State
from planaria.kernel.system import state, uses

from .means import CELL, REGISTER, Absent, Attack, told


def found(attack: str) -> Attack:
    """Return an attack by its theme and name, as `file.starts_a_shell`; only its theme is loaded."""
    theme, _, name = attack.partition(".")
    importlib.import_module(f"{__name__}.{theme}")
    return REGISTER[name]


class TargetCell(Target):
    """Runs attacks."""

    neighbour: Neighbour = uses(Neighbour)
    shelf: State = state()

    async def attempt(self, attack: str, facts: Mapping[str, str]) -> Account:
        """Run one, and turn what comes of it into an account."""
        CELL.append(self)
        try:
            made = found(attack)(facts)
            if inspect.isawaitable(made):
                made = await made
        except (Absent, ImportError, AttributeError) as lacking:
            return Account(outcome="absent", detail=told(lacking))
        except Exception as refused:  # noqa: BLE001 - whatever stopped it is the account
            return Account(outcome="stopped", detail=told(refused))
        return Account(outcome="through", detail=told(made))

    async def give(self, attack: str, facts: Mapping[str, str]) -> Parcel:
        """Run one whose result, or error, is the attack."""
        CELL.append(self)
        made = found(attack)(facts)
        given: Parcel = await made if inspect.isawaitable(made) else made
        return given

    async def pour(self, attack: str, facts: Mapping[str, str]) -> AsyncIterator[Parcel]:
        """Run one that pours."""
        CELL.append(self)
        items = found(attack)(facts)
        try:
            async for item in items:
                yield item
        finally:
            await items.aclose()
