from dataclasses import dataclass

from planaria.witness.pool import KEPT_MAX, Pool, Shelf, constants_of


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    tags: frozenset[str]


def test_constants_are_those_that_code_compares_and_splits_by():
    source = '"""A document."""\nX = 10\nY = "::"\nZ = 1.5\nB = b"x"\nT = True\nN = None\nLONG = "' + "x" * 99 + '"\n'
    assert set(constants_of(source)) == {9, 10, 11, "::", 1.5, b"x"}
    assert list(constants_of("not python (")) == []


def test_what_is_inside_a_value_is_learnt_by_the_name_of_its_field():
    pool = Pool()
    pool.learn((Line("one two", frozenset({"a"})),), tuple[Line, ...], "lines")
    pool.learn({"key": 7}, dict, "counts")
    assert pool.named("text", "str") == ["one two"]
    assert pool.named("tags", "str") == ["a"]
    assert pool.named("counts.key", "str") == ["key"]
    assert pool.named("counts", "int") == [7]
    assert {"one", "two"} <= set(pool.words.kept)
    assert pool.typed("Line") != []


def test_a_full_shelf_takes_new_things_in_the_place_of_old_ones():
    shelf = Shelf()
    for number in range(KEPT_MAX + 5):
        shelf.add(number)
        shelf.add(number)
    assert len(shelf.kept) == KEPT_MAX
    assert KEPT_MAX + 4 in shelf.kept


def test_an_empty_pool_has_nothing_and_says_so():
    pool = Pool()
    assert (pool.typed("int"), pool.named("x", "int"), pool.constants("int")) == ([], [], [])
