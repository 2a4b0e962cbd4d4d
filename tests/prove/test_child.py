import asyncio
import os
import sys
from pathlib import Path

import pytest

from planaria.prove.child import Ended, clean_environment, run_child


async def run(code: str, tmp_path: Path, **more) -> Ended:
    given = {"cwd": tmp_path, "environment": clean_environment(tmp_path), "timeout_s": 20.0, **more}
    return await run_child((sys.executable, "-c", code), **given)


async def test_what_a_child_says_and_how_it_ends_is_told(tmp_path: Path) -> None:
    ended = await run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (ended.code, ended.output, ended.errors, ended.told) == (3, "out\n", "err\n", "err")


async def test_a_child_that_reads_nothing_is_given_much_without_harm(tmp_path: Path) -> None:
    assert (await run("pass", tmp_path, given="x" * 2_000_000)).code == 0


async def test_a_child_takes_no_more_memory_and_writes_no_larger_files_than_it_may(tmp_path: Path) -> None:
    code = "x = bytearray(400_000_000)"
    assert (await run(code, tmp_path)).code == 0
    ended = await run(CONFINED + code, tmp_path, memory_bytes=300_000_000)
    assert (ended.code, "MemoryError" in ended.errors) == (1, True)
    told = "print(resource.getrlimit(resource.RLIMIT_FSIZE)[1], resource.getrlimit(resource.RLIMIT_CORE)[1])"
    assert (await run(CONFINED + told, tmp_path, memory_bytes=300_000_000)).output == f"{1 << 30} 0\n"


CONFINED = "import resource, time\nwhile resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1 << 30: time.sleep(0.01)\n"


async def test_a_program_that_is_not_there_is_told_and_not_raised(tmp_path: Path) -> None:
    ended = await run_child(("no-such-program",), cwd=tmp_path, environment={}, timeout_s=1)
    assert (ended.code, ended.errors.startswith("it could not be started")) == (None, True)


HOLDING = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("left", flush=True)
time.sleep(60)
"""


async def test_a_child_that_does_not_end_is_ended_even_if_its_child_holds_the_output(tmp_path: Path) -> None:
    ended = await run(HOLDING, tmp_path, timeout_s=4.0)
    assert (ended.code, ended.output) == (None, "left\n")


async def test_a_child_whose_parent_is_cancelled_is_ended(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "started")
    code = f"import os, time; open({str(tmp_path / 'started')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.create_task(run(code, tmp_path))
    pid = int(await asyncio.to_thread((tmp_path / "started").read_text))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_clean_environment_holds_nothing_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANARIA_KEY", "secret")
    environment = clean_environment(tmp_path, PYTHONPATH="x")
    assert environment["PYTHONPATH"] == "x"
    assert "secret" not in environment.values()
