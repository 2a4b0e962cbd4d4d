"""Two small versions and what the interface diff tells of them, as lines: `level symbol: what`.

Why: a table of rules reads best as text.
Not here: the rules.
"""

import sys
from collections.abc import Mapping
from textwrap import dedent
from types import ModuleType

from planaria.diff.finding import Finding
from planaria.diff.interface import interface_findings
from planaria.diff.version import Version

Files = str | Mapping[str, str]


def version(files: Files) -> Version:
    """Return a version of one module `m`, or of several files."""
    named = {"m.py": files} if isinstance(files, str) else files
    return Version(label="", files={path: dedent(text).encode() for path, text in named.items()})


def compared(old: Files, new: Files) -> list[Finding]:
    """Return the findings."""
    return interface_findings(version(old), version(new))


def told(old: Files, new: Files) -> list[str]:
    """Return the findings as lines."""
    return [f"{one.level} {one.symbol}: {one.what}" for one in compared(old, new)]


def fails(client: str, text: str) -> str:
    """Run a client beside a module `m` of this text, and return the name of the error it ends with, if any."""
    module = ModuleType("m")
    sys.modules["m"] = module
    try:
        exec(dedent(text), module.__dict__)
        exec(client, {})
    except Exception as error:
        return type(error).__name__
    finally:
        del sys.modules["m"]
    return ""
