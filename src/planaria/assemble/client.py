"""The client of a running system: HTTP on loopback with the key of its owner.

Why: commands, console and other clients share one door and one audit trail; the standard library suffices for it.
Not here: where the note comes from (`assemble.note`), the other side (`gateway`).
"""

import http.client
import json
import os
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from planaria.assemble.error import Answered, NotAnswering, NotUp
from planaria.assemble.note import RunNote, read_note
from planaria.assemble.place import Places

ANSWER_S, CONNECT_S = 120.0, 2.0
STREAM_TYPE = "application/x-ndjson"
Each = Callable[[Any], None]


class Client:
    """Call operations of the system that serves at a note's address."""

    def __init__(self, note: RunNote, path: Path) -> None:
        self.note, self.path = note, path

    @classmethod
    def of(cls, root: Path) -> "Client":
        """Return the client of the system that runs at `root`.

        Raises:
            NotUp: PLN-L204.
        """
        client = cls.find(root)
        if client is None:
            raise NotUp(root=str(root), text="it left no note, or its process is gone")
        return client

    @classmethod
    def find(cls, root: Path) -> "Client | None":
        """Return the client of the system that runs at `root`, or None where none runs.

        >>> Client.find(Path("nowhere")) is None
        True
        """
        places = Places.of(root)
        note = read_note(places.run)
        return cls(note, places.run) if note is not None and _lives(note.pid) and _listens(note) else None

    def call(self, cell: str, operation: str, arguments: Mapping[str, Any], *, each: Each | None = None) -> Any:
        """Call an operation with plain arguments and return its plain result; for a stream the list of its items.

        `each` is given every item of a stream as it comes.

        Raises:
            NotAnswering: PLN-L205; or the error that the system answered with.
        """
        return self.ask("POST", f"/cells/{cell}/{operation}", arguments, each=each)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, each: Each | None = None) -> Any:
        """Send one request and return the JSON of its answer.

        Raises: as `call`.
        """
        connection = http.client.HTTPConnection(self.note.host, self.note.port, timeout=ANSWER_S)
        headers = {"Authorization": f"Bearer {self.note.key}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            response = connection.getresponse()
            is_stream = response.getheader("Content-Type") == STREAM_TYPE
            data = _items(response, each) if is_stream else json.loads(response.read())
        except ConnectionRefusedError as error:
            raise NotUp(root=str(self.path.parents[1]), text=f"nothing listens at {self.note.url}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            facts = {"address": self.note.url, "pid": self.note.pid, "note": str(self.path)}
            raise NotAnswering(text=f"{type(error).__name__}: {error}", **facts) from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise _answered(response.status, data)
        return data


def _items(response: http.client.HTTPResponse, each: Each | None) -> list[Any]:
    """Read a stream to its last line; without one it was cut off."""
    items: list[Any] = []
    for line in response:
        data = json.loads(line)
        if "problem" in data:
            raise _answered(data["problem"]["status"], data["problem"])
        if "end" in data:
            return items
        items.append(data["item"])
        if each is not None:
            each(data["item"])
    raise ConnectionResetError("the stream was cut off before its end")


def _answered(status: int, problem: Any) -> Answered:
    told = {name: problem.get(name) for name in ("code", "why", "fix", "facts")}
    return Answered(status=status, what=problem.get("detail"), **told)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _listens(note: RunNote) -> bool:
    """Say whether something listens at the note's port; the system beneath answers, so a busy loop is no hindrance."""
    try:
        socket.create_connection((note.host, note.port), timeout=CONNECT_S).close()
    except OSError:
        return False
    return True
