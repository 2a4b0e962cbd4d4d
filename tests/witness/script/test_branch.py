import ast

import pytest

from planaria.witness.script.branch import reached

CODE = """\
def f(x):
    while x:
        x -= 1
    for y in (
        x,
    ):
        print(y)
    if x: return 1

def g():
    if 1:
        pass
"""


@pytest.mark.parametrize(
    "arcs, functions, counted",
    [
        ([], [], (0, 0)),
        ([], [("m.py", 10)], (0, 2)),
        ([(1, 2), (2, 3), (3, 2)], [], (1, 6)),
        ([(1, 2), (2, 3), (2, 4)], [], (2, 6)),
        ([(2, 4), (6, 7)], [], (2, 6)),
        ([(2, 4), (4, 7), (5, 8)], [], (4, 6)),
        ([(7, 8), (8, 0)], [], (2, 6)),
        ([(11, 12)], [("m.py", 1)], (1, 8)),
    ],
)
def test_two_ways_out_of_each_condition_and_loop_are_counted(arcs, functions, counted):
    trees = {"m.py": ast.parse(CODE)}
    assert reached(trees, [("m.py", *one) for one in arcs], functions) == counted
