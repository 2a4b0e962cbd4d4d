"""Derive: documents computed from code, so that they cannot be wrong about it.

Why: what is not checked is not written; a derived document is made again and compared, never edited.
Not here: what they describe (contracts, the gateway).
"""
