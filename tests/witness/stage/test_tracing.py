from pathlib import Path

from planaria.witness.stage.tracing import ALWAYS, SOMETIMES, Tracer

TEXT = "def f(x):\n    if x:\n        return 1\n    return 2\n"


def made(folder):
    names = {}
    exec(compile("#\n" * len(folder) + TEXT if folder != "shop/" else TEXT, f"{folder}case.py", "exec"), names)
    return names["f"]


def traced(tracer, function, *arguments):
    tracer.start()
    try:
        return function(*arguments)
    finally:
        tracer.stop()


def test_ways_through_the_versions_own_code_are_recorded():
    tracer = Tracer("shop/")
    traced(tracer, made("shop/"), 1)
    assert tracer.arcs == {("case.py", 0, 2), ("case.py", 2, 3), ("case.py", 3, -1)}
    traced(tracer, made("elsewhere/"), 0)
    assert len(tracer.arcs) == 3


def test_a_function_that_is_called_often_is_followed_now_and_then():
    tracer, function = Tracer("shop/"), made("shop/")
    for _ in range(ALWAYS + 2):
        traced(tracer, function, 1)
    news = []
    for _ in range(SOMETIMES):
        before = len(tracer.arcs)
        traced(tracer, function, 0)
        news.append(len(tracer.arcs) - before)
    assert sorted(news) == [0] * (SOMETIMES - 1) + [2]


def test_no_trace_is_left_behind():
    tracer = Tracer(str(Path("shop")))
    tracer.start()
    tracer.stop()
    function = made("shop/")
    function(1)
    assert not tracer.arcs
