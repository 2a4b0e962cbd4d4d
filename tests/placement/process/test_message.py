from typing import Any

from planaria.kernel.error import CellError
from planaria.placement.process.message import read_trouble, trouble


class Shifting(dict[str, Any]):
    def items(self):
        raise MemoryError


def test_an_error_whose_facts_cannot_be_told_is_told_without_them():
    error = CellError(text="a")
    error.facts = Shifting(text="a")
    said = read_trouble(trouble(error))
    assert said.error == "CellError"
    assert said.facts == {"text": "(MemoryError in its facts)"}


def test_facts_that_are_nested_without_end_do_not_keep_an_error_from_its_caller():
    deep: Any = "end"
    for _ in range(5000):
        deep = [deep]
    assert read_trouble(trouble(CellError(text="a", deep=deep))).error == "CellError"


def test_a_class_is_named_in_words_that_harm_nobody():
    named = type("\x1b[2J" + "x" * 1_000_000, (Exception,), {})
    said = read_trouble(trouble(named("a")))
    assert "\x1b" not in said.error
    assert len(said.error) < 300
