"""The kernel: contracts, calls, events and supervision, with the standard library alone.

Read it in this order, in one sitting: `error`, `effect`, `value`, `contract` (what lasts); `port`, `request`,
`admission`, `stream`, `call` (the one call path); `event`, `state` (what is told, what is kept); `loader`, `system`, `cell`, `life`
(what runs, and how it is replaced).

Why: whoever answers for a system must be able to hold its heart in the head.
Decision D-001: async only; there are no sync twins. Because twins double everything. Revisit when a caller cannot await.
Decision D-002: a handle is typed as the contract and compiled in memory. Because generated code on disk goes stale.
Revisit when Python offers cheaper interposition.
Not here: adapters of the ports, and everything that judges or regenerates.
"""
