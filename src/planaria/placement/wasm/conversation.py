"""The conversation with one guest: messages go in, turns run, messages come out and go to whom they concern.

Why: an instance runs one turn at a time, while calls, bodies of transactions, timers and answers all want one; so they wait
in one line, and what comes out is sorted by the number that it carries.
Not here: one turn (`instance`), what a call is (`seat`), what a guest asks for (`errand`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from planaria.kernel.error import PlanariaError
from planaria.placement.wasm.error import HeldTooLong, Stuck
from planaria.placement.wasm.instance import FREE, Allowance, Instance, Outcome
from planaria.placement.wasm.message import Message, nonsense, read

GRACE_S = 1.0
BODY_S = 5.0
ASKED_MAX = 1024
LINES_A_SECOND = 200
LINE_CHARACTERS_MAX = 2_000


class Exchange:
    """One call, stream or hook as the host sees it: what came for it, and what it may still use."""

    __slots__ = ("allowance", "arrived", "came", "cpu_s", "fuel", "operation", "raised", "sent")

    def __init__(self, operation: str, allowance: Allowance) -> None:
        self.operation, self.allowance = operation, allowance
        self.came: deque[Message | PlanariaError] = deque()
        self.arrived: asyncio.Future[None] | None = None
        self.fuel, self.cpu_s, self.sent = 0, 0.0, False
        self.raised: dict[str, BaseException] = {}

    def put(self, message: Message | PlanariaError) -> None:
        """Take what came."""
        self.came.append(message)
        if self.arrived is not None and not self.arrived.done():
            self.arrived.set_result(None)

    async def take(self) -> Message | PlanariaError:
        """Wait for what comes next."""
        while not self.came:
            self.arrived = asyncio.get_running_loop().create_future()
            await self.arrived
        return self.came.popleft()

    def left(self) -> Allowance:
        """Return what its next turn may use."""
        given = self.allowance
        if given is FREE or not self.cpu_s:
            return given
        return Allowance(
            fuel=None if given.fuel is None else max(1, given.fuel - self.fuel),
            cpu_s=None if given.cpu_s is None else max(0.001, given.cpu_s - self.cpu_s),
        )


class Conversation:
    """Everything that is under way with one instance; all of it on the loop's thread, but bodies and long turns."""

    def __init__(self, instance: Instance, *, cell: str, steward: Exchange, complain: Callable[[str], None]) -> None:
        self.instance, self.cell, self.steward, self.complain = instance, cell, steward, complain
        self.loop = asyncio.get_running_loop()
        self.crashed: asyncio.Future[None] = self.loop.create_future()
        self.crashed.add_done_callback(
            lambda ended: None if ended.cancelled() else ended.exception()
        )  # a start that failed is told otherwise
        self.exchanges: dict[str, Exchange] = {"0": steward}
        self.leaving: dict[str, asyncio.TimerHandle] = {}
        self.waiting: deque[tuple[str, Exchange]] = deque()
        self.withdraw: Callable[[str], None] = complain
        self.dropped: Callable[[str], None] = complain
        self.numbers = self.fuel = self.turns = 0
        self.cpu_s, self.now = 0.0, "0.0"
        self._timer: asyncio.TimerHandle | None = None
        self._lines, self._second = 0, 0
        self._empty: asyncio.Future[None] | None = None

    def enter(self, operation: str, allowance: Allowance = FREE) -> tuple[str, Exchange]:
        """Begin an exchange: a call, a stream or a hook."""
        self.numbers += 1
        number, exchange = str(self.numbers), Exchange(operation, allowance)
        self.exchanges[number] = exchange
        return number, exchange

    def send(self, message: str, exchange: Exchange) -> None:
        """Give the guest a message: at once where it is idle, else after what waits."""
        if self.waiting or self.instance.error is not None or not self.instance.lock.acquire(blocking=False):
            self.waiting.append((message, exchange))
            if self.instance.error is not None:
                self.over(self.instance.error)
            return
        self._turn(message, exchange)

    def head(self, kind: str, number: str, name: str = "-", cuts: str = "-") -> str:
        """Write the first line of a message."""
        self.now = f"{self.loop.time():.6f}"
        return f"{kind} {number} {self.now} {name} {cuts}\n"

    def _turn(self, message: str, exchange: Exchange) -> None:
        """Run a turn; the instance's lock is held, and is given back when the turn is over."""
        instance, allowance = self.instance, exchange.left()
        exchange.sent = True
        if instance.begin(message, allowance):
            outcome = instance.outcome(allowance)
            instance.lock.release()
            self._over(outcome, exchange)
            return

        def rest() -> None:
            outcome = instance.finish(allowance)
            instance.lock.release()
            self.loop.call_soon_threadsafe(self._resumed, outcome, exchange)

        instance.elsewhere(rest)

    def _resumed(self, outcome: Outcome, exchange: Exchange) -> None:
        self._over(outcome, exchange)
        self.go_on()

    def go_on(self) -> None:
        """Let what waits have its turn."""
        while self.waiting and self.instance.error is None and self.instance.lock.acquire(blocking=False):
            self._turn(*self.waiting.popleft())

    def _over(self, outcome: Outcome, exchange: Exchange) -> None:
        answer, error, fuel, cpu_s = outcome
        self.turns += 1
        self.fuel += fuel
        self.cpu_s += cpu_s
        exchange.fuel += fuel
        exchange.cpu_s += cpu_s
        if error is not None:
            self.over(error)
            return
        try:
            due_s, messages = read(answer)
            self.hear(due_s, messages)
        except PlanariaError as wrong:
            self.over(wrong)

    def hear(self, due_s: float | None, messages: list[Message]) -> None:
        """Sort what came out of a turn."""
        for message in messages:
            kind, number = message.kind, message.number
            if kind in "rekyz":
                self._answer(message)
            elif kind == "q":
                self.exchanges.get(message.text.partition(" ")[0], self.steward).put(message)
            elif kind == "l":
                self._line(message.text)
            elif kind == "w":
                self.withdraw(number)
            else:
                self.dropped(number)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due_s is not None:
            self._timer = self.loop.call_later(due_s, self._due)

    def _answer(self, message: Message) -> None:
        number, exchange = message.number, self.exchanges.get(message.number)
        if exchange is not None and exchange is not self.steward:
            exchange.put(message)
        elif message.kind != "y" and (leaving := self.leaving.pop(number, None)) is not None:
            leaving.cancel()
        elif int(number) > self.numbers:
            raise nonsense(f"an answer to {number}, which was not asked")

    def _due(self) -> None:
        self._timer = None
        self.send(self.head("t", "0"), self.steward)

    def _line(self, text: str) -> None:
        second = int(self.loop.time())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines <= LINES_A_SECOND:
            shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[:LINE_CHARACTERS_MAX])
            self.complain(f"cell '{self.cell}' says: {shown}")
        elif self._lines == LINES_A_SECOND + 1:
            self.complain(f"cell '{self.cell}' says more than {LINES_A_SECOND} lines a second; the rest is left out")

    def end(self, number: str) -> None:
        """End an exchange."""
        self.exchanges.pop(number, None)
        if self._empty is not None and len(self.exchanges) == 1 and not self._empty.done():
            self._empty.set_result(None)

    async def drained(self, within_s: float) -> None:
        """Wait until nothing is under way, for some time at most."""
        if len(self.exchanges) > 1:
            self._empty = self.loop.create_future()
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._empty

    def leave(self, number: str) -> None:
        """Cancel an exchange that nobody waits for any more; a guest that does not end it in time is ended."""
        self.end(number)
        if self.instance.error is None:
            self.leaving[number] = self.loop.call_later(GRACE_S, self._stuck, number)
            self.send(self.head("x", number), self.steward)

    def _stuck(self, number: str) -> None:
        self.leaving.pop(number, None)
        error = Stuck(grace_s=GRACE_S)
        self.instance.doom = error
        self.over(error)

    def over(self, error: PlanariaError) -> None:
        """End everything that is under way, with the reason."""
        self.instance.error = self.instance.error or error
        if not self.crashed.done():
            self.crashed.set_exception(error)
        for exchange in list(self.exchanges.values()):
            exchange.put(error)
        self.waiting.clear()
        self.quiet()

    def quiet(self) -> None:
        """Stop what runs by time."""
        for timer in (*self.leaving.values(), *((self._timer,) if self._timer is not None else ())):
            timer.cancel()
        self.leaving.clear()
        self._timer = None

    def body(self, number: str, transaction: Any, place: Any) -> Message:
        """Run the body of a transaction, in the store's thread; return how it ended."""
        instance, began_s = self.instance, time.perf_counter()
        if not instance.lock.acquire(timeout=BODY_S):
            raise HeldTooLong(cell=self.cell, limit_s=BODY_S)
        try:
            if instance.error is not None:
                raise instance.error
            place.transaction = transaction
            outcome = self._body_turn(number, began_s)
        finally:
            place.transaction = None
            instance.lock.release()
        if outcome.error is not None:
            self.loop.call_soon_threadsafe(self.over, outcome.error)
            raise HeldTooLong(cell=self.cell, limit_s=BODY_S) if "limit_s" in outcome.error.facts else outcome.error
        try:
            due_s, messages = read(outcome.answer)
            mine = [one for one in messages if one.kind in "re" and one.number == number]
            if len(mine) != 1:
                raise nonsense(f"{len(mine)} ends of one transaction")
        except PlanariaError as error:
            self.loop.call_soon_threadsafe(self.over, error)
            raise
        others = [one for one in messages if one is not mine[0]]
        self.loop.call_soon_threadsafe(self._after_body, due_s, others, outcome)
        return mine[0]

    def _body_turn(self, number: str, began_s: float) -> Outcome:
        instance = self.instance
        if instance.begin(f"b {number} {self.now} - -\n"):
            return instance.outcome()
        return instance.finish(within_s=max(0.01, BODY_S - (time.perf_counter() - began_s)))

    def _after_body(self, due_s: float | None, messages: list[Message], outcome: Outcome) -> None:
        self.fuel += outcome.fuel
        self.cpu_s += outcome.cpu_s
        try:
            self.hear(due_s, messages)
        except PlanariaError as error:
            self.over(error)
        self.go_on()


def ended(error: BaseException | None) -> str:
    """Return why a guest ended, in a few words.

    >>> ended(Stuck(grace_s=1))
    'the WebAssembly guest was ended: it did not end a cancelled call within 1 s'
    """
    return error.plain()["what"] if isinstance(error, PlanariaError) else "it was closed"
