import asyncio
import json

import pytest

from planaria.gateway.admission import Limits
from planaria.gateway.application import part_of_body
from planaria.gateway.connection import BODY, Gone
from planaria.gateway.page import Page
from tests.gateway.house import open_house, until


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


async def test_calls_an_operation_with_its_defaults(house):
    async with house.client() as client:
        reply = await client.call("probe/echo", {"text": "a"})
    assert (reply.status, reply.json) == (200, {"text": "a", "times": 1})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "date" in reply.headers
    assert "server" not in reply.headers


async def test_takes_an_empty_body_for_an_operation_without_parameters(house):
    async with house.client() as client:
        assert (await client.call("probe/count")).json == 0
        assert (await client.call("probe/count", {})).json == 0


async def test_answers_many_requests_on_one_connection(house):
    async with house.client() as client:
        for number in range(1, 20):
            assert (await client.call("probe/echo", {"text": "a", "times": number})).json["text"] == "a" * number


async def test_answers_pipelined_requests_in_order(house):
    async with house.client() as client:
        ask = [client.request("POST", "/cells/probe/echo", {"text": str(number)}) for number in range(8)]
        await client.send(b"".join(ask))
        assert [(await client.reply()).json["text"] for _ in ask] == [str(number) for number in range(8)]


async def test_serves_150_connections_at_once(house):
    async def visit(number):
        async with house.client() as client:
            return [(await client.call("probe/echo", {"text": f"{number}.{turn}"})).json["text"] for turn in range(5)]

    replies = await asyncio.gather(*(visit(number) for number in range(150)))
    assert replies == [[f"{number}.{turn}" for turn in range(5)] for number in range(150)]
    assert house.gateway.admission.running == 0


def first_part_was_read(house):
    return [one for one in house.gateway.state.connections if one.phase is BODY and one.cycle.body == b""]


async def test_reads_a_body_that_comes_in_chunks(house):
    async with house.client() as client:
        head = client.head("POST", "/cells/probe/echo", {"transfer-encoding": "chunked", "content-type": "application/json"})
        await client.send(head + b'7\r\n{"text"\r\n')
        await until(lambda: first_part_was_read(house))
        await client.send(b'5\r\n:"b"}\r\n0\r\n\r\n')
        assert (await client.reply()).json["text"] == "b"


@pytest.mark.parametrize(
    "body,status,code,detail",
    [
        (b"{", 400, "PLN-P102", "the data is not JSON: Input data was truncated"),
        (b'{"text": 1}', 422, "PLN-P101", "Expected `str`, got `int` at $.text"),
        (b"{}", 422, "PLN-P101", "Object missing required field `text` at $"),
        (b'{"text": "a", "more": 1}', 422, "PLN-P101", "Object contains unknown field `more` at $"),
        (b'{"text": "a", "times": 51}', 422, "PLN-C202", "'echo' of cell 'probe' requires: times is 1 to 50"),
    ],
)
async def test_explains_a_body_that_the_contract_does_not_allow(house, body, status, code, detail):
    async with house.client() as client:
        reply = await client.call("probe/echo", body)
        assert (reply.status, reply.json["code"], reply.json["detail"]) == (status, code, detail)
        assert (await client.call("probe/echo", {"text": "still open"})).status == 200


async def test_says_every_problem_in_the_shape_of_rfc_9457(house):
    async with house.client() as client:
        reply = await client.call("probe/fail", {"how": "taken"}, x_request_id="my-id.1")
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-request-id"] == "my-id.1"
    assert reply.json == {
        "type": "urn:planaria:PROBE-1", "title": "Somebody else has it.", "status": 409, "detail": "'a' is taken",
        "instance": "my-id.1", "code": "PROBE-1", "why": "the operation declares this error",
        "fix": "choose another name", "facts": {"name": "a"},
    }  # fmt: skip


async def test_a_declared_error_may_say_its_own_status(house):
    async with house.client() as client:
        assert (await client.call("probe/fail", {"how": "costly"})).status == 402


async def test_a_fault_shows_its_request_and_keeps_its_cause_inside(house, caplog):
    async with house.client() as client:
        reply = await client.call("probe/fail", {"how": "fault"})
    assert (reply.status, reply.json["code"]) == (500, "PLN-C300")
    assert b"secret" not in reply.body
    assert reply.json["facts"] == {"cell": "probe", "operation": "fail", "request": reply.headers["x-request-id"]}
    assert f"request {reply.headers['x-request-id']}: ValueError: the secret of the cell" in caplog.text


async def test_a_result_that_cannot_be_written_is_an_internal_fault(house, caplog):
    async with house.client() as client:
        reply = await client.call("probe/fail", {"how": "unwritable"})
    assert (reply.status, reply.json["code"]) == (500, "PLN-G216")
    assert "PLN-P104" in caplog.text


async def test_an_operation_that_misses_its_deadline_is_a_time_out(house):
    async with house.client() as client:
        reply = await client.call("probe/late")
    assert (reply.status, reply.json["code"], reply.json["facts"]["deadline_s"]) == (504, "PLN-C401", 0.05)


async def test_a_client_may_shorten_the_deadline(house):
    async with house.client() as client:
        reply = await client.call("probe/hold", x_deadline_s="0.05")
        assert (reply.status, reply.json["code"]) == (504, "PLN-C401")
        assert (await client.call("probe/count", x_deadline_s="soon")).json["code"] == "PLN-G212"
    assert house.probe.cancelled == 1


@pytest.mark.parametrize("given,kept", [("abc-1", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("<script>", False)])
async def test_keeps_a_sane_request_id_and_replaces_any_other(house, given, kept):
    async with house.client() as client:
        reply = await client.call("probe/count", x_request_id=given)
    assert (reply.headers["x-request-id"] == given) is kept


async def test_names_what_there_is_where_an_address_is_wrong(house):
    async with house.client() as client:
        cell = await client.call("prob/echo")
        operation = await client.call("probe/ech")
        page = await client.ask("GET", "/nowhere")
    assert (cell.status, cell.json["code"], cell.json["facts"]["known"]) == (404, "PLN-C105", "probe, other")
    assert (operation.status, operation.json["code"]) == (404, "PLN-C104")
    assert operation.json["facts"]["known"] == "echo, count, fail, hold, late, stream"
    assert (page.status, page.json["code"]) == (404, "PLN-G204")


async def test_a_key_for_some_cells_learns_of_no_others(house):
    _, secret = house.keys.make("narrow", cells=["other"])
    async with house.client(secret) as client:
        assert (await client.call("other/greet")).json == "hello"
        refused = await client.call("probe/echo", {"text": "a"})
        unknown = await client.call("nothing/echo")
    assert (refused.status, refused.json["code"]) == (403, "PLN-G203")
    assert unknown.json["facts"]["known"] == "other"


async def test_names_the_methods_that_an_address_takes(house):
    async with house.client() as client:
        for path, allow in (("/cells/probe/echo", "post"), ("/health", "get, head"), ("/metrics", "get, head")):
            reply = await client.ask("DELETE", path)
            assert (reply.status, reply.headers["allow"], reply.json["code"]) == (405, allow, "PLN-G205")


@pytest.mark.parametrize("path", ["/cells/probe/echo", "/metrics", "/openapi.json", "/nowhere"])
@pytest.mark.parametrize("key", [None, "pk_wrong", "nonsense"])
async def test_wants_a_key_everywhere_but_for_health(house, path, key):
    async with house.client(key) as client:
        reply = await client.ask("GET", path)
        assert (reply.status, reply.headers["www-authenticate"]) == (401, 'bearer realm="planaria"')
        assert (await client.ask("GET", "/health")).status == 200


async def test_health_tells_of_every_cell_and_fails_when_one_is_down(house):
    async with house.client(None) as client:
        well = await client.ask("GET", "/health")
        house.life.cells["other"].admission.turn("down")
        ill = await client.ask("GET", "/health")
        head = await client.ask("HEAD", "/health")
    assert (well.status, well.json["ok"], [one["cell"] for one in well.json["cells"]]) == (200, True, ["probe", "other"])
    assert (ill.status, ill.json["ok"]) == (503, False)
    assert (head.status, head.body) == (503, b"")


async def test_a_cell_that_is_down_refuses_until_it_is_back(house):
    house.life.cells["other"].admission.turn("down")
    async with house.client() as client:
        reply = await client.call("other/greet")
    assert (reply.status, reply.json["code"]) == (503, "PLN-C205")


async def test_a_busy_cell_says_when_to_come_back(tmp_path):
    async with open_house(tmp_path) as house:
        admission = house.life.cells["probe"].admission
        admission.concurrency, admission.queue = 1, 0
        admission.trim()
        async with house.client() as first, house.client() as second:
            await first.send(first.request("POST", "/cells/probe/hold"))
            await house.probe.held.wait()
            reply = await second.call("probe/count")
            house.probe.released.set()
            assert (await first.reply()).json == "released"
    assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, "PLN-C203", "1")


async def test_serves_the_document_that_it_was_given(tmp_path):
    async with open_house(tmp_path, openapi=lambda: b'{"openapi":"3.1.0"}') as house, house.client() as client:
        assert (await client.ask("GET", "/openapi.json")).json == {"openapi": "3.1.0"}


async def test_serves_an_empty_document_where_none_was_given(house):
    async with house.client() as client:
        assert (await client.ask("GET", "/openapi.json")).json["paths"] == {}


def _page(text):
    built = []

    def build():
        built.append(text)

        async def page(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
            await send({"type": "http.response.body", "body": text.encode()})

        return page

    return build, built


async def test_mounts_a_page_when_it_is_first_asked_for(tmp_path):
    (private, built), (public, _) = _page("private"), _page("public")
    pages = [Page(prefix="/console", build=private), Page(prefix="/console/open", build=public, public=True)]
    async with open_house(tmp_path, pages=pages) as house:
        assert built == []
        async with house.client() as client, house.client(None) as stranger:
            assert (await client.ask("GET", "/console")).status in (200, 307)
            assert (await client.ask("GET", "/console/a")).body == b"private"
            assert (await stranger.ask("GET", "/console/open/a")).body == b"public"
            assert (await stranger.ask("GET", "/console/a")).status == 401
            assert (await client.ask("GET", "/consoles")).json["code"] == "PLN-G204"
        assert built == ["private"]


async def test_refuses_a_body_that_says_it_is_too_large_before_reading_it(tmp_path):
    async with open_house(tmp_path, limits=Limits(body_bytes=100)) as house, house.client() as client:
        await client.send(client.head("POST", "/cells/probe/echo", {"content-length": "101"}))
        reply = await client.reply()
        assert (reply.status, reply.json["code"], reply.headers["connection"]) == (413, "PLN-G206", "close")
        assert await client.closed()


async def test_refuses_a_body_that_turns_out_too_large_while_it_streams(tmp_path):
    async with open_house(tmp_path, limits=Limits(body_bytes=100)) as house, house.client() as client:
        head = client.head("POST", "/cells/probe/echo", {"transfer-encoding": "chunked", "content-type": "application/json"})
        await client.send(head + b"40\r\n" + b"x" * 64 + b"\r\n")
        await until(lambda: first_part_was_read(house))
        await client.send(b"40\r\n" + b"x" * 64 + b"\r\n")
        reply = await client.reply()
        assert (reply.status, reply.headers["connection"]) == (413, "close")


async def test_refuses_what_is_not_said_to_be_json(house):
    async with house.client() as client:
        form = await client.call("probe/echo", {"text": "a"}, content_type="application/x-www-form-urlencoded")
        packed = await client.call("probe/echo", {"text": "a"}, content_encoding="gzip")
        spoken = await client.call("probe/echo", {"text": "a"}, content_type="application/json; charset=UTF-8")
    assert (form.status, form.json["code"], packed.status, spoken.status) == (415, "PLN-G207", 415, 200)


async def test_counts_what_it_answers(house):
    async with house.client() as client:
        await client.call("probe/echo", {"text": "a"})
        await client.call("probe/echo", {"text": 1})
        text = (await client.ask("GET", "/metrics")).body.decode()
    assert 'planaria_gateway_answers_total{status="200"} 1' in text
    assert 'planaria_gateway_answers_total{status="422"} 1' in text
    assert 'planaria_calls_total{cell="probe",operation="echo",outcome="completed"} 1' in text


async def test_calls_are_made_in_the_name_of_the_key(house):
    seen = []
    house.life.observe(seen.append)
    async with house.client() as client:
        await client.call("probe/count", x_request_id="from-outside")
    key = house.keys.list()[0]
    assert [(one.caller, one.request) for one in seen] == [(f"gateway:{key.id}", "from-outside")]


async def test_a_swap_is_not_seen_from_outside(house):
    async with house.client() as client:
        await client.call("probe/echo", {"text": "a"})
        await house.life.swap("probe", house.life.cells["probe"].generation)
        assert (await client.call("probe/count")).json == 0
        assert json.loads((await client.call("probe/echo", {"text": "b"})).body)["text"] == "b"


async def test_a_body_ends_where_its_client_has_left():
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(Gone):
        await part_of_body(receive)
