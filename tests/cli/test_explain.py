import json

import pytest


def test_says_what_a_code_means(planaria, golden):
    golden("cli/explain.txt", planaria("explain", "PLN-C104").out)


@pytest.mark.parametrize("asked", ["c104", "pln-c104", "C104"])
def test_a_code_may_be_typed_as_it_comes(planaria, asked):
    assert planaria("explain", asked).out.startswith("PLN-C104")


@pytest.mark.parametrize("asked, near", [("PLN-C1O4", "PLN-C104"), ("C10", "PLN-C10"), ("zzz", "explain --all")])
def test_names_what_is_near_to_a_code_that_does_not_exist(planaria, asked, near):
    ended = planaria("explain", asked)
    assert (ended.code, near in ended.err) == (2, True)


def test_lists_every_error_once(planaria):
    rows = json.loads(planaria("explain", "--all", "--json").out)
    codes = [one["code"] for one in rows]
    assert codes == sorted(set(codes))
    assert len(codes) > 60
    assert len(planaria("explain", "--all").out.splitlines()) == len(codes) + 1


def test_without_a_code_it_asks_for_one(planaria):
    assert planaria("explain").code == 2
