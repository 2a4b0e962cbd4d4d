"""Measured: the process that holds the code under proof with all its mutants, and runs its suite.

Why: everything that loads the user's code is in a process of its own; who asks (`prove.run`) only reads what it says.
Reading order: `program` (what is asked and answered), `loading` (the code with its switches), `switch` (what is counted and noted),
`suite` (pytest: collection and single tests), `task` (what a process is to be), `share` (a process for several mutants), `lane` (for each).
Not here: what the answers mean (`prove.run`).
"""
