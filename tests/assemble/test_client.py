import asyncio
import os
import socket
import threading

import pytest

from planaria.assemble import Places, client
from planaria.assemble.client import Client
from planaria.assemble.error import Answered, NotAnswering, NotUp
from planaria.assemble.note import RunNote
from planaria.assemble.serve import noted, serve


def note(shop, port, pid=None):
    RunNote(host="127.0.0.1", port=port, pid=pid or os.getpid(), key="pk_x", started=0.0).write(Places.of(shop).run)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_note_of_a_process_that_is_gone_is_no_system(shop):
    note(shop, 80, pid=2**22 + 1)
    assert Client.find(shop) is None
    with pytest.raises(NotUp):
        Client.of(shop)


def test_a_note_of_a_process_of_another_account_counts(shop, monkeypatch):
    def refuse(pid, number):
        raise PermissionError

    with socket.create_server(("127.0.0.1", 0)) as server:
        note(shop, server.getsockname()[1])
        monkeypatch.setattr(client.os, "kill", refuse)
        assert Client.find(shop) is not None


def test_a_port_at_which_nobody_listens_is_no_system(shop):
    note(shop, free_port())
    assert Client.find(shop) is None


def test_a_system_that_goes_away_meanwhile_is_told(shop):
    with socket.create_server(("127.0.0.1", 0)) as server:
        note(shop, server.getsockname()[1])
        found = Client.of(shop)
    with pytest.raises(NotUp, match="nothing listens"):
        found.call("stock", "left", {})


def test_a_listener_that_speaks_no_http_does_not_answer(shop):
    with socket.create_server(("127.0.0.1", 0)) as server:
        note(shop, server.getsockname()[1])
        asking = Client.of(shop)

        def rude():
            server.accept()[0].close()
            peer, _ = server.accept()
            peer.recv(10)
            peer.sendall(b"no\r\n\r\n")
            peer.close()

        thread = threading.Thread(target=rude)
        thread.start()
        with pytest.raises(NotAnswering):
            asking.call("stock", "left", {})
        thread.join()


async def test_an_answer_that_is_an_error_keeps_its_code(shop):
    async with serve(shop) as served, noted(served, Places.of(shop), pid=os.getpid()):
        with pytest.raises(Answered) as caught:
            await asyncio.to_thread(Client.of(shop).call, "cart", "checkout", {"visitor": "ann"})
    assert caught.value.plain()["code"] == "SHOP-1"
    assert caught.value.facts["status"] == 409
