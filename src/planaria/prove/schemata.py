"""Schemata: one program that holds every mutant of a file, each behind a switch.

Why: the code is compiled and imported once; a forked process turns one switch and is that mutant (Untch, Offutt, Harrold:
Mutation Analysis Using Mutant Schemata, ISSTA 1993). What stands behind a switch is plain code, so the size grows with
the depth of nesting and never doubles with it.
Not here: what the program asks (`asking`), the ways to be wrong (`operator`), running it (`measured`).
"""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, cast

from planaria.prove.asking import HOLLOW, PLACED, is_on, is_one_on, loaded, placed, stepped
from planaria.prove.mutant import Mutant, SourceUnreadable
from planaria.prove.narrowing import narrowed
from planaria.prove.note import Notes
from planaria.prove.operator.default import other_default
from planaria.prove.operator.shape import Change, Operator, Place

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LEADING = (  # what is evaluated first
    ((ast.Return, ast.Expr, ast.Assign, ast.AnnAssign), "value"), ((ast.If, ast.While, ast.Assert), "test"),
    ((ast.For, ast.AsyncFor), "iter"), ((ast.Raise,), "exc"), ((ast.Match,), "subject"),
)  # fmt: skip
LOOPS = (ast.For, ast.AsyncFor, ast.While)
WHOLE = (ast.Slice, ast.Starred, ast.FormattedValue)  # no switch may stand in their place
LEFT = frozenset(("annotation", "returns", "decorator_list", "type_params", "pattern", "type_comment", "bases"))
ATOMS = (
    ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.Constant,
)  # fmt: skip
BINDS = (
    ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.Attribute, ast.Subscript, ast.Call, ast.Await, ast.Starred, ast.IfExp,
    ast.comprehension,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the code under proof: `id` is what it says when it is entered, `digest` names its text."""

    id: int
    name: str
    line: int
    end_line: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A mutant that is a default value of a function made at import: which one, and what takes its place."""

    function: str
    position: int
    keyword: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Schemata:
    """The program of one file, its mutants, functions and notes; `defaults` are the mutants that no switch inside can make."""

    code: CodeType
    mutants: tuple[Mutant, ...]
    functions: tuple[Function, ...]
    defaults: dict[int, Default]
    notes: Notes


def schemata(
    source: str, file: str, operators: Sequence[Operator], *, place: str, first: int = 1, functions: int = 0, note: int = -1,
    reloads: bool = False,
) -> Schemata:  # fmt: skip
    r"""Compile a file with all its mutants; `place` is the file's path as tracebacks show it.

    `first` is the first switch, `note` the first note, `functions` how many functions are numbered already.
    With `reloads` the file is imported anew while a mutant is on, as cells are; its defaults are then switched like the rest.

    Raises:
        SourceUnreadable: PLN-J103.

    >>> from planaria.prove.operator.boundary import BOUNDARY
    >>> made = schemata("def f(a):\n    return a < 1\n", "a.py", [BOUNDARY], place="a.py")
    >>> [(one.id, one.text) for one in made.mutants]
    [(1, 'a <= 1')]
    """
    try:
        tree = ast.parse(source, place)
        weaver = _Weaver(file, source, operators, first, functions=functions, note=note, reloads=reloads)
        weaver.outside(tree)
        code = compile(ast.fix_missing_locations(tree), place, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise SourceUnreadable(file=file, text=str(error)) from error
    return Schemata(
        code=code, mutants=tuple(weaver.mutants), functions=tuple(weaver.functions), defaults=weaver.defaults, notes=weaver.notes
    )  # fmt: skip


@dataclass(slots=True)
class _Scope:
    id: int
    name: str
    digest: str
    parameters: frozenset[str]
    count: int = 0


class _Weaver:
    def __init__(
        self, file: str, source: str, operators: Sequence[Operator], first: int, *, functions: int, note: int, reloads: bool
    ) -> None:
        self.before, self.notes, self.led = functions, Notes(next=note), dict[ast.expr | None, int]()
        self.file, self.source, self.operators, self.reloads = file, source, operators, reloads
        self.lines = source.split("\n")
        self.next, self.mutants, self.functions = first, list[Mutant](), list[Function]()
        self.defaults: dict[int, Default] = {}
        self.names: list[str] = []
        self.parents: list[ast.AST] = []
        self.scopes: list[_Scope] = []
        self.taken: dict[str, int] = {}

    def outside(self, node: ast.AST) -> None:
        """Walk code that runs at import: nothing of it is switched, but for the functions that it makes; all is noted."""
        for name, value in ast.iter_fields(node):
            items = value if isinstance(value, list) else [value]
            if items and isinstance(items[0], ast.stmt):
                head = items[: isinstance(node, ast.Module | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None]
                setattr(node, name, [*head, *(each for one in items[len(head) :] for each in self.outer(one))])
                continue
            for one in items:
                if isinstance(one, ast.Lambda):
                    self.lambda_(one)
                elif isinstance(one, ast.AST) and name not in LEFT:
                    self.outside(one)

    def outer(self, node: ast.stmt) -> list[ast.stmt]:
        """Weave a statement that runs at import."""
        if isinstance(node, FUNCTIONS):
            self.function(node)
        elif isinstance(node, ast.ClassDef):
            self.names.append(node.name)
            self.outside(node)
            self.names.pop()
        else:
            self.outside(node)
            self.notes.branched(node)
        note = self.notes.told(node)
        return [node, *note] if isinstance(node, ast.ImportFrom) and node.module == "__future__" else [*note, node]

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Weave a function in place."""
        name = ".".join((*self.names, node.name))
        scope = self.enter(name, node)
        self.defaulted(node, scope)
        outer, self.parents = self.parents, [node]
        self.scopes.append(scope)
        self.names += [node.name, "<locals>"]
        body = node.body
        head = body[:1] if ast.get_docstring(node, clean=False) is not None else []
        own = list(_own(node))
        declared = [one for one in own if isinstance(one, ast.Global | ast.Nonlocal)]
        is_generator = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in own)
        woven = self.block(body[len(head) :], "body")
        bare = node.name == "__init__" or (is_generator and isinstance(node, ast.AsyncFunctionDef))
        node.body = [*head, *declared, _prologue(scope.id, (woven or body or [node])[0], bare=bare), *woven]
        del self.names[-2:]
        self.scopes.pop()
        self.parents = outer

    def enter(self, name: str, node: ast.AST) -> _Scope:
        text = self.segment(cast("ast.expr", node))
        taken = self.taken[name] = self.taken.get(name, 0) + 1
        digest = hashlib.sha256(f"{name}\n{taken}\n{text}".encode()).hexdigest()[:16]
        number = self.before + len(self.functions) + 1
        line, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        for one in getattr(node, "decorator_list", ()):
            line = min(line, one.lineno)
        self.functions.append(Function(id=number, name=name, line=line, end_line=end, digest=digest))
        arguments: ast.arguments = getattr(node, "args")  # noqa: B009 - lambdas and functions have it alike
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        return _Scope(id=number, name=name, digest=digest, parameters=frozenset(one.arg for one in every if one is not None))

    def segment(self, node: ast.expr) -> str:
        """Return the source of a node, as `ast.get_source_segment` does, which splits the whole file each time."""
        first, last = node.lineno - 1, (node.end_lineno or 0) - 1
        lines = self.lines[first : last + 1]
        lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
        lines[0] = lines[0].encode()[node.col_offset :].decode()
        return "\n".join(lines)

    def lambda_(self, node: ast.Lambda) -> None:
        """Weave a lambda in place."""
        outer, self.parents = self.parents, [node]
        scope = self.enter(".".join((*self.names, "<lambda>")), node)
        self.scopes.append(scope)
        node.body = self.expression(node.body, "body")
        entered = stepped(scope.id)
        given = ast.Call(func=loaded(HOLLOW), args=[], keywords=[])
        node.body = placed(ast.IfExp(test=entered, body=given, orelse=node.body), node.body)
        self.scopes.pop()
        self.parents = outer

    def defaulted(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: _Scope) -> None:
        """Make the mutants of a function's default values."""
        if not any(one.name == "default" for one in self.operators):
            return
        arguments = node.args
        keywords = [(one.arg, given) for one, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        positional: list[tuple[str, ast.expr | None]] = [("", one) for one in arguments.defaults]
        for position, (keyword, given) in enumerate([*positional, *keywords]):
            other = other_default(given) if given is not None else None
            if given is None or other is None:
                continue
            self.scopes.append(scope)
            number = self.mutant("default", [given], [other], node)
            self.scopes.pop()
            if "<locals>" in self.names or self.reloads:
                woven = _switched([(number, other)], given)
                if keyword:
                    arguments.kw_defaults[position - len(positional)] = woven
                else:
                    arguments.defaults[position] = woven
            else:
                self.defaults[number] = Default(function=scope.name, position=position, keyword=keyword, value=other.value)

    def block(self, statements: list[ast.stmt], name: str) -> list[ast.stmt]:
        """Weave statements."""
        woven: list[ast.stmt] = []
        for one in statements:
            if not isinstance(one, ast.Global | ast.Nonlocal):
                woven += self.statement(one, name)
        return woven or [placed(ast.Pass(), statements[0])] if statements else []

    def statement(self, node: ast.stmt, name: str) -> list[ast.stmt]:
        """Weave one statement."""
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return self.outer(node)
        changes = [(number, cast("list[ast.stmt]", change)) for number, change in self.changes(node, name)]
        self.children(node)
        self.notes.branched(node)
        if isinstance(node, LOOPS):
            count = ast.Expr(stepped(0))
            node.body = [placed(count, node.body[0]), *node.body]
        note = self.notes.told(node, changes[0][0] if changes else self.leading(node))
        if not changes:
            return [*note, node]
        chain: list[ast.stmt] = []
        for number, change in reversed(changes[1:]):
            chain = [ast.If(test=is_on(number), body=change or [ast.Pass()], orelse=chain)]
        number, change = changes[0]
        if not chain:
            return [placed(ast.If(test=is_on(number), body=change or [ast.Pass()], orelse=[node]), node)]
        inner = ast.If(test=is_on(number), body=change or [ast.Pass()], orelse=chain)
        return [placed(ast.If(test=is_one_on([one for one, _ in changes]), body=[inner], orelse=[node]), node)]

    def expression(self, node: ast.expr, name: str) -> ast.expr:
        """Weave one expression."""
        if isinstance(node, ast.Lambda):
            self.lambda_(node)
            return node
        is_fixed = isinstance(node, WHOLE) or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        changes = [] if is_fixed else [(number, cast("ast.expr", change)) for number, change in self.changes(node, name)]
        if not isinstance(node, ast.JoinedStr):  # before Python 3.12 what is inside has no place of its own
            self.children(node)
        if not changes:
            return node
        switched = _switched(changes, node)
        self.led[switched] = changes[0][0]
        return switched

    def leading(self, node: ast.stmt) -> int:
        """Return a switch that a statement asks before all else; 0 where there is none."""
        return next((self.led.get(getattr(node, name), 0) for kinds, name in LEADING if isinstance(node, kinds)), 0)

    def children(self, node: ast.AST) -> None:
        """Weave what a node holds."""
        self.parents.append(node)
        for name, value in ast.iter_fields(node):
            if name in LEFT:
                continue
            if isinstance(value, ast.expr):
                setattr(node, name, self.expression(value, name))
            elif isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(node, name, self.block(value, name))
            elif isinstance(value, list):
                setattr(node, name, [self.expression(one, name) if isinstance(one, ast.expr) else self.part(one) for one in value])
            else:
                self.part(value)
        self.parents.pop()

    def part(self, node: Any) -> Any:
        if isinstance(node, ast.keyword | ast.comprehension | ast.ExceptHandler | ast.withitem | ast.match_case):
            self.children(node)
        return node

    def changes(self, node: ast.stmt | ast.expr, name: str) -> Iterator[tuple[int, Change]]:
        """Ask the operators, and number what they say; what is yielded is free of the tree."""
        place = Place(parents=tuple(self.parents), field=name, parameters=self.scopes[-1].parameters)
        seen: set[str] = set()
        for operator in self.operators:
            if not isinstance(node, operator.kinds):
                continue
            for change in operator.changes(node, place):
                seen = seen or {ast.dump(node)}
                new = change if isinstance(change, list) else [change]
                told = "\n".join(map(ast.dump, new))
                if told in seen or "Global(" in told or "Nonlocal(" in told:  # a name may be declared but once
                    continue
                seen.add(told)
                number = self.mutant(operator.name, *narrowed(node, new), self.parents[-1])
                yield number, _free(change, node)

    def mutant(self, operator: str, old: Sequence[ast.AST], new: Sequence[ast.AST], parent: ast.AST) -> int:
        """Note a mutant and return its switch."""
        scope = self.scopes[-1]
        first, last = cast("ast.expr", old[0]), cast("ast.expr", old[-1])
        line = self.lines[first.lineno - 1]
        margin = line[: len(line) - len(line.lstrip())]
        text = "\n".join(ast.unparse(one) for one in new).replace("\n", f"\n{margin}") or "pass"
        is_loose = len(new) == 1 and isinstance(new[0], ast.expr) and not isinstance(new[0], ATOMS)
        if is_loose and isinstance(parent, BINDS) and not (isinstance(new[0], ast.Compare) and isinstance(parent, ast.BoolOp)):
            text = f"({text})"
        scope.count += 1
        self.mutants.append(
            Mutant(
                id=self.next, file=self.file, operator=operator, function=scope.name, line=first.lineno, column=first.col_offset,
                end_line=last.end_lineno or 0, end_column=last.end_col_offset or 0, text=text, key=f"{scope.digest}:{scope.count}",
            )
        )  # fmt: skip
        self.next += 1
        return self.next - 1


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what belongs to a function itself, and not to one inside it, in the order of the source."""
    left = [*ast.iter_child_nodes(node)][::-1]
    while left:
        yield (child := left.pop())
        if not isinstance(child, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            left += [*ast.iter_child_nodes(child)][::-1]


def _prologue(number: int, where: ast.AST, *, bare: bool) -> ast.stmt:
    """Return what counts a call, and lets the function be hollow; a bare one then gives nothing."""
    given = None if bare else ast.Call(func=loaded(HOLLOW), args=[], keywords=[])
    return placed(ast.If(test=stepped(number), body=[ast.Return(value=given)], orelse=[]), where)


def _switched(changes: Sequence[tuple[int, ast.expr]], node: ast.expr) -> ast.expr:
    """Return an expression that is one of the changes when its switch is on."""
    chosen: ast.expr = changes[-1][1]
    for number, change in reversed(changes[:-1]):
        chosen = ast.IfExp(test=is_on(number), body=change, orelse=chosen)
    test = is_one_on([number for number, _ in changes])
    return placed(ast.IfExp(test=test, body=chosen, orelse=node), node)


def _free(value: Any, where: ast.AST) -> Any:
    """Return a copy of a change, in which all that is new has the place of what it stands for."""
    if isinstance(value, list):
        return [_free(one, where) for one in value]
    if not isinstance(value, ast.AST):
        return value
    new = type(value)(**{name: _free(one, where) for name, one in vars(value).items()})
    return ast.copy_location(new, where) if isinstance(new, PLACED) and not hasattr(new, "lineno") else new
