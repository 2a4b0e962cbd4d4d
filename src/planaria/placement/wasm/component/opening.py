"""Opening a generation that is a component: found, compiled once, and compared with its contract.

Why: a seat and `planaria check` must find the same problems, and the second compiles ahead what the first would wait for.
Not here: running it (`seat`), the comparison (`conformity`).
"""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.error import Several
from planaria.kernel.loader import files_of
from planaria.placement.right import Rights
from planaria.placement.wasm.component.conformity import problems_of
from planaria.placement.wasm.wit import World, world_of

SUFFIX = ".wasm"
LARGE_BYTES = 1 << 20
Say = Callable[[str], None]


class ComponentProblems(Several):
    """A component that is not what its contract says, or is placed with what none can have."""

    code = "PLN-P806"
    why = "a component is checked when it is opened, so that no call meets a surprise"


def component_in(directory: Path) -> Path | None:
    """Return the component that a generation's directory holds instead of Python, or None.

    >>> component_in(Path("nowhere")) is None
    True
    """
    found = sorted(directory.glob(f"*{SUFFIX}"))
    return found[0] if found and not (directory / "__init__.py").exists() else None


def ungiven(rights: Rights) -> list[str]:
    """Return a sentence for each right that no component can have.

    >>> ungiven(Rights(spawns=("git",)))
    ["it may start 'git': a component has no programs, files, network or secrets; leave it out of `may`, or place a cell in Python"]
    """
    cure = "a component has no programs, files, network or secrets; leave it out of `may`, or place a cell in Python"
    told = {
        "read": rights.reads,
        "write": rights.writes,
        "start": rights.spawns,
        "reach": rights.connects,
        "have the secret": rights.secrets,
    }
    problems = [f"it may {verb} '{one}': {cure}" for verb, several in told.items() for one in several]
    return problems + (["scratch_mb: a component has no files"] if rights.scratch_mb else [])


def open_component(directory: Path, *, cell: str, world: World, engine: Any, cache: Path, say: Say) -> Any:
    """Return the compiled component of a generation, which is what its world says. `say` hears that a large one is compiled.

    Raises:
        ComponentProblems: PLN-P806, with every difference.
    """
    from wasmtime import WasmtimeError

    names = [name for name in files_of(directory) if name.endswith(SUFFIX)]
    subject = f"the component of cell '{cell}'"
    if len(names) != 1:
        raise ComponentProblems.of(subject, [f"there are {len(names)} ({', '.join(names) or 'none'}), and there must be one"])
    content = (directory / names[0]).read_bytes()
    key = f"component-{hashlib.sha256(content).hexdigest()[:32]}"
    try:
        made = engine.compiled(content, key, cache=cache, progress=say if len(content) > LARGE_BYTES else lambda _: None)
    except WasmtimeError as error:
        cure = "build it with `wasm-tools component new`; a core module is none"
        raise ComponentProblems.of(subject, [f"{names[0]} is no component ({str(error).splitlines()[0]}): {cure}"]) from error
    problems = problems_of(made, engine.engine, world, cell)
    if problems:
        raise ComponentProblems.of(subject, problems)
    return made


def examine_component(directory: Path, *, cell: str, contract: type[Contract], uses: Iterable[type[Contract]], cache: Path) -> None:
    """Check a generation that is a component without running it; it is compiled for the first call on the way.

    Raises:
        ComponentProblems, WitProblems: PLN-P806, PLN-P801.
    """
    from planaria.placement.wasm.engine import shared

    open_component(directory, cell=cell, world=world_of(contract, uses), engine=shared(), cache=cache, say=lambda _: None)
