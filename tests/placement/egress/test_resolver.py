"""The system's resolver, which may block and is asked by a few threads only."""

import asyncio
import socket
import threading

import pytest

from planaria.placement.egress import resolver
from planaria.placement.egress.resolver import LOOKUPS_MAX, SystemResolver


async def test_resolves_what_the_machine_knows():
    assert "127.0.0.1" in await SystemResolver().addresses("localhost")


@pytest.mark.parametrize("name", ["no.such.name.invalid", "a" * 70 + ".example"])
async def test_a_name_without_addresses_is_an_error_of_names(name, monkeypatch):
    def unknown(*given, **more):
        if len(name) > 63:
            raise UnicodeError("label too long")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(resolver.socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror):
        await SystemResolver().addresses(name)


async def test_a_few_names_are_looked_up_at_once_and_given_up_ones_count(monkeypatch):
    started, go = threading.Semaphore(0), threading.Event()

    def slow(*given, **more):
        started.release()
        go.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))] * 2

    monkeypatch.setattr(resolver.socket, "getaddrinfo", slow)
    one = SystemResolver()
    lookups = [asyncio.create_task(one.addresses("slow.example")) for _ in range(LOOKUPS_MAX + 1)]
    for _ in range(LOOKUPS_MAX):
        await asyncio.to_thread(started.acquire)
    lookups[0].cancel()
    await asyncio.wait([lookups[0]])
    assert not started.acquire(blocking=False)  # its thread is still busy
    go.set()
    assert await asyncio.gather(*lookups[1:]) == [("192.0.2.1",)] * LOOKUPS_MAX


def test_an_answer_that_comes_after_the_loop_ended_harms_nobody(monkeypatch):
    started, go = threading.Event(), threading.Event()

    def slow(*given, **more):
        started.set()
        go.wait(30)
        return []

    async def ask_and_leave():
        task = asyncio.create_task(SystemResolver().addresses("slow.example"))
        await asyncio.to_thread(started.wait)
        task.cancel()

    monkeypatch.setattr(resolver.socket, "getaddrinfo", slow)
    asyncio.run(ask_and_leave())
    go.set()
    for thread in threading.enumerate():
        if thread.name == "planaria-resolver":
            thread.join()
