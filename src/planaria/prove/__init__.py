"""Proof: what a cell's examples and suite say, and how much of the code they reach.

Why: gates, the command line and the test kit measure in the same way, and measuring is apart from judging.
Reading order: `example`, `child` (a process of its own for code that is judged), `suite`.
Not here: verdicts (`gates`), the search for inputs (`witness`).
"""
