"""Seeds: the scripts that people wrote in tests beside the code and in files of calls.

Why: they show what a thing is for, so they are the best inputs to begin with, and what was given in them is inside its preconditions.
Not here: documents (`prose`), reading statements (`statement`), varying scripts (`making`), where the texts are found (`diff.material`).
"""

import ast
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from planaria.witness.script.files import SET_UP
from planaria.witness.script.form import Form, Made
from planaria.witness.script.scope import Scope, Variable
from planaria.witness.script.statement import ERRORS, LOOPS_MAX, Reader, prop_of
from planaria.witness.script.step import Prop, Script, Step, with_props

Function = ast.FunctionDef | ast.AsyncFunctionDef
PROP_MAX = 4000


def from_tests(tree: ast.Module, scope: Scope, *, source: str) -> Iterator[Script]:
    r"""Yield a script for every test in a file (and for each of its parameters), set-up included; and one for what the file does itself.

    >>> from planaria.witness.script.scope import scope_of
    >>> from planaria.witness.script.subject import subjects_of
    >>> scope = scope_of(subjects_of({"m": ast.parse("def f(x): ...")}))
    >>> [one.lines for one in from_tests(ast.parse("def test_f():\n    for x in (1, 2):\n        assert f(x)"), scope, source="t.py")]
    [['f(1)', 'f(2)']]
    """
    outer = scope.begin()
    outer.learn_imports(tree)
    whole = Reader(outer)
    whole.read(one for one in tree.body if isinstance(one, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Assert)))
    made = whole.script(source)
    if made is not None:
        yield made
    props = props_of(tree, outer)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in props:
            outer.names[node.name] = prop_of(node, outer)
    for before, node in _tests(tree):
        for given in itertools.islice(_parameters(node, outer), LOOPS_MAX):
            reader = Reader(outer.begin())
            reader.scope.names |= given
            reader.read(before)
            reader.read(node.body)
            used = {name for one in reader.steps for name in re.findall(r"\w+", one.text)}
            reader.steps = [one for one in whole.steps if one.target in used] + reader.steps
            made = reader.script(f"{source}:{node.name}")
            if made is not None:
                yield with_props(made, props)


def props_of(tree: ast.Module, scope: Scope) -> dict[str, Prop]:
    r"""Return the classes and functions that a file of tests defines for them, by name, where they need only the code and each other.

    >>> from planaria.witness.script.scope import scope_of
    >>> from planaria.witness.script.subject import subjects_of
    >>> scope = scope_of(subjects_of({"m": ast.parse("def f(x): ...")}))
    >>> props_of(ast.parse("class Clock: ...\ndef test_f(): ...\ndef g(): return unknown"), scope)
    {'Clock': Prop(name='Clock', text='class Clock:\n    ...', imports=())}
    """
    found: dict[str, Prop] = {}
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.lower().startswith("test") or node.decorator_list:
            continue
        if isinstance(node, ast.ClassDef) and any(isinstance(one, Function) and one.name.startswith("test") for one in node.body):
            continue
        inner = scope.begin()
        inner.names |= {name: Variable(name=name) for name in (*found, node.name)}
        try:
            text = inner.text(node)
        except ERRORS:
            continue
        if len(text) <= PROP_MAX:
            found[node.name] = Prop(name=node.name, text=text, imports=tuple(sorted(inner.used)))
    return found


def _tests(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], Function]]:
    """Yield each test with what is carried out before it."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            functions = [one for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
            before: list[ast.stmt] = [each for one in node.body if isinstance(one, ast.Assign) for each in (one, *_of_self(one))]
            before += [step for one in functions if one.name in SET_UP for step in one.body]
            yield from (([*before, *_defaults(one)], one) for one in functions if one.name.startswith("test"))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith(("test", "check")):
            yield list(_defaults(node)), node


def _of_self(node: ast.Assign) -> Iterator[ast.stmt]:
    """Yield what a class sets, as its tests ask for it."""
    for one in node.targets:
        if isinstance(one, ast.Name):
            of_self = ast.Attribute(value=ast.Name(id="self", ctx=ast.Load()), attr=one.id, ctx=ast.Store())
            is_static = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "staticmethod" and bool(node.value.args)
            value = node.value.args[0] if is_static and isinstance(node.value, ast.Call) else node.value
            yield ast.Assign(targets=[of_self], value=value, lineno=node.lineno)


def _defaults(node: Function) -> Iterator[ast.stmt]:
    """Yield what a test is given where nobody gives it anything else."""
    parameters, given = node.args.args, node.args.defaults
    for one, value in zip(parameters[len(parameters) - len(given) :], given, strict=True):
        yield ast.Assign(targets=[ast.Name(id=one.arg, ctx=ast.Store())], value=value, lineno=node.lineno)


def _parameters(node: Function, scope: Scope) -> Iterator[dict[str, Form]]:
    """Yield what `pytest.mark.parametrize` gives a test, one after the other; nothing once where there is none."""
    sets: list[list[dict[str, Form]]] = []
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func).endswith("parametrize") and len(one.args) > 1:
            try:
                names, rows = scope.form(one.args[0]), scope.form(one.args[1])
            except ERRORS:
                continue
            names = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
            if isinstance(rows, (list, tuple)):
                sets.append([dict(zip(names, _row(each, len(names)), strict=False)) for each in rows])
    for chosen in itertools.product(*sets):
        yield {name: form for each in chosen for name, form in each.items()}


def _row(form: Form, count: int) -> tuple[Form, ...]:
    if isinstance(form, Made) and form.callee.endswith("param"):
        return form.given
    return tuple(form) if count > 1 and isinstance(form, (list, tuple)) else (form,)


def from_lines(text: str, scope: Scope, *, source: str) -> Iterator[Script]:
    r"""Yield the scripts of a file of calls: `{"call": "f", "args": [1], "kwargs": {}}` a line; lines of Python are read as well.

    A call of a method is `{"call": "Bank.deposit", "init": [100], "args": [5]}`.

    >>> from planaria.witness.script.scope import scope_of
    >>> from planaria.witness.script.subject import subjects_of
    >>> scope = scope_of(subjects_of({"m": ast.parse("def f(x): ...")}))
    >>> [one.lines for one in from_lines('{"call": "f", "args": [1]}\n\nf(2)', scope, source="calls")]
    [['f(1)'], ['f(2)']]

    Raises:
        ValueError: with the line, where one is neither.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            made = _from_record(json.loads(line), scope, source) if line.lstrip().startswith("{") else _from_code(line, scope, source)
        except (ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
            raise ValueError(f"line {number}: {error}") from error
        if made is not None:
            yield made


def _from_record(record: Mapping[str, Any], scope: Scope, source: str) -> Script:
    call = str(record["call"])
    given, named = tuple(record.get("args", ())), tuple(record.get("kwargs", {}).items())
    symbol, subjects = scope.own(call).text, scope.subjects
    owner, _, method = call.rpartition(".")
    holder = scope.own(owner).text if owner else ""
    if symbol not in subjects.functions and symbol not in subjects.classes and holder in subjects.classes:
        made = Step(callee=holder, symbol=holder, given=tuple(record.get("init", ())), target="made")
        return Script(steps=(made, Step(callee=f"made.{method}", symbol=f"{holder}.{method}", given=given, named=named)), source=source)
    return Script(steps=(Step(callee=symbol, symbol=symbol, given=given, named=named),), source=source)


def _from_code(line: str, scope: Scope, source: str) -> Script | None:
    reader = Reader(scope.begin())
    reader.read(ast.parse(line.strip().removeprefix(">>> ")).body)
    return reader.script(source)


def of_one_call(scripts: Iterable[Script]) -> Iterator[Script]:
    """Yield scripts, and for those of several calls of functions each call by itself.

    >>> both = Script(steps=(Step(callee="f", symbol="f"), Step(callee="g", symbol="g")))
    >>> [one.lines for one in of_one_call([both])]
    [['f()', 'g()'], ['f()'], ['g()']]
    """
    for one in scripts:
        yield one
        if len(one.steps) > 1:
            yield from (
                replace(one, steps=(step,)) for step in one.steps if step.kind == "call" and not step.target and step.callee == step.symbol
            )
