"""The errors of the placement `wasm` that no other file owns.

Why: whoever answers for a system must see at once whether a guest never began, fell over, or was ended for a reason.
Not here: what a guest did wrong (`instance`, `message`), the build (`build`).
"""

from planaria.kernel.error import PlanariaError, Refused, Several, Unknown


class Unfit(Several):
    """An implementation that no guest can run."""

    code = "PLN-P713"
    why = "a WebAssembly guest is one thread of Python without native extensions, files, sockets and programs"


class NotGiven(Several):
    """Rights that this placement cannot give."""

    code = "PLN-P714"
    why = "what a placement cannot give, it refuses, so that nobody counts on it"


class InstanceCrashed(Unknown):
    """A guest ended while a call was inside."""

    code = "PLN-P705"
    what = "the outcome of '{operation}' of cell '{cell}' is unknown: its guest ended: {text}"
    why = "the call may have run in part before the guest was thrown away"


class InstanceGone(Refused):
    """A guest ended before a call reached it."""

    code = "PLN-P706"
    unsent = True
    what = "'{operation}' of cell '{cell}' did not begin: its guest ended: {text}"
    why = "nothing of the call was sent"
    fix = "try again: the cell is being restarted"


class Stuck(PlanariaError):
    """A guest that does not end a call that was cancelled."""

    code = "PLN-P707"
    what = "the WebAssembly guest was ended: it did not end a cancelled call within {grace_s} s"
    why = "nobody waits for the call any more, and it uses what others wait for"
    fix = "let the operation end when it is cancelled, and await now and then in a long computation"


class StartFailed(PlanariaError):
    """A cell that could not start in its guest."""

    code = "PLN-P708"
    what = "cell '{cell}' did not start in its guest: {error}: {text}"
    why = "its implementation raised while it was loaded or started"
    fix = "mend the implementation, or declare what it touches in the contract"


class HeldTooLong(PlanariaError):
    """A body that held a transaction too long, or waited too long for its guest."""

    code = "PLN-P709"
    what = "a transaction of cell '{cell}' was cut off after {limit_s} s"
    why = "while a body runs in a guest, the store waits for it, and with it every other cell"
    fix = "compute before the transaction, and only read and write inside"


class LimitsWrong(Several):
    """Limits of the placement `wasm` that are no limits."""

    code = "PLN-P715"
    why = "limits are checked before anything runs"
