from planaria.witness.script.form import Code
from planaria.witness.script.step import Script, Step


def test_a_script_imports_what_its_arguments_need():
    one = Script(steps=(Step(callee="f", given=(Code("datetime.date(2024, 1, 1)"), "decimal.Decimal")),), imports=("math",))
    assert one.lines == ["import math", "import datetime", "f(datetime.date(2024, 1, 1), 'decimal.Decimal')"]
    assert [step[:4] for step in one.plain()["steps"]] == [
        ["do", "", "", "import math"],
        ["do", "", "", "import datetime"],
        ["call", "", "", "f"],
    ]


def test_a_step_travels_as_text_and_is_as_large_as_what_there_is_to_read():
    call, see = Step(callee="f", given=(1,), named=(("x", 2),), target="r", symbol="f"), Step(kind="see", callee="r.total")
    assert (call.plain(), see.plain()) == (["call", "f", "r", "f", "(1,)", "{'x': 2}"], ["see", "", "", "r.total", "()", ""])
    assert (call.text, see.text) == ("r = f(1, x=2)", "r.total")
    assert Script(steps=(call, see)).size == call.size + see.size > call.size > Step(callee="f").size
