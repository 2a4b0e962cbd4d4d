"""What fetching promises, against a web server on loopback that answers as each test tells it to."""

import asyncio
import contextlib

import pytest

from cells.intake.contract import AddressRefused, Intake, NotAPage, NothingToRead, Unreachable
from cells.library.contract import Library, PageSummary
from planaria import Refused

PAGE = b"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<title>T</title><p>Hello \xc3\xa9."


@pytest.fixture
async def web():
    """Answer each path as told; the paths asked for are kept."""
    answers, asked = {}, []

    async def serve(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(answers.get(asked[-1].split(" ")[1], b"HTTP/1.0 404 Not Found\r\n\r\n"))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    answers["root"], answers["asked"] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    yield answers
    server.close()
    await server.wait_closed()


@pytest.fixture
def intake(cells):
    return cells.handle(Intake)


async def test_fetches_and_parses_a_page(intake, web):
    web["/a?x=1"] = PAGE
    page = await intake.fetch(web["root"] + "/a?x=1")
    assert (page.address, page.title, page.passages[0].text) == (web["root"] + "/a?x=1", "T", "Hello é.")


async def test_asks_plainly_and_names_the_host(intake, web):
    web["/"] = PAGE
    await intake.fetch(web["root"] + "#part")
    request = web["asked"][0]
    assert request.startswith("GET / HTTP/1.0\r\nHost: 127.0.0.1:")
    assert "Accept-Encoding: identity\r\n" in request


async def test_what_an_address_holds_cannot_become_a_header(intake, web):
    web["/a%0D%0AX:%20y%C3%A9"] = PAGE
    await intake.fetch(web["root"] + "/a%0D%0AX: yé")
    assert "X:" not in web["asked"][0].split(" ")[2]


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "//127.0.0.1/a",
        "a",
        "http://example.com/",
        "http://localhost/",
        "http://2130706433/",
        "http://127.0.0.1.example.com/",
        "http://example.com@127.0.0.1/",
        "http://[::1]/",
        "http://127.0.0.1:port/",
        "http://[/",
    ],
)
async def test_refuses_every_address_but_those_of_the_sources(intake, address):
    with pytest.raises(AddressRefused) as caught:
        await intake.fetch(address)
    assert caught.value.facts["sources"] == "127.0.0.1"


async def test_follows_a_redirect_and_keeps_the_last_address(intake, web):
    web["/old"] = b"HTTP/1.0 301 Moved\r\nLocation: new\r\n\r\n"
    web["/new"] = PAGE
    assert (await intake.fetch(web["root"] + "/old")).address == web["root"] + "/new"


async def test_refuses_a_redirect_to_another_host(intake, web):
    web["/"] = b"HTTP/1.0 302 Found\r\nLocation: http://169.254.169.254/latest\r\n\r\n"
    with pytest.raises(AddressRefused):
        await intake.fetch(web["root"])


async def test_gives_up_on_redirects_in_a_circle(intake, web):
    web["/"] = b"HTTP/1.0 307 Again\r\nLocation: /\r\n\r\n"
    with pytest.raises(Unreachable):
        await intake.fetch(web["root"])
    assert len(web["asked"]) in (4, 8)  # an idempotent call may be repeated


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 404 Not Found\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF",
        b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-7\r\n\r\nx",
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 4_000_001,
    ],
    ids=["status", "type", "compressed", "chunked", "charset", "size"],
)
async def test_refuses_what_is_no_page(intake, web, answer):
    web["/"] = answer
    with pytest.raises(NotAPage):
        await intake.fetch(web["root"])


@pytest.mark.parametrize(
    "answer",
    [b"", b"hello\r\n\r\n", b"HTTP/1.0 what\r\n\r\n", b"HTTP/1.0 200 OK\r\nX: " + b"x" * 70_000, b"HTTP/1.0 200 OK\r\n"],
    ids=["nothing", "no-http", "no-status", "endless-head", "half-head"],
)
async def test_a_server_that_does_not_speak_http_is_unreachable(intake, web, answer):
    web["/"] = answer
    with pytest.raises(Unreachable):
        await intake.fetch(web["root"])


async def test_a_port_where_no_one_listens_is_unreachable(intake, web):
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(Unreachable):
        await intake.fetch(f"http://127.0.0.1:{port}/")


async def test_the_charset_of_the_transport_counts(intake, web):
    web["/"] = b'HTTP/1.0 200 OK\r\nContent-Type: text/html; charset="ISO-8859-1"\r\n\r\n\xe9'
    assert (await intake.fetch(web["root"])).passages[0].text == "é"


async def test_shelves_a_page_in_the_library(cells, intake, web):
    web["/a"] = PAGE
    assert await intake.shelve(web["root"] + "/a") == PageSummary(web["root"] + "/a", "T", 1, 2)
    assert [hit.title for hit in await cells.handle(Library).search("hello")] == ["T"]


async def test_shelves_nothing_of_a_page_without_text(cells, intake, web):
    web["/a"] = b"HTTP/1.0 200 OK\r\n\r\n<script>x</script>"
    with pytest.raises(NothingToRead):
        await intake.shelve(web["root"] + "/a")
    assert await cells.handle(Library).count() == 0


async def test_refuses_an_endless_address(intake):
    with pytest.raises(Refused):
        await intake.fetch("http://127.0.0.1/" + "a" * 2_000)
