"""What the tripwire does not see, each way as a test: whoever closes one changes the list that users read."""

import pytest

from planaria import Failed
from planaria.placement.tripwire import PASSES
from tests.placement.tripwire.doer import doing, touched

WAYS = {
    "look": "return os.stat('ROOT/secret').st_size, os.access('ROOT/secret', 4)",
    "clock": "import time\nreturn time.time()",
    "chance": "import random\nreturn random.random(), os.urandom(1)",
    "environment": "return os.environ.get('HOME')",
    "descriptor": "return os.write(os.dup(1), b'')",
    "directory": """
outer = os.open('ROOT/pages', os.O_RDONLY | os.O_DIRECTORY)
try: os.close(os.open('../secret', os.O_RDONLY, dir_fd=outer))
finally: os.close(outer)
""",
    "node": "os.mkfifo('ROOT/pipe')\nos.close(os.memfd_create('memory'))",
    "child": "from multiprocessing import util\nos.waitpid(util.spawnv_passfds(b'/bin/true', [b'true'], []), 0)",
    "native": "import apsw\napsw.Connection('ROOT/other').close()",
    "address": """
try: await asyncio.open_connection('localhost', 1)
except OSError: pass
try: socket.create_connection(('127.0.0.3', 1))
except ConnectionRefusedError: return 'it asked'
""",
    "callback": """
asyncio.get_running_loop().call_soon(os.mkdir, 'ROOT/made')
await asyncio.sleep(0)
assert os.path.isdir('ROOT/made')
""",
    "memory": """
import gc
from planaria.placement.tripwire import hook
hidden = dict(hook.WATCHES)
hook.WATCHES.clear()
try: return Path('ROOT/secret').read_text()
finally: hook.WATCHES.update(hidden)
""",
    "thread": """
one = threading.Thread(target=os.mkdir, args=('ROOT/made',))
one.start()
one.join()
assert os.path.isdir('ROOT/made')
""",
}


@pytest.mark.parametrize("name", WAYS)
async def test_a_way_that_is_known_to_pass_passes(tmp_path, name, monkeypatch):
    (tmp_path / "pages" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "pages" / "below")
    async with doing(tmp_path) as run:
        await run(WAYS[name])
        assert not any(refused for *_, refused in touched(run))


def test_every_way_that_users_are_told_of_is_a_test():
    assert [name for name, _ in PASSES] == list(WAYS)


async def test_the_same_touch_by_the_plain_way_does_not_pass(tmp_path):
    async with doing(tmp_path) as run:
        with pytest.raises(Failed, match="reads"):
            await run("os.listdir('ROOT')")
