"""Statements: examples and tests read line by line into the steps of one script.

Why: a test is read, not run: calls become steps, what they need becomes their arguments, and what cannot be read is left out.
Not here: what names stand for (`scope`), where the statements stand (`prose`, `seed`).
"""

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from planaria.witness.script.form import Code, Form, Made, written_arguments
from planaria.witness.script.scope import UNKNOWN, Meaning, Path, Scope, UnresolvedError, Variable
from planaria.witness.script.step import Script, Step

STEPS_MAX, LOOPS_MAX = 40, 40
ERRORS = (UnresolvedError, SyntaxError, ValueError, TypeError, RecursionError)
ASSERTING = re.compile(r"^(assert|expect|raises|warns)", re.IGNORECASE)
COPYING = re.compile(r"(copy|pickle)\.\w+\(")
LOOKING = ("len", "str", "repr", "list", "bool")


class Reader:
    """Reads statements in order into the steps of one script.

    >>> from planaria.witness.script.scope import scope_of
    >>> from planaria.witness.script.subject import subjects_of
    >>> reader = Reader(scope_of(subjects_of({"m": ast.parse("def f(x): ...")})))
    >>> reader.read_text("items = [1, 2]; assert f(items) == 3")
    >>> reader.script("a test").lines
    ['f([1, 2])']
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.steps: list[Step] = []
        self.taken: set[str] = set()

    def script(self, source: str) -> Script | None:
        """Return what was read, if anything of the version is called."""
        if not any(one.symbol for one in self.steps):
            return None
        imports = tuple(sorted(one for one in self.scope.used if one.partition(".")[0] != "__future__"))
        return Script(steps=tuple(self.steps[:STEPS_MAX]), imports=imports, source=source)

    def read_text(self, text: str) -> None:
        """Read statements as they are written; what is no Python is left out."""
        try:
            self.read(ast.parse(text).body)
        except ERRORS:
            return

    def read(self, body: Iterable[ast.stmt]) -> None:
        """Read statements; of one that cannot be read as a whole, take the calls of the version that it holds."""
        for node in body:
            if len(self.steps) >= STEPS_MAX:
                return
            try:
                self._statement(node)
            except ERRORS:
                for one in ast.walk(node):
                    if isinstance(one, ast.Call) and self._is_call(one):
                        self._call_if_known(one)

    def _call_if_known(self, node: ast.Call) -> None:
        try:
            self._call(node)
        except ERRORS:
            return

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            self._assign(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, ast.Expr):
            self._expression(node.value)
        elif isinstance(node, ast.Assert):
            self._look(node.test)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.scope.learn_imports(node)
        elif isinstance(node, (ast.Delete, ast.AugAssign)) and self._is_of_objects(node):
            self._carry_out(node)
        else:
            self._compound(node)

    def _compound(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.With, ast.AsyncWith)):
            for one in node.items:
                self._look(one.context_expr)
            self.read(node.body)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._loop(node)
        elif isinstance(node, ast.Try):
            self.read([*node.body, *node.orelse])
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith(("test", "Test")):
            self._carry_out(node)
            self.scope.names[node.name] = prop_of(node, self.scope)

    def _is_of_objects(self, node: ast.AST) -> bool:
        return any(isinstance(one, ast.Name) and isinstance(self.scope.names.get(one.id), Variable) for one in ast.walk(node))

    def _begins_with_object(self, node: ast.expr) -> bool:
        while self._object(node) is None and isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        return self._object(node) is not None

    def _carry_out(self, node: ast.stmt) -> None:
        self.steps.append(Step(kind="do", callee=self.scope.text(node)))

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        name = name_of(target)
        if name is None:
            self._assign_parts(target, value)
            return
        try:
            self.scope.names[name] = self._meaning(name, value)
        except ERRORS:
            self.scope.names[name] = UNKNOWN
            raise

    def _meaning(self, name: str, value: ast.expr) -> Meaning:
        """Return what a name stands for that is bound to a value, after the steps that make it."""
        inner = value.value if isinstance(value, ast.Await) else value
        if isinstance(inner, ast.Call) and self._is_call(inner):
            return self._call(inner, self._variable(name))
        if isinstance(inner, (ast.Name, ast.Attribute)) and (path := self.scope.symbol_of(inner)):
            return Path(path)
        if (held := self._object(inner)) is not None:
            return held
        if isinstance(inner, ast.Attribute) and (held := self._object(inner.value)) and (bound := self._bound(held, inner.attr)):
            return bound
        if COPYING.match(ast.unparse(inner)) and (held := self._copied(inner)):
            plain = self._variable(name)
            self._carry_out(ast.Assign(targets=[ast.Name(id=plain, ctx=ast.Store())], value=inner, lineno=0))
            return Variable(name=plain, owner=held.owner, prop=held.prop)
        for one in _outermost(value, lambda one: isinstance(one, ast.Call) and self._is_call(one)):
            self._call_if_known(cast("ast.Call", one))
        return self.scope.form(value)

    def _bound(self, held: Variable, name: str) -> Variable | None:
        """Return what an attribute of an object is where it can be called, None where nobody knows."""
        text = f"{held.name}.{name}"
        if held.owner:
            symbol = self._method(held.owner, name)
            return Variable(name=text, owner=symbol) if self._is_method(held.owner, name) else None
        if held.prop:
            self.scope.asked[text] = {"": self._asked_of(held, name)}
            return Variable(name=text, prop=text, is_prop=True)
        return None

    def _is_method(self, owner: str, name: str) -> bool:
        found = self.scope.subjects.classes.get(owner)
        return found is not None and name in found.methods

    def _asked_of(self, held: Variable, name: str = "") -> str:
        """Return the symbol of the version that a prop asks, or a method of it."""
        asked = self.scope.asked.get(held.prop, {})
        return asked.get(name, asked.get("", ""))

    def _copied(self, node: ast.expr) -> Variable | None:
        """Return the one object in an expression, None where there is not just one."""
        found = [held for one in ast.walk(node) if isinstance(one, (ast.Name, ast.Attribute)) and (held := self._object(one)) is not None]
        return found[0] if len(found) == 1 else None

    def _assign_parts(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Subscript, ast.Attribute)) and self._is_of_objects(target):
            self._carry_out(ast.Assign(targets=[target], value=value, lineno=0))
            held = self._object(target.value)
            if held is not None and held.prop and isinstance(target, ast.Attribute):
                known, symbol = self.scope.asked.get(held.prop, {}), first_symbol(value, self.scope)
                self.scope.asked[held.prop] = {**known, target.attr: symbol, "": known.get("") or symbol}
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._assign(one, other)
        else:
            self._look(value)

    def _variable(self, name: str) -> str:
        """Return a name for a result that is free in the version."""
        plain = name.rpartition(".")[2]
        while plain in self.scope.by_last or plain in self.taken:
            plain += "_"
        self.taken.add(plain)
        return plain

    def _is_call(self, node: ast.Call) -> bool:
        """Say whether something of the version is called: a name of it, an object, a method of one, what another call gives."""
        if self.scope.symbol_of(node.func) or self._object(node.func) is not None:
            return True
        if isinstance(node.func, ast.Call):
            return self._is_call(node.func)
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
            made = self._object(node.func.value.func)
            return made is not None and made.is_prop
        return isinstance(node.func, ast.Attribute) and self._object(node.func.value) is not None

    def _object(self, node: ast.expr) -> Variable | None:
        name = name_of(node)
        found = self.scope.names.get(name) if name else None
        return found if isinstance(found, Variable) else None

    def _call(self, node: ast.Call, target: str = "") -> Variable:
        func, classes = node.func, self.scope.subjects.classes
        symbol = callee = self.scope.symbol_of(func)
        if not symbol and (found := self._object(func)) is not None and found.is_prop:
            return self._call_of_prop(node, found, target)
        if not symbol and (isinstance(func, ast.Call) or self._object(func) is not None):
            held = self._held(func)
            callee, symbol = held.name, f"{held.owner}.__call__" if held.owner in classes else held.owner
        elif not symbol:
            if not isinstance(func, ast.Attribute):
                raise UnresolvedError(ast.unparse(func))
            held = self._held(func.value)
            callee, symbol = f"{held.name}.{func.attr}", self._method(held.owner, func.attr)
            if held.prop and not symbol:
                return self._call_on_prop(node, held, func.attr, target)
        given, named = self._arguments(node)
        self.steps.append(Step(callee=callee, given=given, named=named, target=target, symbol=symbol))
        return Variable(name=target, owner=symbol)

    def _call_of_prop(self, node: ast.Call, prop: Variable, target: str) -> Variable:
        """Read the call of a function or a class that the file of tests defines."""
        if not target and not prop.owner:
            self.steps.append(Step(kind="see", callee=self.scope.text(node), symbol=self._asked_of(prop)))
            return Variable(name="")
        given, named = self._arguments(node)
        self.steps.append(Step(callee=prop.name, given=given, named=named, target=target, symbol=prop.owner))
        return Variable(name=target, owner=prop.owner, prop=prop.prop)

    def _call_on_prop(self, node: ast.Call, held: Variable, method: str, target: str) -> Variable:
        """Read a call on an object of such a class; what it asks of the version, it asks with other arguments."""
        given, named = self._arguments(node)
        if not target:
            text = f"{held.name}.{method}({written_arguments(given, named)})"
            self.steps.append(Step(kind="see", callee=text, symbol=self._asked_of(held, method)))
            return Variable(name="")
        self.steps.append(Step(callee=f"{held.name}.{method}", given=given, named=named, target=target))
        return Variable(name=target)

    def _held(self, node: ast.expr) -> Variable:
        """Return the object on which something is called: one with a name, or one made right there: `Bank(1).deposit(2)`."""
        found = self._object(node)
        if found is not None:
            return found
        if isinstance(node, ast.Call) and self._is_call(node):
            return self._call(node, self._variable("made"))
        raise UnresolvedError(ast.unparse(node))

    def _method(self, owner: str, name: str) -> str:
        classes = self.scope.subjects.classes
        holders = [owner] if owner in classes else [symbol for symbol, one in classes.items() if name in one.methods]
        return f"{holders[0]}.{name}" if holders else ""

    def _arguments(self, node: ast.Call) -> tuple[tuple[Form, ...], tuple[tuple[str, Form], ...]]:
        given: list[Form] = []
        for one in node.args:
            given += self._spread(one.value, (list, tuple)) if isinstance(one, ast.Starred) else [self._argument(one)]
        named: list[tuple[str, Form]] = []
        for each in node.keywords:
            named += self._spread(each.value, (dict,)).items() if each.arg is None else [(each.arg, self._argument(each.value))]
        return tuple(given), tuple(named)

    def _spread(self, node: ast.expr, kinds: tuple[type, ...]) -> Form:
        items = self.scope.form(node)
        if isinstance(items, Made) and items.callee == "range" and list in kinds and all(type(one) is int for one in items.given):
            return list(range(*items.given)[:LOOPS_MAX])
        if not isinstance(items, kinds):
            raise UnresolvedError(ast.unparse(node))
        return items

    def _argument(self, node: ast.expr) -> Form:
        held = self._object(node)
        return Code(held.name) if held is not None else self.scope.form(node)

    def _expression(self, node: ast.expr) -> None:
        inner = node.value if isinstance(node, ast.Await) else node
        func = inner.func if isinstance(inner, ast.Call) else None
        if not isinstance(inner, ast.Call) or func is None:
            self._look(node)
        elif self._is_call(inner) or (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call) and self._is_call(func.value)):
            self._call(inner)
        elif ASSERTING.match(name := ast.unparse(func).rpartition(".")[2]):
            self._asserted(inner, name)
        elif self._begins_with_object(func):
            self._carry_out(ast.Expr(inner))  # a call on what an object holds
        else:
            self._look(node)

    def _asserted(self, node: ast.Call, name: str) -> None:
        """Read `self.assertRaises(Error, function, argument)` as the call it makes; of others, look at their arguments."""
        called = node.args[1] if name.lower().endswith(("raises", "raisesregex", "warns")) and len(node.args) > 1 else None
        if called is not None and (self.scope.symbol_of(called) or isinstance(called, ast.Attribute)):
            self._call(ast.Call(func=called, args=node.args[2:], keywords=node.keywords))
            return
        for one in node.args:
            self._look(one)

    def _look(self, node: ast.expr) -> None:
        """Take what an expression asks of the version: the calls in it, or an attribute of an object."""
        for one in list(_outermost(node, self._is_step)):
            if isinstance(one, ast.Call) and self._is_call(one):
                self._call(one)
            else:
                held = next((found for each in ast.walk(one) if isinstance(each, ast.expr) and (found := self._object(each))), None)
                symbol = held.owner or self._asked_of(held) if held else ""
                self.steps.append(Step(kind="see", callee=self.scope.text(one), symbol=symbol))

    def _is_step(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            is_look = isinstance(node.func, ast.Name) and node.func.id in LOOKING and len(node.args) == 1
            return self._is_call(node) or (is_look and self._object(node.args[0]) is not None)
        return isinstance(node, (ast.Attribute, ast.Subscript)) and self._begins_with_object(node.value)

    def _loop(self, node: ast.For | ast.AsyncFor) -> None:
        for one in itertools.islice(self._spread(node.iter, (list, tuple, dict)), LOOPS_MAX):
            bind(self.scope, node.target, one)
            self.read(node.body)


def name_of(node: ast.AST) -> str | None:
    """Return the name that an expression is: `x`, or `self.x`, which tests keep in their set-up.

    >>> [name_of(ast.parse(text, mode="eval").body) for text in ("x", "cls.x", "y.x")]
    ['x', 'self.x', None]
    """
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return f"self.{node.attr}"
    return node.id if isinstance(node, ast.Name) else None


def first_symbol(part: ast.AST, scope: Scope) -> str:
    """Return the first symbol of the version that some code names, or an empty text."""
    paths = (scope.symbol_of(one) for one in ast.walk(part) if isinstance(one, (ast.Name, ast.Attribute)))
    return next((one for one in paths if one in scope.subjects.functions or one in scope.subjects.classes), "")


def prop_of(node: ast.FunctionDef | ast.ClassDef, scope: Scope) -> Variable:
    """Return what a function or a class that tests define is to them, and note which symbols of the version it asks.

    >>> from planaria.witness.script.scope import scope_of
    >>> from planaria.witness.script.subject import subjects_of
    >>> scope = scope_of(subjects_of({"m": ast.parse("def f(x): ...")}))
    >>> prop_of(ast.parse("def doubled(x): return 2 * f(x)").body[0], scope).name, scope.asked
    ('doubled', {'doubled': {'': 'f'}})
    """
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef)] if isinstance(node, ast.ClassDef) else []
    above = next((scope.asked[base.id] for base in bases if isinstance(base, ast.Name) and base.id in scope.asked), {})
    asked = {one.name: symbol for one in methods if (symbol := first_symbol(one, scope))}
    scope.asked[node.name] = {**above, **asked, "": first_symbol(node, scope) or above.get("", "")}
    owner = next((one for base in bases if (one := scope.symbol_of(base)) in scope.subjects.classes), "")
    return Variable(name=node.name, owner=owner, prop=node.name, is_prop=True)


def bind(scope: Scope, target: ast.expr, one: Form) -> None:
    """Bind a loop's or a parameter's names to a form.

    Raises:
        UnresolvedError: where they do not fit.
    """
    if isinstance(target, ast.Name):
        scope.names[target.id] = one
    elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(one, (list, tuple)) and len(target.elts) == len(one):
        for inner, each in zip(target.elts, one, strict=True):
            bind(scope, inner, each)
    else:
        raise UnresolvedError(ast.unparse(target))


def _outermost(node: ast.AST, wanted: Callable[[ast.expr], bool]) -> Iterator[ast.expr]:
    if isinstance(node, ast.expr) and wanted(node):
        yield node
    elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        for one in ast.iter_child_nodes(node):
            yield from _outermost(one, wanted)
