"""What workers leave behind: nothing, however they and their host end."""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HOST = """
import asyncio, sys
from pathlib import Path
from tests.placement.process.trial import trial

ENDS = '''
    async def pid(self, number, text):
        return os.getpid()

    async def spin(self, number, text):
        while True:
            pass
'''

async def main():
    async with trial(ENDS) as (cells, handle, place):
        spinning = asyncio.create_task(handle.run("spin"))
        await asyncio.sleep(0)
        pids = [one.link.child.pid for one in place.seats] + [place.nursery.zygote.pid]
        print(*pids, flush=True)
        await spinning

asyncio.run(main())
"""


def cycles():
    spec = importlib.util.spec_from_file_location("cycle", ROOT / "benchmarks" / "cycle.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["cycle"] = module
    spec.loader.exec_module(module)
    return module


async def test_cycles_of_start_crash_and_stop_leave_nothing(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    cycle = cycles()
    try:
        before, after, _ = await cycle.run(60)
    finally:
        del sys.modules["cycle"]
    assert after.processes == before.processes
    assert after.descriptors == before.descriptors
    assert after.threads == before.threads
    assert after.memory_mb - before.memory_mb < 10
    assert after.zygote_mb - before.zygote_mb < 10
    assert cycle.looked_without_zygote() == 0


def test_a_killed_host_takes_every_worker_along():
    with subprocess.Popen([sys.executable, "-c", HOST], cwd=ROOT, stdout=subprocess.PIPE, text=True) as host:
        pids = [int(one) for one in host.stdout.readline().split()]
        ends = [os.pidfd_open(pid) for pid in pids]
        host.send_signal(signal.SIGKILL)
    assert len(pids) == 2
    for end in ends:
        asyncio.run(gone(end))
        os.close(end)


async def gone(pidfd):
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    loop.add_reader(pidfd, lambda: ended.done() or ended.set_result(None))
    async with asyncio.timeout(20):
        await ended
    loop.remove_reader(pidfd)
