"""Events: the outbox and its deliveries; at least once, in order per key, handled once.

Why: an event is a fact of the transaction that made it, so it is written there (Decision D-004), together with one
delivery per handler. A handler's transaction deletes its delivery: that deletion is its memory, so a second delivery of
the same event finds nothing to delete and has no effect, whatever crashed in between.
Not here: the call that runs a handler (`call`), a cell's own transactions (`state`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from planaria.kernel.contract import EventDeclaration
from planaria.kernel.error import Refused
from planaria.kernel.port import Ports, Session
from planaria.kernel.request import Delivery

SCOPE = "planaria"
SCHEMA = (
    """create table if not exists planaria__event (id integer primary key autoincrement, cell text, name text, key text,
    payload blob, at real)""",
    """create table if not exists planaria__delivery (handler text, event integer, key text, attempts integer default 0, due real default 0,
    parked integer default 0, error text default '', primary key (handler, event)) without rowid""",
    "create index if not exists planaria__delivery_event on planaria__delivery (event)",
)
WAITING = """select d.event, d.key, d.attempts, d.due, e.payload from planaria__delivery d join planaria__event e on e.id = d.event
    where d.handler = ? and d.event > ? and d.parked = 0 order by d.event limit ?"""
SWEEP = "delete from planaria__event where id <= ? and not exists (select 1 from planaria__delivery where event = planaria__event.id)"
FAILED = "update planaria__delivery set attempts = ?, due = ?, parked = ?, error = ? where handler = ? and event = ?"
PAGE = 256
DELAY_FIRST_S = 0.2
DELAY_MAX_S = 60.0
ATTEMPTS_MAX = 8
LOOK_S = 10.0  # a caller that was cancelled while its write was committed wakes nobody, so each pump also looks by itself


def _execute(sql: str, parameters: tuple[Any, ...], session: Session) -> list[tuple[Any, ...]]:
    return session.execute(SCOPE, sql, parameters)


class NotEmittedHere(Refused):
    """A cell emitted an event that its contract does not declare."""

    code = "PLN-E103"
    what = "cell '{cell}' may not emit {event}"
    why = "its contract declares only: {known}"
    fix = "add `event({event}, key=…)` to `events` in cells/{cell}/contract.py"


class Subscription(NamedTuple):
    """One handler: its name (`cell.method`), the event, and how it is called."""

    handler: str
    event: EventDeclaration
    call: Callable[[Any, Delivery], Awaitable[Any]]


class Outbox:
    """Writes events, and delivers them to their handlers until each is handled or parked."""

    def __init__(self, ports: Ports, *, complain: Callable[[str], None]) -> None:
        self.ports, self.complain = ports, complain
        self.declared: dict[str, dict[type[Any], EventDeclaration]] = {}
        self.subscriptions: list[Subscription] = []
        self.pumps: list[_Pump] = []

    def write(self, session: Session, cell: str, fact: Any) -> None:
        """Write an event and one delivery per handler, in the caller's transaction.

        Raises:
            NotEmittedHere: PLN-E103.
        """
        declaration = self.declared.get(cell, {}).get(type(fact))
        if declaration is None:
            known = ", ".join(one.name for one in self.declared.get(cell, {}).values()) or "none"
            raise NotEmittedHere(cell=cell, event=type(fact).__qualname__, known=known)
        key, payload = str(getattr(fact, declaration.key)), self.ports.codec.encode(fact)
        sql = "insert into planaria__event (cell, name, key, payload, at) values (?, ?, ?, ?, ?) returning id"
        number = session.execute(SCOPE, sql, (cell, declaration.name, key, payload, self.ports.clock.now()))[0][0]
        for one in self.subscriptions:
            if one.event.type is declaration.type:
                session.execute(SCOPE, "insert into planaria__delivery (handler, event, key) values (?, ?, ?)", (one.handler, number, key))

    def remember(self, session: Session, delivery: Delivery) -> bool:
        """Delete the delivery in the handler's transaction; false when it was deleted before."""
        session.execute(SCOPE, "delete from planaria__delivery where handler = ? and event = ?", (delivery.handler, delivery.event))
        return session.changes() == 1

    def wake(self) -> None:
        """Let every pump look again."""
        for pump in self.pumps:
            pump.idle.clear()
            pump.awake.set()

    async def prepare(self) -> None:
        """Make the tables."""
        await self.ports.store.write(lambda session: [session.execute(SCOPE, sql) for sql in SCHEMA])

    def start(self) -> None:
        """Begin to deliver, what a crash left first."""
        self.pumps = [_Pump(self, one) for one in self.subscriptions]

    async def stop(self) -> None:
        """Stop delivering; what runs is finished, what waits stays in the store."""
        for pump in self.pumps:
            pump.stopping = True
        self.wake()
        await asyncio.gather(*(pump.task for pump in self.pumps))
        self.pumps = []

    async def settled(self) -> None:
        """Wait until no delivery waits but those that are parked or delayed."""
        while busy := [pump for pump in self.pumps if not pump.idle.is_set()]:
            await busy[0].idle.wait()


class _Waiting(NamedTuple):
    event: int
    key: str
    attempts: int
    due: float
    payload: bytes


class _Pump:
    """Delivers the events of one handler, page by page; the keys of a page side by side, each key in order."""

    def __init__(self, outbox: Outbox, subscription: Subscription) -> None:
        self.outbox, self.subscription = outbox, subscription
        self.awake, self.idle, self.stopping = asyncio.Event(), asyncio.Event(), False
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while not self.stopping:
            self.awake.clear()
            self.idle.clear()
            try:
                wait_s = await self._round()
            except Exception as error:  # noqa: BLE001 - a store in trouble must not end deliveries for ever
                self.outbox.complain(f"deliveries to {self.subscription.handler}: {type(error).__name__}: {error}")
                wait_s = DELAY_FIRST_S
            if not self.stopping and not self.awake.is_set():
                self.idle.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self.awake.wait()
        self.idle.set()

    async def _round(self) -> float:
        """Deliver all that is due; return the seconds until the next is, or until it is time to look again."""
        store, last, blocked, soonest = self.outbox.ports.store, 0, set[str](), None
        while not self.stopping and (rows := await store.read(partial(_execute, WAITING, (self.subscription.handler, last, PAGE)))):
            last, now, keys = rows[-1][0], self.outbox.ports.clock.now(), dict[str, list[_Waiting]]()
            for one in (_Waiting(*row) for row in rows):
                if now < one.due <= now + DELAY_MAX_S and one.key not in keys:  # due later still: the clock was set back
                    blocked.add(one.key)
                    soonest = min(soonest or one.due, one.due)
                if one.key not in blocked:
                    keys.setdefault(one.key, []).append(one)
            ended = await asyncio.gather(*(self._in_order(events) for events in keys.values()), return_exceptions=True)
            if troubles := [one for one in ended if isinstance(one, BaseException)]:
                raise troubles[0]
            stuck = [one for one in ended if not isinstance(one, BaseException)]
            blocked |= {key for key, due in zip(keys, stuck, strict=True) if due is not None}
            soonest = min((due for due in (soonest, *stuck) if due is not None), default=None)
            await store.write(partial(_execute, SWEEP, (last,)))
        return LOOK_S if soonest is None else min(LOOK_S, max(0.0, soonest - self.outbox.ports.clock.now()))

    async def _in_order(self, events: Iterable[_Waiting]) -> float | None:
        """Deliver events of one key; return when the first that failed is due again, or None."""
        for one in events:
            if not self.stopping and (due := await self._deliver(one)) is not None:
                return due
        return None

    async def _deliver(self, one: _Waiting) -> float | None:
        delivery = Delivery(event=one.event, handler=self.subscription.handler)
        try:
            fact = self.outbox.ports.codec.decode(one.payload, self.subscription.event.type)
            await self.subscription.call(fact, delivery)
            if not delivery.marked:
                await self.outbox.ports.store.write(lambda session: self.outbox.remember(session, delivery))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failed delivery
            if not delivery.marked:
                return await self._failed(one, error)
            self.outbox.complain(f"{delivery.handler} failed after it had handled event {one.event}: {error}")
        return None

    async def _failed(self, one: _Waiting, error: Exception) -> float | None:
        attempts = one.attempts + (0 if isinstance(error, Refused) and "retry_after_s" in error.facts else 1)
        parked = attempts >= ATTEMPTS_MAX
        due = self.outbox.ports.clock.now() + min(DELAY_MAX_S, DELAY_FIRST_S * 2**attempts)
        given = (attempts, due, int(parked), str(error), self.subscription.handler, one.event)
        await self.outbox.ports.store.write(partial(_execute, FAILED, given))
        if parked:
            self.outbox.complain(f"parked event {one.event} for {self.subscription.handler} after {attempts} attempts: {error}")
        return None if parked else due
