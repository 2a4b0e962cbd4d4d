"""A seat in WebAssembly: one guest with one generation, and the calls that are inside.

Why: a call here is a message and an answer; what the guest asks for meanwhile is done inside the call's own coroutine, so a
cell behaves as it does in this process.
Not here: turns (`instance`), the line before the guest (`conversation`), what a guest asks for (`errand`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from planaria.kernel.contract import OperationDescription, operations
from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import ImplementationProblems
from planaria.kernel.port import SeatOrder
from planaria.placement.codec import MsgspecCodec
from planaria.placement.egress.broker import Broker
from planaria.placement.right import Rights
from planaria.placement.usage import Usage
from planaria.placement.wasm.capability import Capabilities
from planaria.placement.wasm.conversation import Conversation, Exchange, ended
from planaria.placement.wasm.errand import Errands, raised_from
from planaria.placement.wasm.error import InstanceCrashed, InstanceGone, StartFailed
from planaria.placement.wasm.instance import FREE, Allowance, GuestCrashed, Instance
from planaria.placement.wasm.material import material
from planaria.placement.wasm.message import FULL, MARK, Message, nonsense, parted, whole

NEXT = msgspec.Raw(b"NaN")
DRAIN_S, STOP_S = 2.0, 10.0
PLAIN = dict[str, Any] | list[Any] | str | float | int | bool | None


class Furnishing(NamedTuple):
    """What a placement gives each seat: how a guest is made, and what stands around it."""

    instance: Callable[[Capabilities, Rights], Instance]
    codec: MsgspecCodec
    now: Callable[[], float]
    broker: Broker | None
    secrets: dict[str, str]


class Room:
    """One loaded guest: its conversation, its errands, and the tasks that serve what belongs to no call."""

    def __init__(self, order: SeatOrder, rights: Rights, furnishing: Furnishing) -> None:
        self.order, self.rights, self.furnishing = order, rights, furnishing
        self.capabilities = Capabilities(order.contract, rights, furnishing.codec, furnishing.now)
        self.instance = furnishing.instance(self.capabilities, rights)
        self.steward = Exchange("background", FREE)
        self.conversation = Conversation(self.instance, cell=order.cell, steward=self.steward, complain=order.complain)
        self.errands = Errands(self.conversation, self.capabilities, furnishing.codec, furnishing.broker)
        self.remembers = self.works = False
        self.serving: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Send the generation, and take what it says of itself.

        Raises:
            ImplementationProblems: PLN-L101, with every problem found.
        """
        order, codec = self.order, self.furnishing.codec
        sent = material(order.generation, order.contract, self.rights, self.furnishing.secrets)
        number, exchange = self.conversation.enter("loading")
        self.conversation.send(self.conversation.head("l", number) + codec.encode(sent).decode(), exchange)
        answer = await self.settled(number, exchange, ())
        found = codec.decode(whole(answer), dict[str, Any])
        if found.get("problems"):
            subject = f"cell '{order.cell}', generation {order.generation.digest[:12]}"
            raise ImplementationProblems.of(subject, [str(one)[:2_000] for one in found["problems"]])
        used = codec.decode(codec.encode(found.get("wires")), dict[str, str | None])
        self.errands.grant(order.wires(used), used, order.uses)
        self.remembers, self.works = found.get("remembers") is True, found.get("works") is True
        self.serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        """Do what the guest asks for on behalf of no call that is still inside."""
        while isinstance(message := await self.steward.take(), Message):
            self.errands.begin(message, self.steward)

    async def settled(self, number: str, exchange: Exchange, errors: tuple[type[PlanariaError], ...]) -> Message:
        """Do what a call asks for until it has ended; return its answer.

        Raises:
            InstanceCrashed, InstanceGone: PLN-P705, PLN-P706.
        """
        kept = False
        try:
            while True:
                message = exchange.came.popleft() if exchange.came else await exchange.take()
                if not isinstance(message, Message):
                    await asyncio.sleep(0)  # so that who watches the seat has heard before a next call comes
                    raise self.lost(message, exchange)
                if message.kind in "ry":
                    return message
                if message.kind == "q":
                    self.errands.begin(message, exchange)
                elif message.kind == "e":
                    raise self.raised(message, exchange, errors)
                else:
                    raise raised_from(Message("e", number, '{"error":"CancelledError","text":""}', ()), self.furnishing.codec, {})
        except asyncio.CancelledError:
            kept = True
            self.conversation.leave(number)
            raise
        finally:
            if not kept:
                self.conversation.end(number)

    def raised(self, message: Message, exchange: Exchange, errors: tuple[type[PlanariaError], ...]) -> BaseException:
        """Return the error of a call; a guest that tells nonsense is ended."""
        try:
            return raised_from(message, self.furnishing.codec, exchange.raised, errors)
        except PlanariaError as error:
            self.conversation.over(error)
            return self.lost(error, exchange)

    def lost(self, error: PlanariaError, exchange: Exchange) -> PlanariaError:
        """Return what a call raises whose guest is gone."""
        facts = {"cell": self.order.cell, "operation": exchange.operation, "text": ended(error)}
        return InstanceCrashed(**facts) if exchange.sent else InstanceGone(**facts)

    async def hook(self, name: str, arguments: str = "[]") -> Message:
        """Run a hook of the implementation."""
        number, exchange = self.conversation.enter(name)
        self.conversation.send(self.conversation.head("c", number, f".{name}") + arguments, exchange)
        return await self.settled(number, exchange, ())

    async def close(self) -> None:
        """Throw it away."""
        if not self.conversation.crashed.done():
            self.conversation.crashed.cancel()
        self.conversation.over(GuestCrashed(text="it was closed"))
        await self.errands.close()
        if self.serving is not None:
            await asyncio.wait([self.serving])
        self.instance.close()


class WasmSeat:
    """A seat in WebAssembly."""

    def __init__(self, order: SeatOrder, rights: Rights, furnishing: Furnishing) -> None:
        self.order, self.rights, self.furnishing = order, rights, furnishing
        self.described = operations(order.contract)
        fuel = rights.extra.get("fuel_per_call")
        limited = fuel is not None or rights.cpu_s_per_call is not None
        self.allowance = Allowance(fuel=fuel, cpu_s=rights.cpu_s_per_call) if limited else FREE
        self.room: Room | None = None
        self.remembers, self.closed, self.calls = False, False, 0
        self.background: asyncio.Task[None] | None = None

    def method(self, operation: str) -> Callable[..., Any]:
        """Return what runs an operation: for a stream, what gives its items."""
        if operation not in self.described:
            raise AttributeError(operation)
        described = self.described[operation]
        return self._flow(described) if described.streams else self._call(described)

    def _writer(self, described: OperationDescription) -> Callable[[tuple[Any, ...]], tuple[str, str]]:
        """Return what writes arguments; a long text among them is sent beside the JSON, as it is."""
        encode = self.furnishing.codec.encode
        if not any(one.type is str for one in described.parameters):
            return lambda arguments: parted(encode(arguments))

        def written(arguments: tuple[Any, ...]) -> tuple[str, str]:
            long = [one for one in arguments if type(one) is str and len(one) > FULL and one.isascii()]
            if not long:
                return parted(encode(arguments))
            rest = [NEXT if type(one) is str and len(one) > FULL and one.isascii() else one for one in arguments]
            return encode(rest).decode() + "".join(long), ",".join(str(len(one)) for one in long)

        return written

    def _call(self, described: OperationDescription) -> Callable[..., Awaitable[Any]]:
        name, errors, written = described.name, described.errors, self._writer(described)
        decode, is_text = self.furnishing.codec.decoder(described.returns), described.returns is str

        async def call(*arguments: Any) -> Any:
            room, (text, cuts) = self._room(), written(arguments)
            conversation = room.conversation
            self.calls += 1
            number, exchange = conversation.enter(name, self.allowance)
            conversation.send(conversation.head("c", number, name, cuts) + text, exchange)
            answer = exchange.came[0] if exchange.came else None
            if isinstance(answer, Message) and answer.kind == "r":
                conversation.end(number)
            else:
                answer = await room.settled(number, exchange, errors)
            if is_text and answer.text == MARK and len(answer.segments) == 1:
                return answer.segments[0]
            return decode(answer.text.encode() if not answer.segments else self._whole(room, answer, exchange))

        return call

    def _whole(self, room: Room, answer: Message, exchange: Exchange) -> bytes:
        if not answer.segments:
            return answer.text.encode()
        try:
            return whole(answer)
        except PlanariaError as error:
            room.conversation.over(error)
            raise room.lost(error, exchange) from error

    def _flow(self, described: OperationDescription) -> Callable[..., AsyncIterator[Any]]:
        name, errors, written = described.name, described.errors, self._writer(described)
        decode = self.furnishing.codec.decoder(described.returns)

        async def flow(*arguments: Any) -> AsyncIterator[Any]:
            room, (text, cuts) = self._room(), written(arguments)
            conversation = room.conversation
            self.calls += 1
            number, exchange = conversation.enter(name, self.allowance)
            conversation.send(conversation.head("o", number, name, cuts) + text, exchange)
            open_ = True
            try:
                while True:
                    conversation.send(conversation.head("n", number), exchange)
                    answer = await self._following(room, number, exchange, errors)
                    if answer is None:
                        open_ = False
                        return
                    yield decode(self._whole(room, answer, exchange))
            except (GeneratorExit, asyncio.CancelledError):
                raise
            except BaseException:
                open_ = False
                raise
            finally:
                if open_ and number in conversation.exchanges:
                    conversation.leave(number)
                conversation.end(number)

        return flow

    async def _following(self, room: Room, number: str, exchange: Exchange, errors: tuple[type[PlanariaError], ...]) -> Message | None:
        while True:
            message = exchange.came.popleft() if exchange.came else await exchange.take()
            if not isinstance(message, Message):
                await asyncio.sleep(0)  # as above
                raise room.lost(message, exchange)
            if message.kind == "q":
                room.errands.begin(message, exchange)
            elif message.kind == "e":
                raise room.raised(message, exchange, errors)
            elif message.kind == "y":
                return message
            elif message.kind == "z":
                return None
            else:
                room.conversation.over(nonsense(f"a stream gave '{message.kind}'"))

    def _room(self) -> Room:
        if self.room is None or self.closed:
            raise InstanceGone(cell=self.order.cell, operation="a call", text="it is not started")
        return self.room

    async def start(self) -> "asyncio.Future[None]":
        """Load the generation in a new guest, prepare it, and begin its background work.

        Raises:
            ImplementationProblems, StartFailed: PLN-L101, PLN-P708.
        """
        self.room = room = Room(self.order, self.rights, self.furnishing)
        try:
            await room.load()
            await room.hook("on_start")
        except (ImplementationProblems, asyncio.CancelledError):
            raise
        except PlanariaError as error:
            if "error" not in error.facts:
                raise
            raise StartFailed(cell=self.order.cell, error=error.facts["error"], text=error.facts.get("text", "")) from error
        self.remembers = room.remembers
        if room.works:
            self.background = asyncio.create_task(self._work(room))
        return room.conversation.crashed

    async def _work(self, room: Room) -> None:
        try:
            await room.hook("background")
        except PlanariaError as error:
            if not room.conversation.crashed.done():
                room.conversation.crashed.set_exception(error)

    async def stop(self) -> None:
        """End its background work, release what it took, and throw the guest away."""
        room, self.closed = self.room, True
        if room is None:
            return
        if self.background is not None:
            self.background.cancel()
            await asyncio.wait([self.background])
        try:
            if room.instance.error is None and room.serving is not None:
                await room.conversation.drained(DRAIN_S)
                async with asyncio.timeout(STOP_S):
                    await room.hook("on_stop")
        finally:
            await room.close()

    async def discard(self) -> None:
        """Throw the guest away as it is."""
        self.closed = True
        if self.background is not None:
            self.background.cancel()
            await asyncio.wait([self.background])
        if self.room is not None:
            await self.room.close()

    async def hand_over(self) -> Any:
        """Return the memory that its successor needs: plain data."""
        return self.furnishing.codec.decode(whole(await self._room().hook("hand_over")), PLAIN)

    async def take_over(self, handed: Any) -> None:
        """Take a predecessor's memory."""
        await self._room().hook("take_over", self.furnishing.codec.encode((handed,)).decode())

    def usage(self) -> Usage:
        """Return what it used."""
        talk = None if self.room is None else self.room.conversation
        return Usage(
            cell=self.order.cell, placement="wasm", seats=int(talk is not None), calls=self.calls, fuel=0 if talk is None else talk.fuel,
            cpu_s=0.0 if talk is None else talk.cpu_s,
        )  # fmt: skip
