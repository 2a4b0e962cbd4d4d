"""The client of a running system, under the name by which commands know it.

Not here: the client itself (`assemble.client`).
"""

from planaria.assemble.client import Client

__all__ = ["Client"]
