"""Scripts: calls of any Python code, written as the text that a person would type, varied until two versions differ.

Why: cells have contracts that say the type of everything; other code says less, so its inputs are read from examples, tests,
annotations and constants, and kept as expressions that can be changed in their parts, printed, and run as they are printed.
Reading order: `form` (an argument), `step` (a call, a script), `subject` (what can be called); `scope`, `statement`, `prose`,
`seed` (scripts that people wrote); `kind`, `range`, `stock`, `change`, `making` (new arguments); `unit` (which scripts); `likeness` (when
two outcomes differ), `branch`, `reduction` (smaller scripts), `hunt` (the loop), `looked`.
Not here: the processes that play scripts (`stage`), the search for cells (`witness.search`).
"""
