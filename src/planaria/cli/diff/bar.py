"""The bar: how far a comparison is, on a terminal alone.

Why: a search takes as long as it is given, and whoever waits wants to see that.
Not here: work of unknown length (`cli.progress`).
"""

from types import TracebackType
from typing import Any, Self

from planaria.cli.terminal import Terminal


class Bar:
    """Show a bar on standard error while the body runs.

    >>> import io
    >>> with Bar(Terminal(io.StringIO(), io.StringIO(), as_json=False)) as bar:
    ...     bar.tell("searching", 0.5)
    """

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._drawn: Any = None

    def tell(self, text: str, share: float) -> None:
        """Say what is being done now, and which share of the whole is done."""
        if self._drawn is not None:
            from rich.markup import escape

            self._drawn.update(self._drawn.task_ids[0], description=escape(text), completed=min(1.0, max(0.0, share)))

    def __enter__(self) -> Self:
        if self.terminal.err.isatty() and not self.terminal.as_json:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._drawn = Progress(*columns, console=Console(file=self.terminal.err), transient=True)
            self._drawn.add_task("comparing", total=1.0)
            self._drawn.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn is not None:
            self._drawn.stop()
