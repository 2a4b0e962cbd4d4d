import json
import signal

import pytest

from planaria.assemble import Places
from planaria.assemble.client import Client
from tests.assemble.shop import mend
from tests.cli.conftest import Up


def test_tells_a_machine_in_one_line_when_it_is_ready(up, shop):
    told = json.loads(up.first)
    assert (told["ok"], told["system"], told["pid"]) == (True, "shop", up.process.pid)
    assert set(told["cells"]) == {"stock", "cart"}
    assert Places.of(shop).run.stat().st_mode & 0o777 == 0o600
    assert Client.of(shop).call("stock", "receive", {"sku": "apple", "quantity": 5}) == 5


def test_tells_a_person_where_it_is_and_what_to_do(shop):
    running = Up(shop)
    ended = running.end()
    assert ended.out.startswith("shop is up at http://127.0.0.1:")
    for part in ("cell  stock  generation", "planaria keys make", "Ctrl-C", "stopped"):
        assert part in ended.out


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_stops_in_order_when_it_is_told(up, shop, number, code):
    ended = up.end(number)
    assert ended.code == code
    assert "stopping in order" in ended.err
    assert "Traceback" not in ended.err
    assert not Places.of(shop).run.exists()


def test_a_second_signal_stops_at_once(shop):
    body = "    async def on_stop(self):\n        import asyncio\n        await asyncio.sleep(60)\n\n    async def left"
    mend(shop / "cells" / "stock" / "impl" / "__init__.py", "    async def left", body)
    running = Up(shop, "--json")
    running.process.send_signal(signal.SIGINT)
    assert "stopping in order" in running.process.stderr.readline()
    assert running.end(signal.SIGINT).code == 130


def test_starts_again_after_it_was_killed_and_keeps_what_it_said_it_had(up, shop, planaria):
    assert planaria("call", "stock", "receive", "sku=apple", "quantity=5").out == "5\n"
    up.end(signal.SIGKILL)
    assert Places.of(shop).run.exists()
    assert "PLN-L204" in planaria("call", "stock", "left", "sku=apple").err
    again = Up(shop, "--json")
    assert planaria("call", "stock", "left", "sku=apple").out == "5\n"
    again.end()


def test_is_refused_where_it_is_up_already(up, planaria):
    ended = planaria("up")
    assert ended.code == 2
    assert "PLN-U105: the system at" in ended.err
    assert f"kill {up.process.pid}" in ended.err


def test_a_port_that_is_taken_is_told(up, shop, planaria, tmp_path):
    port = json.loads(up.first)["port"]
    planaria("new", "other", cwd=tmp_path)
    ended = planaria("up", "--port", str(port), "--root", str(tmp_path / "other"))
    assert (ended.code, "PLN-G101" in ended.err) == (2, True)
    assert not (tmp_path / "other" / ".planaria" / "run.json").exists()


@pytest.mark.parametrize("port", ["99999", "abc", "-1"])
def test_what_is_no_port_is_refused(shop, planaria, port):
    assert f"'{port}' is no port: 0 to 65535" in planaria("up", f"--port={port}").err


def test_a_host_that_others_reach_must_be_asked_for(shop, planaria):
    assert "PLN-G102" in planaria("up", "--host", "0.0.0.0").err


def test_a_system_that_does_not_load_is_told_without_a_trace(shop, planaria):
    (shop / "system.py").write_text("import nothing_of_that_name\n")
    ended = planaria("up", "--port", "0")
    assert (ended.code, ended.err.startswith("PLN-L202"), "Traceback" in ended.err) == (2, True, False)


def test_a_cell_that_crashes_too_often_ends_it_with_its_name(shop):
    body = "    async def background(self):\n        raise ValueError('no')\n\n    async def left"
    mend(shop / "cells" / "stock" / "impl" / "__init__.py", "    async def left", body)
    running = Up(shop, "--json")
    assert running.process.wait(timeout=60) == 4
    problem = json.loads(running.end().out.splitlines()[-1])["problem"]
    assert (problem["code"], problem["facts"]["cell"]) == ("PLN-L107", "stock")
