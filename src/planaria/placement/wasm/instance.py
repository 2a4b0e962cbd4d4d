"""One instance of the guest: turns in slices, on the loop's thread while they are short, on its own when they are not.

Why: most turns end within a fraction of a millisecond, and handing them to a thread would cost more than they do; so each
begins on the loop's thread, and goes on in the instance's own where its first slice did not suffice. A slice is an amount
of fuel, so a guest gives the thread back however it computes, and can be ended between two slices.
Not here: what is said in a turn (`seat`), its capabilities (`imports`).
"""

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, NamedTuple

import wasmtime
from wasmtime import _ffi, component

from planaria.kernel.error import PlanariaError

SLICE_FUEL = 4_000_000
FUEL_FULL = 1 << 62
ANSWER_BYTES_MAX = 256 * 1024 * 1024
CAUSE_CHARACTERS_MAX = 300


class GuestCrashed(PlanariaError):
    """A guest ended by itself, or was ended."""

    code = "PLN-P701"
    what = "the WebAssembly guest ended: {text}"
    why = "a guest that traps, or passes a limit, is thrown away with its memory; its host goes on"
    fix = "mend the cell; or give it more memory_mb, cpu_s_per_call or fuel_per_call in system.py"


class FuelSpent(GuestCrashed):
    """A call used all the fuel that it may."""

    code = "PLN-P702"
    what = "the WebAssembly guest ended: a call used its {limit} units of fuel"


class TimeSpent(GuestCrashed):
    """A call used all the processor time that it may."""

    code = "PLN-P703"
    what = "the WebAssembly guest ended: a call used its {limit_s} s of processor time"


def _native(name: str, gives: Any, *takes: Any) -> Any:
    return ctypes.CFUNCTYPE(gives, *takes)((name, _ffi.dll))


class _Text(ctypes.Structure):
    """A text as the engine holds it; it stands over the engine's own value."""

    _fields_ = (("size", ctypes.c_size_t), ("data", ctypes.c_char_p))


class _Bytes(ctypes.Structure):
    _fields_ = (("size", ctypes.c_size_t), ("data", ctypes.c_void_p))


# The binding's own call asks the engine for the types each time, and cannot make a call in slices.
_PLACE, _COUNT = ctypes.c_void_p, ctypes.c_size_t
BEGIN = _native("wasmtime_component_func_call_async", _PLACE, _PLACE, _PLACE, _PLACE, _COUNT, _PLACE, _COUNT, _PLACE)
STEP = _native("wasmtime_call_future_poll", ctypes.c_bool, _PLACE)
DROP = _native("wasmtime_call_future_delete", None, _PLACE)
FUEL = _native("wasmtime_context_get_fuel", _PLACE, _PLACE, _PLACE)
FREE_BYTES = _native("wasm_byte_vec_delete", None, ctypes.POINTER(_Bytes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much one turn may use; None for no limit."""

    fuel: int | None = None
    cpu_s: float | None = None


FREE = Allowance()


class Outcome(NamedTuple):
    """What a turn gave, or why there is no more guest, and what it used."""

    answer: str
    error: PlanariaError | None
    fuel: int
    cpu_s: float


class Instance:
    """A guest with its memory. A turn holds `lock`; whoever takes it may run one, in any thread."""

    def __init__(self, engine: wasmtime.Engine, linker: component.Linker, guest: component.Component, *, memory_bytes: int) -> None:
        self.lock = threading.Lock()
        self.error: PlanariaError | None = None
        self.doom: PlanariaError | None = None
        self._store = wasmtime.Store(engine)
        self._store.set_limits(memory_size=memory_bytes, instances=64, tables=64, memories=8)
        self._store.set_fuel(FUEL_FULL)
        made = linker.instantiate(self._store, guest)
        found = made.get_func(self._store, "turn")
        assert found is not None, "the world of the guest exports it"
        context = self._store._context()  # noqa: SLF001 - the binding has no call in slices
        _ffi.wasmtime_context_fuel_async_yield_interval(context, SLICE_FUEL)
        self._context, self._function = ctypes.cast(context, ctypes.c_void_p), found._func  # noqa: SLF001 - as above
        self._arguments, self._results = (_ffi.wasmtime_component_val_t * 1)(), (_ffi.wasmtime_component_val_t * 1)()
        self._arguments[0].kind = _ffi.WASMTIME_COMPONENT_STRING
        self._failure, self._fuel, self._left = ctypes.c_void_p(), ctypes.c_uint64(), FUEL_FULL
        self._given = _Text.from_address(ctypes.addressof(self._arguments[0].of.string))
        self._taken = _Bytes.from_address(ctypes.addressof(self._results[0].of.string))
        self._tank = ctypes.byref(self._fuel)
        self._places = (ctypes.byref(self._function), self._context, ctypes.cast(self._arguments, ctypes.c_void_p),
                        ctypes.cast(self._results, ctypes.c_void_p), ctypes.byref(self._failure))  # fmt: skip
        self._call: Any = None
        self._inbox = b""
        self._began_s = self._spent_s = 0.0
        self._limited = False
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, inbox: str, allowance: Allowance = FREE) -> bool:
        """Begin a turn and run its first slice; true where it is over. The caller holds `lock`, and calls `outcome` then."""
        self._began_s, self._spent_s = time.perf_counter(), 0.0
        if allowance.fuel is not None or self._limited:
            self._limited = allowance.fuel is not None
            self._left = FUEL_FULL if allowance.fuel is None else max(1, allowance.fuel)
            self._store.set_fuel(self._left)
        data = self._inbox = inbox.encode()
        given = self._given
        given.size, given.data = len(data), data
        function, context, arguments, results, failure = self._places
        self._call = BEGIN(function, context, arguments, 1, results, 1, failure)
        return bool(STEP(self._call))

    def finish(self, allowance: Allowance = FREE, *, within_s: float | None = None) -> Outcome:
        """Run a turn that has begun to its end, in this thread; what has used up its time ends."""
        before_s, wall_s = time.thread_time(), time.perf_counter()
        while self._call is not None and not STEP(self._call):
            self._spent_s = time.thread_time() - before_s
            if self.doom is None and allowance.cpu_s is not None and self._spent_s > allowance.cpu_s:
                self.doom = TimeSpent(limit_s=allowance.cpu_s)
            if self.doom is None and within_s is not None and time.perf_counter() - wall_s > within_s:
                self.doom = TimeSpent(limit_s=within_s)
            if self.doom is not None:
                return self._ended(self.doom)
        self._spent_s = time.thread_time() - before_s
        return self.outcome(allowance)

    def outcome(self, allowance: Allowance = FREE) -> Outcome:
        """Return what a turn gave that is over."""
        DROP(self._call)
        self._call = None
        if self._failure.value:
            return self._ended(self._cause(allowance))
        taken = self._taken
        size = taken.size
        try:
            if size > ANSWER_BYTES_MAX:
                return self._ended(GuestCrashed(text=f"it answered with {size} bytes"))
            answer = ctypes.string_at(taken.data, size).decode()
        finally:
            FREE_BYTES(taken)
        FUEL(self._context, self._tank)
        left = self._fuel.value
        burnt, self._left = self._left - left, left
        return Outcome(answer, None, burnt, self._spent_s or time.perf_counter() - self._began_s)

    def _cause(self, allowance: Allowance) -> PlanariaError:
        pointer = ctypes.cast(self._failure, ctypes.POINTER(_ffi.wasmtime_error_t))
        self._failure.value = None
        lines = [line.strip() for line in str(wasmtime.WasmtimeError._from_ptr(pointer)).splitlines() if line.strip()]  # noqa: SLF001 - the way of the binding
        text = lines[-1][:CAUSE_CHARACTERS_MAX] if lines else "it trapped"
        if "fuel" in text and allowance.fuel is not None:
            return FuelSpent(limit=allowance.fuel)
        return GuestCrashed(text=text.removeprefix("wasm trap: "))

    def _ended(self, error: PlanariaError) -> Outcome:
        if self._call is not None:
            DROP(self._call)
            self._call = None
        self.error = error
        spent_s = self._spent_s or time.perf_counter() - self._began_s
        return Outcome("", error, self._left if self._limited else 0, spent_s)

    def elsewhere(self, job: Callable[[], None]) -> None:
        """Run a job in the instance's own thread, which begins with the first."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="planaria-wasm", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def close(self) -> None:
        """Throw the guest away; a turn that runs is ended at its next slice."""
        self.doom = self.doom or GuestCrashed(text="it was closed")
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None
        with self.lock:
            self.error = self.error or self.doom
            if self._call is not None:
                DROP(self._call)
                self._call = None
            self._store.close()
