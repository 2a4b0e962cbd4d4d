"""The reading room: a team's private library of web pages.

Why: it is the reference system, and uses each feature of the kernel for its purpose: an untrusted edge (intake), state
and events (library, digest), work for the processor (desk).

The intake reads what strangers wrote, so it runs in a confined process, which reaches its declared source and nothing else;
in WebAssembly it runs by this line: system.place(Intake, "wasm", memory_mb=256)

What a suite must prove before its cell is regenerated is 95 % of branches and 90 % of mutants, but for these: the mutants of the
library take a minute and the demo has none to spare, those of the desk's ranking are not all worth a test, and what the intake
reaches cannot be measured, since it runs apart from its suite. `planaria prove cells/library` tells how complete one is.
"""

from cells.desk.contract import Desk
from cells.digest.contract import Digest
from cells.intake.contract import Intake
from cells.library.contract import Library
from planaria import Connects, System

system = System("reading room")
system.add(Library, concurrency=32, queue=512, completeness={"mutants": 0})
system.add(Digest)
system.add(Intake, uses=(Library,), concurrency=8, completeness={"branches": 0, "mutants": 0})
system.add(Desk, uses=(Library,), concurrency=8, queue=512, completeness={"mutants": 50})
system.place(Intake, "process", memory_mb=256, cpu_s_per_call=10, may=(Connects("127.0.0.1:*"),))
