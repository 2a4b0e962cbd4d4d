"""A contract whose values are msgspec structs, tagged and untagged, beside frozen dataclasses.

Why: a placement without msgspec stands in for it there; kept apart from `subject`, so that a failure of that is told apart.
Not here: its implementation (`source`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from planaria.kernel.contract import Contract, operation


class Line(msgspec.Struct, frozen=True):
    """An untagged struct, with a constraint and a default."""

    sku: str
    quantity: Annotated[int, msgspec.Meta(ge=1)] = 1
    notes: tuple[str, ...] = ()


class Cash(msgspec.Struct, frozen=True, tag=True):
    """One of the tagged."""

    amount: int


class Card(msgspec.Struct, frozen=True, tag="by-card", kw_only=True):
    """Another, with a tag of its own."""

    number: str
    limit: int | None = None


class Renamed(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A struct whose fields have other names on their way."""

    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """A dataclass that holds structs."""

    lines: tuple[Line, ...]
    paid: Mapping[str, Cash | Card]
    by: Renamed = field(default_factory=Renamed)


class Register(Contract):
    """Gives structs back."""

    @operation(idempotent=True)
    async def ring(self, line: Line) -> Line:
        """Give a line back."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def pay(self, means: Cash | Card) -> Cash | Card:
        """Give a means of payment back."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def close(self, day: tuple[Closing | Line | None, ...]) -> tuple[Closing | Line | None, ...]:
        """Give a day back."""
        raise NotImplementedError
