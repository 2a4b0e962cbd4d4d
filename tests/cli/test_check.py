import json

from tests.assemble.shop import mend


def test_a_new_system_has_no_problems(shop, planaria, golden):
    ended = planaria("check")
    assert ended.code == 0
    golden("cli/check.txt", ended.out)


def test_problems_are_told_with_place_and_cure(shop, planaria, golden):
    mend(shop / "system.py", "uses=(Stock,)", "uses=()")
    mend(shop / "cells" / "stock" / "impl" / "__init__.py", "async def left", "async def gone")
    ended = planaria("check")
    assert ended.code == 1
    golden("cli/check-problems.txt", ended.out)


def test_a_machine_gets_the_findings_as_data(shop, planaria):
    mend(shop / "system.py", "uses=(Stock,)", "uses=()")
    ended = planaria("check", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["ok"], told["cells"], [one["gate"] for one in told["findings"]]) == (1, False, 2, ["rights"])


def test_where_there_is_no_system_it_says_where_to_go(planaria, tmp_path):
    for arguments in (["check"], ["check", "--root", str(tmp_path)]):
        ended = planaria(*arguments, cwd=tmp_path)
        assert (ended.code, ended.err.startswith("PLN-L201")) == (2, True)
