"""The errors of assembly: a system that cannot be found, loaded or spoken with.

Why: these are the first errors a newcomer meets, so they name the file, the line and the cure.
Not here: what is wrong inside a composition (`kernel.system`).
"""

from typing import Any

from planaria.kernel.error import PlanariaError


class NoSystem(PlanariaError):
    """There is no system here."""

    code = "PLN-L201"
    what = "there is no system at {directory}"
    why = "neither it nor a folder above it holds a system.py"
    fix = "go to a system's folder, or name it with --root; `planaria new shop` writes one"


class BrokenSystemFile(PlanariaError):
    """The system's own code does not load."""

    code = "PLN-L202"
    what = "{file} does not load: {error}: {text}"
    why = "it was raised at {place}"
    fix = "mend that line; `planaria check` tries again"


class SystemFileWithoutSystem(PlanariaError):
    """system.py holds no system."""

    code = "PLN-L203"
    what = "{file} holds no `system`"
    why = "the composition is read from a variable of this name; found: {found}"
    fix = 'write `system = System("my system")` in it, and add the cells to that'


class CellNotStarted(PlanariaError):
    """A cell raised while it was starting."""

    code = "PLN-L207"
    what = "cell '{cell}' does not start: {error}: {text}"
    why = "its implementation raised that at {place}"
    fix = "mend it there, or roll it back with `planaria rollback {cell}`; the cells before it were stopped again"


class CellTooSlow(PlanariaError):
    """A cell did not come up in time."""

    code = "PLN-L214"
    what = "cell '{cell}' did not start within {within_s:.0f} s as '{placement}'"
    why = "its on_start did not come back, or nothing began where it is placed"
    fix = "do slow work in `background`; see `planaria doctor` for what this machine can give; or place it elsewhere"


class NotUp(PlanariaError):
    """The command needs a running system."""

    code = "PLN-L204"
    what = "the system at {root} is not up: {text}"
    why = "this command speaks with a running system"
    fix = "start it with `planaria up`"


class NotAnswering(PlanariaError):
    """The running system does not answer."""

    code = "PLN-L205"
    what = "the system at {address} does not answer: {text}"
    why = "its note {note} says that process {pid} serves there"
    fix = "see what that process is doing; `kill {pid}` stops it in order"


class Answered(PlanariaError):
    """The running system answered with an error; code, what, why and fix are its own."""

    code = "PLN-L206"
    what = "{what}"
    why = "{why}"
    fix = "{fix}"

    def plain(self) -> dict[str, Any]:
        """Return the error as the system told it."""
        return {**super().plain(), "code": self.facts["code"], "facts": self.facts["facts"]}


class NotEditable(PlanariaError):
    """system.py places a cell in a way that no program can change without understanding it."""

    code = "PLN-L210"
    what = "the placement of {contract} cannot be changed for you: {text}"
    why = "only one plain line at the top of system.py can be exchanged without touching anything else"
    fix = 'write system.place({contract}, "PLACEMENT") yourself; `planaria check` looks at it'


class NotPlaceable(PlanariaError):
    """A cell cannot be placed so."""

    code = "PLN-L211"
    what = "cell '{cell}' cannot be placed as '{placement}'"
    why = "a system that is served places its cells by one of: {known}"
    fix = "use one of these; `copying` is for tests alone"


class NotAsEdited(PlanariaError):
    """The edited system.py does not say what was meant."""

    code = "PLN-L212"
    what = "changing the line of cell '{cell}' does not place it as '{placement}', or changes another cell"
    why = "another line of system.py decides it too: {text}"
    fix = "place it there yourself; nothing was changed"


class ChangedMeanwhile(PlanariaError):
    """Somebody wrote to system.py at the same time."""

    code = "PLN-L213"
    what = "{file} was changed while the change was being tried"
    why = "what was tried is not what would be written over"
    fix = "run it again"
