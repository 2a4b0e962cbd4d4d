import ast
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planaria.witness.script.form import POWER_MAX, REPEAT_MAX, Code, Made, children, literal, parts, size, written, written_arguments
from planaria.witness.script.reduction import smaller_forms

ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.binary()
KEYS = st.integers() | st.text() | st.booleans()
FORMS = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner, max_size=3) | st.sets(KEYS, max_size=3)
    ),
    max_leaves=12,
)


def read(text):
    return ast.parse(text, mode="eval").body


@given(FORMS)
def test_what_is_written_is_the_same_when_it_is_evaluated(form):
    found = eval(written(form))
    assert (found, type(found)) == (form, type(form))


@given(FORMS)
def test_a_literal_that_was_written_is_read_as_the_same_form(form):
    found = literal(read(written(form)))
    assert found == form or isinstance(found, Code)  # the empty set is written as a call


@given(FORMS)
def test_a_smaller_form_is_of_the_same_kind_and_the_parts_of_a_form_are_its_children_and_theirs(form):
    assert all(type(one) is type(form) for one, _ in zip(smaller_forms(form), range(40), strict=False))
    assert len(list(parts(form))) == 1 + sum(len(list(parts(one))) for one in children(form))


@pytest.mark.parametrize(
    "text, form",
    [
        ("-3", -3),
        ("2 ** 10", 1024),
        ("[0] * 3", [0, 0, 0]),
        ("3 * 'ab'", "ababab"),
        ("[1] + [2]", [1, 2]),
        ("1 - 2.5", -1.5),
        ("{1, 2}", {1, 2}),
        ("{'a': (1,)}", {"a": (1,)}),
        ("b'x'", b"x"),
        ("1e999", Code("float('inf')")),
        ("...", Code("...")),
        ("1j", Code("1j")),
        ("{**x}", Code("{**x}")),
        ("7 / 2", Code("7 / 2")),
        ("'a' - 1", Code("'a' - 1")),
        ("{[]}", Code("{[]}")),
        (f"2 ** {POWER_MAX + 1}", Code(f"2 ** {POWER_MAX + 1}")),
        (f"'a' * {REPEAT_MAX + 1}", Code(f"'a' * {REPEAT_MAX + 1}")),
        ("~1", Code("~1")),
        ("'a' * 'b'", Code("'a' * 'b'")),
    ],
)
def test_a_literal_is_plain_where_it_can_be_and_code_where_not(text, form):
    assert literal(read(text)) == form


def test_a_call_is_written_with_its_arguments_and_is_larger_than_a_plain_form():
    form = Made("Point", (1, Code("lambda x: x")), (("z", [3]),))
    assert written(form) == "Point(1, lambda x: x, z=[3])"
    assert written_arguments((), (("a", None),)) == "a=None"
    sizes = [size(one) for one in (None, Code("x"), 7, form)]
    assert sizes == sorted(sizes)
    assert size(2**20_000) == 500
    assert size(Random(1).random()) > size(0.0)
