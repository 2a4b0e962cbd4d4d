"""Assembly: the composition root, the only place that names concrete adapters.

Why: everything else gets its store, clock, codec and placements handed in, so what a system runs on is decided in one
small room: `system` loads what the user composed, `life` runs it, `serve` puts it on a port.
Not here: what the adapters do (their own rooms), commands (`cli`).
"""

from planaria.assemble.error import BrokenSystemFile, NoSystem, SystemFileWithoutSystem
from planaria.assemble.life import life_at
from planaria.assemble.place import Places
from planaria.assemble.system import root_above, system_at

__all__ = ["BrokenSystemFile", "NoSystem", "Places", "SystemFileWithoutSystem", "life_at", "root_above", "system_at"]
