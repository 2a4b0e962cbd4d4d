"""Vault: a cell that the target was not granted.

Why: what must not be called must be there, or a call that fails says nothing.
"""
