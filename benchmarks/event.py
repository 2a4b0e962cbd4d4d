"""Durable events: emitted by many, delivered and kept, beside a bare SQLite insert with the same sync setting.

The bare loop is what a careful program does without planaria: one insert, one transaction, one sync, in WAL mode with
`synchronous=FULL`. An event of planaria is written, acknowledged, delivered, and kept by its handler, all durable.
"""

import asyncio
import sqlite3
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from report import Figure, main, ratio
from system import running, write_events

ROUNDS = 5
EMITTERS = 150
EVENTS = 3_000


def bare(folder: Path, rows: int) -> float:
    """Return rows per second of one insert per transaction."""
    link = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    for line in (
        "pragma journal_mode=wal",
        "pragma synchronous=full",
        "create table if not exists kept (id integer primary key, key text, number integer)",
    ):
        link.execute(line)
    started = perf_counter()
    for number in range(rows):
        link.execute("insert into kept (key, number) values (?, ?)", (str(number % EMITTERS), number))
    elapsed_s = perf_counter() - started
    link.close()
    return rows / elapsed_s


async def measure() -> list[Figure]:
    """Measure in turn: bare, emitted, delivered."""
    inserts, emitted, delivered = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running(write_events(folder / "events")) as life:

            async def emit(emitter: int) -> None:
                for number in range(EVENTS // EMITTERS):
                    await life.call("source", "note", (str(emitter), number), caller="benchmark")

            for turn in range(ROUNDS + 1):
                rows = bare(folder, EVENTS)
                started = perf_counter()
                await asyncio.gather(*(emit(emitter) for emitter in range(EMITTERS)))
                acknowledged_s = perf_counter() - started
                await life.outbox.settled()
                whole_s = perf_counter() - started
                assert await life.call("sink", "count", (), caller="benchmark") == EVENTS * (turn + 1), "every event was kept once"
                if turn:
                    inserts.append(rows)
                    emitted.append(EVENTS / acknowledged_s)
                    delivered.append(EVENTS / whole_s)
    return [
        Figure(name="bare insert, one per transaction", value=median(inserts), unit="/s"),
        Figure(name="events emitted and acknowledged", value=median(emitted), unit="/s"),
        Figure(name="events emitted, delivered and kept", value=median(delivered), unit="/s"),
        ratio("acknowledged / bare insert", emitted, inserts, at_least=0.8),
        ratio("delivered and kept / bare insert", delivered, inserts, at_least=0.8),
    ]


if __name__ == "__main__":
    main(lambda: asyncio.run(measure()), about="Durable events")
