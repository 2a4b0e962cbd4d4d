"""Target: the cell that turns on its host.

Why: an attack must run where a user's cell would run, so it comes as a contract and a generation of it.
"""
