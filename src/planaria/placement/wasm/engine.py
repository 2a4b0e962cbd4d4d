"""The engine: wasmtime with its settings, the guest in native form, and the ticker that ends guests in time.

Why: one engine serves every instance of a process, because the guest's native form is mapped once and shared. Time is
looked at by ticks: while a guest runs, each tick asks in its own thread whether it has used up its time.
Not here: an instance (`instance`), the guest's build (`build`).
"""

import ctypes
import functools
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import wasmtime
from wasmtime import component

from planaria.placement.wasm import build

TICK_S = 0.01
STACK_BYTES = 2 * 1024 * 1024
MEGABYTE = 1024 * 1024


def _quiet(text: str) -> None:
    """Say nothing."""


def settings(*, epochs: bool) -> wasmtime.Config:
    """Return how guests are compiled and run: with fuel, without threads, and with epochs where a call is not made in slices."""
    from wasmtime import _ffi

    config = wasmtime.Config()
    config.consume_fuel = True
    config.epoch_interruption = epochs
    config.wasm_threads = False
    _ffi.wasmtime_config_async_stack_size_set(config.ptr(), 4 * STACK_BYTES)
    config.max_wasm_stack = STACK_BYTES
    return config


class Ticker:
    """Advances an engine's epoch while somebody runs; its thread ends with the last."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self.tick = tick
        self._lock, self._running, self._ended = threading.Lock(), 0, threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._ended = threading.Event()
                self._thread = threading.Thread(target=self._run, args=(self._ended,), name="planaria-wasm-ticker", daemon=True)
                self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._running -= 1
            if self._running > 0:
                return
            self._ended.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self, ended: threading.Event) -> None:
        while not ended.wait(TICK_S):
            self.tick()


class Engine:
    """A wasmtime engine and what is loaded into it."""

    def __init__(self, *, epochs: bool = True) -> None:
        self.epochs = epochs
        self.engine = wasmtime.Engine(settings(epochs=epochs))
        self.ticker = Ticker(self.engine.increment_epoch)

    def compiled(self, component_bytes: bytes, key: str, *, cache: Path, progress: Callable[[str], None] = _quiet) -> component.Component:
        """Return a component in native form, from the cache where it was compiled before; `key` names its bytes.

        Raises:
            CacheUntrusted: PLN-P711.
        """
        return self._native(lambda: component_bytes, key, cache=cache, progress=progress)

    def guest(self, *, cache: Path, progress: Callable[[str], None] = _quiet) -> component.Component:
        """Return the generic guest, built and compiled where it was not before.

        Raises:
            GuestNotBuilt, CacheUntrusted: PLN-P710, PLN-P711.
        """
        key = build.digest_of(build.sources(), build.version_of("componentize-py"))
        path = build.opened(cache) / f"guest-{key}.wasm"

        def made() -> bytes:
            if (kept := build.trusted(path)) is not None:
                return kept.read_bytes()
            content = build.build(progress, cache)
            build.keep(path, content)
            return content

        return self._native(made, f"guest-{key}", cache=cache, progress=progress)

    def _native(self, made: Callable[[], bytes], key: str, *, cache: Path, progress: Callable[[str], None]) -> component.Component:
        version = build.version_of("wasmtime")
        path = build.opened(cache) / f"{key}-{version}-{build.digest_of({}, version, str(self.epochs))[:8]}.native"
        if (found := self._loaded(path)) is not None:
            return found
        with build.locked(cache):
            if (found := self._loaded(path)) is not None:
                return found
            content = made()
            progress("compiling for this machine (once)")
            build.keep(path, bytes(component.Component(self.engine, content).serialize()))
        found = self._loaded(path)
        assert found is not None, "it was kept a moment ago"
        return found

    def _loaded(self, path: Path) -> component.Component | None:
        kept = build.trusted(path)
        return None if kept is None else component.Component.deserialize_file(self.engine, str(kept))


_guests: dict[Path, component.Component] = {}
_loading = threading.Lock()


@functools.cache
def shared(*, epochs: bool = True) -> Engine:
    """Return an engine of this process: for components with epochs, for the guest without."""
    return Engine(epochs=epochs)


def shared_guest(cache: Path, progress: Callable[[str], None] = _quiet) -> component.Component:
    """Return the generic guest of this process; `progress` hears of it when it is built.

    Raises:
        GuestNotBuilt, CacheUntrusted: PLN-P710, PLN-P711.
    """
    with _loading:
        if cache not in _guests:
            _guests[cache] = shared(epochs=False).guest(cache=cache, progress=progress)
        return _guests[cache]


class Watch:
    """Asks, at each tick in a guest's own thread, whether it may go on; `ask` gives false where it may not."""

    def __init__(self, store: wasmtime.Store, ask: Callable[[], bool]) -> None:
        from wasmtime import _ffi

        kinds = _ffi.wasmtime_store_epoch_deadline_callback.__globals__["_wasmtime_store_epoch_deadline_callback"].argtypes

        def due(_context: Any, _data: Any, delta: Any, _kind: Any) -> Any:
            if ask():
                delta[0] = 1
                return 0
            refused = wasmtime.WasmtimeError("the guest's time is over")
            return ctypes.cast(refused._consume(), ctypes.c_void_p).value  # noqa: SLF001 - as wasmtime's own callbacks do

        self._due, self._end = kinds[1](due), kinds[3](lambda _: None)
        _ffi.wasmtime_store_epoch_deadline_callback(store.ptr(), self._due, None, self._end)
