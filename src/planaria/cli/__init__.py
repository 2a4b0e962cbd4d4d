"""The command line: one file per command, tied together in `program`.

Why: people meet planaria here, so it starts fast (argparse alone until a command runs), says what went wrong with a
cure, and gives machines the same facts by `--json`.
Not here: the work itself; a command calls one function of a room below and tells what came of it.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    >>> main(["explain", "PLN-C105", "--json"]) # doctest: +ELLIPSIS
    {"code": "PLN-C105", ...
    0
    """
    try:
        from planaria.cli.program import run

        return run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        return 130  # so early that not even the commands were loaded
