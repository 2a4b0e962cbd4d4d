"""Messages: what the payloads of frames hold besides arguments and results.

Why: whatever a worker says is decoded as one of these few shapes, or it is no message; texts are cut and cleaned here, so
that nothing a worker writes can steer a terminal or fill a log.
Not here: frames (`frame`), values of contracts (`placement.packing`).
"""

import re
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from planaria.kernel.contract import Contract
from planaria.kernel.error import CellError, PlanariaError, Raised, Refused, Unknown
from planaria.placement.sandbox.policy import Policy

TEXT_MAX = 2_000
FACTS_MAX = 32
DEPTH_MAX = 3
BITS_MAX = 63
TROUBLE_MAX = 65_536
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Spawn(msgspec.Struct, frozen=True):
    """Ask the zygote for a worker: what to import first, and what it may then do."""

    number: int
    modules: tuple[str, ...]
    policy: Policy


class Spawned(msgspec.Struct, frozen=True):
    """The zygote's answer; `error` where there is no worker."""

    number: int
    pid: int
    error: str = ""


class Exited(msgspec.Struct, frozen=True):
    """The zygote's notice that a worker is gone, with its exit code (negative for a signal)."""

    pid: int
    code: int


class Birth(msgspec.Struct, frozen=True):
    """The first message to a worker: which cell it is, and the files of its implementation."""

    cell: str
    contract: str
    uses: tuple[str, ...]
    digest: str
    directory: str
    files: dict[str, bytes]
    secrets: dict[str, str]
    size_max: int


class Trouble(msgspec.Struct, frozen=True):
    """An error on its way; `error` is the name of its class, `outcome` what became of the call."""

    error: str
    text: str
    outcome: str = "failed"
    code: str = ""
    facts: dict[str, Any] = {}
    module: str = ""
    texts: tuple[str, str, str] = ("", "", "")


_write = msgspec.msgpack.Encoder(enc_hook=lambda value: clean(repr(value))).encode
_read_trouble = msgspec.msgpack.Decoder(Trouble).decode


def name_of(contract: type[Contract]) -> str:
    """Return the name by which another process finds a contract.

    >>> name_of(Contract)
    'planaria.kernel.contract:Contract'
    """
    return f"{contract.__module__}:{contract.__qualname__}"


def found(name: str) -> Any:
    """Return what a name stands for in a module that is already imported.

    >>> found("planaria.kernel.contract:Contract") is Contract
    True
    """
    module, _, path = name.partition(":")
    value: Any = sys.modules[module]
    for part in path.split("."):
        value = getattr(value, part)
    return value


def clean(text: str, limit: int = TEXT_MAX) -> str:
    r"""Return a text that can be shown anywhere: cut, and with what steers a terminal written out.

    >>> clean("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    cut = text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
    return _CONTROL.sub(lambda one: one.group().encode("unicode_escape").decode(), cut)


def plain(value: Any, depth: int = DEPTH_MAX) -> Any:
    """Return a fact as bounded data: numbers and cleaned texts, in small lists and mappings.

    >>> plain({"a": (1, "b")})
    {'a': [1, 'b']}
    """
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= BITS_MAX else clean(hex(value))
    if isinstance(value, str):
        return clean(value)
    if depth and isinstance(value, (list, tuple)):
        return [plain(one, depth - 1) for one in value[:FACTS_MAX]]
    if depth and isinstance(value, Mapping):
        return {clean(str(name), 100): plain(one, depth - 1) for name, one in list(value.items())[:FACTS_MAX]}
    return clean(repr(value)[: 2 * TEXT_MAX])


def trouble(error: BaseException) -> bytes:
    """Write an error for the other side.

    >>> read_trouble(trouble(KeyError("a"))).text
    "'a'"
    """
    outcome = "refused" if isinstance(error, Refused) else "unknown" if isinstance(error, Unknown) else "failed"
    if isinstance(error, Raised):
        return _write(Trouble(error=str(error.facts.get("error")), text=clean(str(error.facts.get("text")))))
    try:
        text = clean(str(error))
    except Exception as broken:  # noqa: BLE001 - an error that cannot say what it is is still an error
        text = f"({type(broken).__name__} in its text)"
    said = Trouble(error=clean(type(error).__qualname__, 200), text=text, outcome=outcome)
    if isinstance(error, PlanariaError):
        kind = type(error)
        try:
            facts = plain(error.facts)
        except Exception as broken:  # noqa: BLE001 - facts that cannot be told must not keep the caller from its answer
            facts = {"text": f"({type(broken).__name__} in its facts)"}
        said = msgspec.structs.replace(said, code=error.code, facts=facts, module=kind.__module__, texts=(kind.what, kind.why, kind.fix))
    data = _write(said)
    return data if len(data) <= TROUBLE_MAX else _write(Trouble(error=said.error, text=text, outcome=outcome))


def read_trouble(data: Any) -> Trouble:
    """Read an error of the other side; nothing in it is believed.

    Raises:
        ValueError: it is none.
    """
    if len(data) > TROUBLE_MAX:
        raise ValueError(f"an error of {len(data)} bytes")
    try:
        said = _read_trouble(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return msgspec.structs.replace(said, error=clean(said.error, 200), text=clean(said.text), facts=plain(said.facts))


def declared_error(said: Trouble, declared: tuple[type[CellError], ...]) -> CellError | None:
    """Return the declared error that a worker raised, or None where it is none of them.

    >>> declared_error(Trouble(error="KeyError", text=""), ()) is None
    True
    """
    for kind in declared:
        if kind.__qualname__ == said.error and kind.code == said.code:
            try:
                return kind(**said.facts)
            except Exception:  # noqa: BLE001 - facts that the class does not take are not its facts
                return None
    return None


def as_error(said: Trouble) -> Exception:
    """Make the error of the host again in a worker: as its class where that is loaded, and else as one that reads the same.

    >>> as_error(read_trouble(trouble(Refused(text="no")))).facts
    {'text': 'no'}
    """
    if not said.code:
        return Raised(error=said.error, text=said.text)
    try:
        kind = found(f"{said.module}:{said.error}")
    except (KeyError, AttributeError):
        kind = None
    if not (isinstance(kind, type) and issubclass(kind, PlanariaError)):
        above: Any = {"refused": Refused, "unknown": Unknown}.get(said.outcome, PlanariaError)
        what, why, fix = said.texts
        kind = type(said.error, (above,), {"code": said.code, "what": what, "why": why, "fix": fix})
    made: Exception = kind(**said.facts)
    return made
