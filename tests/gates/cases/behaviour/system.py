"""Three small cells to judge rewrites by: one that keeps state, one of texts, one of dates and money."""

from cells.account.contract import Account
from cells.booking.contract import Booking
from cells.words.contract import Words
from planaria import System

system = System("cases")
system.add(Account)
system.add(Words)
system.add(Booking)
