import asyncio

import pytest
import pytest_asyncio

from planaria.kernel.error import Failed, Unknown
from planaria.kernel.loader import ImplementationProblems
from tests.placement.wasm.contracts import Guest, Plain, Sour
from tests.placement.wasm.house import TOLD, guest, plain

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared():
    async with guest(TOLD, reach=TOLD) as cells:
        yield cells


@pytest_asyncio.fixture(loop_scope="module")
async def told(shared):
    for _ in range(8):  # so many that the failures of a test before do not rest the cell
        assert await shared.handle(Guest).act("return str(number)", 3) == "3"
    return shared


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bare():
    async with plain() as cells:
        yield cells


async def test_runs_what_asyncio_offers_in_one_thread(told):
    text = await told.handle(Guest).act("""
async def one(n):
    await asyncio.sleep(0.001 * n)
    return n
async with asyncio.TaskGroup() as group:
    first = group.create_task(one(2))
found = await asyncio.gather(one(1), one(2), asyncio.to_thread(len, "abc"))
try:
    async with asyncio.timeout(0.001):
        await asyncio.sleep(5)
except TimeoutError:
    found.append("late")
queue = asyncio.Queue()
queue.put_nowait(4)
done, _ = await asyncio.wait([asyncio.create_task(one(0))])
try:
    await asyncio.wait_for(asyncio.Event().wait(), 0.001)
except TimeoutError:
    found.append("wait")
async with asyncio.Lock(), asyncio.Semaphore(1):
    return repr((first.result(), found, await queue.get(), [each.result() for each in done], asyncio.current_task() is not None))
""")
    assert text == "(2, [1, 2, 3, 'late', 'wait'], 4, [0], True)"


async def test_a_task_that_never_rests_leaves_room_for_others():
    async with guest("""
if text == "spin":
    while True:
        await asyncio.sleep(0)
return text
""") as cells:
        spinning = asyncio.create_task(cells.handle(Guest).act("spin"))
        assert [await cells.handle(Guest).act(str(number)) for number in range(5)] == list("01234")
        spinning.cancel()
        await asyncio.wait([spinning])
        assert await cells.handle(Guest).act("after") == "after"


async def test_calls_are_answered_while_another_computes_in_slices():
    async with guest("return str(sum(range(number)))") as cells:
        long = asyncio.create_task(cells.handle(Guest).act("", 1_000_000))
        loops = 0
        while not long.done():
            await asyncio.sleep(0)
            loops += 1
        assert (await long, loops > 10) == ("499999500000", True)


@pytest.mark.parametrize("size", [10, 5_000, 200_000])
async def test_long_texts_come_back_as_they_were(size):
    async with guest("return text + '\\\\'") as cells:
        for text in ("x" * size, 'ä"\\\n' * size, "\u2028\x00" * size):
            assert await cells.handle(Guest).act(text) == text + "\\"
        assert await cells.handle(Guest).length(b"\xff" * size) == size


async def test_a_wrong_type_fails_the_call_alone():
    async with guest("return number if text == 'wrong' else text") as cells:
        with pytest.raises(Failed) as caught:
            await cells.handle(Guest).act("wrong", 3)
        assert caught.value.facts["error"] == "WrongValue"
        assert await cells.handle(Guest).act("right") == "right"


@pytest.mark.parametrize(
    "act,error",
    [
        ("return chr(0xD800)", "TypeError"), ("return object()", "TypeError"), ("raise KeyError('a')", "KeyError"),
        ("raise SystemExit(3)", "SystemExit"), ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise asyncio.CancelledError", "CancelledError"),
        ("raise Exception(chr(0xD800))", "Exception"), ("open('x')", "PermissionError"),
        ("def deep(n): return deep(n + 1)\nreturn deep(0)", "RecursionError"), ("return 'a' * 10**9", "MemoryError"),
        ("import nothing_of_this_name", "ModuleNotFoundError"), ("raise Sour(taste=object())", "Sour"),
    ],
)  # fmt: skip
async def test_what_a_cell_raises_fails_the_call_by_its_name(told, act, error):
    with pytest.raises((Failed, Sour)) as caught:
        await told.handle(Guest).act(act)
    assert caught.value.facts.get("error", "Sour") == error


async def test_control_characters_in_texts_are_escaped(told):
    with pytest.raises(Failed) as caught:
        await told.handle(Guest).act("raise ValueError('a' + chr(27) + '[2J' + chr(0x9b))")
    assert (caught.value.facts["error"], caught.value.facts["text"]) == ("ValueError", "a\\x1b[2J\\x9b")


async def test_facts_of_a_declared_error_are_tamed(told):
    with pytest.raises(Sour) as caught:
        await told.handle(Guest).act("raise Sour(taste='a' + chr(27), more=[chr(7)], deep={'k' + chr(0): 1})")
    assert caught.value.facts == {"taste": "a\\x1b", "more": ["\\x07"], "deep": {"k\\x00": 1}}


@pytest.mark.parametrize(
    "act,limits,code",
    [
        ("import os\nos.abort()", {}, "PLN-P701"),
        ("while True: pass", {"cpu_s_per_call": 0.05}, "PLN-P703"),
        ("while True: pass", {"fuel_per_call": 30_000_000}, "PLN-P702"),
        ("import json\njson.loads('[' * 10**6)", {}, "PLN-P701"),
        ("import re\nre.match('(a+)+$', 'a' * 40 + 'b')", {"cpu_s_per_call": 0.05}, "PLN-P703"),
        ("from planaria.placement.wasm.guest import turn\nturn.Turn.__call__ = lambda *_: 'nonsense'", {}, "PLN-P704"),
        ("from planaria.placement.wasm.guest import turn\nturn.Turn.__call__ = lambda *_: '- r 99 4 -\\nnull'", {}, "PLN-P704"),
        (
            "from planaria.placement.wasm.guest import turn\nturn.Turn.__call__ = lambda *_: '- e ' + '9' * 99 + ' 4 -\\nnull'",
            {},
            "PLN-P704",
        ),
    ],
)
async def test_a_guest_that_falls_takes_nobody_with_it(act, limits, code):
    if "Turn" in act:
        act = f"if text == 'fall':\n    {act.splitlines()[0]}\n    {act.splitlines()[1]}\n    await asyncio.sleep(0.01)\nreturn text"
    else:
        act = "if text == 'fall':\n" + "\n".join(f"    {line}" for line in act.splitlines()) + "\nreturn text"
    async with guest(act, **limits) as cells:
        with pytest.raises(Unknown) as caught:
            await cells.handle(Guest).act("fall")
        assert "its guest ended" in str(caught.value)
        assert await cells.handle(Guest).act("again") == "again"
        assert any(code in one for one in cells.complaints)


async def test_a_guest_that_ignores_a_cancel_is_ended():
    async with guest("""
if text == "deaf":
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
return text
""") as cells:
        task, beside = (asyncio.create_task(cells.handle(Guest).act("deaf")) for _ in range(2))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(Unknown):
            await beside
        assert any("PLN-P707" in one for one in cells.complaints)
        assert await cells.handle(Guest).act("again") == "again"


async def test_lines_of_a_guest_are_complaints_and_bounded():
    async with guest("print('hello\\x1b', text)\nfor one in range(500): print(one)\nreturn text") as cells:
        await cells.handle(Guest).act("you")
        said = [one for one in cells.complaints if "says" in one]
    assert said[0] == "cell 'guest' says: hello\\x1b you"
    assert len(said) <= 202
    assert said[-1].endswith("the rest is left out")


async def test_what_is_declared_is_given(told):
    text = await told.handle(Guest).reach("""
import datetime, os, random, time, uuid, secrets
assert time.time() == datetime.datetime.now().timestamp() or abs(time.time() - datetime.datetime.now().timestamp()) < 9
assert datetime.date.today() and datetime.datetime.now(datetime.UTC) and datetime.datetime.utcnow()
assert time.monotonic() <= time.monotonic() and time.perf_counter_ns() and time.strftime("%Y") and time.gmtime() and time.time_ns()
assert len({uuid.uuid4(), uuid.uuid4()}) == 2 and len(os.urandom(3000)) == 3000 and secrets.token_hex(4)
return os.environ["KEY"] + str(random.random() != random.Random().random())
""")
    assert text == "kTrue"


@pytest.mark.parametrize(
    "act,says",
    [
        ("import time\ntime.time()", "Clock()"), ("import datetime\ndatetime.datetime.now()", "Clock()"),
        ("import random\nrandom.random()", "Chance()"), ("import os\nos.urandom(2)", "Chance()"), ("import uuid\nuuid.uuid4()", "Chance()"),
        ("import os\nos.listdir('/')", "no files"), ("import pathlib\npathlib.Path('/etc/passwd').read_text()", "no files"),
        ("import io\nio.FileIO(0)", "no files"), ("import time\ntime.sleep", ""),
        ("import asyncio\nawait asyncio.open_connection('127.0.0.1', 1)", "may reach no host"),
    ],
)  # fmt: skip
async def test_what_is_not_declared_is_refused_in_pythons_own_errors(bare, act, says):
    act = "try:\n    " + act.replace("\n", "\n    ") + "\nexcept PermissionError as error:\n    return str(error)\nreturn ''"
    assert says in await bare.handle(Plain).act(act)


async def test_a_body_sees_its_tables_its_errors_and_its_events():
    async with guest("""
def body(tx):
    assert tx.change("insert into guest__note values (?, ?, ?)", (text, bytes([0, 255]), 1.5)) == 1
    try:
        tx.change("insert into guest__note values ('', null, 200)")
    except Exception as error:
        failed = type(error).__name__
    tx.emit(Noted("a"))
    return [failed, tx.rows("select text, data from guest__note"), tx.row("select 1 where 0"), tx.row("select number from guest__note")]
found = await self.kept.write(body)
return repr((found, await self.kept.read(lambda tx: tx.rows("select count(*) from guest__note"))))
""") as cells:
        text = "(['ConstraintBroken', [('a', b'\\x00\\xff')], None, (1.5,)], [(1,)])"
        assert await cells.handle(Guest).act("a") == text


@pytest.mark.parametrize(
    "body,error",
    [
        ("tx.change('insert into other__note values (1)')", "NotYours"), ("raise KeyError('own')", "KeyError"),
        ("tx.rows('select ?', [object()])", "TypeError"), ("tx.emit(3)", "PermissionError"), ("tx.emit(Noted(3))", "WrongValue"),
        ("tx.rows('nonsense')", "StatementWrong"), ("kept.append(tx)", "ValueError"), ("return asyncio.sleep(1)", "TypeError"),
    ],
)  # fmt: skip
async def test_a_body_that_fails_changes_nothing_and_says_why(body, error):
    act = f"""
kept = []
def body(tx):
    tx.change("insert into guest__note (text) values ('lost')")
    {body}
if text == "do":
    await self.kept.write(body)
    kept[0].rows("select 1")
return str(await self.kept.read(lambda tx: tx.row("select count(*) from guest__note")))
"""
    async with guest(act) as cells:
        with pytest.raises(Failed) as caught:
            await cells.handle(Guest).act("do")
        assert caught.value.facts["error"] == error or error in ("NotYours", "StatementWrong")
        assert await cells.handle(Guest).act("count") == ("(1,)" if error == "ValueError" else "(0,)")


async def test_an_own_error_of_a_body_is_the_same_object_to_its_caller(told):
    assert (
        await told.handle(Guest).act("""
mine = ValueError("mine")
def body(tx):
    raise mine
try:
    await self.kept.write(body)
except ValueError as error:
    return str(error is mine)
""")
        == "True"
    )


async def test_reaches_a_declared_host_by_the_broker():
    async def serve(reader, writer):
        writer.write(b"got " + await reader.readexactly(300_000))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, guest(reach="""
reader, writer = await asyncio.open_connection("127.0.0.1", number)
writer.write(b"\\xff" * 300_000)
await writer.drain()
found = await reader.read()
writer.close()
await writer.wait_closed()
try:
    await asyncio.open_connection("127.0.0.2", number)
except OSError as error:
    return f"{found[:5]} {len(found)} {isinstance(error, ConnectionRefusedError)}"
""") as cells:  # fmt: skip
        assert await cells.handle(Guest).reach("", server.sockets[0].getsockname()[1]) == "b'got \\xff' 300004 True"


async def test_a_generation_that_does_not_fit_its_contract_is_named():
    with pytest.raises(ImplementationProblems, match="does not load: NameError"):
        async with guest("return text", before="nowhere\n"):
            pass


async def test_uses_fuel_alike_each_time():
    async with guest("return str(sum(range(1000)))") as cells:
        seat = cells.life.cells["guest"].seat
        used = []
        for _ in range(4):
            before = seat.usage().fuel
            await cells.handle(Guest).act("a", 1)
            used.append(seat.usage().fuel - before)
        assert max(used[1:]) - min(used[1:]) < max(used) * 0.2
        assert seat.usage().calls == 4
