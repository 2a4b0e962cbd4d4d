"""Placement `wasm`: a cell's source runs inside WebAssembly, with nothing around it but what its contract declares.

Why: what runs unreviewed code must give it nothing by default; here there is no file, no socket, no process and no
clock to take away, because a guest reaches only what its host hands in.
Decision D-090: one generic guest is built once and loads every cell's source, because a build takes seconds and a
regenerated cell must not wait for one. Revisit when components can be linked to a shared Python at instantiation.
Decision D-091: calls are messages and a turn runs until nothing is ready, because one instance must hold overlapping
calls as a process does, although WebAssembly is called and returns. Revisit when the component model's async is in wasmtime's
Python binding.
Decision D-092: fuel and epochs are both on, although together they cost half of the guest's speed, because fuel is the only
meter that repeats, and only epochs end a guest that a deadline has passed. Revisit when one of them can be left out per store.
Reading order: placement, seat, instance, engine, build; then the guest.
Not here: components written in other languages (`component`), the OS sandbox (`placement.process`).
"""
