"""The process in which one generation of one cell is judged: `python -m planaria.assemble.judged ROOT CELL GENERATION STORE [held]`.

Why: the judge never loads what it judges. This program answers the engine's sequences of calls with plain outcomes; each
sequence starts from new modules, a new life and the same state. Time and chance are fixed, so that two runs can be alike;
what the cell prints goes nowhere near the pipe. STORE is a copy of the live store, or `-`. A cell that is `held` to its contract
runs in the placement `copying`, and an error that it does not declare is told as such.
Not here: the engine that sends the calls (`witness`), what the outcomes mean (`diff.behaviour`).
"""

import asyncio
import functools
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any
from uuid import UUID

from planaria.assemble.enclosure import enclose
from planaria.assemble.place import Places
from planaria.assemble.system import system_at
from planaria.kernel.call import Operation, enter, outcome_of
from planaria.kernel.contract import ContractDescription, describe
from planaria.kernel.error import CellError, Failed, PlanariaError
from planaria.kernel.event import SCHEMA, SCOPE
from planaria.kernel.life import Life
from planaria.kernel.loader import Generation, generation_at
from planaria.kernel.port import Placement, Ports
from planaria.kernel.request import Request
from planaria.kernel.stream import flow
from planaria.kernel.system import CellPlan, System
from planaria.placement.codec import MsgspecCodec
from planaria.placement.copying import Copying
from planaria.placement.inprocess import InProcess
from planaria.store.trial import TrialStore
from planaria.witness.plain import canonical, digested, lightened, names_of, plain, value

STILL_S = 1_767_225_600.0
OUTCOME_CHARACTERS_MAX = 100_000
ITEMS_MAX = 1_000
UNDECLARED = "undeclared"
EVENTS = "select name, payload from planaria__event where id > ? order by id"
LAST_EVENT = "select coalesce(max(id), 0) from planaria__event"


class Late(BaseException):
    """A call took more than its share of the processor, or of time."""


class Pipe:
    """The two ends of the protocol, moved away from where code that prints or reads would find them."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.source = os.fdopen(os.dup(0), "rb")
        self.target = os.dup(1)
        self.descriptors = (self.source.fileno(), self.target)
        self.quiet(0)
        os.dup2(2, 1)

    def quiet(self, *descriptors: int) -> None:
        """Point file descriptors at nothing."""
        nothing = os.open(os.devnull, os.O_RDWR)
        for one in descriptors:
            os.dup2(nothing, one)
        os.close(nothing)

    def lines(self) -> Any:
        """Yield messages until the engine hangs up."""
        return (json.loads(line) for line in self.source)

    def say(self, text: str) -> None:
        """Write one line; a child that the cell has forked says nothing, and ends."""
        if os.getpid() != self.process:
            os._exit(0)
        data = text.encode() + b"\n"
        while data:
            data = data[os.write(self.target, data) :]


class Stillness:
    """Time that stands still and chance that repeats, from a seed, in this process."""

    def __init__(self, seed: int) -> None:
        self.seed, self.chance = seed, Random(seed)  # noqa: S311 - it must repeat, and keeps no secret
        self.now_s = STILL_S + 86_400.0 * 400 * seed

    def hold(self) -> None:
        """Put them in the place of the real ones, before any cell's code is loaded."""
        clock: Any = time
        clock.time, clock.time_ns = self.now, lambda: int(self.now() * 1e9)
        system: Any = os
        system.urandom = self.bytes
        shared: Any = importlib.import_module("random")
        shared._urandom = self.bytes  # noqa: SLF001 - what SystemRandom and secrets draw from
        names: Any = importlib.import_module("uuid")
        names.uuid4 = lambda: UUID(bytes=self.bytes(16), version=4)

    def begin(self, call: int) -> None:
        """Begin the chance of a call."""
        self.chance.seed(f"{self.seed} {call}")
        shared: Any = importlib.import_module("random")
        shared.seed(f"{self.seed} {call} shared")

    def now(self) -> float:
        """Return the time at which it stands."""
        return self.now_s

    def bytes(self, count: int) -> bytes:
        """Return the next bytes of chance."""
        return self.chance.randbytes(count)

    def new(self) -> str:
        """Return an identifier."""
        return self.bytes(8).hex()


class Bench:
    """One cell with what it uses, in which sequences of calls are run."""

    def __init__(self, root: Path, generation: Generation, store: str, stillness: Stillness, *, held: bool = False) -> None:
        self.cell, self.generation, self.stillness = generation.cell, generation, stillness
        self.places, self.codec, self.held = Places.of(root), MsgspecCodec(), held
        self.system = around(system_at(root), self.cell)
        contract = self.system.plan(self.cell).contract
        self.description: ContractDescription = describe(contract)
        self.events = {one.name: one.type for one in self.description.events}
        described = self.description.operations + self.description.handlers
        types = [type_ for one in described for type_ in (one.returns, *(each.type for each in one.parameters))]
        self.names = names_of([*types, *self.events.values()])
        migrations = {name: self.places.migrations(name) for name in self.system.cells if self.places.migrations(name).is_dir()}
        self.stores = {"fresh": TrialStore.fresh(migrations, clock=stillness)}
        if store != "-":
            self.stores["copy"] = TrialStore.copy_of(Path(store))
        self.store, self.call, self.last = self.stores["fresh"], 0, 0
        self.life: Life | None = None
        self.outcomes: list[dict[str, Any]] = []
        self.is_running = False
        self.arm: Callable[[], None] = lambda: None

    async def prepare(self) -> None:
        """Make what every life makes first part of the state that is kept, and try a life on each state."""
        for start, store in self.stores.items():
            await store.write(lambda session: [session.execute(SCOPE, sql) for sql in SCHEMA])
            store.keep()
            await self.begin(start)

    @functools.cache  # noqa: B019 - there is one bench in the process
    def generation_of(self, cell: str) -> Generation:
        """Return the generation of a cell: the judged one, or the current one of its neighbours."""
        return self.generation if cell == self.cell else generation_at(cell, self.places.impl(cell))

    async def begin(self, start: str) -> None:
        """Begin a new life from the state kept."""
        await self.end()
        self.store, self.call = self.stores[start], 0
        self.store.set_back()
        self.stillness.begin(0)
        place: Placement = Copying(self.codec) if self.held else InProcess()
        ports = Ports(store=self.store, codec=self.codec, clock=self.stillness, ids=self.stillness, placements={"inprocess": place})
        self.life = Life(self.system, ports=ports, current=lambda plan: self.generation_of(plan.name))
        await self.life.start()
        await self.life.outbox.stop()
        self.last = await self.store.read(lambda session: session.execute(SCOPE, LAST_EVENT)[0][0])

    async def end(self) -> None:
        """End the life that is, if any."""
        if self.life is not None:
            life, self.life = self.life, None
            await life.stop()

    async def run(self, sequence: Mapping[str, Any]) -> None:
        """Run a sequence; the outcomes so far are kept in `outcomes`, whatever ends it."""
        self.outcomes = []
        if sequence["start"] != "continue":
            try:
                await self.begin(sequence["start"])
            except Exception as error:  # noqa: BLE001 - a generation that does not start has this outcome
                self.outcomes.append({"kind": "failed", "code": "start", **_told(error)})
                return
        for operation, arguments in sequence["calls"]:
            self.outcomes.append(await self._outcome(operation, arguments))

    async def _outcome(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        assert self.life is not None, "a sequence begins with a life"
        operation: Operation = self.life.cells[self.cell].operations[name]
        values = {key: value(data, self.names) for key, data in given.items()}
        arguments = tuple(values.get(one.name, one.default) for one in operation.description.parameters)
        self.call += 1
        self.stillness.begin(self.call)
        before, self.is_running = self.store.changes, True
        self.arm()
        try:
            result = await _result(operation, arguments, Request(id=f"judge-{self.call}", caller="judge"))
            outcome: dict[str, Any] = {"kind": "completed", "value": plain(result)}
        except Late:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever comes out of a call is its outcome
            outcome = _error(error) | ({"code": UNDECLARED} if self.held and type(error) is Failed else {})
        finally:
            self.is_running = False
        if any(plain(values[key]) != given[key] for key in values):
            outcome["mutated"] = True
        if self.store.changes != before:
            outcome["changed"] = True
            outcome["events"] = await self._events()
        return outcome

    async def _events(self) -> list[Any]:
        rows = await self.store.read(lambda session: session.execute(SCOPE, EVENTS, (self.last,)))
        self.last += len(rows)
        return [plain(self.codec.decode(payload, self.events[name])) for name, payload in rows]


async def _result(operation: Operation, arguments: tuple[Any, ...], request: Request) -> Any:
    """Call, and gather what a stream gives, up to `ITEMS_MAX` items."""
    if not operation.description.streams:
        return await enter(operation, arguments, caller=request.caller, id=request.id)
    items: list[Any] = []
    async with aclosing(flow(operation.function, arguments, request)) as stream:
        async for item in stream:
            items.append(item)
            if len(items) == ITEMS_MAX:
                break
    return tuple(items)


def around(system: System, cell: str) -> System:
    """Return the part of a system that a cell needs: what it uses, and who emits what it handles; all in this process.

    >>> around(System("shop"), "cart")
    Traceback (most recent call last):
    ...
    planaria.kernel.error.NoSuchCell: PLN-C105: there is no cell 'cart'
      why: system.py does not add it
      fix: use one of: ; or add it in system.py
    """
    needed: dict[str, CellPlan] = {}
    left = [system.plan(cell)]
    while left:
        plan = left.pop()
        if plan.name not in needed:
            needed[plan.name] = replace(plan, placement="inprocess", limits={})
            left += [system.plan(one) for one in plan.uses]
            handled = {one.handles for one in describe(plan.contract).handlers}
            left += [one for one in system.cells.values() if handled & {each.type for each in one.contract.events}]
    small = System(system.name)
    small.cells = {name: needed[name] for name in system.cells if name in needed}
    return small


def _told(error: BaseException) -> dict[str, Any]:
    text = error.plain()["what"] if isinstance(error, PlanariaError) else str(error)
    return {"error": type(error).__name__, "text": _first_line(text)}


def _first_line(text: Any) -> str:
    return str(text).partition("\n")[0][:300]


def _error(error: BaseException) -> dict[str, Any]:
    if isinstance(error, Failed):
        return {"kind": "failed", "error": str(error.facts.get("error", "")), "text": _first_line(error.facts.get("text", ""))}
    if isinstance(error, CellError):
        return {"kind": "failed", "code": error.code, "facts": {name: plain(one) for name, one in error.facts.items()}, **_told(error)}
    code = error.code if isinstance(error, PlanariaError) else ""
    return {"kind": outcome_of(error), "code": code, **_told(error)}


def _written(outcome: dict[str, Any]) -> str:
    text = json.dumps(outcome, separators=(",", ":"))
    if len(text) > OUTCOME_CHARACTERS_MAX and "value" in outcome:
        text = json.dumps(outcome | {"value": lightened(outcome["value"])}, separators=(",", ":"))
    if len(text) > OUTCOME_CHARACTERS_MAX and "value" in outcome:
        text = json.dumps(outcome | {"value": digested(canonical(outcome["value"]))}, separators=(",", ":"))
    return text


def confine(limits: Mapping[str, Any]) -> None:
    """Take the limits of this process upon it: memory, processor seconds, size of files, no core files.

    >>> confine({})
    """
    asked = {
        resource.RLIMIT_AS: limits.get("memory_bytes"), resource.RLIMIT_CPU: limits.get("cpu_s"),
        resource.RLIMIT_FSIZE: limits.get("file_bytes"), resource.RLIMIT_CORE: limits.get("core_bytes"),
    }  # fmt: skip
    for kind, most in asked.items():
        if most is not None:
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard), hard))


def compile_once() -> None:
    """Compile each text once in this process: every sequence begins with new modules, and their files do not change here.

    >>> import planaria.kernel.call, planaria.kernel.loader
    >>> "compile" in vars(planaria.kernel.call)
    False
    """
    compiled = functools.cache(compile)
    calls: Any = importlib.import_module("planaria.kernel.call")
    calls.compile = compiled
    loader: Any = importlib.import_module("planaria.kernel.loader")
    loader._Source.source_to_code = lambda _, data, path, **__: compiled(bytes(data), path, "exec", dont_inherit=True)  # noqa: SLF001 - as above


class Watch:
    """Ends a call that takes too long: by the processor's time, or by three times as much of the wall's."""

    def __init__(self, bench: Bench, call_s: float) -> None:
        self.bench, self.call_s = bench, call_s
        for one in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(one, self._late)

    def _late(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.bench.is_running:
            self.bench.is_running = False
            raise Late

    def arm(self) -> None:
        """Give the next call its time."""
        signal.setitimer(signal.ITIMER_PROF, self.call_s)
        signal.setitimer(signal.ITIMER_REAL, 3 * self.call_s)


def answer(bench: Bench, loop: asyncio.Runner, sequence: Mapping[str, Any]) -> bool:
    """Run a sequence to its outcomes; false when the process is no longer fit for another."""
    try:
        loop.run(bench.run(sequence))
    except Late:
        bench.outcomes.append({"kind": "unknown", "code": "late", "text": "no answer in time"})
        return False
    except BaseException as error:  # noqa: BLE001 - a task of the cell may end the loop
        bench.outcomes.append({"kind": "unknown", "code": "ended", **_told(error)})
        return False
    return True


def main(arguments: list[str]) -> int:
    """Answer the engine until it hangs up; 0 then, 1 when the generation could not be loaded, 3 to be started anew."""
    pipe = Pipe()
    order = next(pipe.lines())
    confine(order["limits"])
    sys.dont_write_bytecode = True  # what is judged leaves nothing beside its files
    root, cell, directory, store, *held = arguments
    stillness = Stillness(order["seed"])
    stillness.hold()
    compile_once()
    try:
        bench = Bench(Path(root), generation_at(cell, Path(directory)), store, stillness, held=bool(held))
        enclose([Path(root), Path(directory)], keep=pipe.descriptors, limits=order["limits"])
    except Exception as error:  # noqa: BLE001 - the engine is told why
        return _given_up(pipe, error)
    with asyncio.Runner() as loop:
        try:
            loop.run(bench.prepare())
        except Exception as error:  # noqa: BLE001 - the engine is told why
            return _given_up(pipe, error)
        pipe.quiet(1, 2)
        pipe.say(json.dumps({"ready": cell, "starts": list(bench.stores)}))
        return _serve(pipe, bench, loop, Watch(bench, order["limits"]["call_s"]))


def _given_up(pipe: Pipe, error: Exception) -> int:
    pipe.say(json.dumps({"error": f"{type(error).__name__}: {error}"[:4000]}))
    return 1


def _serve(pipe: Pipe, bench: Bench, loop: asyncio.Runner, watch: Watch) -> int:
    bench.arm = watch.arm
    for message in pipe.lines():
        for sequence in message["sequences"]:
            fit = answer(bench, loop, sequence)
            written = ",".join(map(_written, bench.outcomes))
            leaving = "" if fit else ',"leaving":true'
            pipe.say(f'{{"batch":{message["batch"]}{leaving},"outcomes":[{written}]}}')
            if not fit:
                os._exit(3)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
