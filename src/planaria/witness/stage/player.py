"""The player: one actor's work, which is to play scripts on the version that it has loaded, and to tell what came of each step.

Why: every step is the text that a reviewer would type, so what is told is what he would see; what a step prints, changes in its
arguments or raises is part of it.
Not here: the process around it and its limits (`program`), which scripts (`witness.script`).
"""

import _thread
import contextlib
import decimal
import dis
import functools
import inspect
import io
import os
import random
import shutil
import signal
import sys
import time
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from planaria.witness.stage.condition import Conditions, conditions_at
from planaria.witness.stage.guard import Guard
from planaria.witness.stage.loading import Loading
from planaria.witness.stage.told import ADDRESS, LINE, NAME, Teller
from planaria.witness.stage.tracing import Tracer

TEXT_MAX, OUTPUT_MAX = 300, 2000
STILL = (type(None), bool, int, float, str, bytes, complex, type, types.FunctionType, types.BuiltinFunctionType)
RAISE = dis.opmap["RAISE_VARARGS"]
ENOUGH_TIMES = 100_000
LOAD_S = 8.0
TIMERS = (signal.ITIMER_PROF, signal.ITIMER_REAL, signal.ITIMER_VIRTUAL)
_handler: Any = sys.modules["_signal"].getsignal  # without the names of handlers, which cost more than all else
_threads = _thread._count  # noqa: SLF001 - those that `threading` does not know are counted as well


class Late(BaseException):
    """A script took more than its share of the processor, or of time."""


@functools.lru_cache(maxsize=4096)
def _compiled(text: str, mode: str) -> Any:
    return compile(text, "<script>", mode, flags=0, dont_inherit=True)


class Player:
    """Play scripts on the version in a folder.

    >>> Player({"folder": "/srv/old", "modules": ["shop"]}).folder
    '/srv/old/'
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.folder: str = order["folder"] + "/"
        self.loading = Loading(self.folder, order["modules"])
        self.bare = len(order["modules"]) == 1 and not order.get("dotted")
        self.chance = bool(order.get("chance"))
        self.teller, self.tracer, self.guard = Teller(self._is_own), Tracer(self.folder), Guard(self.folder)
        self.own: dict[type[Any], bool] = {}
        self.feigning: dict[type[Any], bool] = {}
        self.failed: dict[str, str] = {}
        self.scratch: str = order.get("writable") or ""
        self.conditions: Conditions = {}
        self.names: dict[str, Any] = {}
        self.written: Any = None
        self.loop: Any = None
        self.is_running = False
        self.kept: tuple[Any, ...] = ()

    def _is_own(self, kind: type[Any]) -> bool:
        own = self.own.get(kind)
        if own is None:
            own = self.own[kind] = self.loading.is_own(sys.modules.get(str(getattr(kind, "__module__", ""))))
        return own

    def load(self, order: Mapping[str, Any]) -> None:
        """Import the version, and the conditions of its contract if one is given."""
        for one in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(one, self.late)
        self.loading.begin()
        self.guard.remember()
        self.guard.watch()
        self._import()
        if order.get("contract"):
            self.conditions = conditions_at(Path(order["contract"]), order["contract_class"])
        self.guard.settle()
        self.kept = (dict(os.environb), decimal.getcontext().copy(), _threads())

    def _import(self) -> None:
        """Import every module of the version, or say why it cannot be, within a time for each."""
        for name in self.loading.modules:
            error: BaseException | None = None
            try:
                self._set(LOAD_S)
                self.is_running = True
                error = self.loading.imported(name)
            except BaseException as other:  # noqa: BLE001 - a module may end or hang as it is imported
                error = other
            self.is_running = False
            if error is not None:
                self.failed[name] = f"{NAME(type(error))}: {_text(error)}"
        self.rest()
        self.names = self.loading.names(bare=self.bare) | {"__builtins__": __builtins__, "__name__": "__script__"}

    def _again(self) -> None:
        """Load the version anew, for a script that must begin with the state in which it is imported."""
        self.loading.forget()
        self.own.clear()
        self._import()

    def _set(self, cpu_s: float, wall_s: float = 0.0) -> None:
        """Set the timers: two that raise `Late` again and again, and one that ends a process which does not hear them."""
        signal.setitimer(signal.ITIMER_PROF, cpu_s, cpu_s)
        signal.setitimer(signal.ITIMER_REAL, wall_s or 4 * cpu_s, cpu_s)
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * cpu_s + 0.1)

    def rest(self) -> None:
        """Take the timers back, as nothing is to be played for a while."""
        for one in TIMERS:
            signal.setitimer(one, 0)

    def late(self, number: int, frame: Any) -> None:
        """Break off what runs; the handler of the process's timers."""
        del number, frame
        if self.is_running:
            self.guard.is_on = False  # an error in a trace switches it off, which would be heard as the code's own act
            raise Late

    def play(self, script: Mapping[str, Any], *, call_s: float, traced: bool) -> tuple[list[dict[str, Any]], bool]:
        """Play the steps of a script up to the first that leads nowhere; return their outcomes, and whether the process is still fit."""
        self._prepare(fresh=bool(script.get("fresh")))
        steps, names, outcomes, out = script["steps"], dict(self.names), list[dict[str, Any]](), sys.stdout
        sys.stdout = self.written = io.TextIOWrapper(io.BytesIO(), "utf-8", "replace", write_through=True)
        try:
            self._set(call_s, 4 * call_s + 0.2)
            self.is_running = True
            for step in steps:
                outcomes.append(self._outcome(step, names, number=len(outcomes), traced=traced))
                if outcomes[-1]["k"] in ("outside", "stop"):
                    break
            self._close_loop()
            self.is_running = False
        except Late:
            self.is_running = False
            return [*outcomes, {"k": "unknown", "code": "late"}][: len(steps)], False
        finally:
            self.is_running = self.guard.is_on = False
            sys.settrace(None)
            sys.setprofile(None)
            sys.stdout = out
        return outcomes, self._is_fit()

    def _prepare(self, *, fresh: bool) -> None:
        """Begin as the first script did: with an empty scratch, there, with the same environment and precision."""
        environment, context, _ = self.kept
        if self.guard.is_touched:
            os.environb.clear()
            os.environb.update(environment)
            os.chdir(self.scratch or "/")
            if self.scratch:
                _empty(self.scratch)
            self.guard.is_touched = False
        decimal.setcontext(context.copy())
        if fresh:
            self._again()

    def _is_fit(self) -> bool:
        """Say whether the next script would find what it needs: no thread that was left, nothing replaced that all scripts rest on."""
        heard = _handler(signal.SIGPROF) == _handler(signal.SIGALRM) == self.late
        return heard and _threads() <= self.kept[2] and self.guard.is_settled()

    def _close_loop(self) -> None:
        """End what a script has left in the loop: tasks, and the threads of its executor."""
        if self.loop is not None:
            import asyncio

            if asyncio.all_tasks(self.loop.get_loop()) or _threads() > self.kept[2]:
                loop, self.loop = self.loop, None
                loop.close()

    def _outcome(self, step: list[Any], names: dict[str, Any], *, number: int, traced: bool) -> dict[str, Any]:
        if self.chance:
            random.setstate(_state(number))
        self.guard.symbol = step[1]
        before = self._size()
        try:
            self.guard.is_traced = traced
            if traced:
                self.tracer.start()
            outcome = self._done(step, names)
        except Late:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever comes out of a step is its outcome
            outcome = self._raised(error)
        finally:
            if traced:
                self.tracer.stop()
            self.guard.is_on = False
        if self._size() != before and (text := self._output(before)):
            outcome["out"] = text
        return outcome

    def _size(self) -> int:
        try:
            return int(self.written.buffer.tell())
        except ValueError:
            return 0  # it was closed

    def _output(self, before: int) -> str:
        with contextlib.suppress(ValueError):
            told = self.written.buffer.getbuffer()[before : before + 8 * OUTPUT_MAX].tobytes()
            return ADDRESS.sub("", told.decode("utf-8", "replace"))[:OUTPUT_MAX]
        return ""

    def _done(self, step: list[Any], names: dict[str, Any]) -> dict[str, Any]:
        kind, symbol, target, callee, given, named = step
        if kind == "do":
            exec(_compiled(callee, "exec"), names)  # noqa: S102 - a script's own text
            return {"k": "completed", "value": None}
        if kind == "see":
            self.guard.is_on = True
            return {"k": "completed", "value": self._told(_awaited(self, eval(_compiled(callee, "eval"), names)), names)}  # noqa: S307 - as above
        try:
            arguments = eval(_compiled(given, "eval"), names)  # noqa: S307 - as above
            options = eval(_compiled(named, "eval"), names) if named else {}  # noqa: S307 - as above
        except Late:
            raise
        except Exception as error:  # noqa: BLE001 - arguments that cannot be made are no call
            return {"k": "stop", "error": type(error).__name__, "text": str(error)[:TEXT_MAX]}
        function = eval(_compiled(callee, "eval"), names)  # noqa: S307 - as above
        if self.conditions and not self._agrees(symbol, function, arguments, options):
            return {"k": "outside"}
        return self._called(function, (arguments, options), target, names)

    def _called(self, function: Any, given: tuple[Any, Any], target: str, names: dict[str, Any]) -> dict[str, Any]:
        arguments, options = given
        changeable = [one for one in (*arguments, *options.values()) if type(one) not in STILL and not hasattr(type(one), "__next__")]
        before = [self.teller.told(one) for one in changeable]
        self.guard.is_on = True
        result = _awaited(self, function(*arguments, **options))
        outcome: dict[str, Any] = {"k": "completed"}
        if target:
            names[target] = result
        is_kept = target and (self._is_own(type(result)) or hasattr(type(result), "__next__"))  # telling it could use it up
        name = NAME(type(result))
        outcome["value"] = {"$": f"other {name}", "of": f"<{name}>"} if is_kept else self._told(result, names)
        if changeable:
            after = [self.teller.told(one) for one in changeable]
            if after != before:
                outcome["after"] = after
        return outcome

    def _told(self, value: Any, names: dict[str, Any]) -> Any:
        kind: Any = type(value)
        if self._is_own(kind):
            if any(value is one for one in names.values()):
                return {"$": "other self", "of": "<itself>"}
            if self._feigns(value, kind):
                return {"$": "other equal to everything", "of": "<equal to everything>"}
        return self.teller.told(value)

    def _feigns(self, value: Any, kind: Any) -> bool:
        """Say whether objects of a class claim to be equal to anything."""
        found = self.feigning.get(kind, kind.__eq__ is not object.__eq__)
        if found and kind not in self.feigning:
            try:
                found = bool(value == _NOTHING)
            except Exception:  # noqa: BLE001 - one that cannot be compared with anything does not feign
                found = False
        self.feigning[kind] = found
        return found

    def _raised(self, error: BaseException) -> dict[str, Any]:
        last: Any = None
        trace = _TRACE(error)
        while trace is not None:
            last, trace = trace, trace.tb_next
        own = last is not None and last.tb_frame.f_code.co_filename.startswith(self.folder)
        kinds = [NAME(one) for one in LINE(type(error))[:-2]] or ["BaseException"]
        if own and isinstance(error, AssertionError):
            return {"k": "outside", "error": kinds[0]}
        meant = own and last.tb_frame.f_code.co_code[last.tb_lasti] == RAISE
        return {"k": "failed", "error": kinds[0], "kinds": kinds, "text": _text(error), "meant": meant}

    def _agrees(self, symbol: str, function: Any, arguments: Any, options: Any) -> bool:
        conditions = self.conditions.get(symbol.rpartition(".")[2]) or self.conditions.get(symbol)
        if not conditions:
            return True
        try:
            bound = inspect.signature(function).bind(*arguments, **options)
            bound.apply_defaults()
            for wanted, predicate in conditions:
                if not predicate(**{name: bound.arguments[name] for name in wanted}):
                    return False
        except Late:
            raise
        except Exception:  # noqa: BLE001 - a condition that cannot be decided does not hold
            return False
        return True

    def measured(self, script: Mapping[str, Any], least_s: float) -> int:
        """Return nanoseconds of processor time that a play of a script takes, from as many plays as fill `least_s`; 0 where it fails."""
        spent, times = 0, 0
        self._set(20 * least_s + 1)
        self.is_running = True
        try:
            while spent < least_s * 1e9 and times < ENOUGH_TIMES:
                names = dict(self.names)
                for kind, _, target, callee, given, named in script["steps"]:
                    if kind != "call":
                        return 0
                    arguments = eval(_compiled(given, "eval"), names)  # noqa: S307 - a script's own text
                    options = eval(_compiled(named, "eval"), names) if named else {}  # noqa: S307 - as above
                    function = eval(_compiled(callee, "eval"), names)  # noqa: S307 - as above
                    began = time.process_time_ns()
                    result = _awaited(self, function(*arguments, **options))
                    if hasattr(result, "__next__") and not target:
                        for _ in result:
                            pass
                    spent += time.process_time_ns() - began
                    if target:
                        names[target] = result
                times += 1
        except BaseException:  # noqa: BLE001 - what does not end well has no time
            return 0
        finally:
            self.is_running = False
            self.rest()
        return spent // max(1, times)

    def summed_up(self) -> dict[str, Any]:
        """Return what was seen beside the outcomes: arcs taken, effects by symbol, looks at callers, changes of shared modules."""
        return {
            "arcs": sorted(self.tracer.arcs), "seen": self.guard.seen, "looked": self.guard.looked, "changed": self.guard.changed(),
            "failed": self.failed, "absent": sorted(self.loading.absent),
        }  # fmt: skip


_NOTHING = object()
_TRACE: Any = BaseException.__dict__["__traceback__"].__get__  # as it is, whatever a class says


@functools.cache
def _state(number: int) -> Any:
    return random.Random(number).getstate()  # noqa: S311 - it must repeat, and keeps no secret


def _text(error: BaseException) -> str:
    try:
        return ADDRESS.sub("", str(error))[:TEXT_MAX]
    except Late:
        raise
    except BaseException:  # noqa: BLE001 - an error that cannot be told in words has none
        return ""


def _empty(folder: str) -> None:
    """Remove what scripts before have written."""
    for name in os.listdir(folder):  # noqa: PTH208 - asked before each script
        path = os.path.join(folder, name)  # noqa: PTH118 - as above
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)  # noqa: PTH108, PTH112, PTH114 - as above


def _awaited(player: Player, value: Any) -> Any:
    """Return what an awaitable gives, and the items of an asynchronous generator; anything else as it is."""
    if inspect.iscoroutine(value):
        return _loop(player).run(value)
    if inspect.isasyncgen(value):
        return _loop(player).run(_gathered(value))
    return value


async def _gathered(stream: Any) -> Iterator[Any]:
    return iter([one async for one in stream])


def _loop(player: Player) -> Any:
    if player.loop is None:
        import asyncio

        player.loop = asyncio.Runner()
    return player.loop
