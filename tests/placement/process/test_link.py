"""A worker that was taken over: whatever it sends, the host lives on and its callers get an outcome."""

import asyncio
import contextlib
import os
import random
import socket
from pathlib import Path

import msgspec
import pytest

from planaria.kernel.contract import operations
from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import Generation
from planaria.kernel.port import SeatOrder
from planaria.placement.process.error import WorkerCrashed, WorkerGone, WorkerNotStarted
from planaria.placement.process.frame import (
    ASK,
    BROKEN,
    CALL,
    CANCEL,
    CHUNK,
    CREDIT,
    HEAD,
    HEADER,
    HOOK,
    ITEM,
    KINDS,
    MORE,
    RAISED,
    RESULT,
    STATE,
    WIRES,
    sealed,
)  # fmt: skip
from planaria.placement.process.link import Link, Terms
from planaria.placement.process.message import Trouble, trouble
from planaria.placement.sandbox.policy import Policy
from tests.placement.process.trial import Partner, Trial

encode = msgspec.msgpack.Encoder().encode
SIZE_MAX = 1 << 20


class Shell:
    """Stands for the process: it has the pid of this one, and a descriptor to be closed."""

    def __init__(self, gone):
        self.pid, self.pidfd, self.gone, self.killed = os.getpid(), os.open(os.devnull, os.O_RDONLY), gone, 0

    def kill(self):
        self.killed += 1
        if not self.gone.done():
            self.gone.set_result(-9)


class Taken:
    """A link, and the other end of its channel in the hands of a test."""

    def __init__(self, wires=None):
        self.told = []
        loop = asyncio.get_running_loop()
        self.gone = loop.create_future()
        order = SeatOrder(
            cell="trial", contract=Trial, generation=Generation(cell="trial", digest="", directory=Path()), uses=(Partner,),
            wires=wires or (lambda asked: dict.fromkeys(asked, PartnerHere())), limits={}, complain=self.told.append,
        )  # fmt: skip
        output, self.output = os.pipe()
        pairs = [socket.socketpair() for _ in range(3)]
        self.channel, *self.lines = (theirs for _, theirs in pairs)
        self.child = Shell(self.gone)
        terms = Terms(policy=Policy(), secrets={}, cpu_s_per_call=None, size_max=SIZE_MAX)
        self.link = Link(order, terms, self.child, self.gone, [output, *(ours.detach() for ours, _ in pairs)])
        self.channel.settimeout(0)
        described = operations(Trial)
        self.methods = {name: self.link.calls.method(index, one) for index, (name, one) in enumerate(described.items())}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.link.close()
        os.close(self.output)
        for one in (self.channel, *self.lines):
            one.close()

    def say(self, kind, number=0, payload=b"", **more):
        self.channel.setblocking(True)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.channel.sendall(sealed(bytearray(HEAD) + payload, kind, number, **more))
        self.channel.setblocking(False)

    async def begun(self, what="carry", *arguments):
        task = asyncio.create_task(self.methods[what](*(arguments or (b"x",))))
        await asyncio.sleep(0)
        self.channel.setblocking(True)
        number = HEADER.unpack(self.channel.recv(HEAD, socket.MSG_WAITALL))
        self.channel.recv(number[0], socket.MSG_WAITALL)
        self.channel.setblocking(False)
        return task, number[4]

    async def wired(self, asked):
        begin = asyncio.create_task(self.link.begin(b""))
        await asyncio.sleep(0)
        self.say(HOOK, payload=encode(asked), index=WIRES)
        return begin

    async def end(self):
        async with asyncio.timeout(20):
            await asyncio.wait([self.link.lifeline])
        return str(self.link.lifeline.exception())


class PartnerHere:
    """Another cell, in this process."""

    async def double(self, number, by=2):
        return number * by

    async def fail(self, how):
        raise KeyError(how)

    async def wait(self):
        await asyncio.Event().wait()

    async def waiting(self):
        return 0

    async def count(self, to):
        for number in range(to):
            yield number


FORGED = {
    "an answer to no call": (RESULT, {"number": 99}),
    "an error for no call": (RAISED, {"number": 99, "payload": trouble(KeyError())}),
    "no error": (RAISED, {"number": 1, "payload": b"\x01"}),
    "a deep error": (RAISED, {"number": 1, "payload": b"\x91" * 50_000}),
    "a large error": (RAISED, {"number": 1, "payload": bytes(70_000)}),
    "an item of no stream": (ITEM, {"number": 99}),
    "a call of the host": (CALL, {"number": 1}),
    "a question that was not granted": (ASK, {"number": 1}),
    "a transaction that was not granted": (STATE, {"number": 1}),
    "wires at the wrong time": (HOOK, {"index": WIRES}),
    "a hook that is none": (HOOK, {"index": 9}),
    "no end": (BROKEN, {"payload": b"\xff"}),
}


@pytest.mark.parametrize("message", FORGED.values(), ids=FORGED)
async def test_what_breaks_the_protocol_ends_the_worker(message):
    kind, more = message
    async with Taken() as taken:
        task, _ = await taken.begun()
        taken.say(kind, **more)
        assert "broke the protocol" in await taken.end()
        with pytest.raises(WorkerCrashed):
            await task
        with pytest.raises(WorkerGone):
            await taken.methods["carry"](b"")


RAW = {
    "a frame that is too long": HEADER.pack(CHUNK + 1, RESULT, 0, 0, 1, 0),
    "a kind that is none": HEADER.pack(0, KINDS, 0, 0, 1, 0),
    "flags that are none": HEADER.pack(0, RESULT, 2, 0, 1, 0),
    "a chunk that is not full": HEADER.pack(3, RESULT, MORE, 0, 1, 0) + b"abc",
    "a second large message": (HEADER.pack(CHUNK, RESULT, MORE, 0, 1, 0) + bytes(CHUNK))
    + HEADER.pack(CHUNK, RESULT, MORE, 0, 2, 0)
    + bytes(CHUNK),
    "a message that is too large": (HEADER.pack(CHUNK, RESULT, MORE, 0, 1, 0) + bytes(CHUNK)) * 10,
}


@pytest.mark.parametrize("data", RAW.values(), ids=RAW)
async def test_bytes_that_are_no_frames_end_the_worker(data):
    async with Taken() as taken:
        task, _ = await taken.begun()
        taken.channel.setblocking(False)
        loop = asyncio.get_running_loop()
        sending = asyncio.create_task(loop.sock_sendall(taken.channel, data))
        assert "broke the protocol" in await taken.end()
        await asyncio.wait([sending])
        sending.exception()
        with pytest.raises(WorkerCrashed):
            await task


async def test_noise_never_harms_the_host():
    chance = random.Random(7)
    for _ in range(60):
        async with Taken() as taken:
            task, number = await taken.begun()
            noise = chance.randbytes(chance.randrange(1, 400))
            if chance.random() < 0.7:
                noise = HEADER.pack(chance.randrange(40), chance.randrange(KINDS), 0, chance.randrange(3), number, 0) + noise
            taken.channel.sendall(noise)
            taken.channel.close()
            await taken.end()
            await asyncio.wait([task])
            task.exception()


async def test_a_value_of_another_type_is_a_failure_and_no_more():
    async with Taken() as taken:
        for payload in (encode("text"), b"\xc1[1]", b"\x91" * 5_000, b"", b"\xc1", encode([1, 2])):
            task, number = await taken.begun()
            taken.say(RESULT, number, payload)
            with pytest.raises(PlanariaError) as raised:
                await task
            assert raised.value.facts["error"].startswith("Wrong")
        task, number = await taken.begun("check", 1)
        taken.say(RESULT, number, encode({"number": -1}))
        with pytest.raises(PlanariaError) as raised:
            await task
        assert raised.value.facts["error"] == "KeyError"
        task, number = await taken.begun()
        taken.say(RESULT, number, encode(b"well"))
        assert await task == b"well"


async def test_errors_of_a_worker_are_cleaned_and_never_believed():
    async with Taken() as taken:
        for said, kind, text in (
            (Trouble(error="Spoiled", code="TRIAL-1", text="", facts={"name": "\x1b[2J" + "x" * 10_000}), "Spoiled", "\\x1b[2J"),
            (Trouble(error="Spoiled", code="TRIAL-2", text="no"), "Raised", "no"),
            (Trouble(error="Picky", code="TRIAL-2", text="bad facts", facts={"self": 1}), "Raised", "bad facts"),
            (Trouble(error="SystemExit", text="\u202eexit", outcome="refused"), "Raised", "\\u202eexit"),
            (Trouble(error="X" * 10_000, text="perhaps", outcome="unknown"), "Unknown", "perhaps"),
        ):
            task, number = await taken.begun("run", "x", 0, "")
            taken.say(RAISED, number, encode(said))
            with pytest.raises(PlanariaError) as raised:
                await task
            assert type(raised.value).__name__ == kind
            assert text in str(raised.value)
            assert len(str(raised.value)) < 5_000


async def test_a_stream_that_ignores_its_window_ends_the_worker():
    async with Taken() as taken:
        items = taken.methods["flow"]("x", 1)
        first = asyncio.create_task(anext(items))
        await asyncio.sleep(0)
        number = taken.link.calls.made
        for _ in range(40):
            taken.say(ITEM, number, encode(b"item"))
        assert "items that nobody asked for" in await taken.end()
        assert await first == b"item"
        with pytest.raises(WorkerCrashed):
            async for _ in items:
                pass


async def test_an_item_of_another_type_is_the_end_of_its_stream():
    async with Taken() as taken:
        items = taken.methods["flow"]("x", 1)
        first = asyncio.create_task(anext(items))
        await asyncio.sleep(0)
        taken.say(ITEM, 1, encode("text"))
        with pytest.raises(PlanariaError) as raised:
            await first
        assert raised.value.facts["error"] == "WrongValue"
        await items.aclose()
        taken.say(ITEM, 1, encode(b"late"))
        taken.say(RESULT, 1)
        for _ in range(10):
            await asyncio.sleep(0)
        assert not taken.link.lifeline.done()


async def test_questions_are_answered_as_far_as_they_were_granted():
    async with Taken() as taken:
        begin = await taken.wired({"partner": "partner"})
        await asyncio.sleep(0)
        taken.say(ASK, 1, encode((4, 3)), index=0)
        taken.say(ASK, 2, encode(("text", 3)), index=0)
        taken.say(ASK, 3, encode((3,)), index=1)
        taken.say(ASK, 4, encode(("how",)), index=2)
        taken.say(ASK, 5, encode(()), index=3)
        taken.say(CANCEL, 5)
        taken.say(CANCEL, 77)
        taken.say(CREDIT, 77)
        answers = {}
        taken.channel.setblocking(False)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while set(answers) < {1, 2, 3, 4}:
                length, kind, _, _, number, _ = HEADER.unpack(await exactly(loop, taken.channel, HEAD))
                payload = await exactly(loop, taken.channel, length)
                if kind != HOOK and number:
                    answers[number] = (kind, payload)
        assert answers[1] == (RESULT, encode(12))
        assert answers[2][0] == RAISED
        assert answers[3] == (RESULT, b"")
        assert b"KeyError" in answers[4][1]
        taken.say(RESULT, 0, encode({"remembers": True}))
        assert await begin is True


async def exactly(loop, sock, size):
    data = b""
    while len(data) < size:
        data += await loop.sock_recv(sock, size - len(data))
    return data


@pytest.mark.parametrize("kind,count", [(ASK, 300), (CANCEL, 1100), (CREDIT, 1100)])
async def test_floods_end_the_worker(kind, count):
    async with Taken() as taken:
        begin = await taken.wired({"partner": "partner"})
        await asyncio.sleep(0)
        payload = encode(()) if kind == ASK else b""
        flood = b"".join(sealed(bytearray(HEAD) + payload, kind, number, index=3) for number in range(1, count))
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(taken.channel, flood))
        assert "broke the protocol" in await taken.end()
        await asyncio.wait([sending])
        sending.exception()
        with pytest.raises(WorkerNotStarted):
            await begin


async def test_answers_that_nobody_reads_end_the_worker(monkeypatch):
    monkeypatch.setattr("planaria.placement.process.question.WAITING_MAX", 0)
    async with Taken() as taken:
        begin = await taken.wired({"partner": "partner"})
        await asyncio.sleep(0)
        taken.link.channel.waiting_bytes = 1
        taken.say(ASK, 1, encode((4, 3)), index=0)
        assert "does not read the answers" in await taken.end()
        with pytest.raises(WorkerNotStarted):
            await begin


@pytest.mark.parametrize("payload", [b"\x01", encode({"a": 1}), b"\x91" * 5_000])
async def test_wires_that_are_none_end_the_worker(payload):
    async with Taken() as taken:
        begin = asyncio.create_task(taken.link.begin(b""))
        await asyncio.sleep(0)
        taken.say(HOOK, payload=payload, index=WIRES)
        with pytest.raises(WorkerNotStarted):
            await begin


async def test_a_worker_that_says_that_its_work_broke_is_a_crash_once():
    async with Taken() as taken:
        taken.say(BROKEN, payload=trouble(RuntimeError("first")))
        taken.say(BROKEN, payload=trouble(RuntimeError("second")))
        assert "first" in await taken.end()


async def test_calls_of_which_nothing_was_sent_are_refused():
    async with Taken() as taken:
        large = [asyncio.create_task(taken.methods["carry"](bytes(900_000))) for _ in range(6)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        taken.channel.close()
        await taken.end()
        outcomes = [type(one) for one in await asyncio.gather(*large, return_exceptions=True)]
        assert outcomes[0] is WorkerCrashed
        assert outcomes[-1] is WorkerGone


async def test_a_broken_line_ends_the_worker():
    async with Taken() as taken:
        await asyncio.to_thread(taken.link._broken, "it was held too long")
        assert "held too long" in await taken.end()
