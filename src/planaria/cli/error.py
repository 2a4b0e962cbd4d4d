"""The errors of the command line, family U.

Why: what a person typed wrong is answered with what to type instead.
Not here: what is wrong with a system (the room that finds it).
"""

from planaria.assemble.error import NotAnswering
from planaria.kernel.error import PlanariaError

__all__ = ["NotAnswering"]


class CommandError(PlanariaError):
    """Base: the command cannot be carried out as it was given."""

    code = "PLN-U100"
    what = "{text}"
    why = "the command was not given as it must be"
    fix = "see `planaria --help`"


class UsageWrong(CommandError):
    """The arguments are not what the command takes."""

    code = "PLN-U101"
    what = "{text}"
    why = "`{program}` takes what its help says, and guesses nothing"
    fix = "{cure}"


class NoSuchCode(CommandError):
    """No error has this code."""

    code = "PLN-U102"
    what = "no error has the code '{asked}'"
    why = "it is not in the catalogue of this version"
    fix = "{cure}"


class TargetExists(CommandError):
    """There is something where a new system would be written."""

    code = "PLN-U103"
    what = "'{target}' exists already"
    why = "`planaria new` never writes over anything"
    fix = "choose another name, or remove it first"


class NameWrong(CommandError):
    """A system cannot have this name."""

    code = "PLN-U104"
    what = "'{name}' cannot be the name of a system's folder"
    why = "it must be lower-case letters, digits, '-' or '_', and begin with a letter"
    fix = "try `planaria new {better}`"


class AlreadyUp(CommandError):
    """The system is up already."""

    code = "PLN-U105"
    what = "the system at {root} is already up, as process {pid}{where}"
    why = "two systems on one store would each believe to be alone"
    fix = "use that one; or stop it with `kill {pid}`, and try again"


class PairWrong(CommandError):
    """An argument of a call is not NAME=VALUE."""

    code = "PLN-U109"
    what = "'{given}' is not NAME=VALUE"
    why = "arguments are given by their names in the contract"
    fix = "write it like sku=apple or limit=5; JSON is taken as JSON, anything else as text"


class ExampleMissing(CommandError):
    """The reading room is not installed."""

    code = "PLN-U120"
    what = "the demo needs {text}"
    why = "the reading room is an example system, and not a part of every installation"
    fix = "run `make demo` in a checkout, or install planaria anew"


class NoSuchKey(CommandError):
    """No key has this id."""

    code = "PLN-U110"
    what = "there is no key '{id}'"
    why = "it was revoked, or never made here"
    fix = "use one of: {known}"


class NoSuchEntry(CommandError):
    """The ledger has no such entry."""

    code = "PLN-U111"
    what = "the ledger has no entry {number}"
    why = "it holds {count} entries, numbered from 1"
    fix = "list them with `planaria ledger`, then `planaria ledger show N`"


class MachineRefused(PlanariaError):
    """The machine refused something that every program may be refused: rights, space, a missing file."""

    code = "PLN-U112"
    what = "the machine refused: {text}{where}"
    why = "the operating system said so ({error})"
    fix = "look at the rights and the space there, then try again"


class Fault(PlanariaError):
    """Something that planaria did not foresee."""

    code = "PLN-U199"
    what = "planaria itself failed: {error}: {text}"
    why = "this is a fault of planaria, or of the machine under it, and not of what was typed"
    fix = "set PLANARIA_TRACE=1 and run it again to see where; report it with that text"
