"""The tripwire: effects of cells that run in this process are seen, recorded and, where undeclared, refused.

Why: most cells run `inprocess`, where nothing holds them; what an honest mistake or a careless model touches beyond the
contract should be known at the first touch, with the line that would declare it.
Reading order: `event` (what Python tells, as touches), `watch` (one cell: what it declares, what it touched), `hook` (whose
touch it is), `seat` (the placement).
Decision D-120: it is a tripwire and no boundary. It sees what Python's audit events tell, and code that wants to get past
gets past: `PASSES` names the ways that are known, each is a test. Because no check inside one interpreter can hold code that
shares its memory. Revisit when
Python can refuse a part of itself to a part of itself; until then a cell that is not trusted belongs in `process` or `wasm`.
Decision D-121: the call path knows nothing of it. Whose touch it is, is read from the running frames when something was
touched, because a touch is rare and costs a system call anyway, and a call is neither. Revisit when a call sets a context.
Not here: boundaries (`placement.process`, `placement.wasm`), reading effects from code (`diff.effect`).
"""

from planaria.placement.tripwire.hook import install
from planaria.placement.tripwire.seat import Watched
from planaria.placement.tripwire.watch import LIMITS, EffectRefused, NeverInProcess, Touched, TripwireProblems, mode_and_effects

PASSES: tuple[tuple[str, str], ...] = (
    ("look", "asking whether a path exists and how large it is, and reading links (os.stat, os.access, os.readlink)"),
    ("clock", "reading the time"),
    ("chance", "drawing random numbers"),
    ("environment", "reading the environment and its secrets"),
    ("descriptor", "using a descriptor that is open already, this process's own included (os.read, os.write, os.dup)"),
    ("directory", "opening a path below a directory's descriptor (dir_fd), which is judged as if below the working directory"),
    ("node", "making a named pipe, or a file in memory (os.mkfifo, os.memfd_create)"),
    ("child", "starting a program beneath subprocess (multiprocessing, _posixsubprocess)"),
    ("native", "whatever an installed native extension does by itself (apsw, numpy, a database driver)"),
    ("address", "reaching another address at a declared port, once a declared name was looked up"),
    ("callback", "a function of the standard library that the event loop calls later (loop.call_soon(os.mkdir, path))"),
    ("memory", "reading and changing what other cells hold (gc, frames, modules), this tripwire included"),
    ("thread", "a function of the standard library in a thread that the cell itself started (threading.Thread(target=os.mkdir))"),
)
"""What passes it, each by a short name and in words; a test for each shows that it does."""

__all__ = [
    "LIMITS", "PASSES", "EffectRefused", "NeverInProcess", "Touched", "TripwireProblems", "Watched", "install", "mode_and_effects",
]  # fmt: skip
