"""What a command is, and the exit codes that all share.

Why: a command is data (name, one line, example) and two functions, so the parser, the help, the completion and the tests
read one tuple.
Not here: the commands themselves, one file each.
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

from planaria.cli.terminal import Terminal

OK, NO, WRONG, OPEN, FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXITS = (
    (OK, "done; or the verdict is yes"),
    (NO, "the verdict is no: problems, findings or differences were found"),
    (WRONG, "the command or the system's files are not as they must be; nothing was done"),
    (OPEN, "inconclusive: it could not be decided, which is never a yes"),
    (FAILED, "a running system, the machine or planaria failed"),
    (INTERRUPTED, "interrupted by Ctrl-C"),
)


class Command(NamedTuple):
    """One command; `options` adds its arguments, `run` carries it out and returns the exit code."""

    name: str
    line: str
    example: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Terminal], int]
