"""The errors of the placement `process`.

Why: whoever answers for a system must see at once whether a worker never began, fell over, or was ended for a reason.
Not here: what the sandbox refuses (`placement.sandbox`).
"""

from planaria.kernel.error import PlanariaError, Refused, Several, Unknown


class ContractNotImportable(PlanariaError):
    """A contract that a worker cannot import by name."""

    code = "PLN-P501"
    what = "contract {contract} of cell '{cell}' cannot be imported in another process: {text}"
    why = "a worker gets its contracts by the names of their modules, and only implementations are sent"
    fix = "put the contract at the top of a module that can be imported, such as cells/{cell}/contract.py"


class ZygoteFailed(PlanariaError):
    """The process that workers are forked from did not start, or is gone."""

    code = "PLN-P502"
    what = "no worker can be started: {text}"
    why = "workers are forked from one warm process, the zygote"
    fix = "see the text; start the system again"


class WorkerNotStarted(PlanariaError):
    """A worker could not load its cell, or could not start it."""

    code = "PLN-P503"
    what = "the worker of cell '{cell}' did not start: {error}: {text}"
    why = "it is confined first; then it loads the implementation from memory, and starts it"
    fix = "mend the implementation, or declare what it touches in the contract"


class WorkerCrashed(Unknown):
    """A worker ended while a call was inside."""

    code = "PLN-P504"
    what = "the outcome of '{operation}' of cell '{cell}' is unknown: its worker ended: {text}"
    why = "the call may have run in part before the process was gone"


class WorkerGone(Refused):
    """A worker ended before a call reached it."""

    code = "PLN-P505"
    unsent = True
    what = "'{operation}' of cell '{cell}' did not begin: its worker ended: {text}"
    why = "nothing of the call was sent"
    fix = "try again: the cell is being restarted"


class WorkerEnded(PlanariaError):
    """Why a worker ended that was not asked to."""

    code = "PLN-P506"
    what = "the worker of cell '{cell}' ended: {text}"
    why = "a worker that crashes, breaks the protocol or passes a limit is ended, and the cell starts again in a new one"
    fix = "see the cell's log; give it more in system.py, or mend it"


class TooBig(PlanariaError):
    """A value that is larger than this placement carries."""

    code = "PLN-P507"
    what = "a value of {size} bytes is too big for {place}"
    why = "one value may have at most {size_max} bytes, so that no cell fills the memory of another"
    fix = "give it in parts (an operation that streams), or set value_mb in system.py"


class HeldTooLong(PlanariaError):
    """A body that held a transaction too long."""

    code = "PLN-P508"
    what = "a transaction of cell '{cell}' was cut off after {limit_s} s"
    why = "while a body runs in a worker, the store waits for it, and with it every other cell"
    fix = "compute before the transaction, and only read and write inside"


class BodyAwaits(PlanariaError):
    """A body of a transaction that awaits."""

    code = "PLN-P509"
    what = "a body of a transaction gave a coroutine"
    why = "a transaction runs in one go, off the loop"
    fix = "write the body as a plain function, and await before or after"


class TransactionOver(PlanariaError):
    """A statement after the end of its transaction."""

    code = "PLN-P513"
    what = "a transaction was used after its end"
    why = "it ends with its body, or when it is cut off"
    fix = "use it inside the body alone"


class NotPlain(PlanariaError):
    """Memory handed over that is not plain data."""

    code = "PLN-P510"
    what = "cell '{cell}' handed over what cannot travel: {text}"
    why = "the next generation runs in another process, and memory has no declared type"
    fix = "hand over plain data: None, numbers, text, bytes, lists and mappings of them"


class LimitsWrong(Several):
    """Limits of the placement `process` that are no limits."""

    code = "PLN-P511"
    why = "limits are checked before anything runs"


class SecretMissing(PlanariaError):
    """A declared secret that nobody has given."""

    code = "PLN-P514"
    what = "cell '{cell}' needs secrets that are not set: {names}"
    why = "a worker gets the secrets that its contract declares, in its environment, and no others"
    fix = "set them in the environment of the host, under these names"
