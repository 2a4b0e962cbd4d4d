# ruff: noqa: PTH104, PTH108, PTH123 - what a cell may do is done as cells do it
"""What must work inside a sandbox: otherwise everything would be stopped, and nothing said.

Why: a sandbox that stops everything stops every attack; these are the ordinary things that cells do.
"""

import os

from .means import CELL, Blocked, Facts, attack, facility, head, scratch


@attack(sane=True)
async def calls_its_neighbour(_: Facts) -> int:
    """Call the neighbour that it was given."""
    if (answer := await CELL[-1].neighbour.answer(1)) != 1 + 1:
        raise Blocked(f"it answered {answer}")
    return int(answer)


@attack(sane=True)
async def keeps_state_of_its_own(_: Facts) -> str:
    """Write a row of its own, and read it again."""
    await CELL[-1].shelf.write(lambda tx: tx.change("insert into target__note (text) values (?)", ("kept",)))
    row = await CELL[-1].shelf.read(lambda tx: tx.row("select text from target__note"))
    return str(row[0])


@attack(sane=True)
async def works_at_several_things(_: Facts) -> list[int]:
    """Run tasks beside each other, with time-outs and sleeps."""
    asyncio = facility("asyncio")

    async def one(number: int) -> int:
        await asyncio.sleep(0.001)
        return number

    async with asyncio.timeout(2):
        return list(await asyncio.gather(*(one(number) for number in range(3))))


@attack(sane=True)
async def works_off_the_loop(_: Facts) -> int:
    """Run a function off the loop."""
    return int(await facility("asyncio").to_thread(sum, range(10)))


@attack(sane=True)
def imports_what_cells_import(_: Facts) -> str:
    """Import common modules of the standard library."""
    names = """collections dataclasses datetime decimal enum functools hashlib html.parser itertools json math re statistics string
    textwrap typing urllib.parse"""
    for name in names.split():
        facility(name)
    return names


@attack(sane=True, only="process")
def imports_what_is_native(_: Facts) -> str:
    """Import modules of the standard library that are native code."""
    for name in ("sqlite3", "zlib", "lzma", "xml.etree.ElementTree", "concurrent.futures", "tempfile", "email", "uuid", "ssl"):
        facility(name)
    return "imported"


@attack(sane=True, only="process", scratch=True)
def uses_its_scratch_folder(_: Facts) -> str:
    """Write, read, rename and delete a file in its scratch folder."""
    path = f"{scratch()}/file"
    with open(path, "w") as file:
        file.write("hi")
    os.rename(path, f"{path}-2")
    try:
        return head(f"{path}-2")
    finally:
        os.unlink(f"{path}-2")


@attack(sane=True, only="process", scratch=True)
def keeps_a_database_of_its_own(_: Facts) -> str:
    """Keep a database in its scratch folder."""
    connection = facility("sqlite3").connect(f"{scratch()}/own.sqlite")
    try:
        connection.execute("create table if not exists t (x)")
        connection.execute("insert into t values (1)")
        connection.commit()
        return str(connection.execute("select count(*) from t").fetchone()[0])
    finally:
        connection.close()


@attack(sane=True, only="process")
def reads_what_it_may_read(facts: Facts) -> str:
    """Read a file below the folder that it may read."""
    return head(f"{facts['public']}/page.html")


@attack(sane=True, only="process")
def works_in_threads(_: Facts) -> int:
    """Run four threads in a pool."""
    with facility("concurrent.futures").ThreadPoolExecutor(4) as pool:
        return sum(pool.map(abs, range(8)))


@attack(sane=True)
def uses_half_of_its_memory(facts: Facts) -> str:
    """Use half of the memory that it may."""
    return f"{len(bytearray(int(facts['memory_mb']) << 19))} bytes"


@attack(sane=True, way="give")
def gives_a_whole_value(_: Facts) -> object:
    """Give back a value with a field of each kind."""
    parcel = facility("planaria.attack.target.contract").Parcel
    return parcel(text="ä\U0001f600", count=1 << 40, share=0.25, lines=("a", ""), inside=parcel(text="b"))


@attack(sane=True, way="pour")
async def pours_what_was_asked_for(_: Facts) -> object:
    """Pour three items, and end."""
    parcel = facility("planaria.attack.target.contract").Parcel
    for number in range(3):
        yield parcel(count=number)
