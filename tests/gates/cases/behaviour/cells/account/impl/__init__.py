"""Accounts on SQLite."""

from cells.account.contract import Account, Entry, Moved, NoSuchAccount, TooLittle
from planaria import State, state


class AccountCell(Account):
    kept: State = state()

    async def open(self, name):
        return await self.kept.write(
            lambda tx: tx.change("INSERT OR IGNORE INTO account__account VALUES (?, 0, 0)", (name,)) == 1
        )

    async def move(self, name, cents, note=""):
        return await self.kept.write(lambda tx: moved(tx, name, cents, note))

    async def transfer(self, source, target, cents):
        def body(tx):
            left = moved(tx, source, -cents, f"to {target}")
            return left, moved(tx, target, cents, f"from {source}")

        return await self.kept.write(body)

    async def history(self, name, limit=5):
        def body(tx):
            known(tx, name)
            return tx.rows(
                "SELECT number, cents, note FROM account__entry WHERE account = ? ORDER BY number DESC LIMIT ?", (name, limit)
            )

        rows = await self.kept.read(body)
        return tuple(Entry(number=number, cents=cents, note=note) for number, cents, note in rows)

    async def find(self, text):
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = await self.kept.read(
            lambda tx: tx.rows(
                "SELECT name FROM account__account WHERE name LIKE ? ESCAPE '\\' ORDER BY name", (f"%{escaped}%",)
            )
        )
        return tuple(name for (name,) in rows)

    async def close(self, name):
        def body(tx):
            row = tx.row("SELECT cents FROM account__account WHERE name = ?", (name,))
            tx.change("DELETE FROM account__entry WHERE account = ?", (name,))
            tx.change("DELETE FROM account__account WHERE name = ?", (name,))
            return row[0] if row else 0

        return await self.kept.write(body)


def known(tx, name):
    row = tx.row("SELECT cents, entries FROM account__account WHERE name = ?", (name,))
    if row is None:
        raise NoSuchAccount(name=name)
    return row


def moved(tx, name, cents, note):
    before, entries = known(tx, name)
    after = before + cents
    if after < 0:
        raise TooLittle(name=name, cents=before)
    tx.change("UPDATE account__account SET cents = ?, entries = ? WHERE name = ?", (after, entries + 1, name))
    tx.change("INSERT INTO account__entry VALUES (?, ?, ?, ?)", (name, entries + 1, cents, note))
    tx.emit(Moved(name=name, cents=cents))
    return after
