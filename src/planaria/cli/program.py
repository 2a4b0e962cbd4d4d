"""The program: the parser made of all commands, and the one place where errors become text and exit codes.

Why: no error reaches a person as a trace: what was foreseen says its cure, and what was not says how to see the trace.
Not here: what commands do.
"""

import argparse
import difflib
import os
import sys
from typing import Any, NoReturn

from planaria.cli import (
    call,
    check,
    completion,
    demo,
    derive,
    diff,
    doctor,
    events,
    explain,
    harden,
    keys,
    ledger,
    new,
    place,
    prove,
    regen,
    rollback,
    store,
    up,
)
from planaria.cli.command import EXITS, FAILED, INTERRUPTED, NO, WRONG, Command
from planaria.cli.terminal import Terminal

COMMANDS: tuple[Command, ...] = (
    new.COMMAND, up.COMMAND, call.COMMAND, check.COMMAND, diff.COMMAND, prove.COMMAND, harden.COMMAND, regen.COMMAND, rollback.COMMAND,
    place.COMMAND, ledger.COMMAND, explain.COMMAND, doctor.COMMAND, derive.COMMAND, events.COMMAND, keys.COMMAND, store.COMMAND,
    completion.COMMAND, demo.COMMAND,
)  # fmt: skip
BROKEN_PIPE = 141


class _Parser(argparse.ArgumentParser):
    """An argparse parser whose complaints are planaria's errors."""

    def error(self, message: str) -> NoReturn:
        from planaria.cli.error import UsageWrong

        raise UsageWrong(text=_readable(message), program=self.prog, cure=_cure(message, self.prog))


def _readable(message: str) -> str:
    if message.startswith("argument COMMAND: invalid choice: "):
        return f"there is no command {message.removeprefix('argument COMMAND: invalid choice: ').partition(' (')[0]}"
    return message.replace("the following arguments are required: ", "missing: ").removesuffix(", NAME=VALUE")


def _cure(message: str, program: str) -> str:
    asked = message.partition("invalid choice: '")[2].partition("'")[0]
    near = difflib.get_close_matches(asked, [one.name for one in COMMANDS], n=1)
    if message.startswith("argument COMMAND") and near:
        return f"did you mean `planaria {near[0]}`? All commands: `planaria --help`"
    return f"see `{program} --help`"


def _shape(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28)


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands.

    >>> parser().prog
    'planaria'
    """
    from planaria import __version__

    exits = "\n".join(f"  {code:<5}{meaning}" for code, meaning in EXITS)
    whole = _Parser(
        prog="planaria", formatter_class=_shape, allow_abbrev=False,
        description="planaria: cellular monoliths whose cells are regenerated under governance.",
        epilog=f"begin:\n  planaria new shop && cd shop && planaria up\n\nexit codes:\n{exits}",
    )  # fmt: skip
    whole.add_argument("--version", action="version", version=f"planaria {__version__}")
    below = whole.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=_Parser)
    for one in COMMANDS:
        epilog = f"example:\n  {one.example}\n\nexit codes:\n{exits}"
        sub = below.add_parser(
            one.name, help=one.line, description=one.line, epilog=epilog, allow_abbrev=False,
            formatter_class=_shape,
        )  # fmt: skip
        one.options(sub)
        sub.add_argument("--json", action="store_true", help="give one line of JSON instead of text")
        sub.set_defaults(run=one.run, parser=whole)
    return whole


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is told on standard error."""
    terminal = Terminal(sys.stdout, sys.stderr, as_json="--json" in arguments)
    try:
        return _run(arguments, terminal)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except KeyboardInterrupt:
        terminal.note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the last place: nobody gets a trace unasked
        return _tell(error, terminal)


def _run(arguments: list[str], terminal: Terminal) -> int:
    whole = parser()
    given = whole.parse_args(arguments)
    if given.command is None:
        whole.print_help()
        return WRONG
    code: int = given.run(given, terminal)
    return code


def _tell(error: Exception, terminal: Terminal) -> int:
    from planaria.cli.error import Fault, MachineRefused
    from planaria.kernel.error import PlanariaError

    if os.environ.get("PLANARIA_TRACE"):
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        known: PlanariaError = MachineRefused(text=error.strerror, where=where, error=kind)
    else:
        known = error if isinstance(error, PlanariaError) else Fault(error=kind, text=str(error))
    terminal.problem(known.plain())
    return _exit_code(known)


def _exit_code(error: Any) -> int:
    """Say whether something failed, or whether what was typed or the system's own files must change."""
    from http import HTTPStatus

    from planaria.assemble.error import Answered, NotAnswering
    from planaria.cli.error import Fault, MachineRefused
    from planaria.kernel.cell import SwapFailed
    from planaria.kernel.error import Failed, Unknown
    from planaria.kernel.life import TooManyCrashes

    if isinstance(error, Answered):
        status = error.facts["status"]
        return NO if status == HTTPStatus.CONFLICT else WRONG if status < HTTPStatus.INTERNAL_SERVER_ERROR else FAILED
    return FAILED if isinstance(error, (Failed, Fault, MachineRefused, NotAnswering, SwapFailed, TooManyCrashes, Unknown)) else WRONG
