import asyncio
import os
import sys
import threading
from pathlib import Path

import pytest

from planaria import Failed
from planaria.placement.tripwire import hook
from planaria.placement.tripwire.watch import libraries
from tests.placement.tripwire.doer import DOER, Caller, doing, touched

UNDECLARED = {
    "by itself": "open('ROOT/secret').read()",
    "in a thread of the loop": "await asyncio.to_thread(lambda: open('ROOT/secret').read())",
    "in a thread of the loop that runs none of its code": "await asyncio.to_thread(open, 'ROOT/secret')",
    "in a task that runs none of its code": "await asyncio.create_task(asyncio.create_subprocess_exec('false'))",
    "after a pause": "await asyncio.sleep(0)\nopen('ROOT/secret')",
    "in a database": "sqlite3.connect('ROOT/secret')",
    "under another name": "exec(\"open('ROOT/secret')\", {'__name__': 'json'})",
}


@pytest.mark.parametrize("code", UNDECLARED.values(), ids=UNDECLARED)
async def test_a_touch_is_the_cells_that_runs(tmp_path, code):
    async with doing(tmp_path) as run:
        with pytest.raises(Failed, match=r"cell 'doer' (reads|writes|spawns)"):
            await run(code)
        assert touched(run)[0][-1]


async def test_a_touch_in_a_thread_that_the_cell_started_is_its_own(tmp_path):
    code = """
seen = []
def note(given): seen.append(type(given.exc_value).__name__)
threading.excepthook, before = note, threading.excepthook
one = threading.Thread(target=lambda: open('ROOT/secret'))
one.start()
one.join()
threading.excepthook = before
return seen
"""
    async with doing(tmp_path) as run:
        assert await run(code) == "['EffectRefused']"


async def test_a_touch_in_an_executor_of_the_cell_is_its_own(tmp_path):
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as own: own.submit(lambda: open('ROOT/secret')).result()
"""
    async with doing(tmp_path) as run:
        with pytest.raises(Failed, match=r"reads .*secret"):
            await run(code)


@pytest.mark.parametrize("place", ["on_start", "background"])
async def test_a_touch_of_a_hook_is_the_cells(tmp_path, place):
    work = f"    async def {place}(self):\n        await asyncio.to_thread(open, '{tmp_path}/secret')\n"
    seen = []
    try:
        async with doing(tmp_path, DOER + work) as run:
            await run.cells.life.ended
    except Exception as error:
        seen.append(str(error))
    assert "cell 'doer' reads" in seen[0]


async def test_a_touch_at_the_import_of_an_implementation_is_the_cells(tmp_path):
    with pytest.raises(Exception, match="cell 'doer' reads"):
        async with doing(tmp_path, f"open('{tmp_path}/secret')\n" + DOER):
            pass


async def test_a_touch_of_a_cell_that_is_called_is_not_the_callers(tmp_path):
    async with doing(tmp_path) as run:
        assert await run("return Path('ROOT/pages/a.html').read_text()", Caller) == "a page"
        assert [one[0] for one in touched(run)] == ["reads"]
        assert touched(run, "caller") == []


async def test_what_runs_beside_the_cells_is_free(tmp_path):
    async with doing(tmp_path) as run:
        assert len(os.listdir(tmp_path)) == 3  # noqa: PTH208 - the event is wanted in this very frame
        assert await asyncio.to_thread(Path(tmp_path, "secret").read_text) == "secret"
        assert await asyncio.create_task(asyncio.to_thread(Path(tmp_path, "secret").read_text)) == "secret"
        await run("await asyncio.to_thread(len, 'it leaves its thread')")
        assert await asyncio.to_thread(Path(tmp_path, "secret").read_text) == "secret"
        found = []
        thread = threading.Thread(target=lambda: found.append(Path(tmp_path, "secret").read_text()))
        thread.start()
        thread.join()
        assert found == ["secret"]
        assert touched(run) == []


async def test_imports_and_their_files_are_no_effect(tmp_path):
    code = """
import colorsys, linecache, mimetypes, platform, ssl, zoneinfo
ssl.create_default_context()
zoneinfo.ZoneInfo("Europe/Paris")
mimetypes.guess_type("a.html")
platform.freedesktop_os_release()
from importlib import resources
linecache.getlines(os.__file__)
return resources.files('planaria').joinpath('py.typed').read_text()
"""
    async with doing(tmp_path) as run:
        assert await run(code) == ""
        assert touched(run) == []


async def test_files_of_its_own_generation_are_no_effect(tmp_path):
    async with doing(tmp_path) as run:
        assert "class DoerCell" in await run("return Path(__file__).read_text()")
        assert touched(run) == []


def test_the_hook_is_installed_once(monkeypatch):
    added = []
    monkeypatch.setattr(hook.sys, "addaudithook", added.append)
    monkeypatch.setattr(hook, "_INSTALLED", [])
    hook.install()
    hook.install()
    assert added == [hook._hook]


def test_without_a_watched_cell_an_event_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(hook, "look", None)
    hook._hook("open", ("/etc/hosts", "r", 0))
    with pytest.raises(TypeError):
        hook._hook("open", ("/etc/hosts", "r", 0), watches={"cart": []})
    hook._hook("sys._getframe", (), watches={"cart": []})


async def test_finding_out_what_is_the_library_is_no_touch(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.modules", {name: one for name, one in sys.modules.items() if not name.startswith("wsgiref")})
    async with doing(tmp_path) as run:
        libraries.cache_clear()
        assert await run("import wsgiref.simple_server\nreturn 1") == "1"
        assert touched(run) == []
