import asyncio
import ctypes
import os
import socket
from pathlib import Path

import pytest

from planaria.attack.victim import MARK, victims


@pytest.fixture
async def around(tmp_path):
    async with victims(tmp_path) as made:
        yield made


async def test_victims_that_nothing_reached_say_nothing(around):
    assert await around.observed() == []
    assert around.word.startswith(MARK)
    assert around.word not in str(around.facts)


async def changed(around):
    told = await around.observed()
    assert await around.observed() == []
    return told


async def test_a_changed_file_is_told_of_and_mended(around):
    victim = around.files.root / "outside" / "victim"
    before = victim.read_bytes()
    victim.write_text("changed")
    assert await changed(around) == ["changed: outside/victim"]
    assert victim.read_bytes() == before


async def test_a_changed_mode_is_told_of_and_mended(around):
    (around.files.root / "outside" / "victim").chmod(0o600)
    assert await changed(around) == ["changed: outside/victim"]
    assert (around.files.root / "outside" / "victim").stat().st_mode & 0o777 == 0o666


async def test_a_deleted_file_is_told_of_and_put_back(around):
    (around.files.root / "outside" / "victim").unlink()
    assert await changed(around) == ["changed: outside/victim"]


@pytest.mark.parametrize("plant", ["write_text", "mkdir", "symlink_to"])
async def test_what_was_planted_is_told_of_and_taken_away(around, plant):
    planted = around.files.root / "outside" / "planted"
    getattr(planted, plant)(*{"write_text": ["x"], "mkdir": [], "symlink_to": ["nowhere"]}[plant])
    assert await changed(around) == ["changed: outside/planted"]


async def test_changed_memory_is_told_of_and_mended(around):
    ctypes.memmove(int(around.facts["board"]), b"overwritten", 11)
    assert await changed(around) == ["the host's memory was changed"]


async def test_visitors_are_told_of(around):
    def visit():
        socket.create_connection(("127.0.0.1", int(around.facts["tcp"]))).close()
        with socket.socket(socket.AF_UNIX) as one:
            one.connect("\0" + around.facts["abstract"])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.sendto(b"x", around.facts["datagram"])

    await asyncio.to_thread(visit)
    told: list[str] = []
    while len(told) < 3:
        told += await around.observed()
    assert sorted(told) == ["a datagram came", "somebody came to a local socket", "somebody came to tcp"]


async def test_everybody_who_listens_is_told(around):
    first: list[str] = []
    second: list[str] = []
    around.listeners += [first, second]
    (around.files.root / "public" / "page.html").write_text("changed")
    await around.tell()
    assert first == second == ["changed: public/page.html"]


def opened():
    return [path.name for path in Path("/proc/self/fd").iterdir()]


async def test_a_careless_host_is_played_and_cleaned_up_after(tmp_path):
    before = set(opened())
    async with victims(tmp_path) as around:
        assert any(os.get_inheritable(int(one)) for one in opened() if int(one) > 2)
        assert ctypes.CDLL(None).getenv(b"PLANARIA_ATTACK_TOKEN")
        assert around.facts["call ptrace"]
    assert not ctypes.CDLL(None).getenv(b"PLANARIA_ATTACK_TOKEN")
    await asyncio.sleep(0)
    assert len(set(opened()) - before) <= 1
