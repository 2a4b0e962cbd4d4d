"""One seed: lives after lives on one store, with clients, swaps and troubles; then peace, and the invariants."""

import asyncio
import json
import sys
import warnings
from contextlib import contextmanager
from typing import Any

from planaria.assemble.outbox.parking import Parking
from planaria.kernel import cell as kernel_cell
from planaria.kernel.call import enter
from planaria.kernel.cell import SwapFailed
from planaria.kernel.error import Failed, PlanariaError, Refused, Unknown
from planaria.kernel.event import Subscription
from planaria.kernel.life import Life, TooManyCrashes
from planaria.kernel.port import Ports
from planaria.kernel.request import Delivery, tasks_inside
from planaria.kernel.system import System
from planaria.placement.codec import MsgspecCodec
from planaria.placement.inprocess import InProcess
from planaria.testing.ids import CountingIds
from tests.simulation import cells
from tests.simulation.cells import ACCOUNTS, Audit, Bank, Mirror, Short
from tests.simulation.invariant import check_call, check_peace, check_store
from tests.simulation.loop import Crashed, Hung, SimulatedLoop, passing
from tests.simulation.world import Broken, Generations, Transfer, World

LIVES_MAX = 12
PEACE_S = 400.0


def simulate(seed: int, generations: Generations, *, trace: bool = False) -> World:
    """Run a seed; raises Broken (or Hung) with the seed and its trace."""
    world = cells.World.present = cells.World.last = World(seed, generations, trace=trace)
    try:
        with repeatable():
            now_s, lives = 0.0, 0
            while lives <= world.crashes or world.number < world.clients:
                now_s, lives = one_life(world, now_s, crash=lives < world.crashes), lives + 1
                if lives > LIVES_MAX:
                    break
            world.calm = True
            one_life(world, now_s, crash=False)
        check_store(world)
    except (Broken, Hung, AssertionError) as error:
        error.add_note(f"seed {seed}: python -m tests.simulation {seed}")
        raise
    finally:
        cells.World.present = None
        world.loop = None
    return world


@contextmanager
def repeatable():
    """Let nothing hang on addresses in memory, and let a killed life make no noise."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    numbered = lambda resident: sorted(tasks_inside(resident), key=lambda task: int(task.get_name().rpartition("-")[2]))
    kernel_cell.tasks_inside = numbered
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    finally:
        kernel_cell.tasks_inside, sys.unraisablehook = tasks_inside, hook


def one_life(world: World, now_s: float, *, crash: bool) -> float:
    """Run a life to its end or its crash, and return the time of day after it."""
    loop = world.loop = SimulatedLoop(world.order, now_s=now_s, shuffled=world.shuffled)
    if crash:
        loop.crash_at = int(10 ** (1.3 + 2.4 * world.chance.random()))
    try:
        loop.run_until_complete(live(world))
        check_trouble(world, loop)
    except Crashed:
        world.tell(f"killed after {loop.steps} callbacks")
    finally:
        world.store.crash()
        loop.drop()
    return loop.time() + world.chance.random()


def check_trouble(world: World, loop: SimulatedLoop) -> None:
    for context in loop.trouble:
        raise Broken(f"an error that nobody took: {context.get('message')}: {context.get('exception')!r}")


def compose(world: World) -> System:
    system = System("simulated")
    limits: dict[str, Any] = dict(world.limits)
    system.add(Bank, **limits, restarts_within_s=20.0)
    system.add(Audit, **limits, restarts_within_s=20.0)
    system.add(Mirror, uses=(Bank,), **limits, restarts_within_s=20.0)
    return system


async def live(world):
    ports = Ports(store=world.store, codec=MsgspecCodec(), clock=world.clock, ids=CountingIds(), placements={"inprocess": InProcess()})
    life = Life(compose(world), ports=ports, current=lambda plan: world.current[plan.name], complain=lambda text: world.tell(f"! {text}"))
    start_pumps = life.outbox.start

    def start_with_doubles():
        life.outbox.subscriptions = [doubled(world, one) for one in life.outbox.subscriptions]
        start_pumps()

    life.outbox.start = start_with_doubles
    world.tell("a life begins")
    try:
        await life.start()
    except Exception as error:
        if world.calm:
            raise Broken(f"the system does not start: {error}") from error
        world.tell(f"it does not start: {type(error).__name__}")
        return
    if world.calm:
        await peace(world, life)
    else:
        await strife(world, life)
    await life.stop()
    world.tell("a life ends")


def doubled(world: World, one: Subscription) -> Subscription:
    """Deliver some events twice, at once or one after the other: the second must have no effect."""

    async def again(fact, delivery):
        try:
            await one.call(fact, Delivery(event=delivery.event, handler=delivery.handler))
        except (Refused, Failed, Unknown) as error:
            world.tell(f"second delivery of {delivery.event} to {one.handler}: {type(error).__name__}")

    async def call(fact, delivery):
        if not world.happens(world.twice):
            return await one.call(fact, delivery)
        if world.chance.random() < 0.5:
            second = asyncio.ensure_future(again(fact, delivery))
            try:
                return await one.call(fact, delivery)
            finally:
                await second
        await one.call(fact, delivery)
        return await again(fact, delivery)

    return Subscription(one.handler, one.event, call)


async def strife(world, life):
    """Let clients, swaps and jumps of the clock go on together; then wait until all events are handled."""
    work = [asyncio.create_task(client(world, life)) for _ in range(world.clients)]
    work += [asyncio.create_task(swapper(world, life)), asyncio.create_task(jumper(world))]
    everything = asyncio.gather(*work)
    await asyncio.wait([everything, life.ended], return_when=asyncio.FIRST_COMPLETED)
    if life.ended.done():
        assert isinstance(life.ended.exception(), TooManyCrashes), "a life ends by itself only when a cell crashed too often"
        everything.cancel()
        await asyncio.gather(everything, return_exceptions=True)
        world.tell("a cell crashed too often")
        return
    everything.result()
    world.calm, before = True, world.calm
    await drain(world, life)
    world.calm = before


async def drain(world, life):
    """Wait until every event is handled or parked; nothing but the kernel moves meanwhile."""
    until = world.now() + PEACE_S
    sql = "select handler, event, parked, due from planaria__delivery where parked = 0"
    while waiting := world.store.rows(sql):
        if world.now() > until:
            raise Broken(f"events are stuck for {PEACE_S} s: {waiting[:5]}, it is {world.clock.now()}")
        if life.ended.done():
            return
        await passing(5)


async def peace(world: World, life: Life) -> None:
    """With no more trouble, everything that was promised must come about."""
    await drain(world, life)
    for one in await Parking(life.outbox).parked():
        world.late.add(json.loads(one.payload)["number"])
        await Parking(life.outbox).redeliver(one.event, one.handler)
    await drain(world, life)
    for _ in range(3):
        await ask(world, life, "transfer", deadline_s=None)
    await drain(world, life)
    await life.outbox.settled()  # what a handler does after its transaction
    try:
        totals = await life.handle(Mirror).totals()
    except PlanariaError as error:
        raise Broken(f"after all calls have ended, another cannot be made: {error}") from error
    check_peace(world, life, totals)


async def client(world: World, life: Life) -> None:
    for _ in range(world.calls):
        await passing(world.chance.choice((0.0, 0.01, 1.0)) * world.chance.random())
        kind, deadline_s = world.chance.random(), world.chance.choice((None, None, 0.05, 1.0, 8.0))
        if kind < 0.2:
            await other(world, life, deadline_s)
        else:
            await ask(world, life, "transfer" if kind < 0.75 else "hurry", deadline_s=deadline_s)


async def other(world: World, life: Life, deadline_s: float | None) -> None:
    name, operation = world.chance.choice((("bank", "total"), ("mirror", "totals")))
    await outcome(world, life, (name, operation, ()), deadline_s=deadline_s)


async def ask(world: World, life: Life, operation: str, *, deadline_s: float | None) -> None:
    """Ask for a transfer, and again with the same number where it is harmless."""
    world.number += 1
    number, (source, target) = world.number, world.chance.sample(ACCOUNTS, 2)
    arguments = (number, source, target, 1 + int(world.chance.random() * 30))
    transfer = world.transfers[number] = Transfer(operation, arguments)
    for _ in range(3 if operation == "transfer" else 1):
        place = len(transfer.outcomes)
        transfer.outcomes.append("unknown")
        transfer.outcomes[place] = await outcome(world, life, ("bank", operation, arguments), deadline_s=deadline_s)
        if transfer.outcomes[-1] not in ("unknown", "refused"):
            return


async def outcome(world, life, wanted, *, deadline_s):
    """Call, and return which of the four outcomes it had (a declared error is `short`)."""
    name, operation, arguments = wanted
    began, found, error = world.now(), "completed", None
    call = enter(life.operation(name, operation), arguments, caller="client", id=f"r{world.number}", deadline_s=deadline_s)
    try:
        if world.happens(0.05):
            async with asyncio.timeout(world.chance.random()):
                await call
        else:
            await call
    except Short:
        found = "short"
    except (Refused, Failed, Unknown) as raised:
        found, error = ("refused" if isinstance(raised, Refused) else "failed" if isinstance(raised, Failed) else "unknown"), raised
    except TimeoutError:
        found = "unknown"
    except asyncio.CancelledError:
        if not life.ended.done():
            raise Broken(f"'{operation}' was cancelled, and its caller had not asked for that") from None
        raise
    world.tell(f"{operation}{arguments} {found}{f' {type(error).__name__} {error.facts}' if error else ''}")
    check_call(world, life.operation(name, operation), found, error, took_s=world.now() - began, deadline_s=deadline_s)
    return found


async def swapper(world: World, life: Life) -> None:
    for _ in range(world.swaps):
        await passing(3 * world.chance.random())
        name = world.chance.choice(list(cells.CONTRACTS))
        kind = world.chance.choice(("good", "better", "better", "good", *cells.SOURCES))
        before, wanted = life.cells[name].generation, world.generations[name, kind]
        try:
            await life.swap(name, wanted)
        except SwapFailed as error:
            world.tell(f"swap of {name} to {kind} failed: {error.facts['text']}")
            if life.cells[name].generation is not before:
                raise Broken(f"a swap of {name} failed, and its generation changed") from error
        else:
            world.tell(f"swapped {name} to {kind}")
            if kind in cells.FAILS or (kind == "forgetful" and name == "bank"):
                raise Broken(f"a swap of {name} to one that is {kind} succeeded")
            if life.cells[name].generation != wanted:
                raise Broken(f"{name} is not what it was swapped to")
            world.current[name] = wanted


async def jumper(world: World) -> None:
    for _ in range(world.jumps):
        await passing(4 * world.chance.random())
        seconds = world.chance.choice((-7200.0, -30.0, -1.0, 2.0, 30.0, 7200.0))
        world.tell(f"the clock jumps by {seconds}")
        world.clock.advance(seconds)
