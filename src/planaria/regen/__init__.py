"""Regeneration: an implementation is thrown away and written anew, and nothing takes its place until gates have judged it.

Why: code that models write rots by patches; written anew behind a contract that lasts, it need not. Every step is in the ledger.
Decision D-042: a candidate leaves the proposer's scratch copy only as the text of its files, and is judged in another copy
made from the originals. Because a proposer may change anything in its own copy, nothing else of it is ever used. Revisit
when proposers run in a sandbox.
Reading order: `step` (what happened, as values), `proposer`, `scratch`, `attempt` (the loop), `shelf` and `promotion`
(generations in force and before), `contract`, `cell` and `host` (the cell that a running system offers for it).
Not here: judging (`gates`), the text for the proposer (`pack`), the command line (`cli`).
"""
