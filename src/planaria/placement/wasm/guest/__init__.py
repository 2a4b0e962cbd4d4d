"""The guest: what runs inside WebAssembly and loads a cell's source there. Reading order: entry, turn, cell, codec, loop, surroundings.

Why: one generic guest serves every cell, so a regenerated cell needs no build; it holds nothing but Python, the kernel's
contracts, and what a cell may ask of its host. Nothing here guards the host: a hostile cell may rewrite all of it, so the
host checks every text that comes out (`message`, `seat`).
Not here: the host's side, which is the package around this one. These files run on CPython 3.14 in the guest, and on the
host only in tests.
"""
