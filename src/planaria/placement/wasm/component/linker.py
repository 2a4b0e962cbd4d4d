"""What a component may import, given to it: other cells, its state, a log, the clock, random numbers; nothing else.

Why: an import is the only way out of a guest, so each stands here by name, and only those of its world are defined.
Not here: which there are (`wit`), who answers (`instance` carries the question to the call's coroutine).
"""

import ctypes
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.error import Raised
from planaria.kernel.state import State, Transaction
from planaria.placement.wasm.component.instance import Call, Cancelled, Instance
from planaria.placement.wasm.component.layout import VAL, read
from planaria.placement.wasm.component.word import one_line
from planaria.placement.wasm.wit import HOST, Function, Interface

LINES_MAX = 200
STREAMS_MAX = 64
ROWS_KINDS = {int: "whole", bool: "whole", float: "number", str: "text", bytes: "blob"}
Handler = Callable[..., Any]
NOTHING = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(0)  # no finalizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the host gives one cell: handles by their interface's name, its state, the clock, random numbers, and a log."""

    cells: Mapping[str, Contract]
    state: State
    now: Callable[[], float]
    chance: Callable[[], int]
    log: Callable[[str], None]


def define(linker: Any, interfaces: tuple[Interface, ...], given: Given) -> list[Any]:
    """Define every function of some interfaces in a linker; what is returned must live as long as the linker.

    >>> define(None, (), Given(cells={}, state=None, now=float, chance=int, log=print))
    []
    """
    kept: list[Any] = []
    for one in interfaces:
        handlers = _host(given)[one.name] if one.package == HOST else _cell(one, given.cells[one.name])
        with linker.root() as root, root.add_instance(one.path) as place:
            for function in one.functions:
                kept.append(callback := _callback(Call.of(function), handlers[function.name]))
                _add(place, function.name, callback)
    return kept


def _add(place: Any, name: str, callback: Any) -> None:
    from wasmtime import WasmtimeError, _ffi

    text = name.encode()
    error: Any = _ffi.wasmtime_component_linker_instance_add_func(
        place.ptr(), ctypes.create_string_buffer(text), len(text), callback, None, NOTHING
    )
    if error:
        raise WasmtimeError._from_ptr(error)  # noqa: SLF001 - the binding's own way to read an error


def _callback(call: Call, handler: Handler) -> Any:
    """Make the C function behind an import: lift, handle, lower. Whatever goes wrong in it ends the guest."""
    from wasmtime import _ffi

    def run(*given: Any) -> int:  # data, context, type, arguments and how many, results and how many
        arguments, count, results = given[3:6]
        instance = Instance.active[threading.get_ident()]
        try:
            block = read(arguments, VAL * count) if count else b""
            value = handler(instance, *(one.lift(block, VAL * at) for at, one in enumerate(call.parameters)))
            if call.result is not None:
                address = _answer(instance, call, value)
                _ffi.wasmtime_component_val_clone(ctypes.cast(address, ctypes.POINTER(_ffi.wasmtime_component_val_t)), results)
        except BaseException as error:  # noqa: BLE001 - nothing may be raised through the engine
            instance.reason = instance.reason or f"{call.function.name}: {one_line(error)}"
            return ctypes.cast(_ffi.wasmtime_error_new(b"the host refused"), ctypes.c_void_p).value or 0
        return 0

    return _ffi.wasmtime_component_func_callback_t(run)


def _answer(instance: Instance, call: Call, value: Any) -> int:
    assert call.result is not None, "only a function with a result answers"
    memory = instance.answers
    memory.clear()
    view, at, address = memory.take(VAL)
    try:
        call.result.lower(value, memory, view, at)
    except ValueError as error:
        if not isinstance(value, tuple) or not value[0]:
            raise
        wrong = Raised(error="Uncarried", text=str(error))
        call.result.lower((False, wrong), memory, view, at)
    return address


def _host(given: Given) -> dict[str, dict[str, Handler]]:
    def write(instance: Instance, line: str) -> None:
        instance.lines += 1
        if instance.lines <= LINES_MAX:
            text = one_line(line) if instance.lines < LINES_MAX else "more lines of this call are left out"
            instance.loop.call_soon_threadsafe(given.log, text)

    return {
        "log": {"write": write}, "clock": {"now": lambda _: given.now()}, "chance": {"number": lambda _: given.chance()},
        "state": {"read": _reading(given.state), "write": _writing(given.state)},
    }  # fmt: skip


def _reading(state: State) -> Handler:
    return lambda instance, statement: _tried(instance, lambda: state.read(lambda transaction: _rows(transaction, statement)))


def _writing(state: State) -> Handler:
    def handle(instance: Instance, statements: list[Any], events: tuple[Any, ...] | list[Any] = ()) -> Any:
        def body(transaction: Transaction) -> Any:
            rows = [_rows(transaction, one) for one in statements]
            for one in events:
                transaction.emit(one)
            return rows

        return _tried(instance, lambda: state.write(body))

    return handle


def _rows(transaction: Transaction, statement: tuple[str, list[tuple[str, Any]]]) -> list[list[tuple[str, Any]]]:
    sql, parameters = statement
    rows = transaction.rows(sql, [value for _, value in parameters])
    return [[("null", None) if one is None else (ROWS_KINDS[type(one)], one) for one in row] for row in rows]


def _asked(instance: Instance, work: Callable[[], Any]) -> tuple[bool, Any]:
    """Return whether it went well, and the value or the error, of which the guest is told as a caller in Python is."""
    try:
        return True, instance.ask(work)
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - as said above
        return False, error


def _tried(instance: Instance, work: Callable[[], Any]) -> tuple[bool, Any]:
    good, value = _asked(instance, work)
    return good, value if good else one_line(value)


def _cell(interface: Interface, handle: Contract) -> dict[str, Handler]:
    return {one.name: _cell_function(one, handle) for one in interface.functions}


def _cell_function(function: Function, handle: Contract) -> Handler:
    operation = getattr(handle, function.operation)

    def call(instance: Instance, *arguments: Any) -> Any:
        return _asked(instance, lambda: operation(*arguments))

    return {"": call, "open": _opening(operation), "next": _next, "close": _closing}[function.step]


def _opening(operation: Callable[..., AsyncIterator[Any]]) -> Handler:
    def open_(instance: Instance, *arguments: Any) -> Any:
        if len(instance.streams) >= STREAMS_MAX:
            return False, Raised(error="TooMany", text=f"{STREAMS_MAX} streams are open; close one")
        number = max(instance.streams, default=0) + 1
        instance.streams[number] = operation(*arguments)
        return True, number

    return open_


def _next(instance: Instance, number: int) -> Any:
    if number not in instance.streams:
        return False, Raised(error="NoSuchStream", text=f"stream {number} is not open")
    stream = instance.streams[number]

    async def step() -> tuple[Any, ...]:
        try:
            return (await anext(stream),)
        except StopAsyncIteration:
            return ()

    good, items = _asked(instance, step)
    if not good or not items:
        instance.streams.pop(number, None)
    return good, items


def _closing(instance: Instance, number: int) -> None:
    stream = instance.streams.pop(number, None)
    if stream is not None:
        instance.ask(stream.aclose)  # type: ignore[attr-defined]  # the iterators of handles are generators
