"""Bookings: rooms by the hour, with prices."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Literal

from planaria import CellError, Contract, operation, requires


class Size(Enum):
    """How large a room is."""

    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Hours of a day in a room: from the first, before the last."""

    room: str
    day: date
    first: int
    last: int


class Taken(CellError):
    """The room is taken in some of these hours."""

    code = "BOOK-1"
    what = "{room} is taken from {first} to {last}"


def is_slot(slot):
    """Say whether the hours are those of a day."""
    return 0 <= slot.first < slot.last <= 24 and slot.room != ""


class Booking(Contract):
    """Who has which room when; kept in memory, so that it is new each morning."""

    @operation(errors=(Taken,))
    @requires("the hours are those of a day", is_slot)
    async def book(self, slot: Slot, who: str | None = None) -> int:
        """Book a room, and give the number of the booking.

        >>> await booking.book(Slot(room="A", day=date(2026, 3, 1), first=9, last=11))
        1
        >>> await booking.book(Slot(room="A", day=date(2026, 3, 1), first=10, last=12), "ann")
        Traceback (most recent call last):
        Taken: ...
        >>> await booking.book(Slot(room="A", day=date(2026, 3, 1), first=11, last=12), "ann")
        2
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def cancel(self, number: int) -> bool:
        """Give a booking up; false where there is none of that number.

        >>> _ = await booking.book(Slot(room="A", day=date(2026, 3, 1), first=9, last=11))
        >>> await booking.cancel(1), await booking.cancel(1)
        (True, False)
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def booked(self, day: date, room: str | None = None) -> tuple[Slot, ...]:
        """Give what is booked on a day, by room and hour; all rooms, or one.

        >>> _ = await booking.book(Slot(room="A", day=date(2026, 3, 1), first=9, last=11))
        >>> await booking.booked(date(2026, 3, 1))
        (Slot(room='A', day=datetime.date(2026, 3, 1), first=9, last=11),)
        """
        raise NotImplementedError

    @operation(idempotent=True)
    @requires("the hours are those of a day", is_slot)
    async def price(self, slot: Slot, size: Size = Size.SMALL, tariff: Literal["day", "hour"] = "hour") -> Decimal:
        """Give the price: 7.50 an hour, 12.25 for a large room, a tenth more on weekends, at most 60 a day.

        >>> await booking.price(Slot(room="A", day=date(2026, 3, 2), first=9, last=11))
        Decimal('15.00')
        >>> await booking.price(Slot(room="A", day=date(2026, 3, 1), first=9, last=11), Size.LARGE)
        Decimal('26.95')
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def who(self, names: frozenset[str]) -> tuple[int, ...]:
        """Give the bookings of these people, newest first.

        >>> _ = await booking.book(Slot(room="A", day=date(2026, 3, 1), first=9, last=11), "ann")
        >>> await booking.who(frozenset({"ann"}))
        (1,)
        """
        raise NotImplementedError
