# ruff: noqa: S608 - that is the attack
"""Attacks on the store through a cell's own state, which is a transaction in the host.

Allows: the store holds every cell's data, and everybody waits while one transaction runs.
"""

from collections.abc import Callable
from typing import Any

from .means import CELL, Blocked, Facts, attack, facility, told

WORD = "select word from neighbour__secret"
ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n)"


async def _read(sql: str, parameters: Any = ()) -> str:
    row = await CELL[-1].shelf.read(lambda tx: tx.row(sql, parameters))
    return told(row[0] if row else row)


async def _each(kind: Callable[[Any], Any], statements: tuple[str, ...]) -> str:
    failures = []
    for sql in statements:
        try:
            found = await kind(lambda tx, sql=sql: tx.rows(sql))
        except Exception as error:  # noqa: BLE001 - each is tried
            failures.append(f"{sql[:20]}: {type(error).__name__}")
            continue
        return f"{sql}: {told(found)}"
    raise Blocked("; ".join(failures))


@attack(bare="there is no store")
async def reads_the_table_of_another_cell(_: Facts) -> str:
    """Select from the table of the neighbour.

    Allows: reading every cell's data.
    """
    return await _read(WORD)


@attack(bare="there is no store")
async def reads_another_table_in_a_roundabout_way(_: Facts) -> str:
    """Select from the table of the neighbour by quotes, joins, unions, subqueries, common tables, and its schema's name.

    Allows: passing a check of the text of a statement.
    """
    return await _each(CELL[-1].shelf.read, (
        'select word from "neighbour__secret"', "select word from main.neighbour__secret", "select word from [neighbour__secret]",
        "select 1 union select word from neighbour__secret", "select (select word from neighbour__secret)",
        "with t as (select word from neighbour__secret) select * from t", "select word from NEIGHBOUR__SECRET",
        "select word from/**/neighbour__secret", "select 1 where exists (select word from neighbour__secret)",
        "values ((select word from neighbour__secret))",
    ))  # fmt: skip


@attack(bare="there is no store")
async def writes_the_table_of_another_cell(_: Facts) -> str:
    """Write into, change and drop the table of the neighbour.

    Allows: changing and destroying every cell's data.
    """
    return await _each(CELL[-1].shelf.write, (
        "insert into neighbour__secret values ('planted')", "update neighbour__secret set word = 'planted'",
        "delete from neighbour__secret",
        "drop table neighbour__secret", "alter table neighbour__secret add column planted",
        "replace into neighbour__secret values ('planted')",
    ))  # fmt: skip


@attack(bare="there is no store")
async def writes_the_tables_of_planaria(_: Facts) -> str:
    """Write into the tables in which planaria keeps events and migrations.

    Allows: forging events of other cells.
    """
    return await _each(CELL[-1].shelf.write, (
        "insert into planaria__event default values", "delete from planaria__event", "update sqlite_master set sql = ''",
        "delete from planaria__delivery",
        "delete from planaria__migration", "drop table planaria__event",
    ))  # fmt: skip


@attack(bare="there is no store")
async def looks_at_the_tables_of_all(_: Facts) -> str:
    """Read the list of tables.

    Allows: learning which cells there are, and what they keep.
    """
    return await _each(CELL[-1].shelf.read, (
        "select name from sqlite_master", "select * from sqlite_schema", "select * from pragma_table_list",
        "select * from pragma_table_info('neighbour__secret')",
        "pragma table_list", "select * from dbstat", "select * from sqlite_dbpage",
    ))  # fmt: skip


@attack(bare="there is no store")
async def attaches_another_database(facts: Facts) -> str:
    """Attach files of the host as databases, and write a copy of the store elsewhere.

    Allows: reading and writing files of the host, in the host's name.
    """
    path = f"{facts['outside']}/planted"
    return await _each(CELL[-1].shelf.write, (
        f"attach '{path}' as planted", f"vacuum into '{path}'", f"attach '{facts['store']}' as other", f"select load_extension('{path}')",
        f"select writefile('{path}', 'x')", f"select readfile('{facts['secret']}')", f"select edit('x', 'touch {path}')",
        f"create virtual table temp.planted using fsdir('{path}')", f"select * from fsdir('{path}')",
    ))  # fmt: skip


@attack(bare="there is no store")
async def changes_the_settings_of_the_store(_: Facts) -> str:
    """Change settings of the connection that all cells share.

    Allows: switching off what makes the store safe and durable.
    """
    return await _each(CELL[-1].shelf.write, (
        "pragma writable_schema = on", "pragma journal_mode = off", "pragma synchronous = off", "pragma foreign_keys = off",
        "pragma query_only = on",
        "pragma cache_size = -100000000", "pragma temp_store_directory = '/'", "pragma trusted_schema = on", "pragma user_version = 666",
        "pragma wal_checkpoint(truncate)", "pragma max_page_count = 1", "pragma locking_mode = exclusive",
    ))  # fmt: skip


@attack(bare="there is no store")
async def ends_the_transaction_itself(_: Facts) -> str:
    """Commit, roll back, begin and release inside the transaction that the host holds.

    Allows: making durable what should be undone, and leaving locks behind.
    """
    return await _each(
        CELL[-1].shelf.write,
        ("commit", "rollback", "end", "begin", "savepoint planted", "release planted", "begin exclusive", "select 1; commit"),
    )


@attack(bare="there is no store")
async def plants_a_trigger(_: Facts) -> str:
    """Make triggers, views and temporary tables that act on other cells' tables.

    Allows: acting in another cell's name, whenever it writes.
    """
    return await _each(CELL[-1].shelf.write, (
        "create temp trigger planted after insert on neighbour__secret begin delete from neighbour__secret; end",
        "create trigger target__planted after insert on neighbour__secret begin select 1; end",
        "create temp view neighbour__secret as select 'planted' as word",
        "create view target__planted as select word from neighbour__secret", "create temp table neighbour__secret (word)",
        "create table neighbour__planted (word)", "create index target__planted on neighbour__secret (word)",
    ))  # fmt: skip


@attack(bare="there is no store", deadline_s=8)
async def asks_for_rows_without_end(_: Facts) -> str:
    """Select rows that never end.

    Allows: filling the memory of the host, and holding the store.
    """
    await CELL[-1].shelf.read(lambda tx: tx.rows(f"{ENDLESS} select i from n"))
    return "they ended"


@attack(bare="there is no store", deadline_s=8)
async def counts_without_end_in_the_store(_: Facts) -> str:
    """Have the store count without end, in a transaction that writes.

    Allows: keeping the store from everybody else.
    """
    await CELL[-1].shelf.write(lambda tx: tx.rows(f"{ENDLESS} select sum(i) from n"))
    return "it ended"


@attack(bare="there is no store", deadline_s=8)
async def makes_a_huge_value_in_the_store(_: Facts) -> str:
    """Have the store make a value of a thousand million bytes.

    Allows: filling the memory of the host.
    """
    row = await CELL[-1].shelf.read(lambda tx: tx.row("select hex(zeroblob(400000000))"))
    return f"{len(row[0])} characters"


@attack(bare="there is no store", deadline_s=8)
async def holds_a_transaction(_: Facts) -> str:
    """Begin a transaction that writes, and sleep in it.

    Allows: keeping the store from everybody else.
    """
    await CELL[-1].shelf.write(lambda _: facility("time").sleep(600))
    return "it was held for ten minutes"


@attack(bare="there is no store", deadline_s=8)
async def waits_for_itself_in_a_transaction(_: Facts) -> str:
    """Begin a transaction inside a transaction, and wait for it.

    Allows: holding the store for ever.
    """
    asyncio = facility("asyncio")
    loop, cell = asyncio.get_running_loop(), CELL[-1]

    def body(_: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(cell.shelf.write(lambda tx: tx.row("select 1")), loop).result(60)

    await cell.shelf.write(body)
    return "it went through"


@attack(bare="there is no store", deadline_s=6)
async def asks_for_a_thousand_transactions(_: Facts) -> str:
    """Begin a thousand transactions at once, each of which takes a while.

    Allows: keeping the store from everybody else.
    """
    asyncio, shelf = facility("asyncio"), CELL[-1].shelf
    slow = "with recursive n(i) as (select 1 union all select i + 1 from n limit 20000) select sum(i) from n"
    results = await asyncio.gather(*(shelf.write(lambda tx: tx.row(slow)) for _ in range(1000)), return_exceptions=True)
    raise Blocked(f"{sum(isinstance(one, Exception) for one in results)} were refused; the host says whether the store answers others")


@attack(bare="there is no store")
async def keeps_a_transaction_for_later(_: Facts) -> str:
    """Keep the transaction that it was given, and use it when it is over.

    Allows: writing into another cell's transaction.
    """
    kept: list[Any] = []
    await CELL[-1].shelf.read(kept.append)
    return told(kept[0].row("select 1"))


@attack(bare="there is no store")
async def gives_parameters_that_are_no_values(_: Facts) -> str:
    """Give the store objects, huge numbers and half characters as parameters.

    Allows: an error in the host at a place of the attacker's choice.
    """
    failures = []
    for value in (object(), 1 << 80, "a\ud800", [1], {"a": 1}, float("nan"), b"x" * (20 << 20)):
        try:
            await CELL[-1].shelf.read(lambda tx, value=value: tx.row("select typeof(?)", (value,)))
        except Exception as error:  # noqa: BLE001 - each is tried
            failures.append(type(error).__name__)
            continue
        failures.append("taken")
    raise Blocked(", ".join(failures))


@attack(bare="there is no store")
async def emits_what_it_does_not_declare(_: Facts) -> str:
    """Emit events that the contract does not name.

    Allows: having other cells act on facts that never were.
    """
    parcel = facility("planaria.attack.target.contract").Parcel(text="planted")
    await CELL[-1].shelf.write(lambda tx: tx.emit(parcel))
    return "emitted"
