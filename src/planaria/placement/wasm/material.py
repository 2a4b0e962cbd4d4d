"""What a guest is sent: the source of a generation, and of the modules of the contracts that it needs.

Why: a guest has no files, so everything it runs comes as text; contracts are trusted and are sent with what they import.
Not here: loading it (`guest.cell`).
"""

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import Generation, files_of
from planaria.placement.right import Rights
from planaria.placement.wasm.build import KERNEL
from planaria.placement.wasm.fitness import ALSO, MODULES

BUILT_IN = frozenset(("planaria", "planaria.kernel", "planaria.kernel.state", *(f"planaria.kernel.{name}" for name in KERNEL)))


class ContractUnsendable(PlanariaError):
    """A contract whose module cannot run in a guest."""

    code = "PLN-P712"
    what = "contract {contract} cannot be sent to a WebAssembly guest: {text}"
    why = "a guest gets the source of the contract's module, and of what that module imports"
    fix = "put the contract into a module of its own that imports only the standard library, planaria, msgspec and other contracts"


def material(generation: Generation, contract: type[Contract], rights: Rights, secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return what a guest needs to load a generation, as plain data.

    Raises:
        ContractUnsendable: PLN-P712.
    """
    files = {path: content for path, content in files_of(generation.directory).items() if path.endswith(".py")}
    texts = {path: content.decode("utf-8-sig", "replace") for path, content in files.items()}
    modules: dict[str, str] = {}
    for name in (contract.__module__, *(one for text in texts.values() for one in _imported(text, ""))):
        _gather(name, contract, modules)
    return {
        "contract": [contract.__module__, contract.__qualname__],
        "modules": modules,
        "generation": {"cell": generation.cell, "digest": generation.digest, "files": texts},
        "rights": {"clock": rights.clock, "chance": rights.chance, "secrets": dict(secrets)},
    }


def _gather(name: str, contract: type[Contract], modules: dict[str, str]) -> None:
    """Add the source of a module that was imported by the host, and of what it imports; a module that nobody imported is not sent."""
    if name in modules or name in BUILT_IN or name in MODULES or name.partition(".")[0] in ALSO - {"planaria", "cells"}:
        return
    module = sys.modules.get(name)
    if module is None:
        return
    text = _source(name)
    if text is None:
        if name == contract.__module__:
            raise ContractUnsendable(contract=contract.__qualname__, text=f"the source of {name} cannot be read")
        return
    modules[name] = text
    package = name if hasattr(module, "__path__") else name.rpartition(".")[0]
    for one in _imported(text, package):
        if _is_trusted(one):
            _gather(one, contract, modules)


def _is_trusted(name: str) -> bool:
    """Say whether a module may be sent: a contract, or a module beside one; never an implementation."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    origin = getattr(spec, "origin", None) or ""
    return origin.endswith(".py") and "site-packages" not in origin and name.partition(".")[0] not in sys.stdlib_module_names


def _source(name: str) -> str | None:
    spec = getattr(sys.modules[name], "__spec__", None)
    loader = getattr(spec, "loader", None)
    try:
        text = loader.get_source(name) if loader is not None and hasattr(loader, "get_source") else None
    except (ImportError, OSError):
        return None
    return text if isinstance(text, str) else None


def _imported(text: str, package: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            if node.level:
                if not package:
                    continue
                name = importlib.util.resolve_name(name, package)
            yield name
            yield from (f"{name}.{one.name}" for one in node.names)
