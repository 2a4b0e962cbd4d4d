"""The catalogue of all errors, with every room loaded.

Why: an error class exists once its module is imported, and `planaria explain` must know them all.
Not here: the classes.
"""

import importlib
import inspect
from pathlib import Path
from typing import Any

from planaria.kernel.error import every_error

HEAVY = ("planaria.testing",)


def catalogue() -> dict[str, dict[str, Any]]:
    """Return every error by its code: title, what, why and fix as templates, and the class.

    >>> catalogue()["PLN-C105"]["what"]
    "there is no cell '{cell}'"
    """
    _load_every_room()
    return {
        one.code: {
            "code": one.code, "title": (inspect.getdoc(one) or one.__name__).partition("\n")[0], "what": one.what, "why": one.why,
            "fix": one.fix, "class": f"{one.__module__}.{one.__qualname__}",
        }
        for one in every_error() if one.__module__.startswith("planaria.")
    }  # fmt: skip


def _load_every_room() -> None:
    """Import every module of planaria that defines an error."""
    package = Path(__file__).parent.parent
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[-1] != "__main__" and not name.startswith(HEAVY) and b"\n    code = " in file.read_bytes():
            importlib.import_module(name)
