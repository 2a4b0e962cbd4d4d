"""What a worker prints: cut, cleaned, and never more than the host has time for."""

import asyncio
import os

from planaria.placement.process.output import LINES_PER_S
from tests.placement.process.test_link import Taken


async def test_lines_that_are_dropped_are_only_counted(monkeypatch):
    async with Taken() as taken:
        counted = taken.link.output
        seen: list[bytes] = []
        monkeypatch.setattr(counted, "_tell", seen.append)
        for _ in range(2):
            os.write(taken.output, b"\n" * 60_000 + b"end")
            async with asyncio.timeout(10):
                while counted.dropped < 50_000:  # noqa: ASYNC110 - nobody announces what is dropped
                    await asyncio.sleep(0)
            assert len(seen) == LINES_PER_S + 1
            assert counted.kept == b"end"
            counted.dropped, counted.kept = 0, b""
            seen.clear()
