import asyncio

import pytest
import pytest_asyncio

from planaria.kernel.error import Unknown
from tests.placement.wasm.contracts import Guest, Plain
from tests.placement.wasm.house import TOLD, guest, plain

pytestmark = pytest.mark.asyncio(loop_scope="module")
ASK = """
from planaria.placement.wasm.guest.state import _rooms
turn = _rooms[0]
try:
    return str(await turn.ask({what!r}, {text!r}))
except Exception as error:
    return f"{{type(error).__name__}}: {{error}}"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bare():
    async with plain() as cells:
        yield cells.handle(Plain)


@pytest.mark.parametrize(
    "what,text,says",
    [
        ("call nothing get", "[]", "no such operation"), ("call x", "[]", "ValueError"), ("open nothing get", "[]", "no such operation"),
        ("next call x", "7", "no such stream"), ("read", "1", "declares no state"), ("write", "1", "declares no state"),
        ("", "", "no such thing"),
        ("connect", '["127.0.0.1", 1, false]', "reach no host"), ("receive 5", "", "no such line"), ("send", '"a"', "no such line"),
        ("eof 1", "", "no such line"), ("__class__", "", "no such thing"),
    ],
)  # fmt: skip
async def test_a_guest_gets_nothing_that_it_was_not_given(bare, what, text, says):
    assert says in await bare.act(ASK.format(what=what, text=text))


async def test_a_guest_that_asks_for_too_much_at_once_is_ended():
    async with guest(TOLD) as cells:
        with pytest.raises(Unknown):
            await cells.handle(Guest).act("""
from planaria.placement.wasm.guest.state import _rooms
await asyncio.gather(*(_rooms[0].ask("write", "1") for _ in range(3000)))
""")
        assert await cells.handle(Guest).act("return 'again'") == "again"


@pytest.mark.parametrize(
    "what,says",
    [
        ('turn.host("rows", "[1]")', "no transaction"), ('turn.host("rows", "x" * 20_000_000)', "no transaction"),
        ('turn.host("?", "")', "no transaction"),
        ("__import__('wit_world').clock(0)", "nan"), ("__import__('wit_world').clock(7)", "nan"), ("__import__('wit_world').chance(8)", ""),
    ],
)  # fmt: skip
async def test_an_import_gives_nothing_that_was_not_declared(bare, what, says):
    act = f"from planaria.placement.wasm.guest.state import _rooms\nturn = _rooms[0]\nreturn str({what})"
    assert says in await bare.act(act)


@pytest.mark.parametrize(
    "kind,text,says",
    [
        ("rows", "[1, 2]", "a text and a list"), ("rows", '["select ?", [[]]]', "cannot be stored"),
        ("rows", "nonsense", "JSONDecodeError"),
        ("rows", '["select ?", [{"b": "!"}]]', "Error"), ("emit", '["Nothing", {}]', "declares no event"),
        ("emit", '["Noted", {"text": 1}]', "WrongValue"),
        ("rows", '["' + "x" * 17_000_000 + '", []]', "too long"), ("?", '["select 1", []]', "SQL"),
    ],
)  # fmt: skip
async def test_a_statement_that_is_none_is_told(kind, text, says):
    async with guest(f"""
from planaria.placement.wasm.guest.state import _rooms
kind, sent = {kind!r}, {text[:100]!r} if {len(text) < 100} else '["' + "x" * 17_000_000 + '", []]'
return await self.kept.write(lambda tx: _rooms[0].host(kind, sent)[:300])
""") as cells:
        answer = await cells.handle(Guest).act()
    assert says in answer or (says == "SQL" and answer[0] in "!=")


async def test_a_long_body_is_cut_off_and_its_guest_ended(monkeypatch):
    from planaria.placement.wasm import conversation

    monkeypatch.setattr(conversation, "BODY_S", 0.1)
    async with guest(TOLD) as cells:
        with pytest.raises(Unknown):
            await cells.handle(Guest).act("""
def body(tx):
    tx.change("insert into guest__note (text) values ('lost')")
    while True:
        pass
await self.kept.write(body)
""")
        kept = await cells.handle(Guest).act("return str(await self.kept.read(lambda tx: tx.rows('select * from guest__note')))")
        assert kept == "[]"
        assert any("PLN-P703" in one for one in cells.complaints)


async def test_a_body_waits_for_a_turn_only_so_long(monkeypatch):
    from planaria.placement.wasm import conversation

    monkeypatch.setattr(conversation, "BODY_S", 0.05)
    async with guest(TOLD) as cells:
        one = cells.handle(Guest)
        writing = asyncio.create_task(one.act("await asyncio.sleep(0)\nreturn str(await self.kept.write(lambda tx: 1))"))
        busy = asyncio.create_task(one.act("return str(sum(range(3_000_000)))"))
        done = await asyncio.gather(writing, busy, return_exceptions=True)
    assert done[1] == "4499998500000"
    assert done[0] == "1" or "HeldTooLong" in str(done[0])
