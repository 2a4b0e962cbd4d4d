"""The outbox, offered as a cell of the running system: what is parked, and trying it again.

Why: the command line, HTTP and later clients share one implementation, one set of rights and one audit trail.
Not here: deliveries themselves (`kernel.event`).
"""
