import ast
import copy
import fractions
import heapq
import inspect
import statistics
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from planaria.prove.operator import OPERATORS
from planaria.prove.operator.default import other_default
from planaria.prove.operator.shape import Change, Operator, Place

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LEFT = ("annotation", "returns", "decorator_list", "pattern")
OUTSIDE = Place(parents=(), field="")

# What the modules below lack, and where a switch or a change is easily wrong.
AWKWARD = """
async def f(p, q=None, *rest, s: str | None = None, **more):
    "Say nothing."
    global G
    x: int = -1
    p.x, p[0] = p[1:-1], p[:]
    p[x:q] = [*p, 1]
    p[0] += await g(*rest, x, **more)
    while (line := next(p, None)) is not None and x < 9:
        x += 1
        log.warning("x %s", line, extra=1)
    while True:
        match p:
            case {"k": -1, **others} if others and q is not None: break
            case ["a", 1.5, None, True] | -2.5: continue
    for i in range(0, q):
        if s is None: continue
        yield f"{i:>{x}} {x if i else s!r}" % p, -i ** 2
    for y in (z := p.copy()), (yield): del p[y], x
    async for y in p: p.append(y)
    async with p as y, suppress(KeyError): await y
    with suppress(KeyError): del p[0]
    try: await y
    except* (KeyError, ValueError): pass
    try: assert isinstance(p, list), "a list"
    except (KeyError, ValueError, OSError) as error: raise TypeError("no", code=404) from error
    except Exception: raise
    else: p.count = 1.5
    finally:
        p.count: int = 2
        p.close()
    print(*sorted(p, key=lambda a, b=1: a[b] or not a), {**p, "a": b"x"}, {*p}, [*p], p | {1}, end="", sep="x")
    u = [a async for a in p if (b := a) if not b], {a: b"" for a in p}, copy.deepcopy(p), dict(p), p.strip("/").lower()
    class Inner:
        size = 3
        def run(self): return self.size >= 3 >= 0 and self.size / 2 or self.x ^ 1
"""
SOURCES = {one.__name__: inspect.getsource(one) for one in (textwrap, statistics, heapq, fractions)} | {"awkward": AWKWARD}


def walked(node: ast.AST, place: Place | None) -> Iterator[tuple[ast.AST, Place]]:
    """Yield what stands inside of functions, as those who make mutants see it; without a place nothing is inside yet."""
    if place and not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        yield node, place
    own = place.parameters if place else frozenset()
    if isinstance(node, FUNCTIONS):
        place, own = None, frozenset(one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg))
    parents = (*place.parents, node) if place else (node,)
    is_inside = isinstance(node, FUNCTIONS) or (place and not isinstance(node, ast.ClassDef))
    for name, value in ast.iter_fields(node):
        for one in value if isinstance(value, list) else [value]:
            is_text = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            if isinstance(one, ast.AST) and name not in LEFT and not is_text and not isinstance(node, ast.JoinedStr | ast.arguments):
                yield from walked(one, Place(parents=parents, field=name, parameters=own) if is_inside else None)


def changes(tree: ast.AST, place: Place | None = None, operators=OPERATORS) -> list[tuple[Operator, ast.AST, Place, Change]]:
    return [
        (one, node, where, change)
        for node, where in walked(tree, place)
        for one in operators
        if isinstance(node, one.kinds)
        for change in one.changes(node, where)
    ]


def put(place: Place, old: ast.AST, new: Any) -> None:
    value = getattr(place.parent, place.field)
    if isinstance(value, list):
        at = next(position for position, one in enumerate(value) if one is old)
        value[at : at + 1] = new if isinstance(new, list) else [new]
    else:
        setattr(place.parent, place.field, new)


def after(source: str, *operators: Operator) -> list[str]:
    """Return the source with each of the changes in turn."""
    told = []
    for number in range(len(changes(ast.parse(source), OUTSIDE, operators))):
        tree = ast.parse(source)
        _, node, place, change = changes(tree, OUTSIDE, operators)[number]
        put(place, node, change)
        told.append(ast.unparse(tree))
    return told


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: one.name)
def test_the_example_of_an_operator_is_what_it_does(operator: Operator) -> None:
    told = after(operator.before, operator)
    if operator.name == "default":
        assert [getattr(other_default(ast.Constant(one)), "value", "") for one in (10, None, "", True, ...)] == [11, 1, "XX", False, ""]
        told = [ast.unparse(ast.parse(operator.before.replace("10", "11")))]
    assert ast.unparse(ast.parse(operator.after)) in told


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_change_is_told_once_leaves_its_node_as_it_was_and_compiles_behind_a_switch(source: str) -> None:
    tree, told, standing = ast.parse(source), set[Any](), dict[int, Any]()
    before = ast.dump(tree)
    found = changes(tree)
    assert ast.dump(tree) == before
    assert len(found) > 100
    switch = ast.Name("switch", ast.Load())
    for operator, node, place, change in [(*each[:3], copy.deepcopy(each[3])) for each in found]:
        said = (id(node), ast.dump(ast.Module(change, []) if isinstance(change, list) else change))
        assert said not in told | {(id(node), ast.dump(node))}, f"{operator.name}: {ast.unparse(node)}"
        told.add(said)
        assert isinstance(change, list) is isinstance(node, ast.stmt), operator.name
        old: Any = standing.get(id(node), node)
        new = ast.If(switch, change or [ast.Pass()], [old]) if isinstance(change, list) else ast.IfExp(switch, change, old)
        standing[id(node)] = new
        put(place, old, new)
    compile(ast.fix_missing_locations(tree), "switched", "exec")


# What each operator makes of a line: what is telling, and nothing that is equivalent, only a crash, or said by another one.
SAID = r"""
boundary: a < b == c => a <= b == c
off_by_one: x >= 1 => x >= 0
off_by_one: 0 <= i < 10 => -1 <= i < 10 => 0 <= i < 9
off_by_one: x[-1] => x[-2]
off_by_one: x[1:n] => x[2:n] => x[0:n] => x[1:n + 1]
off_by_one: range(a, n) => range(a, n - 1)
off_by_one: while 1: f(x * 2, True, timeout=3) => while 1: f(x * 3, True, timeout=3)
condition: [x for x in y if x] => [x for x in y if False] => [x for x in y if True]
condition: while x: f() => while False: f()
condition: if (a := b): f(a) => if False: f(a)
condition: assert x
connective: a and b and c => b and c => a and c => a and b => a or b or c
negation: -x + +y => x + +y
arithmetic: a + ', ' + b
arithmetic: '%s' % a
arithmetic: a + [b] => a
arithmetic: while i < n: i += 1
arithmetic: x += 1 => x -= 1
constant: d['key'] + f('value', '') => d['key'] + f('', '') => d['key'] + f('value', 'XX')
constant: {'a': 0.5} => {'a': 1.5}
constant: raise E('a', True) => raise E('a', False)
constant: log.info('a')
constant: x = f'{y}' => x = ''
statement: self.logger.info(a)
statement: self.log.append(a) =>
statement: if a: f()
statement: while True: break
statement: for x in y: continue => for x in y: break
statement: x = a; del x
statement: x.y: int = a =>
statement: await f() =>
statement: yield a => yield
statement: return None
statement: assert isinstance(a, B)
statement: while i < n:\n    f()\n    i += 1 => while i < n: i += 1
loop: for x in y: return x => for x in (): return x
loop: while True: f() => while True: f(); break
awaiting: await a
argument: f(a, a, b, *c, d) => f(a, b, a, *c, d)
argument: d.get(a, None)
argument: d.pop(a, None) => d.pop(a)
argument: s.split(',', 1) => s.split(',')
argument: log.info(a, b)
argument: f(key=b, strict=False, **c) => f(strict=False, **c)
argument: Row(a=b)
handler: try: f()\nexcept (A, B): raise => try: f()\nexcept (B,): raise => try: f()\nexcept (A,): raise
handler: try: f()\nfinally: g() => f(); g()
handler: with suppress(A): f() => f()
copying: list(x) => x
copying: list(f(x))
copying: list(d.items()) => d.items()
copying: copy.deepcopy(x) => copy.copy(x)
in_place: lambda p: q + [1]
in_place: lambda p: [*p, 1] => lambda p: p.__iadd__([1])
in_place: lambda p: {**p, 'a': 1} => lambda p: p.__ior__({'a': 1})
in_place: lambda p: sorted(p, key=k) => lambda p: p.sort(key=k) or p
sibling: s.replace(a, b) => s
sibling: path.replace(a)
sibling: round(x, 2) => x
sibling: s.find(a) => s.rfind(a)
comparison: a < b is None => a < b is not None
comparison: lambda p: p is None => lambda p: p is not None => lambda p: not p
comparison: def f(p):\n    if p is None: p = [] => def f(p):\n    if p is not None: p = []
"""


@pytest.mark.parametrize("line", SAID.strip().splitlines())
def test_an_operator_says_what_is_telling_and_no_more(line: str) -> None:
    name, told = line.replace("\\n", "\n").split(": ", 1)
    source, *expected = told.split(" =>")
    assert after(source, *(one for one in OPERATORS if one.name == name)) == [ast.unparse(ast.parse(one.strip())) for one in expected]
