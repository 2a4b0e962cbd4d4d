"""Examples as calls: the `>>>` lines of a contract or an intent, run against a worker and written down.

Why: examples are what people think an operation is for, so they are the best calls to begin with.
Not here: whether an example gives what it promises (`prove.example`).
"""

import ast
import asyncio
import doctest
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from planaria.kernel.contract import ContractDescription, OperationDescription
from planaria.kernel.error import Failed, PlanariaError
from planaria.witness.call import Call, Outcome, Sequence
from planaria.witness.plain import names_of, value
from planaria.witness.worker import Worker, WorkerFailed

STEP_S = 20.0


class Recording:
    """A handle that makes its calls in a worker and writes them down."""

    def __init__(self, description: ContractDescription, worker: Worker) -> None:
        self._operations = {one.name: one for one in description.operations}
        self._worker = worker
        self._names = names_of([one.returns for one in description.operations])
        self.calls_made: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        if name not in self._operations:
            raise AttributeError(name)
        operation = self._operations[name]

        async def call(*given: Any, **named: Any) -> Any:
            arguments = {one.name: each for one, each in zip(operation.parameters, given, strict=False)} | named
            made = Call(operation.name, arguments)
            start = "continue" if self.calls_made else "fresh"
            self.calls_made.append(made)
            ((outcome,),) = await self._worker.run([Sequence((made,), start)])  # type: ignore[arg-type]  # one of two starts
            return self._result(operation, outcome)

        return call

    def _result(self, operation: OperationDescription, outcome: Outcome) -> Any:
        if outcome.kind == "completed":
            return value(outcome.value, self._names)
        for error in operation.errors:
            if error.code == outcome.code:
                raise error(**{name: value(one, self._names) for name, one in outcome.facts.items()})
        raise Failed(cell=self._worker.order.cell, operation=operation.name, error=outcome.error, text=outcome.text, request="")


async def sequence_of(
    examples: Iterable[doctest.Example],
    description: ContractDescription,
    worker: Worker,
    *,
    cell: str,
    namespace: Mapping[str, Any],
    source: str,
) -> Sequence:
    """Return the calls that examples make, in order; `namespace` holds the names of the contract's module.

    Raises:
        WorkerFailed: PLN-W101.
    """
    recording = Recording(description, worker)
    names = {**namespace, cell: recording}
    for example in examples:
        try:
            async with asyncio.timeout(STEP_S):
                await _run(example.source, names)
        except WorkerFailed:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an example may show an error; its calls are what counts
            names["_error"] = error
    return Sequence(tuple(recording.calls_made), "fresh", source)


async def _run(source: str, names: dict[str, Any]) -> None:
    tree = ast.parse(source)
    code = compile(tree, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    running = eval(code, names)  # noqa: S307 - examples are durable text that people review
    if inspect.iscoroutine(running):
        await running


def recorded(records: Iterable[Mapping[str, Any]], decoders: Mapping[str, Any], *, at_once: int = 20) -> list[Sequence]:
    """Return recorded calls as sequences, in the order in which they were made; what no longer fits the contract is left out.

    A record is `{"call": operation, "arguments": {...}}`; a decoder makes the arguments by name of such an object.

    >>> recorded([{"call": "count", "arguments": {}}], {"count": lambda given: given})
    [Sequence(calls=(Call(operation='count', arguments={}),), start='fresh', source='recorded')]
    """
    calls = []
    for record in records:
        decode = decoders.get(record.get("call", ""))
        if decode is not None:
            try:
                calls.append(Call(record["call"], decode(record.get("arguments", {}))))
            except PlanariaError:
                continue
    return [Sequence(tuple(calls[first : first + at_once]), "fresh", "recorded") for first in range(0, len(calls), at_once)]
