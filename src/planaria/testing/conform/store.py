"""What a store promises.

Why: the outbox, and every cell, is right only if a store is atomic, durable, ordered and keeps cells apart; these are the
promises that the kernel uses, by the codes that it relies on.
Not here: survival of a kill and of a full disk; they need a real process and a real disk (tests/e2e).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from planaria.kernel.port import Session, Store
from planaria.testing.conform.check import raises, same

HOST = "planaria"
TABLE = "create table if not exists planaria__thing (number integer primary key, word text not null)"
INSERT = "insert into planaria__thing values (?, ?)"


def _do(sql: str, parameters: Sequence[Any] = (), *, scope: str = HOST) -> Callable[[Session], list[tuple[Any, ...]]]:
    return lambda session: session.execute(scope, sql, parameters)


async def _numbers(store: Store) -> list[int]:
    await store.write(_do(TABLE))
    return [number for (number,) in await store.read(_do("select number from planaria__thing order by number"))]


async def gives_back_what_a_body_returns(store: Store) -> None:
    """Values are returned as they are."""
    marker = object()
    same("write returns the body's value", await store.write(lambda _: marker), marker)
    same("read returns the body's value", await store.read(lambda _: marker), marker)


async def shows_a_write_to_every_later_read(store: Store) -> None:
    """Let a read see each write that returned before."""
    await store.write(_do(TABLE))
    for number in range(20):
        await store.write(_do(INSERT, (number, "a")))
        same("a later read sees the write", await _numbers(store), list(range(number + 1)))


async def undoes_a_body_that_raises(store: Store) -> None:
    """Nothing of a body that raises is kept, and its error comes as it is."""
    await store.write(_do(TABLE))

    def body(session: Session) -> None:
        session.execute(HOST, INSERT, (1, "a"))
        message = "enough"
        raise LookupError(message)

    await raises("an error of the body arrives", store.write(body), LookupError)
    same("its work is undone", await _numbers(store), [])


async def undoes_nothing_of_others(store: Store) -> None:
    """Bodies that wait together fail one by one."""
    await store.write(_do(TABLE))

    def body(number: int) -> Callable[[Session], int]:
        def run(session: Session) -> int:
            session.execute(HOST, INSERT, (number, "a"))
            return 1 // (number % 3)

        return run

    ended = await asyncio.gather(*(store.write(body(number)) for number in range(30)), return_exceptions=True)
    failed = [number for number, one in enumerate(ended) if isinstance(one, ZeroDivisionError)]
    same("who fails is told", failed, list(range(0, 30, 3)))
    same("who does not fail is kept", await _numbers(store), [number for number in range(30) if number % 3])


async def runs_writes_in_the_order_they_came(store: Store) -> None:
    """First come, first served."""
    seen: list[int] = []

    def see(number: int) -> Callable[[Session], None]:
        return lambda _: seen.append(number)

    await asyncio.gather(*(store.write(see(number)) for number in range(50)))
    same("writes run in order", seen, list(range(50)))


async def counts_the_rows_that_changed(store: Store) -> None:
    """Count the changes of the last statement."""
    await store.write(_do(TABLE))

    def body(session: Session) -> list[int]:
        counts = []
        statements = (
            "insert into planaria__thing values (1, 'a'), (2, 'a')", "update planaria__thing set word = 'b'",
            "delete from planaria__thing where number > 5", "select * from planaria__thing",
        )  # fmt: skip
        for sql in statements:
            session.execute(HOST, sql)
            counts.append(session.changes())
        return counts

    same("changes are counted", await store.write(body), [2, 2, 0, 0])


async def lets_a_body_go_on_after_a_broken_constraint(store: Store) -> None:
    """Undo a statement that fails, and it alone."""
    await store.write(_do(TABLE))

    def body(session: Session) -> str:
        session.execute(HOST, INSERT, (1, "a"))
        try:
            session.execute(HOST, INSERT, (1, "b"))
        except Exception as error:  # noqa: BLE001 - its code is looked at below
            return str(getattr(error, "code", error))
        return "nothing was raised"

    same("a broken constraint has its code", await store.write(body), "PLN-S301")
    same("what went before it is kept", await _numbers(store), [1])


async def refuses_what_is_not_one_own_statement(store: Store) -> None:
    """Cells are held apart, and to statements on their own tables."""
    await store.write(_do(TABLE))
    refusals = {
        "select * from planaria__thing": "PLN-S102",
        "delete from planaria__thing": "PLN-S102",
        "pragma user_version": "PLN-S103",
        "attach 'x' as y": "PLN-S103",
        "begin": "PLN-S103",
        "select 1; select 2": "PLN-S104",
        "selekt 1": "PLN-S302",
        "select ?": "PLN-S302",
    }
    for sql, code in refusals.items():
        await raises(f"refuses: {sql}", store.write(_do(sql, scope="till")), code)
        await raises(f"refuses in a read: {sql}", store.read(_do(sql, scope="till")), code)
    await raises("refuses a scope that hides another", store.write(_do("select 1", scope="till__x")), "PLN-S101")
    same("nothing was touched", await _numbers(store), [])


async def refuses_to_write_in_a_read(store: Store) -> None:
    """Refuse to write in a read."""
    await store.write(_do(TABLE))
    await raises("a read cannot write", store.read(_do(INSERT, (1, "a"))), "PLN-S105")
    same("nothing was written", await _numbers(store), [])


async def refuses_a_session_whose_body_has_ended(store: Store) -> None:
    """Refuse a session that was kept."""
    kept = [await store.write(lambda session: session), await store.read(lambda session: session)]

    async def use(session: Session) -> None:
        session.execute(HOST, "select 1")

    for session in kept:
        await raises("a session ends with its body", use(session), "PLN-S109")


async def refuses_an_asynchronous_body(store: Store) -> None:
    """Nothing can be awaited inside a transaction."""

    async def body(session: Session) -> None:
        session.execute(HOST, TABLE)

    await raises("a body is no coroutine", store.write(body), "PLN-S110")


async def lives_on_after_a_body_that_wants_to_end_everything(store: Store) -> None:
    """`exit()` in a body is an error of this body alone."""

    def body(session: Session) -> None:
        raise SystemExit(str(session))

    await raises("an exit is told as an error", store.write(body), "PLN-S304")
    same("the store works on", await store.write(lambda _: 1), 1)


async def lives_on_after_a_cancelled_write(store: Store) -> None:
    """Let a cancelled caller hold up nobody; its body runs wholly or not at all."""
    await store.write(_do(TABLE))

    def both(session: Session) -> None:
        session.execute(HOST, INSERT, (1, "a"))
        session.execute(HOST, INSERT, (2, "a"))

    async def write() -> None:
        await store.write(both)

    task = asyncio.create_task(write())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await store.write(_do(INSERT, (3, "a")))
    same("all or nothing of it is kept", (await _numbers(store))[-3:] in ([3], [1, 2, 3]), wanted=True)


STORE_PROMISES = (
    gives_back_what_a_body_returns, shows_a_write_to_every_later_read, undoes_a_body_that_raises, undoes_nothing_of_others,
    runs_writes_in_the_order_they_came, counts_the_rows_that_changed, lets_a_body_go_on_after_a_broken_constraint,
    refuses_what_is_not_one_own_statement, refuses_to_write_in_a_read, refuses_a_session_whose_body_has_ended,
    refuses_an_asynchronous_body, lives_on_after_a_body_that_wants_to_end_everything, lives_on_after_a_cancelled_write,
)  # fmt: skip
