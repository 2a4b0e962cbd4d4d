"""Cells: what tells a survivor in an implementation from the code, through the operations of its contract alone, as a test of the suite.

Why: a cell's tests speak of the contract and outlive the implementation, so a witness is a sequence of calls of operations.
Limit: what needs other cells' state, or an event to be seen, is not found or not written here; a proposer may.
Not here: the search (`diff.behaviour`), examples in the contract (`contract`), plain packages (`distinction`).
"""

import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from planaria.diff.behaviour import Material, Subject, compare
from planaria.kernel.contract import Contract, OperationDescription, describe
from planaria.kernel.loader import generation_at
from planaria.kernel.system import cell_name
from planaria.prove.harden.expectation import Expectations, Value
from planaria.prove.harden.naming import name_of
from planaria.prove.harden.value import END
from planaria.prove.harden.writing import Written
from planaria.prove.mutant import Mutant
from planaria.witness.call import Call, Outcome
from planaria.witness.plain import KIND, OF, names_of, plain, shown
from planaria.witness.script.form import Form, Made
from planaria.witness.script.step import Script, Step
from planaria.witness.search import Difference
from planaria.witness.worker import WorkerFailed

EACH_S, LEAST_S, WHOLE_MAX, BEFORE_MAX = 5.0, 1.0, 110, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a cell is reached, as the composition gives it: its contract, and the command that starts a worker (see `diff.behaviour`)."""

    contract: type[Contract]
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of the search for one mutant of a cell; `why` there is no difference, '' where no call that was tried gives one."""

    mutant: Mutant
    difference: Difference | None = None
    why: str = ""


async def distinguish_in_cell(
    root: Path, access: Access, mutants: Sequence[Mutant], sources: Mapping[str, str], *, budget_s: float
) -> AsyncIterator[Told]:
    """Yield what tells each mutant of a cell from its implementation, within seconds for all.

    Raises:
        WorkerFailed: PLN-W101, where the implementation cannot be run.
    """
    cell = cell_name(access.contract)
    impl = root / "cells" / cell / "impl"
    until = perf_counter() + budget_s
    with TemporaryDirectory(prefix="planaria-harden-") as name:
        folder = Path(name)
        for number, mutant in enumerate(mutants):
            each_s = min(EACH_S, (until - perf_counter()) / (len(mutants) - number))
            if each_s < LEAST_S:
                yield Told(mutant=mutant, why="the budget was spent before its turn")
                continue
            candidate = folder / f"candidate{number}"
            shutil.copytree(impl, candidate, ignore=shutil.ignore_patterns("__pycache__"))
            (candidate / (root / mutant.file).relative_to(impl)).write_text(mutant.applied(sources[mutant.file]), encoding="utf-8")
            subject = Subject(
                root=root, cell=cell, contract=access.contract, current=generation_at(cell, impl), candidate=generation_at(cell, candidate),
                command=access.command, scratch=folder,
            )  # fmt: skip
            yield await _told(mutant, subject, each_s)


async def _told(mutant: Mutant, subject: Subject, each_s: float) -> Told:
    try:
        compared = await compare(subject, Material(budget_s=each_s))
    except WorkerFailed as error:
        return Told(mutant=mutant, why=str(error.plain()["what"]))
    found = sorted(compared.differences, key=lambda one: (one.places == ("events",), len(one.witness.text())))
    if found or not (compared.unfinished or compared.not_exercised):
        return Told(mutant=mutant, difference=found[0] if found else None)
    return Told(mutant=mutant, why="; ".join((*compared.unfinished, *compared.not_exercised.values())))


class CellWriter:
    """Write tests of a cell's suite."""

    def __init__(self, contract: type[Contract]) -> None:
        self.contract, self.cell = contract, cell_name(contract)
        self.operations = {one.name: one for one in describe(contract).operations}
        types = [kind for one in self.operations.values() for kind in (one.returns, *(each.type for each in one.parameters))]
        self.names: dict[str, type[Any]] = {**names_of(types), contract.__name__: contract}

    def written(self, one: Difference) -> Written | None:
        """Return a witness as a test with the fixture `cells`, or None where it cannot be written as one that says something."""
        *before, last = one.witness.calls
        if one.witness.start != "fresh" or last.operation not in self.operations or set(one.places) <= {"events"}:
            return None
        named = Expectations(lambda name: name if name in self.names else "")
        end = self._end(last, one.witness.current, one.witness.candidate, named)
        if end is None:
            return None
        handle = f"{self.cell} = cells.handle({self.contract.__name__})"
        body = [handle, *(f"await {each.text(self.cell)}" for each in before), *end]
        name = self._name(one)
        source = f"async def {name}(cells):\n" + "".join(f"    {line}\n" for line in body)
        return Written(name=name, source=source, imports=tuple(sorted({*self._imports(source), *named.imports})))

    def example(self, one: Difference) -> tuple[str, list[str]] | None:
        """Return the operation whose docstring can carry a witness, and the lines; None where it takes more than a line to say."""
        *before, last = one.witness.calls
        old = one.witness.current
        text = shown(old.value)
        is_plain = old.kind == "completed" and self._is_whole(old.value, text)
        if one.witness.start != "fresh" or not is_plain or set(one.places) <= {"events"} or len(before) > BEFORE_MAX:
            return None
        lines = [*(f">>> _ = await {each.text(self.cell)}" for each in before), f">>> await {last.text(self.cell)}"]
        lines += [text] if old.value is not None else []
        return (last.operation, lines) if max(map(len, lines)) <= WHOLE_MAX else None

    def _is_whole(self, value: Any, text: str) -> bool:
        return len(text) <= WHOLE_MAX and not re.search(r"[<…]", text) and Expectations(str).text(_without_records(value)) is not None

    def _end(self, last: Call, old: Outcome, new: Outcome, expected: Expectations) -> list[str] | None:
        call = f"await {last.text(self.cell)}"
        if old.kind != "completed":
            error = self._error(self.operations[last.operation], old)
            return [f"with pytest.raises({error}):", f"    {call}"] if error else None
        text = shown(old.value)
        if self._is_whole(old.value, text):
            return [f"assert {call} {'is' if old.value is None or isinstance(old.value, bool) else '=='} {text}"]
        lines = expected.asserted(Value("result", old.value, new.value if new.kind == "completed" else None))
        return [f"result = {call}", *lines] if lines else None

    def _error(self, operation: OperationDescription, outcome: Outcome) -> str:
        """Return the class of an error that the contract declares, or that the system gives for a broken condition."""
        declared = next((one for one in operation.errors if one.code == outcome.code), None)
        if declared is not None:
            self.names[declared.__qualname__] = declared
            return declared.__qualname__
        return "Refused" if outcome.kind == "refused" else ""

    def _imports(self, source: str) -> Iterator[str]:
        for name, kind in self.names.items():
            if "." not in name and re.search(rf"(?<![\w.'\"]){name}\b", source):
                yield f"from {kind.__module__} import {name}"
        for name, line in (("pytest", "import pytest"), ("Refused", "from planaria import Refused"), ("datetime", "import datetime")):
            if re.search(rf"(?<![\w.]){name}\b", source) and name not in self.names:
                yield line

    def _name(self, one: Difference) -> str:
        old = one.witness.current
        told = {"k": "completed", "value": old.value} if old.kind == "completed" else {"k": "failed", "error": old.error or "refused"}
        steps = tuple(
            Step(callee=each.operation, symbol=each.operation, named=tuple((key, _form(each_)) for key, each_ in each.arguments.items()))
            for each in one.witness.calls
        )
        given = Script(
            steps=(*steps[:-1], Step(callee=steps[-1].callee, symbol=steps[-1].symbol, given=tuple(dict(steps[-1].named).values())))
        )
        return name_of(given, told, frozenset(one.places))


def _form(value: Any) -> Form:
    data = plain(value)
    is_record = isinstance(data, dict) and data[KIND].startswith("struct ")
    return Made(type(value).__qualname__) if is_record else value


def _without_records(value: Any) -> Any:
    """Return plain data in which records, which the contract names, stand as their parts."""
    if isinstance(value, list):
        return [_without_records(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value[KIND].startswith("struct "):
        return [_without_records(one) for one in value[OF].values()]
    return {**value, OF: [_without_records(one) for one in value[OF]]} if isinstance(value[OF], list) else value if value != END else END
