import ast
from random import Random

import pytest

from planaria.witness.script.change import changed, is_fixed, probes
from planaria.witness.script.form import Code, Made, literal, written
from planaria.witness.script.kind import ANY, INT, Kind, of_annotation, of_form
from planaria.witness.script.making import Maker, pairs
from planaria.witness.script.step import Step
from planaria.witness.script.stock import KEPT_MAX, keep
from planaria.witness.script.subject import Subjects, subjects_of

CODE = """
def f(x: int, y: str = "a", *rest, z=1.5): ...
def g(q): ...
class Point:
    def __init__(self, x: int, twin: "Point"): ...
"""
ANNOTATIONS = (
    "int",
    "float",
    "str",
    "bool",
    "bytes",
    "None",
    "list[int]",
    "dict[str, list[int]]",
    "set[str]",
    "tuple[int, str]",
    "tuple[int, ...]",
    "Literal[1, 2]",
    "int | str",
    "set[list[int]]",
    "dict[list[int], int]",
    "list[list[list[list[int]]]]",
)


def maker(seed: int = 1) -> Maker:
    found = Maker(Random(seed), subjects_of({"m": ast.parse(CODE)}))
    found.learn_constants([100, 12, "and", 2.5, None, True, 2**80, "x" * 99, b"x"])
    return found


def step(text: str) -> Step:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    return Step(
        callee="f",
        symbol=call.func.id,
        given=tuple(map(literal, call.args)),
        named=tuple((str(one.arg), literal(one.value)) for one in call.keywords),
    )


def test_the_same_seed_makes_the_same_forms():
    def made(seed):
        one = maker(seed)
        return [written(one.call(one.subjects.functions["f"]).given) for _ in range(50)]

    assert made(1) == made(1) != made(2)


@pytest.mark.parametrize("text", ANNOTATIONS)
def test_a_form_made_of_a_kind_and_one_that_was_changed_are_of_that_kind(text):
    one = maker()
    kind = of_annotation(ast.parse(text, mode="eval").body, one.subjects)
    for one.stock.wide in (False, True):
        for _ in range(20):
            made = one.new(kind)
            eval(written(made))
            names = {each.name.rstrip("*") for each in (kind.inside if kind.name == "union" else (kind,))}
            other = changed(made, ("f", "x"), one.stock)
            assert {of_form(made).name.rstrip("*"), of_form(other).name.rstrip("*")} <= names
            assert all(of_form(each).name.rstrip("*") in names for each in probes(made, one.stock))


def test_objects_are_made_as_deep_as_is_sensible_and_changed_in_an_argument():
    one = maker()
    made = one.new(Kind("made Point"))
    assert isinstance(made, Made)
    assert written(made).count("Point(") <= 4
    for form in (made, Made("Point", (1,), (("twin", None),)), Made("gone", (1, 2)), Made("Point", (), (("x", 1),))):
        assert {changed(form, ("f", "x"), one.stock).callee for _ in range(30)} == {form.callee}
    assert one.new(Kind("made Gone")) is None


def test_what_cannot_be_changed_in_a_part_is_replaced_by_what_was_seen():
    one = maker()
    assert changed(Code("len"), ("g", "q"), one.stock) == Code("len")
    assert [changed(empty, ("g", "q"), one.stock) for empty in ([], (), {}, None)] == [[], (), {}, None]
    one.learn(one.subjects.functions["g"], step("g(sum)"))
    one.stock.seen["g", "q"] += [Code("str.upper"), [7], {"a": 1}]
    assert changed(Code("len"), ("g", "q"), one.stock) == Code("str.upper")
    assert [changed(empty, ("g", "q"), one.stock) for empty in ([], {})] == [[7], {"a": 1}]


def test_what_people_gave_decides_what_an_undeclared_parameter_takes():
    one = maker()
    function = one.subjects.functions["g"]
    assert one.kind(function, function.parameters[0]) == ANY
    assert one.is_wide(function, step("g(1)"))
    one.learn(function, step("g([5])"), given=True)
    assert one.kind(function, function.parameters[0]).text == "list[int]"
    assert [one.is_wide(function, step(text)) for text in ("g([7])", "g([-1])", "g([])", "g(h)")] == [False, True, True, True]
    one.free_of.add("g")
    assert not one.is_wide(function, step("g([-1])"))
    one.agreed["g", "q"] = INT
    one.kinds.clear()
    assert one.kind(function, function.parameters[0]) == INT


def test_a_variable_of_another_script_is_not_learned():
    one = maker()
    one.learn(one.subjects.functions["g"], Step(callee="g", given=(Code("bank"),)), given=True)
    assert one.stock.seen["g", "q"] == []


def test_choices_stay_choices_and_values_near_are_used_again():
    one = maker()
    function = one.subjects.functions["g"]
    one.learn_constants(["or"])
    one.learn(function, step("g('and')"), given=True)
    assert {one.make(function, function.parameters[0]) for _ in range(40)} == {"and", "or"}
    first = one.subjects.functions["f"]
    one.near = [123456]
    assert 123456 in {one.make(first, first.parameters[0]) for _ in range(40)}


def test_constants_come_with_their_neighbours_and_are_tried():
    one = maker()
    assert {99, 100, 101, 11, 12, 13} <= set(one.stock.constants["int"])
    assert (one.stock.constants["str"], one.stock.constants["float"], one.stock.constants["none"]) == (["and"], [2.5], [None])
    assert {100, 12} <= set(probes(7, one.stock))
    assert "and" in probes("x", one.stock)
    assert {"a": 100} in probes({"a": 1}, one.stock)
    assert probes((1, "a"), one.stock) == probes(Code("x"), one.stock) == probes({}, one.stock) == []
    assert is_fixed((1, "a"))


def test_arguments_are_paired_with_the_parameters_that_take_them():
    found = pairs(maker().subjects.functions["f"], step("f(1, 'b', 3, 4, z=2, other=5)"))
    assert [(one.name, form) for one, form in found] == [("x", 1), ("y", "b"), ("rest", 3), ("rest", 4), ("z", 2)]
    assert pairs(maker().subjects.functions["g"], step("g(1, 2)"))[1:] == []


def test_a_form_is_kept_once_and_of_many_the_first_and_the_last():
    kept = []
    for one in [1, True, 1, 1.0, *range(2, 2 * KEPT_MAX)]:
        keep(kept, one)
    assert (len(kept), [repr(one) for one in kept[:3]], kept[-1]) == (KEPT_MAX, ["1", "True", "1.0"], 2 * KEPT_MAX - 1)


def test_nothing_is_known_of_no_version():
    one = Maker(Random(1), Subjects())
    assert {type(one.new(ANY)) for _ in range(200)} == {int, str, list, float, dict, bool}


def test_a_choice_is_kept_to_the_words_of_the_code_unless_the_code_looks_it_up() -> None:
    for question, is_wide in (("if sex == 'male': pass", True), ("if sex not in known: pass", False)):
        tree = ast.parse(f"def f(sex):\n    {question}\n    return 'male'")
        subjects = subjects_of({"m": tree})
        maker = Maker(Random(1), subjects)
        maker.learn_constants(["male"])
        maker.stock.learn_questions([tree])
        function = subjects.functions["f"]
        maker.learn(function, Step(callee="f", symbol="f", given=("male",)), given=True)
        assert maker.is_wide(function, Step(callee="f", symbol="f", given=("mae",))) is is_wide


def test_none_fits_what_the_code_compares_with_none() -> None:
    tree = ast.parse("def f(score):\n    return 0 if score is None else score")
    subjects = subjects_of({"m": tree})
    maker = Maker(Random(1), subjects)
    maker.stock.learn_questions([tree])
    function = subjects.functions["f"]
    maker.learn(function, Step(callee="f", symbol="f", given=(3,)), given=True)
    assert not maker.is_wide(function, Step(callee="f", symbol="f", given=(None,)))
    assert None in [maker.call(function).given[0] for _ in range(200)]


ASKING = """
def nth(n, seq):
    if isinstance(seq, list):
        return seq[n]
    return next(seq)
def merged(*parts):
    if isinstance(parts[0], list): ...
class Row:
    def __getitem__(self, index):
        if isinstance(index, slice): ...
def read(source, text: str): ...
"""


def asking() -> tuple[Maker, Subjects]:
    subjects = subjects_of({"m": ast.parse(ASKING)})
    made = Maker(Random(1), subjects)
    made.stock.learn_questions([ast.parse(ASKING)])
    return made, subjects


def made_by(symbol: str, count: int = 400):
    made, subjects = asking()
    function = subjects.callable_at(symbol)
    assert function is not None
    made.learn(function, Step(callee=symbol, symbol=symbol, given=(1, [1, 2]) if symbol == "nth" else ([1],)), given=True)
    return made, function, [made.call(function) for _ in range(count)]


def test_where_code_asks_for_a_type_others_are_given_too_and_are_not_beyond():
    made, function, steps = made_by("nth")
    assert made.stock.asked >= {"seq", "parts", "index"}
    others = [one for one in steps if len(one.given) > 1 and isinstance(one.given[1], Made)]
    assert {one.given[1].callee for one in others} >= {"iter", "tuple", "dict.fromkeys"}
    assert not any(made.is_wide(function, one) for one in others if one.given[0] == 1)


def test_several_arguments_are_given_as_one_list_where_code_asks():
    _, _, steps = made_by("merged")
    assert any(
        len(one.given) == 1 and isinstance(one.given[0], list) and all(isinstance(each, list) for each in one.given[0]) for one in steps
    )


def test_slices_are_tried_where_an_index_may_be_one():
    _, _, steps = made_by("Row.__getitem__")
    assert any(isinstance(one.given[0], Made) and one.given[0].callee == "slice" for one in steps)


def test_what_code_says_of_an_argument_teaches_its_kind_unless_people_said_it():
    made, subjects = asking()
    read, nth = subjects.functions["read"], subjects.functions["nth"]
    made.learn_error(read, Step(callee="read", given=(3, 4)), "AttributeError: 'int' object has no attribute 'readline'")
    assert [made.kind(read, one).text for one in read.parameters] == ["file", "str"]
    forms = [made.make(read, read.parameters[0]) for _ in range(60)]
    assert {one.callee for one in forms if isinstance(one, Made)} >= {"io.StringIO", "io.BytesIO"}
    made.learn(nth, Step(callee="nth", given=(1, [2])), given=True)
    made.learn_error(nth, Step(callee="nth", given=(1, [2])), "AttributeError: 'list' object has no attribute 'readline'")
    assert made.kind(nth, nth.parameters[1]).text == "list[int]"


def test_what_never_ends_is_forgotten_unless_nothing_else_is_known():
    made, subjects = asking()
    nth, endless = subjects.functions["nth"], Code("itertools.count()")
    for form in (endless, [1]):
        made.learn(nth, Step(callee="nth", given=(1, form)), given=True)
    made.forget(nth, Step(callee="nth", given=(1, endless)))
    assert made.stock.given["nth", "seq"] == made.stock.seen["nth", "seq"] == [[1]]
