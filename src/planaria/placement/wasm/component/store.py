"""A component in a store of its own: its memory, its fuel, its ticks, and its functions by name.

Why: a store is the unit that the engine limits and frees; a guest that trapped is thrown away with all of it.
Not here: the thread that it runs on (`instance`), what it may import (`linker`).
"""

import ctypes
from dataclasses import dataclass
from typing import Any

import wasmtime
from wasmtime import _ffi
from wasmtime.component import Component, Linker
from wasmtime.component import Instance as Inside

from planaria.kernel.error import PlanariaError
from planaria.placement.wasm.component.instance import Instance
from planaria.placement.wasm.component.layout import VAL, Lift, read
from planaria.placement.wasm.engine import Watch

MEMORIES_MAX, TABLES_MAX, INSTANCES_MAX, ELEMENTS_MAX = 1, 64, 256, 1 << 20
FUEL_MAX = (1 << 63) - 1
MEGABYTE = 1 << 20


class NotInstantiated(PlanariaError):
    """A component could not be made ready for its first call."""

    code = "PLN-P805"
    what = "the component of cell '{cell}' does not start: {text}"
    why = "its start function trapped, or it needs more than its limits give"
    fix = "mend the component, or raise memory_mb in system.place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What stores of one cell are made of; `path` is the interface that holds its functions."""

    cell: str
    engine: wasmtime.Engine
    component: Component
    linker: Linker
    path: str
    functions: tuple[str, ...]
    memory_mb: int
    fuel_per_call: int | None


class ComponentStore:
    """One running component. Every method runs on the thread of its instance."""

    def __init__(self, plan: Plan, instance: Instance) -> None:
        self.fuel = FUEL_MAX if plan.fuel_per_call is None else plan.fuel_per_call
        self.store = wasmtime.Store(plan.engine)
        self.store.set_limits(
            memory_size=plan.memory_mb * MEGABYTE, memories=MEMORIES_MAX, tables=TABLES_MAX, instances=INSTANCES_MAX,
            table_elements=ELEMENTS_MAX,
        )  # fmt: skip
        self.store.set_epoch_deadline(1)
        self.watch = Watch(self.store, lambda: not instance.overdue())
        self.refuel()
        try:
            inside = plan.linker.instantiate(self.store, plan.component)
        except wasmtime.WasmtimeError as error:
            self.store.close()
            raise NotInstantiated(cell=plan.cell, text=instance.reason or reason_of(str(error))) from error
        self.functions = {name: self._function(inside, plan.path, name) for name in plan.functions}

    def _function(self, inside: Inside, path: str, name: str) -> Any:
        place = inside.get_export_index(self.store, path)
        index = inside.get_export_index(self.store, name, place)
        assert index is not None, "the exports were checked when it was opened"
        found = inside.get_func(self.store, index)
        assert found is not None, "the exports were checked when it was opened"
        return found._func  # noqa: SLF001 - the binding's own call asks for every type anew

    def call(self, name: str, address: int, count: int, lift: Lift | None) -> Any:
        """Call a function with the values at an address, and lift its result.

        Raises `RuntimeError` with the engine's reason when it traps.
        """
        result, values = _ffi.wasmtime_component_val_t(), ctypes.cast(address, ctypes.POINTER(_ffi.wasmtime_component_val_t))
        self.store.set_epoch_deadline(1)
        context = self.store._context()  # noqa: SLF001 - as the binding's own call does
        error: Any = _ffi.wasmtime_component_func_call(
            ctypes.byref(self.functions[name]), context, values, count, ctypes.byref(result), 0 if lift is None else 1
        )
        if error:
            text = str(wasmtime.WasmtimeError._from_ptr(error))  # noqa: SLF001 - the binding's own way to read an error
            raise RuntimeError(reason_of(text))
        if lift is None:
            return None
        try:
            return lift(read(ctypes.addressof(result), VAL), 0)
        finally:
            _ffi.wasmtime_component_val_delete(ctypes.byref(result))

    def refuel(self) -> None:
        """Give the fuel of one call."""
        self.store.set_fuel(self.fuel)

    def used(self) -> int:
        """Return the fuel used since it was given."""
        return self.fuel - self.store.get_fuel()

    def close(self) -> None:
        """Free its memory."""
        self.store.close()


def reason_of(text: str) -> str:
    r"""Return what the engine says went wrong, without the addresses around it.

    >>> reason_of("error while executing\n\nCaused by:\n    0: at 0x1\n    1: wasm trap: integer divide by zero")
    'integer divide by zero'
    """
    lines = [one.strip() for one in text.splitlines() if one.strip()]
    traps = [one.partition("wasm trap: ")[2] for one in lines if "wasm trap: " in one]
    return traps[-1] if traps else lines[-1].partition(": ")[2] or lines[-1] if lines else "it trapped"
