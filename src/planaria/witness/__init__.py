"""The witness engine: it looks for calls on which two implementations behave differently.

Why: nothing is trusted for what it says, so a candidate is run beside the current implementation, and a difference is
shown by the smallest calls that bring it out. Both run in processes of their own; the engine only sends calls and
compares what comes back. Read in this order: `plain`, `call` (what travels), `worker` (the process), `pool`, `text`,
`generator`, `scene` (where inputs come from), `comparison` (what a difference is), `shrinking`, `search` (the loop).
These know a cell by its contract. Code without one is searched by `script` (calls as the text that a person would type) on `stage`
(the confined processes that play them), by the same rules of what a difference is.
Decision D-030: the engine never imports an implementation, and the workers compare nothing. Because what is judged must
not reach its judge. Revisit when
a contract can say of plain code what it says of a cell, so that one search serves both.
Not here: the process that runs a cell (`assemble.judged`), what a difference means (`diff.behaviour`).
"""
