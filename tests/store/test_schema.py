import apsw
import pytest

from planaria.store.schema import difference, normal, schema_of

SAME = [
    ("create table a__x (id)", 'CREATE  TABLE "a__x"\n(\n id -- the id\n)'),
    ("create table a__x ([id] text default 'A B')", "create table `a__x` (id text default 'A B')"),
]
DIFFERENT = [
    ("create table a__x (id text default 'A')", "create table a__x (id text default 'a')"),
    ('create table a__x ("i d")', 'create table a__x ("I d")'),
    ("create table a__x (a, b)", "create table a__x (b, a)"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_texts_that_mean_the_same_are_equal(one, other):
    assert normal(one) == normal(other)


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_texts_that_mean_something_else_differ(one, other):
    assert normal(one) != normal(other)


def schema(sql):
    connection = apsw.Connection(":memory:")
    connection.execute(sql)
    return schema_of(connection, "a")


def test_says_what_changed_what_is_missing_and_what_is_left_over():
    wanted = schema("create table a__x (id); create table a__y (id); create table b__z (id)")
    got = schema("create table a__x (id, name); create index a__i on a__x (id)")
    assert difference(wanted, got) == "changed: table a__x; missing: table a__y; left over: index a__i"
