"""Bookings in memory."""

from decimal import ROUND_HALF_UP, Decimal

from cells.booking.contract import Booking, Size, Taken

HOUR = {Size.SMALL: Decimal("7.50"), Size.LARGE: Decimal("12.25")}
DAY = Decimal(60)


class BookingCell(Booking):
    async def on_start(self):
        self.kept, self.last = {}, 0

    async def book(self, slot, who=None):
        for other, _ in self.kept.values():
            if (other.room, other.day) == (slot.room, slot.day) and other.first < slot.last and slot.first < other.last:
                raise Taken(room=other.room, first=other.first, last=other.last)
        self.last += 1
        self.kept[self.last] = slot, who
        return self.last

    async def cancel(self, number):
        return self.kept.pop(number, None) is not None

    async def booked(self, day, room=None):
        found = [slot for slot, _ in self.kept.values() if slot.day == day and room in (None, slot.room)]
        return tuple(sorted(found, key=lambda slot: (slot.room, slot.first)))

    async def price(self, slot, size=Size.SMALL, tariff="hour"):
        hours = 8 if tariff == "day" else slot.last - slot.first
        price = HOUR[size] * hours
        if slot.day.weekday() >= 5:
            price = (price * Decimal("1.1")).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return min(price, DAY)

    async def who(self, names):
        return tuple(sorted((number for number, (_, name) in self.kept.items() if name in names), reverse=True))
