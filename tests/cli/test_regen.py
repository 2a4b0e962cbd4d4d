import io
import json
import re

import pytest

from planaria.cli import regen
from planaria.cli.terminal import Terminal
from planaria.regen.step import Regenerated
from tests.assemble.proposal import bad, recorded


def test_each_gate_and_finding_is_told_as_it_comes(shop, planaria, tmp_path, golden):
    ended = planaria("regen", "stock", "--intent", "Say why.", "--proposer", recorded(tmp_path, bad(shop)))
    assert ended.code == 1
    golden("cli/regen-refused.txt", re.sub(r"\d+\.\d s", "… s", ended.out))


def test_a_machine_gets_the_whole_result(shop, planaria, tmp_path):
    told = json.loads(planaria("regen", "stock", "--intent", "Say why.", "--proposer", recorded(tmp_path, bad(shop)), "--json").out)
    assert (told["ok"], told["verdict"], told["attempts"][0]["findings"][0]["gate"]) == (False, "fail", "policy")


@pytest.mark.parametrize(
    "options, code",
    [
        (["stok", "--intent", "x", "--proposer", "command:true"], "PLN-C105"),
        (["stock", "--intent", "x", "--proposer", "magic"], "PLN-R103"),
        (["stock", "--intent", "none.md", "--proposer", "command:true"], "PLN-R101"),
        (["stock", "--proposer", "command:true"], "PLN-U101"),
        (["stock", "--intent", "x", "--proposer", "command:true", "--attempts", "0"], "PLN-U101"),
    ],
)
def test_what_was_asked_wrong_is_refused_with_a_cure(shop, planaria, options, code):
    ended = planaria("regen", *options)
    assert (ended.code, ended.err.partition(":")[0]) == (2, code)


@pytest.mark.parametrize(
    "verdict, generation, told",
    [
        ("pass", "9f2c" * 16, "in force: stock is generation 9f2c9f2c9f2c"),
        ("inconclusive", "", "paused"),
        ("fail", "", "refused: stock is as it was"),
    ],
)
def test_the_end_says_what_is_in_force(verdict, generation, told):
    out = io.StringIO()
    result = Regenerated(cell="stock", verdict=verdict, attempts=(), generation=generation, seconds=1.0)
    regen._conclude(result, Terminal(out, out, as_json=False))
    assert out.getvalue().startswith(told)
