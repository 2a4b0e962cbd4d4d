"""Files of tests, each as it would read if it stood by itself: what it imports from other such files, and what its classes inherit.

Why: a test that is inherited, or that calls a method of its own class, says as much as any other, but not where it stands.
What is one expression is put in the place of its call; what keeps a state becomes a prop of which the test makes an object.
Not here: reading tests into scripts (`seed`).
"""

import ast
import copy
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

Function = ast.FunctionDef | ast.AsyncFunctionDef
SET_UP = ("setUp", "setup_method", "setUpClass", "setup", "asyncSetUp")
TEAR_DOWN = ("tearDown", "teardown_method", "tearDownClass", "teardown", "asyncTearDown")
BASES, WORD = re.compile(rb"^class \w+\(([^)]*)\)", re.MULTILINE), re.compile(rb"\w+")
UNREADABLE = (SyntaxError, ValueError, RecursionError)


class Files:
    r"""The files of tests, by their paths.

    >>> files = Files({"t/base.py": b"class Both:\n    def test_f(self): assert f(self.one())", "t/test_a.py": b'''
    ... from t.base import Both
    ... class TestA(Both):
    ...     def one(self):
    ...         return 1
    ... '''})
    >>> print(ast.unparse(files.whole("t/test_a.py").body[-1]))
    class TestA(Both):
    <BLANKLINE>
        def one(self):
            return 1
    <BLANKLINE>
        def test_f(self):
            assert f(1)
    """

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self.texts = dict(texts)
        self.trees: dict[str, ast.Module | None] = {}
        self.inherited = {name for text in self.texts.values() for names in BASES.findall(text) for name in WORD.findall(names)}

    def tree(self, path: str) -> ast.Module | None:
        """Return a file as it stands, None where it is no Python."""
        if path not in self.trees:
            try:
                self.trees[path] = ast.parse(self.texts[path])
            except UNREADABLE:
                self.trees[path] = None
        return self.trees[path]

    def whole(self, path: str) -> ast.Module | None:
        """Return a file with all that it takes from others, None where it is no Python."""
        tree = self.tree(path)
        if tree is None:
            return None
        lent = list(self._lent(path, tree, {path}))
        classes = {one.name: one for one in (*lent, *tree.body) if isinstance(one, ast.ClassDef)}
        body: list[ast.stmt] = [one for one in lent if not (isinstance(one, ast.ClassDef) and has_tests(one))]
        for one in tree.body:
            if not isinstance(one, ast.ClassDef) or not (flat := _flat(one, classes)):
                body.append(one)
            elif one.name.encode() not in self.inherited or _is_collected(one, classes):
                body += _plain(flat, classes.keys())
        return ast.Module(body=body, type_ignores=[])

    def _lent(self, path: str, tree: ast.Module, seen: set[str]) -> Iterator[ast.stmt]:
        """Yield what other files of tests define, and import, that a file imports from them."""
        for node in tree.body:
            other = self._place(path, node) if isinstance(node, ast.ImportFrom) else None
            found = self.tree(other) if other and other not in seen else None
            if other and found is not None:
                seen.add(other)
                yield from self._lent(other, found, seen)
                yield from (one for one in found.body if isinstance(one, (ast.Import, ast.ImportFrom, ast.ClassDef)) or _is_plain(one))

    def _place(self, path: str, node: ast.ImportFrom) -> str | None:
        """Return the path of the file of tests from which names are imported, None where it is none."""
        parts = (node.module or "").split(".") if node.module else []
        ends = ["/".join([*parts, "__init__.py"]), *(["/".join(parts) + ".py"] if parts else [])]
        if node.level:
            folder = PurePosixPath(path).parents[min(node.level - 1, len(PurePosixPath(path).parents) - 1)]
            return next((place for end in ends if (place := str(folder / end)) in self.texts), None)
        return next((one for end in ends for one in self.texts if one == end or one.endswith(f"/{end}")), None) if parts else None


def has_tests(node: ast.ClassDef) -> bool:
    r"""Say whether a class holds tests of its own.

    >>> has_tests(ast.parse("class A:\n    def test(self): ...").body[0])
    True
    """
    return any(isinstance(one, Function) and one.name.startswith("test") for one in node.body)


def _is_plain(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and not node.name.startswith("test")


def _bases(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], below: frozenset[str] = frozenset()) -> Iterator[ast.ClassDef]:
    """Yield a class and those of these files that it inherits from, the nearest first."""
    yield node
    below |= {node.name}
    for base in node.bases:
        above = classes.get(base.id) if isinstance(base, ast.Name) else None
        if above is not None and above.name not in below:
            yield from _bases(above, classes, below)


def _is_collected(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> bool:
    """Say whether pytest runs the tests of a class wherever it stands, as it may not of one that is there to be inherited."""
    names = [ast.unparse(base).rpartition(".")[2] for one in _bases(node, classes) for base in one.bases]
    return node.name.startswith("Test") or any(one.endswith("TestCase") for one in names)


def _flat(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> ast.ClassDef | None:
    """Return a class of tests with all that it inherits, None where it is none."""
    above = list(_bases(node, classes))
    if not any(map(has_tests, above)):
        return None
    found: dict[str, ast.stmt] = {}
    for one in (each for owner in above for each in owner.body if not _is_promise(each)):
        names = _names(one)
        if names and not found.keys() & set(names):
            found |= dict.fromkeys(names, one)
    return ast.ClassDef(name=node.name, bases=node.bases, keywords=[], body=list(dict.fromkeys(found.values())), decorator_list=[])


def _is_promise(node: ast.stmt) -> bool:
    """Say whether a method only says that there is one, or judges, as tests do by themselves."""
    return isinstance(node, Function) and (
        node.name.startswith("assert") or all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node.body)
    )


def _names(node: ast.stmt) -> list[str]:
    """Return what a statement of a class defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) and node.value else []
    return [ast.unparse(one) for one in targets]


def _plain(node: ast.ClassDef, taken: Collection[str]) -> Iterator[ast.ClassDef]:
    """Yield a class of tests in which no test asks its own class, after the props that it asks in its place."""
    others = [one for one in node.body if not (isinstance(one, Function) and _is_run(one.name))]
    methods = {one.name: one for one in others if isinstance(one, ast.FunctionDef) and not one.decorator_list}
    given = {name: made for name, one in methods.items() if (made := _given(one)) is not None}
    lifted = {one.name: one for one in others if isinstance(one, ast.ClassDef) and one.name not in taken}
    held = methods.keys() - given.keys()
    name = re.sub(r"^Test|(Tests?)?(Case)?$", "", node.name) + "Case"  # as no class that is under test will be called
    variable = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    body: list[ast.stmt] = []
    is_held = False
    for one in node.body:
        if isinstance(one, Function) and one not in others:
            inner = _Inner(methods, given, {**dict.fromkeys(held, variable), **dict.fromkeys(lifted, "")})
            changed: Function = inner.visit(copy.deepcopy(one))
            if inner.is_held:
                is_held = True
                changed.body.insert(0, ast.parse(f"{variable} = {name}()").body[0])
            body.append(changed)
        else:
            body.append(one)
    yield from lifted.values()
    if is_held:
        yield ast.ClassDef(name=name, bases=[], keywords=[], body=others, decorator_list=[])
    yield ast.ClassDef(name=node.name, bases=node.bases, keywords=[], body=body, decorator_list=[])


def _is_run(name: str) -> bool:
    """Say whether pytest runs a method by itself."""
    return name.startswith("test") or name in (*SET_UP, *TEAR_DOWN)


def _given(node: ast.FunctionDef) -> ast.expr | None:
    """Return the one expression that a method gives, None where it is more."""
    arguments, body = node.args, [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    is_simple = not (arguments.kwonlyargs or arguments.posonlyargs)
    return body[0].value if is_simple and len(body) == 1 and isinstance(body[0], ast.Return) else None


class _Inner(ast.NodeTransformer):
    """Put expressions in the place of the methods that give them, and in that of `self` what holds others, if anything does."""

    def __init__(self, methods: Mapping[str, ast.FunctionDef], given: Mapping[str, ast.expr], holders: Mapping[str, str]) -> None:
        self.methods, self.given, self.holders = methods, given, holders
        self.is_held, self.within = False, set[str]()

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = _of_self(node.func)
        if name in self.given and name not in self.within:
            put = _Put.of(self.methods[name].args, node)
            if put is not None:
                self.within.add(name)
                made: ast.expr = self.visit(put.visit(copy.deepcopy(self.given[name])))
                self.within.remove(name)
                return made
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        holder = self.holders.get(_of_self(node)) if isinstance(node.ctx, ast.Load) else None
        if holder is None:
            return node
        self.is_held = self.is_held or bool(holder)
        return ast.parse(f"{holder}.{node.attr}".strip("."), mode="eval").body


class _Put(ast.NodeTransformer):
    """Put what a call gives in the place of the parameters; `rest` and `named` in that of `*args` and `**kwargs`."""

    def __init__(self, values: Mapping[str, ast.expr], rest: list[ast.expr], named: list[ast.keyword]) -> None:
        self.values, self.rest, self.named = values, rest, named

    @classmethod
    def of(cls, parameters: ast.arguments, call: ast.Call) -> "_Put | None":
        """Return what a call gives a method, None where it does not fit."""
        names = [one.arg for one in parameters.args[1:]]
        defaults = dict(zip(names[::-1], parameters.defaults[::-1], strict=False))
        given, rest = call.args[: len(names)], call.args[len(names) :]
        mine = {one.arg: one.value for one in call.keywords if one.arg in names}
        named = [one for one in call.keywords if one.arg not in names]
        values = defaults | dict(zip(names, given, strict=False)) | mine
        fits = values.keys() == set(names) and (parameters.vararg or not rest) and (parameters.kwarg or not named)
        return cls(values, rest, named) if fits and not any(isinstance(one, ast.Starred) for one in given) else None

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        args = [each for one in node.args for each in (self.rest if isinstance(one, ast.Starred) else [self.visit(one)])]
        named = [
            each for one in node.keywords for each in (self.named if one.arg is None else [ast.keyword(one.arg, self.visit(one.value))])
        ]
        return ast.Call(func=self.visit(node.func), args=args, keywords=named)


def _of_self(node: ast.expr) -> str:
    """Return the name that is asked of `self`, or an empty text."""
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if is_own and isinstance(node, ast.Attribute) else ""
