"""Hardening: the holes that a proof shows, closed by tests that people can read.

Why: a survivor is a question; what answers it is a call on which the code and the survivor differ, written down as a test.
Reading order: `distinction` (the search), `writing` (the test), `run` (what is kept). Not here: the proof itself (`prove.run`).
"""
