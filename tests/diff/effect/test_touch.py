import pytest

from planaria.diff.effect.touch import imported_touches, touches
from planaria.diff.source import read

KINDS = [
    ("open", "reads writes"),
    ("open(x)", "reads"),
    ("open(x, 'rb')", "reads"),
    ("open(x, mode='r+')", "writes"),
    ("open(x, mode)", "writes"),
    ("x.read_text()", "reads"),
    ("x.unlink", ""),
    ("loop.create_server()", "connects"),
    ("import os; os.path.join(x)", ""),
    ("import os; os.path.exists(x)", "reads"),
    ("import os as o; o.environ", "secret"),
    ("from time import time as now; now()", "clock"),
    ("import time; time.perf_counter", "clock"),
    ("from datetime import date; date.today()", "clock"),
    ("from datetime import date; date(2026, 1, 1)", ""),
    ("import random; random.Random()", "chance"),
    ("import random; random.Random(3)", ""),
    ("import random; random.Random", "chance"),
    ("import uuid; uuid.uuid4()", "chance"),
    ("import uuid; uuid.uuid5(x, y)", ""),
    ("import asyncio; asyncio.to_thread(x)", ""),
    ("import asyncio; asyncio.start_server(x)", "connects"),
    ("import asyncio; asyncio.create_subprocess_exec(x)", "spawns"),
    ("import urllib.parse; urllib.parse.quote(x)", ""),
    ("def open(x): return x\nopen(x)", ""),
    ("import shutil as s; s.copy(x).unlink()", "writes writes"),
]


@pytest.mark.parametrize("text, kinds", KINDS)
def test_a_touch_is_read_from_what_a_name_stands_for(text: str, kinds: str) -> None:
    assert " ".join(" ".join(one.kinds) for one in touches(read("a.py", text))) == kinds


def test_an_import_of_what_touches_counts_even_if_it_is_not_used() -> None:
    found = imported_touches(read("a.py", "import socket\nfrom asyncio import open_connection, sleep\nimport random\nfrom . import socket"))
    assert [(one.name, one.line) for one in found] == [("socket", 1), ("asyncio.open_connection", 2)]
