"""Packs: the text that a proposer is given, within a token budget.

Why: a model writes well what it sees whole; a cell with its neighbourhood fits in a small budget, and what does not fit is
named, never cut in the middle.
Reading order: `token` (the estimate), `assembly`.
Not here: who reads it (`regen.proposer`).
"""
