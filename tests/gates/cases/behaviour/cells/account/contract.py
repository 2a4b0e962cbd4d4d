"""Accounts: money in whole cents, moved and looked up."""

from dataclasses import dataclass

from planaria import CellError, Contract, event, operation, requires


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of an account."""

    number: int
    cents: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Money was moved."""

    name: str
    cents: int


class NoSuchAccount(CellError):
    """There is no such account."""

    code = "ACC-1"
    what = "there is no account {name}"


class TooLittle(CellError):
    """The account does not hold so much."""

    code = "ACC-2"
    what = "{name} holds only {cents}"


class Account(Contract):
    """Accounts by name."""

    events = (event(Moved, key="name"),)

    @operation(idempotent=True)
    @requires("the name is not blank", lambda name: name.strip() != "")
    async def open(self, name: str) -> bool:
        """Open an account; false where there is one of that name.

        >>> await account.open("ann"), await account.open("ann")
        (True, False)
        """
        raise NotImplementedError

    @operation(errors=(NoSuchAccount, TooLittle))
    @requires("something is moved", lambda cents: cents != 0)
    @requires("it is at most a million", lambda cents: abs(cents) <= 1_000_000)
    async def move(self, name: str, cents: int, note: str = "") -> int:
        """Put cents in, or take them out where negative; gives the balance. An account never goes below nothing.

        >>> _ = await account.open("ann")
        >>> await account.move("ann", 500, "wages")
        500
        >>> await account.move("ann", -501)
        Traceback (most recent call last):
        TooLittle: ...
        """
        raise NotImplementedError

    @operation(errors=(NoSuchAccount, TooLittle))
    @requires("something is moved", lambda cents: 0 < cents <= 1_000_000)
    async def transfer(self, source: str, target: str, cents: int) -> tuple[int, int]:
        """Move cents from one account to another; gives both balances. Nothing happens where it fails.

        >>> _ = await account.open("ann"), await account.open("bob"), await account.move("ann", 90)
        >>> await account.transfer("ann", "bob", 30)
        (60, 30)
        """
        raise NotImplementedError

    @operation(idempotent=True, errors=(NoSuchAccount,))
    @requires("1 to 20 entries are asked for", lambda limit: 1 <= limit <= 20)
    async def history(self, name: str, limit: int = 5) -> tuple[Entry, ...]:
        """Give the last entries, newest first.

        >>> _ = await account.open("ann"), await account.move("ann", 1, "a"), await account.move("ann", 2, "b")
        >>> await account.history("ann", 1)
        (Entry(number=2, cents=2, note='b'),)
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def find(self, text: str) -> tuple[str, ...]:
        """Find the names that hold a text, in any case of ASCII letters, in order.

        >>> _ = await account.open("Ann"), await account.open("bob")
        >>> await account.find("a")
        ('Ann',)
        """
        raise NotImplementedError

    @operation(idempotent=True)
    async def close(self, name: str) -> int:
        """Close an account and give what was in it; 0 where there is none.

        >>> await account.close("ann")
        0
        """
        raise NotImplementedError
