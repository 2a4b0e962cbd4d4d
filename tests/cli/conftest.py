import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from planaria.cli import main
from tests.assemble.shop import shop_in

PROGRAM = [sys.executable, "-c", "import sys; from planaria.cli import main; sys.exit(main())"]


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


class Up:
    """A system that `planaria up` serves in a process of its own."""

    def __init__(self, root: Path, *options: str) -> None:
        command = [*PROGRAM, "up", "--port", "0", "--root", str(root), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root)
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()

    def end(self, number: signal.Signals = signal.SIGTERM) -> Ended:
        if self.process.poll() is None:
            self.process.send_signal(number)
        with self.process:  # not communicate: it passes over what readline has read ahead
            assert self.process.stdout is not None
            assert self.process.stderr is not None
            out, err = ("", "") if self.process.stdout.closed else (self.process.stdout.read(), self.process.stderr.read())
            return Ended(self.process.wait(timeout=30), self.first + out, err)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    with shop_in(tmp_path) as root:
        yield root


@pytest.fixture
def up(shop: Path) -> Iterator[Up]:
    running = Up(shop, "--json")
    try:
        yield running
    finally:
        running.end(signal.SIGKILL)


@pytest.fixture
def planaria(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run one command as a person in the shop's folder (or its parent) does."""
    monkeypatch.delenv("PLANARIA_TRACE", raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str, cwd: Path | None = None) -> Ended:
        here = cwd or (tmp_path / "shop" if (tmp_path / "shop").exists() else tmp_path)
        before = Path.cwd()
        os.chdir(here)
        capsys.readouterr()
        try:
            code = main(arguments)
        finally:
            os.chdir(before)
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    return run
