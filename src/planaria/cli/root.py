"""Which system a command is about: `--root`, or the nearest folder above with a system.py.

Why: every command finds its system in the same way.
Not here: loading it (`assemble.system`).
"""

import argparse
from pathlib import Path


def add_root(parser: argparse.ArgumentParser) -> None:
    """Add the option `--root`.

    >>> parser = argparse.ArgumentParser()
    >>> add_root(parser)
    >>> parser.parse_args(["--root", "shop"]).root
    'shop'
    """
    parser.add_argument("--root", metavar="DIR", help="the system's folder (otherwise this one, or the nearest above with a system.py)")


def root_of(given: argparse.Namespace) -> Path:
    """Return the root of the system that a command is about.

    Raises:
        NoSystem: PLN-L201.
    """
    from planaria.assemble.error import NoSystem
    from planaria.assemble.system import root_above

    if given.root is None:
        return root_above(Path.cwd())
    root = Path(given.root).resolve()
    if not (root / "system.py").is_file():
        raise NoSystem(directory=str(root))
    return root
