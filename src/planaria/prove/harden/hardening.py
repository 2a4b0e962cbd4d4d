"""What is asked of hardening, and what it gives: added tests, questions, and the proof before and after.

Why: the command line, gates and a model's proposer speak of the same values.
Not here: how it is done (`run`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from planaria.prove.harden.cell import Access
from planaria.prove.mutant import Mutant
from planaria.prove.proof import Proof
from planaria.prove.run import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a proposer is given: the code, the survivors as differences of its text, what was refused before and why."""

    sources: dict[str, str]
    survivors: tuple[str, ...]
    refused: tuple[str, ...]
    attempt: int
    seconds: float


class Proposer(Protocol):
    """Whoever writes tests that the search cannot find; what it gives is judged like all else."""

    async def propose(self, ask: Ask) -> str:
        """Return the text of a test file: imports, and functions that need nothing else; '' gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardenRequest:
    """What to harden: a request for a proof, and within which CPU seconds to search.

    `before` is that proof, if it is known; `file` where tests are added, else beside most of the others; `rounds` how often each added test
    must pass in shuffled order; a `proposer` is asked `attempts` times, within `proposer_s` seconds. A cell is searched where `access` to
    it is given; with `examples`, what its contract can carry is added to the docstrings there, which is the one file that is edited.
    """

    prove: Request
    budget_s: float = 600.0
    before: Proof | None = None
    file: Path | None = None
    rounds: int = 10
    confined: bool = True
    proposer: Proposer | None = None
    attempts: int = 3
    proposer_s: float = 300.0
    access: Access | None = None
    examples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A test that was added, and the mutants that it kills; an example of a contract has the operation's name."""

    name: str
    source: str
    kills: tuple[Mutant, ...]
    is_example: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person must decide: the code and the mutant differ, and either may be meant."""

    mutant: Mutant
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardening:
    """What came of it; `file` is None where nothing was added."""

    added: Sequence[Added]
    questions: Sequence[Question]
    before: Proof
    after: Proof
    file: Path | None
    cpu_s: float
