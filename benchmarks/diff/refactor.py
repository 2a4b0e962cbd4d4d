"""Refactorings that keep meaning: some twenty small rewritings of functions, each sound for every input.

Why: a diff that cries at a tidied function is switched off. These are what people and their editors do all day, so a finding about one
of them is false. Each rule asks for what makes it sound (no leaking loop variable, no shadowed builtin, an immutable on the left)
and gives up where it cannot see that; the data sets' own tests are run on the results besides.
Not here: which programs are rewritten and how the results are tested (`rewrites`).
"""

import ast
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
SWAPPED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq}


@dataclass(frozen=False, slots=True, kw_only=True)
class Scope:
    """The function that is rewritten, in its module."""

    module: ast.Module
    function: ast.FunctionDef
    used: set[str]
    bound: frozenset[str]

    def fresh(self, name: str) -> str:
        """Return a name that the module does not use yet."""
        while name in self.used:
            name += "_"
        self.used.add(name)
        return name

    def keeps(self, *names: str) -> bool:
        """Say whether builtins of these names are what they are called here."""
        return not self.bound & set(names)

    def reads(self, name: str, outside: Iterable[ast.AST]) -> bool:
        """Say whether a name is read in the function other than in some of its nodes."""
        inside = {id(node) for one in outside for node in ast.walk(one)}
        return any(isinstance(one, ast.Name) and one.id == name and id(one) not in inside for one in ast.walk(self.function))


Sites = tuple[int, list[ast.stmt]] | None


def bound(tree: ast.AST) -> set[str]:
    """Return every name that is bound somewhere in a tree."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(getattr(node, "ctx", None), ast.Store)}
    found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return found | {
        one.asname or one.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for one in node.names
    }


def names(*nodes: ast.AST) -> set[str]:
    """Return every name in some nodes."""
    return {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}


def has(node: ast.AST, *kinds: type[ast.AST]) -> bool:
    """Say whether there is a node of some kind."""
    return any(isinstance(one, kinds) for one in ast.walk(node))


def text(node: ast.AST) -> str:
    """Return a node as text."""
    return ast.unparse(node)


def parsed(*lines: str) -> list[ast.stmt]:
    """Return statements from their text."""
    return ast.parse("\n".join(lines)).body


def for_to_while(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Take the items of a loop by hand."""
    match block[at]:
        case ast.For(target=target, iter=iterated, body=body, orelse=[]) if scope.keeps("iter", "next", "StopIteration"):
            items = scope.fresh("items")
            start, loop = parsed(
                f"{items} = iter({text(iterated)})",
                "while True:",
                f"    try:\n        {text(target)} = next({items})\n    except StopIteration:\n        break",
            )
            assert isinstance(loop, ast.While)
            loop.body.extend(body)
            return 1, [start, loop]
    return None


def loop_to_comprehension(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Write a loop that only appends as a comprehension, where its variable is not used elsewhere."""
    match block[at : at + 2]:
        case [ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])), ast.For(orelse=[], body=[step]) as loop]:
            test = ""
            if isinstance(step, ast.If) and not step.orelse and len(step.body) == 1:
                test, step = f" if {text(step.test)}", step.body[0]
            match step:
                case ast.Expr(ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="append"), args=[item], keywords=[])):
                    leaks = any(scope.reads(one, [loop]) for one in names(loop.target))
                    twice = sum(one.id == name for one in ast.walk(loop) if isinstance(one, ast.Name)) > 1
                    odd = has(loop, ast.Yield, ast.Await, ast.YieldFrom, ast.NamedExpr, ast.Starred, *SCOPES.__args__)
                    if owner == name and not (leaks or twice or odd):
                        return 2, parsed(f"{name} = [{text(item)} for {text(loop.target)} in {text(loop.iter)}{test}]")
    return None


def comprehension_to_loop(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Write a comprehension as a loop that appends."""
    match block[at]:
        case (
            ast.Return(value=ast.ListComp(generators=[one]) as made)
            | ast.Assign(targets=[ast.Name()], value=ast.ListComp(generators=[one]) as made)
        ) if not one.is_async and not has(made, ast.Lambda, ast.NamedExpr):
            renamed = {old: scope.fresh(f"each_{old}") for old in names(one.target)}
            item, target, *tests = (_renamed(node, renamed) for node in (made.elt, one.target, *one.ifs))
            result = scope.fresh("gathered")
            test = " and ".join(f"({text(each)})" for each in tests) or "True"
            lines = [f"{result} = []", f"for {text(target)} in {text(one.iter)}:"]
            lines += [f"    if {test}:\n        {result}.append({text(item)})"] if tests else [f"    {result}.append({text(item)})"]
            last = copy.deepcopy(block[at])
            assert isinstance(last, ast.Return | ast.Assign)
            last.value = ast.Name(result)
            return 1, [*parsed(*lines), last]
    return None


def _renamed(node: ast.expr, renamed: Mapping[str, str]) -> ast.expr:
    node = copy.deepcopy(node)
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            one.id = renamed.get(one.id, one.id)
    return node


def invert_branches(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Turn a condition round and swap its branches."""
    match block[at]:
        case ast.If(test=test, body=body, orelse=[_, *_] as orelse):
            return 1, [ast.If(test=ast.UnaryOp(ast.Not(), test), body=orelse, orelse=body)]
    return None


def drop_else(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Return early: no `else` after a branch that leaves."""
    match block[at]:
        case ast.If(test=test, body=[*_, last] as body, orelse=[_, *_] as orelse) if isinstance(last, ENDS):
            return 1, [ast.If(test=test, body=body, orelse=[]), *orelse]
    return None


def add_else(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Put what follows a branch that leaves into its `else`."""
    match block[at:]:
        case [ast.If(test=test, body=[*_, last] as body, orelse=[]), *rest] if isinstance(last, ENDS) and rest:
            return 1 + len(rest), [ast.If(test=test, body=body, orelse=rest)]
    return None


def split_condition(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Nest two conditions instead of joining them."""
    match block[at]:
        case ast.If(test=ast.BoolOp(op=ast.And(), values=[first, *rest]), body=body, orelse=[]):
            second = rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)
            return 1, [ast.If(test=first, body=[ast.If(test=second, body=body, orelse=[])], orelse=[])]
    return None


def turn_condition(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Write a joined condition as the negation of its opposite."""
    match block[at]:
        case ast.If(test=ast.BoolOp(op=operator, values=values), body=body, orelse=orelse):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            opposite = ast.BoolOp(other, [ast.UnaryOp(ast.Not(), one) for one in values])
            return 1, [ast.If(test=ast.UnaryOp(ast.Not(), opposite), body=body, orelse=orelse)]
    return None


def choice_to_branches(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Write a conditional expression as two branches."""
    match block[at]:
        case ast.Return(value=ast.IfExp(test=test, body=yes, orelse=no)):
            return 1, [ast.If(test=test, body=[ast.Return(yes)], orelse=[]), ast.Return(no)]
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.IfExp(test=test, body=yes, orelse=no)):
            return 1, parsed(f"if {text(test)}:", f"    {name} = {text(yes)}", "else:", f"    {name} = {text(no)}")
    return None


def split_tuple(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Assign several names one after the other."""
    match block[at]:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if (
            len(targets) == len(values) and all(isinstance(one, ast.Name) for one in targets) and not has(block[at], ast.Starred)
        ):
            parts = [scope.fresh(f"next_{text(one)}") for one in targets]
            first = [f"{part} = {text(value)}" for part, value in zip(parts, values, strict=True)]
            return 1, parsed(*first, *(f"{text(target)} = {part}" for part, target in zip(parts, targets, strict=True)))
    return None


def name_result(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Give what is returned a name first."""
    match block[at]:
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Name | ast.Constant):
            outcome = scope.fresh("outcome")
            return 1, parsed(f"{outcome} = {text(value)}", f"return {outcome}")
    return None


def inline_result(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Return at once what was only named to be returned."""
    match block[at : at + 2]:
        case [ast.Assign(targets=[ast.Name(id=name)], value=value), ast.Return(value=ast.Name(id=returned))] if name == returned:
            return 2, [ast.Return(value)]
    return None


def plain_addition(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Write out an augmented assignment to a number or a text."""
    match block[at]:
        case ast.AugAssign(target=ast.Name(id=name), op=operator, value=value):
            given = [one.value for one in ast.walk(scope.function) if isinstance(one, ast.Assign) and name in names(*one.targets)]
            loops = [one for one in ast.walk(scope.function) if isinstance(one, ast.For | ast.comprehension | ast.NamedExpr | ast.withitem)]
            plain = name not in {one.arg for one in ast.walk(scope.function.args) if isinstance(one, ast.arg)}
            plain = plain and all(isinstance(one, ast.Constant) and isinstance(one.value, int | float | str) for one in given)
            if (
                given
                and plain
                and not any(name in bound(one) for one in loops if not isinstance(one, ast.For) or name in names(one.target))
            ):
                return 1, [ast.Assign(targets=[ast.Name(name, ast.Store())], value=ast.BinOp(ast.Name(name), operator, value))]
    return None


def leave_in_the_middle(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Test a loop's condition inside it."""
    match block[at]:
        case ast.While(test=test, body=body, orelse=[]) if not isinstance(test, ast.Constant):
            leave = ast.If(test=ast.UnaryOp(ast.Not(), test), body=[ast.Break()], orelse=[])
            return 1, [ast.While(test=ast.Constant(value=True), body=[leave, *body], orelse=[])]
    return None


def sort_in_place(block: list[ast.stmt], at: int, scope: Scope) -> Sites:
    """Copy and sort instead of sorting into a copy."""
    match block[at]:
        case ast.Return(value=ast.Call(func=ast.Name(id="sorted"), args=[one], keywords=keywords)) if scope.keeps("sorted", "list"):
            ordered = scope.fresh("ordered")
            given = ", ".join(text(each) for each in keywords)
            return 1, parsed(f"{ordered} = list({text(one)})", f"{ordered}.sort({given})", f"return {ordered}")
    return None


def literal_to_call(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Write `list()` for `[]` and `dict()` for `{}`."""
    match node:
        case ast.List(elts=[], ctx=ast.Load()) if scope.keeps("list"):
            return ast.Call(ast.Name("list"), [], [])
        case ast.Dict(keys=[]) if scope.keeps("dict"):
            return ast.Call(ast.Name("dict"), [], [])
    return None


def de_morgan(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Move a `not` inwards."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=ast.BoolOp(op=operator, values=values)):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            return ast.BoolOp(other, [ast.UnaryOp(ast.Not(), one) for one in values])
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(left=left, ops=[ast.In()], comparators=right)):
            return ast.Compare(left, [ast.NotIn()], right)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(left=left, ops=[ast.Is()], comparators=right)):
            return ast.Compare(left, [ast.IsNot()], right)
    return None


def split_chain(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Write out a comparison of three."""
    match node:
        case ast.Compare(left=left, ops=[one, other], comparators=[ast.Name() | ast.Constant() as middle, right]):
            return ast.BoolOp(ast.And(), [ast.Compare(left, [one], [middle]), ast.Compare(middle, [other], [right])])
    return None


def swap_sides(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Swap the sides of a comparison of names and constants."""
    match node:
        case ast.Compare(left=ast.Name() | ast.Constant() as left, ops=[operator], comparators=[ast.Name() | ast.Constant() as right]) if (
            type(operator) in SWAPPED
        ):
            return ast.Compare(right, [SWAPPED[type(operator)]()], [left])
    return None


def text_to_format(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Write an f-string as a call of `format`."""
    match node:
        case ast.JoinedStr(values=values):
            parts, given = "", []
            for one in values:
                if isinstance(one, ast.Constant):
                    parts += str(one.value).replace("{", "{{").replace("}", "}}")
                elif isinstance(one, ast.FormattedValue) and one.conversion == -1 and one.format_spec is None:
                    parts += "{}"
                    given.append(one.value)
                else:
                    return None
            return ast.Call(ast.Attribute(ast.Constant(parts), "format"), given, []) if given else None
    return None


def map_to_comprehension(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Write `list(map(int, values))` as a comprehension."""
    match node:
        case ast.Call(func=ast.Name(id="list"), args=[ast.Call(func=ast.Name(id="map"), args=[ast.Name(id=name), values])]) if name in (
            "int",
            "str",
            "float",
            "len",
            "abs",
        ) and scope.keeps("list", "map", name):
            one = scope.fresh("value")
            return ast.parse(f"[{name}({one}) for {one} in {text(values)}]", mode="eval").body
    return None


STATEMENTS: tuple[Callable[[list[ast.stmt], int, Scope], Sites], ...] = (
    for_to_while, loop_to_comprehension, comprehension_to_loop, invert_branches, drop_else, add_else, split_condition, turn_condition,
    choice_to_branches, split_tuple, name_result, inline_result, plain_addition, leave_in_the_middle, sort_in_place,
)  # fmt: skip
EXPRESSIONS: tuple[Callable[[ast.expr, Scope], ast.expr | None], ...] = (
    literal_to_call, de_morgan, split_chain, swap_sides, text_to_format, map_to_comprehension,
)  # fmt: skip


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield every list of statements, outer ones first."""
    for one in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            found = getattr(one, name, None)
            if isinstance(found, list) and found:
                yield found


class Swap(ast.NodeTransformer):
    """Puts other expressions in the place of those that a rule knows."""

    def __init__(self, rule: Callable[[ast.expr, Scope], ast.expr | None], scope: Scope) -> None:
        self.rule, self.scope, self.changed = rule, scope, False

    def visit(self, node: ast.AST) -> ast.AST:
        """Visit what is inside first."""
        node = self.generic_visit(node)
        made = self.rule(node, self.scope) if isinstance(node, ast.expr) else None
        self.changed = self.changed or made is not None
        return made or node


def functions(module: ast.Module) -> list[ast.FunctionDef]:
    """Return the functions that hold no scope of their own and touch none but theirs."""
    odd = (ast.Global, ast.Nonlocal, ast.Match, ast.Yield, ast.YieldFrom)
    nested = {id(one) for node in ast.walk(module) if isinstance(node, ast.FunctionDef) for one in ast.walk(node) if one is not node}
    every = [one for one in ast.walk(module) if isinstance(one, ast.FunctionDef) and id(one) not in nested]
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    return [one for one in every if not has(one, *odd) and not any(has(each, *inner) for each in one.body)]
