"""Recordings: real calls kept for later, a bounded number of each operation.

Why: what people really asked is the best input on which to compare two implementations; nobody writes such tests.
Decision D-050: only calls that enter the system are recorded, and the few nested ones that are sampled anyway. Because an
observer of every call would cost more than the call. Revisit when a cell is reached by nested calls alone.
Read in this order: `recording` (one call as it is kept), `recorder` (keeping them).
Not here: running them again (`witness`), what a candidate does with them (`gates.behaviour`).
"""

from planaria.record.recorder import Recorder
from planaria.record.recording import Recording, recordings_in

__all__ = ["Recorder", "Recording", "recordings_in"]
