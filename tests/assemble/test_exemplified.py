import io
import json
import os
import sys
from pathlib import Path

import pytest

from planaria.assemble import exemplified
from planaria.assemble.exemplified import main, shown
from planaria.assemble.system import system_at
from planaria.kernel.loader import generation_at

SHOP = Path(__file__).parent.parent / "gates" / "cases" / "shop"
IMPL = SHOP / "cells" / "cart" / "impl"
BLOCKS = [
    {"name": "add", "examples": ["await cart.add('ada', 'pear', 2)\n", "await cart.add('ada', 'unicorn')\n"]},
    {"name": "again", "examples": ["x = await cart.add('ada', 'pear', 1)\n", "x == (Line('pear', 1),)\n"]},
]


@pytest.mark.parametrize("placement", ["inprocess", "copying"])
async def test_each_block_runs_on_a_system_of_its_own_and_shows_what_it_gives(placement: str, tmp_path: Path) -> None:
    told = await shown(SHOP, system_at(SHOP), generation_at("cart", IMPL), placement, blocks=BLOCKS, folder=tmp_path)
    first, second = told
    assert first["shown"][0] == {"text": "(Line(sku='pear', quantity=2),)\n", "raised": False}
    assert (first["shown"][1]["raised"], first["shown"][1]["text"][:21]) == (True, "NoSuchArticle: SHOP-1")
    assert [one["text"] for one in second["shown"]] == ["", "True\n"]


def test_the_answer_is_one_line_on_the_output_that_it_was_given(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(exemplified, "enclose", lambda *_, **__: False)  # the tests' own process stays free
    monkeypatch.setattr(sys, "argv", ["exemplified", str(SHOP), "cart", str(IMPL), "inprocess"])
    blocks = [{"name": "b", "examples": ["print('noise')\n", "1 + 1\n"]}]
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"blocks": blocks})))
    kept = os.dup(1)
    try:
        main()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    (line,) = [one for one in capfd.readouterr().out.splitlines() if one.startswith("{")]
    assert json.loads(line)["blocks"][0]["shown"][1] == {"text": "2\n", "raised": False}
