"""One recorded call as it is kept: a line of JSON in `.planaria/recordings/CELL.jsonl`.

Why: plain lines can be read, searched and deleted by anyone; arguments are kept as the codec writes them.
Not here: when a call is kept (`recorder`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A call that was made: operation, arguments by name as plain data, and how it ended."""

    call: str
    arguments: Mapping[str, Any]
    outcome: Mapping[str, Any]


def recordings_in(directory: Path, cell: str) -> tuple[Recording, ...]:
    """Read the recorded calls of one cell, oldest first; a line that is damaged or foreign is passed over.

    >>> recordings_in(Path("nowhere"), "library")
    ()
    """
    file = directory / f"{cell}.jsonl"
    if not file.is_file():
        return ()
    return tuple(found for line in file.read_bytes().splitlines() if (found := recording_of(line)) is not None)


def recording_of(line: bytes) -> Recording | None:
    """Read one line; None where it is no recording.

    >>> recording_of(b'{"call": "count", "arguments": {}, "outcome": {"kind": "completed", "value": 0}}').call
    'count'
    """
    try:
        one = json.loads(line)
    except ValueError:
        return None
    match one:
        case {"call": str(call), "arguments": dict(arguments), "outcome": dict(outcome)}:
            return Recording(call=call, arguments=arguments, outcome=outcome)
    return None
