"""Processes, measured: a command to its end, with the CPU seconds of all that it started."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended: what it said, its status (negative: a signal), and the seconds of its processes and of the clock."""

    text: str
    status: int
    cpu_s: float
    seconds: float


def finished(command: Sequence[str], folder: Path, *, patience_s: float = 3600, is_sound: bool = False) -> Ended:
    """Run a command in a folder to its end, or to the end of patience; where it must be sound, a failure is raised.

    CPU seconds are what the kernel counts for a process and every descendant that was waited for. Plug-ins of pytest that happen to be
    installed are left out, because a tool that starts pytest for each mutant would pay for them each time.
    """
    variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        timer = Timer(patience_s, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if is_sound and process.returncode:
        raise RuntimeError(f"{command}: {text[-2000:]}")
    return Ended(text=text, status=process.returncode, cpu_s=usage.ru_utime + usage.ru_stime, seconds=seconds)
