"""The errors of assembly: a system that cannot be found or loaded.

Why: these are the first errors a newcomer meets, so they name the file, the line and the cure.
Not here: what is wrong inside a composition (`kernel.system`).
"""

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
