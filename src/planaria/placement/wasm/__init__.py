"""Placement `wasm`: a cell's source runs inside WebAssembly, with nothing around it but what its contract declares.

Why: what runs unreviewed code must give it nothing by default; here there is no file, no socket, no process and no
clock to take away, because a guest reaches only what its host hands in.
Decision D-090: one generic guest is built once and loads every cell's source, because a build takes seconds and a
regenerated cell must not wait for one. Revisit when components can be linked to a shared Python at instantiation.
Decision D-091: calls are messages and a turn runs until nothing is ready, because one instance must hold overlapping
calls as a process does, although WebAssembly is called and returns. Revisit when the component model's async is in wasmtime's
Python binding.
Decision D-092: a turn of the guest runs in slices of fuel on the loop's own thread, and goes on in a thread of the instance
where the first slice does not suffice; epochs are only for components that are called whole. Because a hand-over to a thread
costs more than most calls, fuel repeats exactly and is the meter as well, it is charged for bulk copies too, and leaving epochs
out gives a fifth of the guest's speed back. Revisit when the binding makes calls in slices itself, or on a Python that looks at
addresses to limit its stack (3.14 on), where the imports of a guest must not run on the engine's own stacks.
Reading order: placement, seat, instance, engine, build; then the guest.
Not here: components written in other languages (`component`), the OS sandbox (`placement.process`).
"""
