"""What works in a worker as it does with a network: the standard library's own ways to connect."""

import asyncio
import http.client
import http.server
import socket
import ssl
import threading
import urllib.error
import urllib.request

import pytest

from planaria.placement.egress import broker as module
from planaria.placement.egress.client import Client
from planaria.placement.egress.error import AddressDisguised, BrokerGone, HostNotNamed, LineCut
from planaria.placement.egress.line import channel
from planaria.placement.egress.relay import Limits
from tests.placement.egress.house import CELL, Names, echo, housed, in_thread, source, turned

LOCAL = Names(docs_example=("127.0.0.1",), localhost=("127.0.0.1",))
RIGHTS = (("docs.example", None), ("localhost", None), ("127.0.0.1", None))


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = f"{self.headers['Host']} {self.path}".encode() * (100_000 if self.path == "/big" else 1)
        self.send_response(200)
        if self.path == "/big":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *given):
        pass


@pytest.fixture
def served(request, tls):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        if getattr(request, "param", "http") == "https":
            server.socket = tls.server.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


async def test_asyncio_opens_connections(monkeypatch):
    async with source(echo) as port, housed(*RIGHTS, names=LOCAL, installed=True):
        reader, writer = await asyncio.open_connection("docs.example", port)
        assert writer.get_extra_info("peername") == ("127.0.0.1", port)
        writer.write(b"abc")
        writer.write_eof()
        assert await reader.read() == b"abc"
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("port_of", [int, str])
async def test_a_loop_makes_connections_with_what_only_the_broker_needs(port_of):
    class Once(asyncio.Protocol):
        def __init__(self):
            self.got = asyncio.get_running_loop().create_future()

        def data_received(self, data):
            self.got.set_result(data)

    async with source(echo) as port, housed(*RIGHTS, names=LOCAL, installed=True):
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(
            Once, host="docs.example", port=port_of(port), family=socket.AF_INET, happy_eyeballs_delay=0.1, local_addr=None
        )
        transport.write(b"abc")
        assert await protocol.got == b"abc"
        transport.close()
        (mine, _) = await loop.create_connection(Once, sock=await one_end())
        mine.abort()
        with pytest.raises(ValueError):
            await loop.create_connection(Once)


async def one_end():
    ends = socket.socketpair()
    ends[1].close()
    ends[0].setblocking(False)
    return ends[0]


@pytest.mark.parametrize("served", ["https"], indirect=True)
async def test_asyncio_speaks_tls_with_the_name_that_was_asked_for(served, tls):
    async with housed(*RIGHTS, names=LOCAL, installed=True):
        reader, writer = await asyncio.open_connection("localhost", served, ssl=tls.client)
        writer.write(b"GET /a HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert (await reader.read()).endswith(b"localhost /a")
        writer.close()
        await writer.wait_closed()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("docs.example", served, ssl=tls.client)
        reader, writer = await asyncio.open_connection("docs.example", served, ssl=tls.client, server_hostname="localhost")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("served", ["https"], indirect=True)
async def test_threads_speak_tls(served, tls):
    def ask():
        connection = http.client.HTTPSConnection("localhost", served, context=tls.client, timeout=30)
        connection.request("GET", "/a")
        try:
            return connection.getresponse().read()
        finally:
            connection.close()

    async with housed(*RIGHTS, names=LOCAL, installed=True):
        assert await in_thread(ask) == f"localhost:{served} /a".encode()


def opened(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()


async def test_threads_open_addresses_of_the_web_at_once(served):
    async with housed(*RIGHTS, names=LOCAL, installed=True) as house:
        asked = [in_thread(opened, f"http://docs.example:{served}/{number}") for number in range(8)]
        assert await asyncio.gather(*asked) == [f"docs.example:{served} /{number}".encode() for number in range(8)]
        await turned(lambda: len(house.kept.of(CELL)) == 8)
        assert house.kept.counts(CELL) == {"completed": 8}


async def test_a_redirect_asks_again_and_is_refused(served, monkeypatch):
    monkeypatch.setattr(module, "REFUSAL_PAUSE_S", 0)
    async with housed(*RIGHTS, names=LOCAL, installed=True):
        with pytest.raises(urllib.error.URLError) as caught:
            await in_thread(opened, f"http://docs.example:{served}/away")
        assert isinstance(caught.value.reason, HostNotNamed)
        assert "PLN-P602" in str(caught.value)


async def test_a_connection_of_a_kept_client_serves_many_requests(served):
    def ask():
        connection = http.client.HTTPConnection("docs.example", served, timeout=30)
        found = []
        for number in range(3):
            connection.request("GET", f"/{number}")
            found.append(connection.getresponse().read())
        connection.close()
        return len(found)

    async with housed(*RIGHTS, names=LOCAL, installed=True) as house:
        assert await in_thread(ask) == 3
        assert (await house.last()).outcome == "completed"


async def test_an_answer_that_a_limit_cuts_is_an_error_even_where_its_length_is_not_told(served):
    async with housed(*RIGHTS, names=LOCAL, installed=True, limits=Limits(received_bytes=50_000)):
        with pytest.raises(LineCut):
            await in_thread(opened, f"http://docs.example:{served}/big")


async def test_sockets_of_threads_work_as_before():
    def talk(port):
        with socket.create_connection(("docs.example", port), 30) as line:
            assert line.gettimeout() == 30
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
            line.sendall(b"abc")
            line.shutdown(socket.SHUT_WR)
            assert line.recv_into(bytearray(10)) == 3
            assert line.recv_into(bytearray(10)) == 0
            assert line.recv(10) == b""
        with socket.create_connection(("docs.example", port)) as line:
            assert line.gettimeout() is None

    async with source(echo) as port, housed(*RIGHTS, names=LOCAL, installed=True):
        await in_thread(talk, port)


async def test_a_thread_that_waits_for_too_long_gives_up():
    class Never:
        async def addresses(self, name):
            await asyncio.Event().wait()

    async with housed(("docs.example", 80), names=Never()) as house:
        with pytest.raises(TimeoutError):
            await in_thread(house.client.connect, "docs.example", 80, 0.01)


async def test_threads_and_loops_are_refused_alike(monkeypatch):
    monkeypatch.setattr(module, "REFUSAL_PAUSE_S", 0)
    async with housed(installed=True):
        with pytest.raises(HostNotNamed):
            await in_thread(socket.create_connection, ("docs.example", 80))
        with pytest.raises(HostNotNamed):
            await asyncio.open_connection("docs.example", 80)


@pytest.mark.parametrize("host, port", [("a" * 301, 80), (None, 80), (5, 80), ("docs.example", "https"), ("docs.example", None)])
async def test_what_is_no_host_and_port_is_refused_before_anyone_is_asked(host, port):
    ends = channel()
    with ends[0], ends[1], pytest.raises(AddressDisguised):
        Client(ends[1]).connect(host, port)


async def test_a_host_may_be_given_as_bytes():
    async with source(echo) as port, housed(*RIGHTS, names=LOCAL) as house:
        (await house.client.reach(b"docs.example", str(port).encode())).close()


def test_an_answer_without_a_line_is_the_end_of_the_broker():
    ends = channel()
    with ends[0], ends[1]:
        ends[0].send(b"{}")
        with pytest.raises(BrokerGone):
            Client(ends[1]).connect("docs.example", 80)


def test_lines_that_are_all_stale_are_the_end_of_the_broker(monkeypatch):
    from planaria.placement.egress import client
    from planaria.placement.egress.line import End

    monkeypatch.setattr(client, "STALE_MAX", 3)
    ends = channel()
    with ends[0], ends[1]:
        for _ in range(3):
            end = End()
            socket.send_fds(ends[0], [b"line"], list(end.given))
            end.close()
        with pytest.raises(BrokerGone):
            Client(ends[1]).connect("docs.example", 80)
