"""Progress of long work: one line that says what is being done, on a terminal alone.

Why: nobody should wonder whether it still runs, and nothing that is piped should hold a spinner. Drawn by rich, which is
imported only here and only then.
Not here: results (`terminal`).
"""

from types import TracebackType
from typing import Any, Self

from planaria.cli.terminal import Terminal


class Progress:
    """Show a line with a spinner on standard error while the body runs.

    >>> import io
    >>> with Progress(Terminal(io.StringIO(), io.StringIO(), as_json=False), "checking") as progress:
    ...     progress.tell("stock")
    """

    def __init__(self, terminal: Terminal, what: str) -> None:
        self.terminal, self.what = terminal, what
        self._status: Any = None

    def tell(self, text: str) -> None:
        """Say what is being done now."""
        if self._status is not None:
            from rich.markup import escape

            self._status.update(escape(f"{self.what}: {text}"))

    def __enter__(self) -> Self:
        if self.terminal.err.isatty() and not self.terminal.as_json:
            from rich.console import Console

            self._status = Console(file=self.terminal.err).status(self.what)
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()
