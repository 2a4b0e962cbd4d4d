"""Telling values take the place of what people gave."""

from random import Random

import pytest

from planaria.witness.script.change import probes
from planaria.witness.script.form import Code
from planaria.witness.script.stock import Stock
from planaria.witness.script.subject import Subjects

STOCK = Stock(Random(1), Subjects())


@pytest.mark.parametrize("text", ["lambda x: x", "(lambda x, y: x + y)", "len", "operator.add"])
def test_a_function_that_shows_its_arguments_takes_the_place_of_one(text):
    assert Code("(lambda *given: given)") in probes(Code(text), STOCK)


@pytest.mark.parametrize("text", ["cart", "shop.Cart(1)", "True"])
def test_no_function_takes_the_place_of_an_object(text):
    assert probes(Code(text), STOCK) == []
