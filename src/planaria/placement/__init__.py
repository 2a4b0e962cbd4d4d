"""Placements: where a cell runs, and the codec that carries values there.

Why: a cell moves by one line of configuration, so everything about a place stands behind the kernel's ports.
Not here: the ports themselves (`kernel.port`), and the choice of a place (`assemble`).
"""
