"""What the broker gives, refuses, cuts and records."""

import asyncio
import errno
import json
import os
import socket
import ssl
import sys

import pytest

from planaria.placement.egress import broker as module
from planaria.placement.egress.error import AddressDisguised, AddressInside, BrokerGone, HostNotNamed, TooManyLines
from planaria.placement.egress.line import ASK, frame
from planaria.placement.egress.relay import Limits
from tests.placement.egress.house import CELL, Names, echo, exchange, housed, in_thread, read_all, silent, source, turned

HERE = ("127.0.0.1", None)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(module, "REFUSAL_PAUSE_S", 0)


async def test_carries_bytes_both_ways_and_records_them():
    async with source(echo) as port, housed(HERE) as house:
        data = os.urandom(1_000_000)
        assert await exchange(house, "127.0.0.1", port, data) == data
        one = await house.last()
        assert (one.cell, one.host, one.port, one.address, one.outcome) == (CELL, "127.0.0.1", port, "127.0.0.1", "completed")
        assert (one.sent_bytes, one.received_bytes, one.code, one.text) == (1_000_000, 1_000_000, "", "")


async def test_connects_to_the_address_that_was_judged_and_asks_the_resolver_once_for_each_connection():
    names = Names(docs_example=[("127.0.0.1",), ("169.254.169.254",)])
    async with source(echo) as port, housed(("docs.example", port), HERE, names=names) as house:
        assert await exchange(house, "Docs.Example.", port, b"a") == b"a"
        with pytest.raises(AddressInside):
            await house.client.reach("docs.example", port)
        assert names.asked == ["docs.example"] * 2
        first, second = house.kept.of(CELL)
        assert (first.outcome, first.host, first.address) == ("completed", "docs.example", "127.0.0.1")
        assert (second.outcome, second.code, second.address) == ("refused", "PLN-P604", "169.254.169.254")


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("::1",),
        ("8.8.8.8", "10.0.0.1"),
        ("10.0.0.1", "8.8.8.8"),
        ("::ffff:8.8.8.8",),
        ("169.254.169.254",),
        ("fd00:ec2::254",),
        ("64:ff9b::a00:1",),
        ("2002:a00:1::",),
        ("2001:0:a00:1::",),
        ("0.0.0.0",),
        ("fe80::1%lo",),
    ],
)
async def test_a_name_is_refused_where_any_of_its_addresses_is_inside(addresses):
    async with housed(("docs.example", None), names=Names(docs_example=addresses)) as house:
        with pytest.raises(AddressInside) as caught:
            await house.client.reach("docs.example", 80)
        assert "PLN-P604" in str(caught.value)
        assert isinstance(caught.value, ConnectionRefusedError)


async def test_an_address_of_this_machine_is_inside_even_where_it_is_public(monkeypatch):
    from planaria.placement.egress import reach

    monkeypatch.setattr(reach, "is_own", lambda address: address == "8.8.8.8")
    async with housed(("*", None)) as house:
        with pytest.raises(AddressInside, match="of this machine"):
            await house.client.reach("8.8.8.8", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "example.com", "169.254.169.254", "::1"])
async def test_refuses_what_no_right_names_without_resolving_it(host):
    async with housed(("docs.example", 443)) as house:
        with pytest.raises(HostNotNamed):
            await house.client.reach(host, 443)
        one = await house.last()
        assert (one.outcome, one.code, one.host) == ("refused", "PLN-P602", host)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "fe80::1%lo", "\ud800"])
async def test_refuses_an_address_in_disguise_whatever_the_rights_name(host):
    async with housed(("*", None), HERE) as house:
        with pytest.raises(AddressDisguised):
            await house.client.reach(host, 80)
        assert (await house.last()).host.isprintable()


async def test_what_the_source_does_is_told_as_a_plain_connection_tells_it():
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    async with housed(HERE, ("docs.example", None), ("none.example", None), names=Names(docs_example=unknown, none_example=())) as house:
        with pytest.raises(ConnectionRefusedError) as caught:
            await house.client.reach("127.0.0.1", port)
        assert caught.value.errno == errno.ECONNREFUSED
        for name in ("docs.example", "none.example"):
            with pytest.raises(socket.gaierror):
                await house.client.reach(name, 80)
        assert [one.outcome for one in house.kept.of(CELL)] == ["failed"] * 3
        assert house.kept.of(CELL)[0].text.startswith("Connect call failed")


async def test_tries_the_next_address_where_one_does_not_answer():
    names = Names(docs_example=("::1", "127.0.0.1"))
    async with source(echo) as port, housed(("docs.example", port), HERE, ("::1", None), names=names) as house:
        assert await exchange(house, "docs.example", port, b"a") == b"a"
        assert (await house.last()).address == "127.0.0.1"


async def test_a_resolver_that_never_answers_is_a_timeout():
    class Never:
        async def addresses(self, name):
            await asyncio.Event().wait()

    async with housed(("docs.example", None), names=Never(), limits=Limits(connect_s=0)) as house:
        with pytest.raises(TimeoutError):
            await house.client.reach("docs.example", 80)
        assert (await house.last()).text == "Connection timed out"


async def test_a_source_that_never_accepts_is_a_timeout():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            async with housed(HERE, limits=Limits(connect_s=0.05)) as house:
                with pytest.raises(TimeoutError):
                    await house.client.reach("127.0.0.1", address[1])


async def test_at_most_so_many_lines_at_once():
    async with source(silent) as port, housed(HERE, limits=Limits(lines=2)) as house:
        lines = [await house.client.reach("127.0.0.1", port) for _ in range(2)]
        with pytest.raises(TooManyLines):
            await house.client.reach("127.0.0.1", port)
        with pytest.raises(TooManyLines):
            await house.broker.open("127.0.0.1", port)
        lines[0].close()
        await turned(lambda: len(house.broker._lines) == 1)
        (await house.client.reach("127.0.0.1", port)).close()
        lines[1].close()


async def test_the_end_of_a_worker_ends_all_its_lines():
    closed = asyncio.Event()

    async def held(reader, writer):
        await reader.read()
        closed.set()

    async with source(held) as port, housed(HERE) as house:
        line = await house.client.reach("127.0.0.1", port)
        await house.gone()
        await closed.wait()
        line.close()
        one = await house.last()
        assert (one.outcome, one.text) == ("cut", "the cell was stopped")
        with pytest.raises((BrokerGone, OSError)):
            await house.client.reach("127.0.0.1", port)


async def test_the_end_of_a_worker_ends_what_is_being_opened():
    class Never:
        async def addresses(self, name):
            asked.set()
            await asyncio.Event().wait()

    asked = asyncio.Event()
    async with housed(("docs.example", 80), names=Never()) as house:
        task = asyncio.create_task(house.client.reach("docs.example", 80))
        await asked.wait()
        await house.gone()
        with pytest.raises(OSError):
            await task
        assert (await house.last()).text == "the cell was stopped"


async def test_the_end_of_the_host_leaves_a_worker_with_an_error():
    async with housed(HERE) as house:
        await asyncio.sleep(0)
        house.serving.cancel()
        await asyncio.wait([house.serving])
        with pytest.raises(BrokerGone):
            await house.client.reach("127.0.0.1", 80)
        with pytest.raises(BrokerGone):
            await in_thread(house.client.connect, "127.0.0.1", 80)
        house.serving = asyncio.create_task(asyncio.sleep(0))


QUESTIONS = [
    b"", b"\0", b"\xff\xff", b"\x10\0" + b"x" * 4096, b"\0\5nul", b"\0\4null", b"\0\2[]", b"\0\3\xff\xfe\xfd",
    (3000).to_bytes(2, "big") + b"[" * 3000, frame({}), frame({"host": 5, "port": []}), frame({"host": "127.0.0.1", "port": 1e400}),
    frame({"host": {"a": 1}, "port": 80}), (3004).to_bytes(2, "big") + b'{"port":' + b"9" * 2995 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
async def test_a_question_in_bad_faith_ends_its_own_line_only(question, monkeypatch):
    async with source(echo) as port, housed(HERE) as house:
        house.ends[1].send(ASK)
        while True:
            try:
                line = house.client._take()
                break
            except BlockingIOError:
                await asyncio.sleep(0)
        line.sendall(question)
        line.shutdown(socket.SHUT_WR)
        try:
            answer = await in_thread(read_all, line)
        except ConnectionResetError:
            answer = b""
        assert answer == b"" or "code" in json.loads(answer[2:])
        assert await exchange(house, "127.0.0.1", port, b"a") == b"a"


async def test_a_line_that_nobody_uses_is_taken_back(monkeypatch):
    monkeypatch.setattr(module, "ASKING_S", 0)
    async with source(echo) as port, housed(HERE) as house:
        for _ in range(5):
            house.ends[1].send(ASK)
            await asyncio.sleep(0)
        await turned(lambda: not house.broker._lines)
        monkeypatch.setattr(module, "ASKING_S", 5)
        assert await exchange(house, "127.0.0.1", port, b"a") == b"a"  # after five that came too late


async def test_a_flood_of_questions_keeps_nobody_else_waiting():
    async with source(echo) as port, housed(HERE, limits=Limits(lines=4)) as house:
        sent = 0
        try:
            while sent < 10_000:
                sent += house.ends[1].send(ASK)
        except BlockingIOError:
            pass
        turns = 0
        while len(house.broker._lines) < 4 and turns < 100:
            await asyncio.sleep(0)
            turns += 1
        assert len(house.broker._lines) == 4
        assert turns < 100
        assert port


async def test_where_no_descriptor_is_left_the_worker_is_told(monkeypatch):
    def none():
        raise OSError(24, "Too many open files")

    async with housed(HERE) as house:
        monkeypatch.setattr(module, "End", none)
        with pytest.raises(OSError, match="Too many open files"):
            await house.client.reach("127.0.0.1", 80)


async def test_opens_lines_for_its_own_process():
    async with source(echo) as port, housed(HERE) as house:
        reader, writer = await house.broker.open("127.0.0.1", port)
        assert writer.get_extra_info("peername") == ("127.0.0.1", port)
        writer.write(b"abc")
        writer.write_eof()
        assert await reader.read() == b"abc"
        writer.close()
        assert (await house.last()).sent_bytes == 3
        with pytest.raises(HostNotNamed):
            await house.broker.open("example.com", 80)


async def test_gives_up_opening_where_nobody_waits():
    class Never:
        async def addresses(self, name):
            asked.set()
            await asyncio.Event().wait()

    asked = asyncio.Event()
    async with housed(("docs.example", 80), names=Never()) as house:
        task = asyncio.create_task(house.broker.open("docs.example", 80))
        await asked.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert (await house.last()).outcome == "failed"


async def test_closes_what_it_opened():
    async with source(silent) as port, housed(HERE) as house:
        reader, writer = await house.broker.open("127.0.0.1", port)
        await house.broker.close()
        assert await reader.read() == b""
        writer.close()


async def test_speaks_tls_for_those_who_cannot(tls):
    async with source(echo, tls.server) as port, housed(("localhost", port), names=Names(localhost=("127.0.0.1",))) as house:
        reader, writer = await house.broker.open("localhost", port, tls=tls.client)
        writer.write(b"abc\n")
        assert await reader.readline() == b"abc\n"
        writer.close()
        await writer.wait_closed()
        with pytest.raises(ssl.SSLCertVerificationError):
            await house.broker.open("localhost", port, tls=True)
        with pytest.raises(ssl.SSLCertVerificationError):
            await house.broker.open("localhost", port, tls=True)


WORKER = """if True:
    import asyncio, socket, sys
    from planaria.placement.egress.client import install
    install(socket.socket(fileno=int(sys.argv[1])))
    async def work():
        lines = [await asyncio.open_connection("docs.example", int(sys.argv[2])) for _ in range(4)]
        print(await lines[0][0].readline(), flush=True)
        await asyncio.Event().wait()
    asyncio.run(work())
"""


async def test_a_worker_that_is_killed_leaves_nothing_open():
    left = asyncio.Queue()

    async def greet(reader, writer):
        writer.write(b"hello\n")
        await reader.read()
        left.put_nowait(None)

    async with source(greet) as port, housed(HERE, ("docs.example", None), names=Names(docs_example=("127.0.0.1",))) as house:
        number = house.ends[1].fileno()
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, str(number), str(port), pass_fds=[number], stdout=asyncio.subprocess.PIPE
        )
        house.ends[1].close()
        assert await worker.stdout.readline() == b"b'hello\\n'\n"
        worker.kill()
        await house.serving
        for _ in range(4):
            await left.get()
        await worker.wait()
        assert sum(house.kept.counts(CELL).values()) == 4
        worker._transport.close()
