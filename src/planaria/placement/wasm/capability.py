"""The imports of a guest: the time, chance, and the transaction that the host holds open; each only where it was given.

Why: an import is the only way out of a guest, so what it may do is what these functions do. None of them raises: an error
in an import would end the instance, and the engine's binding keeps it where another thread may find it.
Not here: turns (`instance`), messages (`message`).
"""

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from wasmtime import component

from planaria.kernel.contract import Contract
from planaria.kernel.error import CellError, Failed, PlanariaError, Refused, Unknown
from planaria.kernel.port import Codec
from planaria.placement.right import Rights
from planaria.placement.wasm.engine import Engine

CHANCE_BYTES_MAX = 1024
STATEMENT_CHARACTERS_MAX = 16 * 1024 * 1024
OUTCOMES = (CellError, Refused, Failed, Unknown, PlanariaError)
NAN = float("nan")


def told(error: BaseException, codec: Codec, **also: Any) -> str:
    r"""Write an error for a guest.

    >>> from planaria.placement.codec import MsgspecCodec
    >>> told(KeyError("a"), MsgspecCodec())
    '{"error":"KeyError","outcome":"PlanariaError","text":"\'a\'","code":"","facts":{},"builtin":"KeyError","number":null,"short":null}'
    """
    outcome = next((one.__name__ for one in OUTCOMES if isinstance(error, one)), "PlanariaError")
    found: dict[str, Any] = {"error": type(error).__name__, "outcome": outcome, "text": str(error), "code": "", "facts": {}, **also}
    builtin = next(one.__name__ for one in type(error).__mro__ if one.__module__ == "builtins")
    if builtin != "Exception":
        found |= {"builtin": builtin, "number": getattr(error, "errno", None), "short": getattr(error, "strerror", None)}
    if isinstance(error, PlanariaError):
        found |= {"code": error.code, "facts": error.facts}
    try:
        return codec.encode(found).decode()
    except PlanariaError:
        plain = {"facts": {}, "text": found["text"].encode("ascii", "backslashreplace").decode()}
        return codec.encode(found | plain).decode()


class Capabilities:
    """What one instance may ask for at once, while it runs."""

    def __init__(self, contract: type[Contract], rights: Rights, codec: Codec, now: Callable[[], float]) -> None:
        self.rights, self.codec, self.now = rights, codec, now
        self.events = {one.name: one.type for one in contract.events}
        self.transaction: Any = None
        self.raised: dict[str, BaseException] = {}

    def linker(self, engine: Engine) -> component.Linker:
        """Return what an instance is linked with."""
        made = component.Linker(engine.engine)
        with made.root() as root:
            root.add_func("clock", self._clock)
            root.add_func("chance", self._chance)
            root.add_func("state", self._state)
        return made

    def _clock(self, store: Any, which: int) -> float:
        try:
            return NAN if not self.rights.clock else float(self.now()) if which == 0 else time.monotonic()
        except Exception:  # noqa: BLE001 - an import never raises
            return NAN

    def _chance(self, store: Any, count: int) -> str:
        return secrets.token_hex(count) if self.rights.chance and count <= CHANCE_BYTES_MAX else ""

    def _state(self, store: Any, kind: str, text: str) -> str:
        try:
            return "=" + self._statement(kind, text)
        except Exception as error:  # noqa: BLE001 - an import never raises; the error is raised again where the body ends
            origin = f"state {len(self.raised)}"
            self.raised[origin] = error
            return "!" + told(error, self.codec, origin=origin)

    def _statement(self, kind: str, text: str) -> str:
        transaction = self.transaction
        if transaction is None:
            raise PermissionError("there is no transaction")
        if len(text) > STATEMENT_CHARACTERS_MAX:
            raise ValueError("a statement is too long")
        given = json.loads(text)
        if kind == "emit":
            name, fact = given
            if name not in self.events:
                raise PermissionError(f"the contract declares no event {name!r:.100}")
            transaction.emit(self.codec.decode(json.dumps(fact).encode(), self.events[name]))
            return "null"
        sql, parameters = given
        if not isinstance(sql, str) or not isinstance(parameters, list):
            raise TypeError("a statement is a text and a list")
        ordered = [_parameter(one) for one in parameters]
        found = transaction.rows(sql, ordered) if kind == "rows" else transaction.change(sql, ordered)
        return json.dumps(found, default=_blob)


def _parameter(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping) and list(value) == ["b"] and isinstance(value["b"], str):
        return base64.b64decode(value["b"], validate=True)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _blob(value: Any) -> dict[str, str]:
    return {"b": base64.b64encode(value).decode()}
