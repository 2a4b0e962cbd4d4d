"""The recorder: an observer that keeps the latest distinct calls of each operation, in memory and then on disk.

Why: to the caller a recorded call costs one append; encoding and writing happen now and then in another thread.
Bounds: `CALLS_MAX` calls of an operation, `CALL_BYTES_MAX` for one, `CELL_BYTES_MAX` for a cell; older ones go first.
Arguments that came before replace their older recording, so that a thousand equal calls leave room for others.
Not here: which calls an observer sees (`assemble.serve`), reading them (`recording`).
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from planaria.kernel.call import CallRecord
from planaria.kernel.error import PlanariaError
from planaria.kernel.port import Codec
from planaria.record.recording import recording_of

CALLS_MAX = 256
CALL_BYTES_MAX = 128 * 1024
CELL_BYTES_MAX = 4 * 1024 * 1024
EVERY_S = 5.0


class Recorder:
    """Keep calls of the operations in `parameters` (by cell and operation: the parameters' names) under `directory`.

    >>> import tempfile
    >>> from planaria.placement.codec import MsgspecCodec
    >>> recorder = Recorder(Path(tempfile.mkdtemp()), {("shop", "buy"): ("sku",)}, codec=MsgspecCodec())
    >>> recorder.flush()
    0
    """

    def __init__(self, directory: Path, parameters: Mapping[tuple[str, str], tuple[str, ...]], *, codec: Codec) -> None:
        self.directory, self.parameters, self.codec = directory, parameters, codec
        self._waiting: dict[tuple[str, str], deque[CallRecord]] = {one: deque(maxlen=CALLS_MAX) for one in parameters}
        self._kept: dict[str, dict[tuple[str, bytes], bytes]] = {}

    def observe(self, record: CallRecord) -> None:
        """Take one call; what was refused is left out, since nothing ran."""
        waiting = self._waiting.get((record.cell, record.operation))
        if waiting is not None and record.outcome != "refused":
            waiting.append(record)

    def flush(self) -> int:
        """Write what was taken since the last time, and return how many calls that were; each file is replaced at once."""
        changed: set[str] = set()
        count = 0
        for (cell, operation), waiting in self._waiting.items():
            while waiting:
                line = self._line(waiting.popleft(), self.parameters[cell, operation])
                if line is not None:
                    kept = self._calls_of(cell)
                    kept.pop((operation, line[0]), None)
                    kept[operation, line[0]] = line[1]
                    changed.add(cell)
                    count += 1
        for cell in changed:
            self._write(cell)
        return count

    async def run(self, complain: Callable[[str], None], *, every_s: float = EVERY_S) -> None:
        """Flush every few seconds until cancelled; the last flush is the caller's."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await asyncio.to_thread(self.flush)
            except OSError as error:
                complain(f"recordings were not written: {error}")

    def _line(self, record: CallRecord, names: tuple[str, ...]) -> tuple[bytes, bytes] | None:
        try:
            arguments = self.codec.encode(dict(zip(names, record.arguments, strict=True)))
            outcome = self.codec.encode(_outcome(record))
            call = self.codec.encode(record.operation)
        except PlanariaError:
            return None
        line = b'{"call":' + call + b',"arguments":' + arguments + b',"outcome":' + outcome + b"}\n"
        return None if len(line) > CALL_BYTES_MAX else (arguments, line)

    def _calls_of(self, cell: str) -> dict[tuple[str, bytes], bytes]:
        """Return the kept lines of a cell, oldest first; the first time, from its file."""
        if cell not in self._kept:
            file = self.directory / f"{cell}.jsonl"
            kept: dict[tuple[str, bytes], bytes] = {}
            for line in file.read_bytes().splitlines(keepends=True) if file.is_file() else ():
                found = recording_of(line)
                if found is not None:
                    kept[found.call, self.codec.encode(found.arguments)] = line
            self._kept[cell] = kept
        return self._kept[cell]

    def _write(self, cell: str) -> None:
        kept = self._calls_of(cell)
        _keep_to_bounds(kept)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.directory / f"{cell}.jsonl"
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.writelines(kept.values())
        fresh.replace(file)


def _outcome(record: CallRecord) -> dict[str, Any]:
    if record.error is None:
        return {"kind": record.outcome, "value": record.result}
    error = record.error
    code = error.code if isinstance(error, PlanariaError) else type(error).__name__
    return {"kind": record.outcome, "error": code, "text": str(error).partition("\n")[0]}


def _keep_to_bounds(kept: dict[tuple[str, bytes], bytes]) -> None:
    """Drop the oldest lines of each operation, then of the cell, until the bounds hold."""
    counts: dict[str, int] = {}
    size = 0
    for key, line in reversed(list(kept.items())):
        counts[key[0]] = counts.get(key[0], 0) + 1
        size += len(line)
        if counts[key[0]] > CALLS_MAX or size > CELL_BYTES_MAX:
            size -= len(kept.pop(key))
