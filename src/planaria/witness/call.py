"""Calls, outcomes and witnesses: what is sent to a worker, what comes back, and what shows a difference.

Why: a reviewer reads a witness, a program compares it, and the next attempt's prompt carries it; so it is data with a text.
Not here: how calls travel (`worker`), when two outcomes differ (`comparison`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from planaria.witness.plain import plain, shown

Kind = Literal["completed", "refused", "failed", "unknown"]
Start = Literal["fresh", "copy", "continue"]
SHOWN_MAX = 400


@dataclass(frozen=True, slots=True)
class Call:
    r"""One call: an operation and its arguments by name; what is left out takes its default.

    >>> Call("search", {"question": '"'}).text("library")
    'library.search(question=\'"\')'
    """

    operation: str
    arguments: Mapping[str, Any]

    def text(self, cell: str) -> str:
        """Write it as a caller would."""
        given = ", ".join(f"{name}={shown(plain(one))}" for name, one in self.arguments.items())
        return f"{cell}.{self.operation}({given})"


@dataclass(frozen=True, slots=True)
class Sequence:
    """Calls made one after another, on a fresh store or on a copy of the live one."""

    calls: tuple[Call, ...]
    start: Start = "fresh"
    source: str = "generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one call: a plain value, or an error by code and name; and the events it wrote, as plain data."""

    kind: Kind
    value: Any = None
    code: str = ""
    error: str = ""
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Any, ...] = ()
    changed: bool = False
    mutated: bool = False

    def shown(self) -> str:
        """Write it in one line.

        >>> Outcome(kind="completed", value=[1]).shown()
        '(1,)'
        """
        if self.kind == "completed":
            text = shown(self.value)
        else:
            text = f"{self.kind}: {self.code}{' ' if self.code else ''}{self.error}: {self.text}".rstrip(": ")
        if self.mutated:
            text += " (and it changed its arguments)"
        return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data with its text."""
        data: dict[str, Any] = {"kind": self.kind, "text": self.shown()}
        data |= {"value": self.value} if self.kind == "completed" else {"code": self.code, "error": self.error}
        return data | ({"events": list(self.events)} if self.events else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """The smallest calls found on which two implementations differ; the outcomes are those of the last call."""

    cell: str
    calls: tuple[Call, ...]
    current: Outcome
    candidate: Outcome
    start: Start = "fresh"

    def text(self) -> str:
        """Write it as a reviewer reads it.

        >>> one = Witness(cell="shelf", calls=(Call("size", {}),), current=Outcome(kind="completed", value=0),
        ...     candidate=Outcome(kind="failed", error="KeyError", text="'x'"))
        >>> print(one.text())
        shelf.size()
          current:   0
          candidate: failed: KeyError: 'x'
        """
        before = ["on a copy of the live store:"] if self.start == "copy" else []
        lines = [*before, *(one.text(self.cell) for one in self.calls)]
        lines += [f"  current:   {self.current.shown()}", f"  candidate: {self.candidate.shown()}"]
        if self.current.events != self.candidate.events:
            for name, outcome in (("current", self.current), ("candidate", self.candidate)):
                told = ", ".join(shown(one) for one in outcome.events) or "no events"
                lines.append(f"  {name} emitted: {told[:SHOWN_MAX]}")
        return "\n".join(lines)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data with its text."""
        calls = [
            {"call": one.operation, "arguments": {name: plain(value) for name, value in one.arguments.items()}, "text": one.text(self.cell)}
            for one in self.calls
        ]
        return {
            "cell": self.cell, "start": self.start, "calls": calls, "current": self.current.plain(), "candidate": self.candidate.plain(),
            "text": self.text(),
        }  # fmt: skip
