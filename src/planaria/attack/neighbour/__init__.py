"""Neighbour: an innocent cell beside the one that attacks.

Why: whether a host has survived is asked by calling another cell; and it holds what the attacker wants.
"""
