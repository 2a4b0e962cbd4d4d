"""A default value is changed wherever the function that has it is kept."""

import asyncio

import pytest

from planaria.prove.run import Request, prove

CODE = """
import functools


class Kept:
    def __init__(self, func):
        self.func = func

    def __call__(self, *given):
        return self.func(*given)


def kept(function):
    @functools.wraps(function)
    def inner(*given):
        return function(*given)

    return inner


@{decorator}
def fee(days, rate=2):
    return days * rate
"""


@pytest.mark.parametrize("decorator", ["functools.partial", "Kept", "kept", "functools.cache"])
def test_a_default_of_a_decorated_function_is_changed(tmp_path, decorator):
    (tmp_path / "shop.py").write_text(CODE.format(decorator=decorator))
    (tmp_path / "test_shop.py").write_text("from shop import fee\n\ndef test_fee():\n    assert fee(3) == 6\n")
    proof = asyncio.run(prove(Request(path=tmp_path / "shop.py", tests=(tmp_path / "test_shop.py",), only=("default",), rounds=False)))
    assert [(one.mutant.text, one.verdict) for one in proof.mutants if one.mutant.function == "fee"] == [("3", "killed")]
