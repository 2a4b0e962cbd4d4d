"""Attack: what a hostile cell tries, tried on this very machine, in the placements that are to hold it.

Why: nobody should have to believe that a sandbox holds. So the attacks ship with what they attack, run inside a real cell
behind the real host, and each one that gets through is told by name, with what it allows.
Decision D-110: an attack is one function of an implementation, and its docstring says what it tries and what it would allow.
Because the suite, its report and SECURITY.md are then one text, and a new attack is one more function. Revisit when an attack
needs more than one cell to be written.
Decision D-111: what an attack claims counts, and what its victims saw counts more: a changed file, a visitor, a signal, a
secret that came back. Because a hostile cell may claim anything, and a silent success is the worst. Revisit when a
victim is wrong.
Reading order: `target/contract`, `target/impl` (the attacks), `catalogue`, `victim`, `host`, `judge`, `suite`, `document`.
Not here: what stops them (`placement`), printing (`cli.doctor`).
"""
