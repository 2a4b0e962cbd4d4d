"""The worker: what a forked child runs once it is confined, until its host lets go of it.

Why: inside, a cell runs as it runs in any process: in the kernel's own seat, on an ordinary loop. Only its wires are
proxies, and its calls come over a channel.
Decision D-073: the first step of a call is taken at once, where the frame is read, and not in the next turn of the loop.
Because most calls end in that step, and a turn is a fifth of a round trip. Revisit when Python 3.12 is the least, whose tasks can do that.
Not here: the fork (`zygote`), the sandbox (`placement.sandbox`), wires (`proxy`).
"""

import asyncio
import os
import socket
from collections.abc import Coroutine, Mapping
from contextlib import closing, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, cast

import msgspec

from planaria.kernel.contract import Contract, operations
from planaria.kernel.port import SeatOrder
from planaria.kernel.system import cell_name
from planaria.placement.egress import client
from planaria.placement.inprocess import InProcessSeat
from planaria.placement.packing import Pack
from planaria.placement.process.channel import Channel
from planaria.placement.process.error import NotPlain
from planaria.placement.process.frame import (
    BROKEN,
    HAND_OVER,
    HEAD,
    HEADER,
    HOOK,
    RAISED,
    RESULT,
    STOP,
    TAKE_OVER,
    WIRES,
    Assembly,
    Violation,
    sealed,
)  # fmt: skip
from planaria.placement.process.held import held_generation
from planaria.placement.process.line import Line
from planaria.placement.process.message import Birth, as_error, found, read_trouble, trouble
from planaria.placement.process.proxy import CURRENT, Questions, RemoteState
from planaria.placement.process.service import Outflow, answer, form_of, refuse
from planaria.placement.process.turn import Turn

BIRTH_MAX = 1 << 28
LAST_S = 10.0
DEPTH_MAX = 64
PLAIN = (type(None), bool, int, float, str, bytes)
_read_birth = msgspec.msgpack.Decoder(Birth).decode
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode


def live(sock: socket.socket, reading: socket.socket, writing: socket.socket, egress: socket.socket | None = None) -> None:
    """Be a worker: learn which cell this is, load it, run it until the host ends."""
    if egress is not None:
        client.install(egress)
    birth = _read_birth(receive(sock)[2])
    os.environb.update({name.encode(): value.encode() for name, value in birth.secrets.items()})  # made here, and read nowhere
    questions = Questions()
    try:
        seat = seated(birth, sock, questions, (Line(reading, size_max=birth.size_max), Line(writing, size_max=birth.size_max)))
    except Exception as error:  # noqa: BLE001 - whatever an implementation raises while it is loaded; the host is told
        say_last(sock, trouble(error))
        return
    # No cleaning up at the end: an exit of the cell's must end the process at once, and the host sees to the rest.
    with closing(asyncio.new_event_loop()) as loop:
        loop.run_until_complete(_run(sock, birth, seat, questions))


async def _run(sock: socket.socket, birth: Birth, seat: InProcessSeat, questions: Questions) -> None:
    await Worker(sock, birth, seat, questions).ended


def seated(birth: Birth, sock: socket.socket, questions: Questions, lines: tuple[Line, Line]) -> InProcessSeat:
    """Load the implementation and wire it; the host says what it may have.

    Raises: PLN-L101, PLN-L104, and whatever the implementation raises.
    """
    contract: type[Contract] = found(birth.contract)
    used = {cell_name(one): one for one in map(found, birth.uses)}

    def wires(asked: Mapping[str, str | None]) -> dict[str, Any]:
        if not asked:
            return {}
        say(sock, HOOK, _encode(dict(asked)), index=WIRES)
        kind, _, payload = receive(sock)
        if kind != RESULT:
            raise as_error(read_trouble(payload))
        questions.wired = True
        state = RemoteState(birth.cell, contract, questions, lines)
        return {name: state if one is None else questions.handle(used[one]) for name, one in asked.items()}

    generation = held_generation(birth.cell, birth.digest, birth.directory, birth.files)
    order = SeatOrder(
        cell=birth.cell, contract=contract, generation=generation, uses=tuple(used.values()), wires=wires, limits={}, complain=print
    )
    return InProcessSeat(order)


def receive(sock: socket.socket) -> tuple[int, int, Any]:
    """Return kind, number and payload of the next message, blocking; only before the loop runs.

    Raises:
        SystemExit: the host is gone.
    """
    assembly = Assembly(BIRTH_MAX)
    while True:
        length, kind, flags, _, number, _ = HEADER.unpack(_exactly(sock, HEAD))
        whole = assembly.add(kind, number, _exactly(sock, length), more=bool(flags))
        if whole is not None:
            return kind, number, whole


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise SystemExit(0)
        data += part
    return data


def say(sock: socket.socket, kind: int, payload: bytes, *, index: int = 0) -> None:
    """Send a small message, blocking; only before the loop runs."""
    sock.sendall(sealed(bytearray(HEAD) + payload, kind, 0, index=index))


def say_last(sock: socket.socket, trouble_: bytes) -> None:
    """Say why there will be no cell, and wait until the host has heard it: the end of a process may be noticed before its last word."""
    with suppress(OSError):
        say(sock, RAISED, trouble_)
        sock.settimeout(LAST_S)
        while sock.recv(1 << 16):
            pass


class Worker:
    """Serve the calls of one seat; `ended` ends when the host lets go."""

    def __init__(self, sock: socket.socket, birth: Birth, seat: InProcessSeat, questions: Questions) -> None:
        self.cell, self.seat, self.asks = birth.cell, seat, questions.wired
        self.loop = asyncio.get_running_loop()
        self.turn = Turn(self.loop)
        self.ended: asyncio.Future[None] = self.loop.create_future()
        self.tasks: dict[int, asyncio.Task[Any]] = {}
        self.flows: dict[int, Outflow] = {}
        described = operations(found(birth.contract))
        self.served = [(seat.method(name), form_of(one)) for name, one in described.items()]
        asked = questions
        handlers = (
            self._call, self._hook, self._wrong, self._wrong, self._cancel, asked.on_result, asked.on_raised, asked.on_item, self._credit,
            self._wrong,
        )  # fmt: skip
        self.channel = questions.channel = Channel(sock, handlers, lost=self._lost, size_max=birth.size_max)
        self.loop.call_soon(self._begin, 0, self._start(), _pack_plain)  # not here: no task may step inside another

    def _wrong(self, index: int, number: int, parent: int, payload: Any) -> None:
        raise Violation("the host sends no such message")

    def _lost(self, error: BaseException | None) -> None:
        """End at once: nobody is left to answer to."""
        if not self.ended.done():
            self.ended.set_result(None)

    async def _start(self) -> dict[str, bool]:
        work = await self.seat.start()
        work.add_done_callback(self._work_ended)
        return {"remembers": self.seat.remembers}

    def _work_ended(self, work: "asyncio.Future[None]") -> None:
        if not work.cancelled() and (error := work.exception()) is not None:
            self.channel.send(sealed(bytearray(HEAD) + trouble(error), BROKEN, 0))

    def _call(self, index: int, number: int, parent: int, payload: Any) -> None:
        method, form = self.served[index]
        try:
            arguments = form.unpack(payload)
        except Exception as error:  # noqa: BLE001 - whatever a value raises while it is made, it is the answer
            refuse(self.channel, number, error)
            return
        if form.streams:
            flow = self.flows[number] = Outflow(self.channel, number)
            self._begin(number, flow.pour(cast("Any", method(*arguments)), form.pack_result), _pack_nothing)
        else:
            self._begin(number, cast("Any", method(*arguments)), form.pack_result)

    def _hook(self, index: int, number: int, parent: int, payload: Any) -> None:
        if index == STOP:
            self._begin(number, self.seat.stop(), _pack_nothing)
        elif index == HAND_OVER:
            self._begin(number, self.seat.hand_over(), partial(_pack_handed, self.cell))
        elif index == TAKE_OVER:
            self._begin(number, self.seat.take_over(_decode(payload)), _pack_nothing)
        else:
            raise Violation("there is no such hook")

    def _cancel(self, index: int, number: int, parent: int, payload: Any) -> None:
        if (task := self.tasks.get(number)) is not None:
            task.cancel()

    def _credit(self, index: int, number: int, parent: int, payload: Any) -> None:
        if (flow := self.flows.get(number)) is not None:
            flow.taken(index)

    def _begin(self, number: int, work: Coroutine[Any, Any, Any], pack: Pack) -> None:
        """Run work as a task whose first step is taken now, and answer when it ends."""
        inside = None
        if self.asks:
            inside = copy_context()
            inside.run(CURRENT.set, number)
        task: asyncio.Task[Any] = self.turn.now(asyncio.Task, work, loop=self.loop, context=inside)
        if task.done():
            self._finish(number, pack, task)
        else:
            self.tasks[number] = task
            task.add_done_callback(partial(self._finish, number, pack))

    def _finish(self, number: int, pack: Pack, task: "asyncio.Task[Any]") -> None:
        if self.tasks or self.flows:
            self.tasks.pop(number, None)
            self.flows.pop(number, None)
        try:
            value = task.result()
        except BaseException as error:  # noqa: BLE001 - whatever ended it, it is the answer
            refuse(self.channel, number, error)
        else:
            answer(self.channel, number, pack, value)


def _pack_plain(value: Any, buffer: bytearray, offset: int) -> None:
    buffer[offset:] = _encode(value)


def _pack_nothing(_: Any, buffer: bytearray, offset: int) -> None:
    buffer[offset:] = b""


def _pack_handed(cell: str, value: Any, buffer: bytearray, offset: int) -> None:
    _check_plain(cell, value, DEPTH_MAX)
    _pack_plain(value, buffer, offset)


def _check_plain(cell: str, value: Any, depth: int) -> None:
    if not depth:
        raise NotPlain(cell=cell, text=f"more than {DEPTH_MAX} levels")
    if isinstance(value, (list, tuple, dict)) and type(value) in (list, tuple, dict):
        for one in value.items() if isinstance(value, dict) else value:
            _check_plain(cell, one, depth - isinstance(value, (list, dict)))
    elif type(value) not in PLAIN:
        raise NotPlain(cell=cell, text=f"a {type(value).__name__}")
