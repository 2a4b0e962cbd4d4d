"""Cells for the tests of this placement, and ways to run one in a guest."""

from contextlib import asynccontextmanager

from planaria.placement.wasm.placement import Wasm
from planaria.testing.inline import run_cells
from tests.placement.wasm.contracts import Guest, Plain

TABLES = {Guest: "create table guest__note (text text, data blob, number integer check (number < 100));"}
GUEST = """
import asyncio

class Cell(Guest):
    kept = state()

    async def act(self, text="", number=0):
{act}

    async def reach(self, text="", number=0):
{reach}

    async def length(self, data):
        return len(data)
"""
PLAIN = """
class Cell(Plain):
    async def act(self, text="", number=0):
{act}
"""


TOLD = """
space = {**globals(), "self": self, "number": number}
lines = text.strip(chr(10)).split(chr(10))
exec("async def work():" + chr(10) + chr(10).join("    " + line for line in lines), space)
return await space["work"]()
"""


def indented(text):
    return "\n".join(f"        {line}" for line in (text.strip("\n") or "pass").split("\n"))


@asynccontextmanager
async def guest(act="return text", *, reach="return text", before="", **limits):
    """Run the cell whose operations do what they are given as text."""
    placement = Wasm(secrets={"KEY": "k"})
    await placement.warm()
    source = before + GUEST.format(act=indented(act), reach=indented(reach))
    try:
        async with run_cells({Guest: source}, tables=TABLES, placement=placement, limits={Guest: {"limits": limits}}) as cells:
            yield cells
    finally:
        await placement.close()


@asynccontextmanager
async def plain():
    """Run the cell that declares nothing, and does what it is told."""
    placement = Wasm()
    await placement.warm()
    try:
        async with run_cells({Plain: PLAIN.format(act=indented(TOLD))}, placement=placement) as cells:
            yield cells
    finally:
        await placement.close()
