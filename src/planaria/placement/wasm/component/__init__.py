"""Components: cells in any language, run as WebAssembly components behind the same contract.

Why: what is written in C, JavaScript or Rust is a cell like any other, if it exports what `planaria derive wit` says.
Reading order: opening, conformity, seat, instance, store, linker; then canonical, choice, layout, memory for values.
Not here: the contract as WIT (`placement.wasm.wit`), cells in Python source (`placement.wasm.seat`).
"""

from planaria.placement.wasm.component.opening import component_in, examine_component

__all__ = ["component_in", "examine_component"]
