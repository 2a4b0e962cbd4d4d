"""Egress: how a cell without a network reaches the hosts that its contract declares, through the host's broker.

Why: a sandbox can let a process connect or not, but cannot tell one name from another; so the worker has no network at
all, and asks a broker outside for a line to one host. Reading order, in the host: `address`, `destination`, `resolver`,
`reach`, `relay`, `access`, `broker`; what both sides say: `line`; in the worker: `connection`, `client`, `standin`, `plain`.
Decision D-080: a name in a right never vouches for an address that is not public; such an address must be named itself
(`Connects("10.1.2.3:443")` beside the name). Only `localhost` stands for loopback. Because who answers for a name decides
what it resolves to. Revisit when teams must name many inner addresses: then let a right name a network.
Decision D-081: one address that may not be reached among those of a name refuses the name. Because such an answer is an
attack or a mistake, and picking the good ones would hide it and let the order of answers decide. Revisit when resolvers
mix translated addresses into the answers of public names.
Decision D-082: the host makes every socket and gives one end away; it takes no descriptor from a worker. Because a
descriptor is whatever its sender wants it to be. Revisit when a placement has workers that are trusted more.
Not here: what a cell may reach (`placement.right`), and the sandbox that leaves it no other way (`placement.sandbox`).
"""
