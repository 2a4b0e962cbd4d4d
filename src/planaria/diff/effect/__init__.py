"""Effects that code can have: what it touches, what comes to touch it, and what is new of that.

Why: a reviewer believes that a function only reckons until its code says otherwise; so that is read, followed and compared.
Reading order: `touch` (names that touch the outside), `trace` (what each function mentions), `graph` (what comes to what),
`change` (old against new), `dependency` (packages and their licences).
Not here: what is declared (`kernel.effect`), what to refuse (`gates.policy`), effects while running (`placement.tripwire`).
"""
