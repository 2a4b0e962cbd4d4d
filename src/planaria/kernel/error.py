"""Errors: one base, stable codes, and a text that says what, why and how to cure it.

Why: errors are part of the interface, so they must name the real alternatives and survive JSON, pickling and a
process border; that is why an instance holds nothing but one flat dictionary of facts.
Not here: the errors of one room, which stand beside the code that raises them.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar


class PlanariaError(Exception):
    """Say what went wrong, why, and how to cure it, from templates over flat facts.

    >>> print(NoSuchOperation(cell="cart", operation="ad", known="add, remove"))
    PLN-C104: cell 'cart' has no operation 'ad'
      why: it is not in the contract
      fix: use one of: add, remove; or add it to cells/cart/contract.py
    """

    code: ClassVar[str] = "PLN-A100"
    what: ClassVar[str] = "{text}"
    why: ClassVar[str] = "an assumption of planaria did not hold"
    fix: ClassVar[str] = "report it with this text"

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.facts: dict[str, Any] = facts

    def __reduce__(self) -> tuple[Any, ...]:
        return (partial(type(self), **self.facts), ())

    def __str__(self) -> str:
        plain = self.plain()
        return f"{plain['code']}: {plain['what']}\n  why: {plain['why']}\n  fix: {plain['fix']}"

    def plain(self) -> dict[str, Any]:
        """Return the error as data: code, what, why, fix and facts.

        >>> NoSuchCell(cell="card", known="cart").plain()["what"]
        "there is no cell 'card'"
        """
        facts = defaultdict(lambda: "?", self.facts)
        texts = {name: getattr(self, name).format_map(facts) for name in ("what", "why", "fix")}
        return {"code": self.code, **texts, "facts": dict(self.facts)}


def every_error(root: type[PlanariaError] = PlanariaError) -> Iterator[type[PlanariaError]]:
    """Yield the catalogue: `root` and every loaded error class below it.

    >>> NoSuchCell in set(every_error())
    True
    """
    yield root
    for kind in root.__subclasses__():
        yield from every_error(kind)


class CellError(PlanariaError):
    """Base of the errors that a contract declares: part of its interface, passed to the caller as they are."""

    code = "PLN-A101"
    why = "the operation declares this error"
    fix = "see the operation's contract"


class Several(PlanariaError):
    """Problems that were collected, then raised once."""

    code = "PLN-A103"
    what = "{count} problems in {subject}:\n{text}"
    why = "all are reported at once, so that one pass can cure them"
    fix = "cure each as it says"

    @classmethod
    def of(cls, subject: str, problems: list[str]) -> "Several":
        """Collect problem sentences about one subject.

        >>> print(Several.of("contract Cart", ["no operations"]).plain()["what"])
        1 problems in contract Cart:
        - no operations
        """
        text = "\n".join(f"- {problem}" for problem in problems)
        return cls(subject=subject, count=len(problems), text=text, problems=problems)


class Refused(PlanariaError):
    """Outcome *refused*: nothing ran; one that is `unsent` comes from a seat, whose implementation the call never reached."""

    code = "PLN-C200"
    unsent: ClassVar[bool] = False
    what = "the call was refused: {text}"
    why = "a check before the cell's code said no"
    fix = "change the call, or try again later"


class Failed(PlanariaError):
    """Outcome *failed*: it ran and raised."""

    code = "PLN-C300"
    what = "cell '{cell}' failed in '{operation}': {error}: {text}"
    why = "its implementation raised an error that the contract does not declare"
    fix = "see the request {request} in the log; regenerate the cell, or declare the error in its contract"


class Raised(PlanariaError):
    """What an implementation raised where it runs apart: the name of the error's class, and its text."""

    code = "PLN-C301"
    what = "{error}: {text}"
    why = "the contract does not declare it"
    fix = "see the call that failed"


class Unknown(PlanariaError):
    """Outcome *unknown*: it may have run."""

    code = "PLN-C400"
    what = "the outcome of '{operation}' of cell '{cell}' is unknown: {text}"
    why = "the call began and no answer came"
    fix = "look at the state before calling again; declare the operation idempotent if repeating it is harmless"


class NoSuchOperation(Refused):
    """The contract has no such operation."""

    code = "PLN-C104"
    what = "cell '{cell}' has no operation '{operation}'"
    why = "it is not in the contract"
    fix = "use one of: {known}; or add it to cells/{cell}/contract.py"


class NoSuchCell(Refused):
    """The system has no such cell."""

    code = "PLN-C105"
    what = "there is no cell '{cell}'"
    why = "system.py does not add it"
    fix = "use one of: {known}; or add it in system.py"
