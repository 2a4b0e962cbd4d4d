"""Prose: the calls that a document shows, as `>>>` examples or in its sentences.

Why: a docstring that says `f(3) gives 6`, or `Input: 12`, says what the function is for as well as an example does.
Not here: reading statements (`statement`), tests (`seed`), which documents count (`diff.material`).
"""

import ast
import doctest
import re
from collections.abc import Iterator

from planaria.witness.script.scope import BUILTINS, Scope, Variable
from planaria.witness.script.statement import Reader
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import Function

CHARACTERS_MAX = 2000
NOT_LITERAL = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError)


def from_document(text: str, scope: Scope, *, symbol: str) -> Iterator[Script]:
    r"""Yield the scripts of a docstring: its `>>>` examples as one, and calls that its prose shows as one each.

    >>> from planaria.witness.script.scope import scope_of
    >>> from planaria.witness.script.subject import subjects_of
    >>> scope = scope_of(subjects_of({"m": ast.parse("def f(x): ...")}))
    >>> [one.lines for one in from_document("Twice.\n\n>>> f(2)\n4\n\nf(3) gives 6, and f([]) fails.", scope, symbol="f")]
    [['f(2)'], ['f(3)'], ['f([])']]
    """
    source, reader = f"document of {symbol}", Reader(scope.begin())
    examples = list(_examples(text))
    for name in _taken_for_granted("\n".join(examples), scope, symbol):
        reader.steps.append(Step(callee=symbol, symbol=symbol, target=name))
        reader.scope.names[name] = Variable(name=name, owner=symbol)
    for example in examples:
        reader.read_text(example)
    made = reader.script(source)
    if made is not None:
        yield made
    rest = "\n".join(line for line in text.splitlines() if ">>>" not in line)[: 8 * CHARACTERS_MAX]
    seen = set(made.lines) if made else set()
    function = scope.subjects.functions.get(symbol)
    calls = [*_calls(rest, symbol.rpartition(".")[2]), *(_assigned(rest, function) if function else ())]
    if function and not calls and made is None:
        calls += _renamed(rest, function)
    for call in calls:
        reader = Reader(scope.begin())
        reader.read([call])
        alone = reader.script(source)
        if alone is not None and alone.lines[-1] not in seen:
            seen.add(alone.lines[-1])
            yield alone


def _examples(text: str) -> Iterator[str]:
    """Yield the sources of a document's examples; of one that cannot be read as a whole, those lines that can."""
    try:
        yield from (one.source for one in doctest.DocTestParser().get_examples(text))
    except ValueError:
        for found in re.finditer(r">>> (.*(?:\n(?!\s*>>>).*){0,2})", text):
            lines = found.group(1).splitlines()
            readable = (one for one in (lines[0], "\\n".join(one.strip("\r") for one in lines[:2])) if _parsed(one, "exec") is not None)
            yield from [*readable][:1]


def _taken_for_granted(text: str, scope: Scope, symbol: str) -> list[str]:
    """Return the names of objects that a class's examples use and never make, where an object needs nothing to be made."""
    owner = scope.subjects.classes.get(symbol)
    tree = _parsed(text, "exec") if owner is not None and not any(one.is_required for one in owner.maker.parameters) else None
    if owner is None or tree is None:
        return []
    names = [one for one in ast.walk(tree) if isinstance(one, ast.Name)]
    bound = {one.id for one in names if isinstance(one.ctx, ast.Store)} | {*scope.names, *scope.by_last, *BUILTINS}
    used = [
        one.func.value.id
        for one in ast.walk(tree)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and isinstance(one.func.value, ast.Name)
        if one.func.attr in owner.methods
    ]
    return list(dict.fromkeys(one for one in used if one not in bound))


def _parsed(text: str, mode: str) -> ast.AST | None:
    try:
        return ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _is_literal(node: ast.AST) -> bool:
    try:
        ast.literal_eval(node)
    except NOT_LITERAL:
        return False
    return True


def _calls(text: str, name: str) -> Iterator[ast.stmt]:
    """Yield the calls of a name that prose holds, as far as their brackets close."""
    for found in re.finditer(rf"(?<![\w.]){re.escape(name)}\s*\(", text):
        depth = 0
        for place in range(found.end() - 1, min(len(text), found.end() + CHARACTERS_MAX)):
            depth += {"(": 1, ")": -1}.get(text[place], 0)
            if depth == 0:
                tree = _parsed(" ".join(text[found.start() : place + 1].split()), "exec")
                yield from tree.body if isinstance(tree, ast.Module) else ()
                break


def _values(text: str, pattern: str) -> Iterator[tuple[int, ast.expr]]:
    """Yield the literals that follow a pattern in prose, with their places."""
    for found in re.finditer(pattern, text):
        rest = text[found.end() : found.end() + CHARACTERS_MAX]
        for end in _ends(rest):
            tree = _parsed(rest[:end].strip(), "eval")
            if isinstance(tree, ast.Expression) and _is_literal(tree):
                yield found.start(), tree.body
                break


def _ends(text: str) -> Iterator[int]:
    """Yield places where a literal at the start of a text may end; one in brackets ends where they close."""
    depth, quoted = 0, ""
    for place, sign in enumerate(text):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "'\"":
            quoted = sign
        depth += 0 if quoted else (sign in "([{") - (sign in ")]}")
        if depth < 0:
            return
        following = text[place + 1 : place + 3]
        if (
            not quoted
            and depth == 0
            and (not following or following[0] in ",;\n #)" or (following[0] == "." and not following[1:].isdigit()))
        ):
            yield place + 1
            if sign in ")]}":
                return


def _assigned(text: str, function: Function) -> Iterator[ast.stmt]:
    """Yield the calls that prose shows as `items = [1, 2], count = 3`, or as `Input: 12` where there is one parameter."""
    required = [one.name for one in function.parameters if one.is_required]
    named = [
        (place, name, node) for name in required for place, node in _values(text, rf"(?<![\w.]){re.escape(name)}\s*(?:=(?!=)|:|is)\s*")
    ]
    given: dict[str, ast.expr] = {}
    for _, name, node in sorted(named, key=lambda one: one[0]):
        given[name] = node
        if len(given) == len(required):
            yield _call_of(function, [given[one] for one in required])
            given = {}
    if not named and len(required) == 1:
        yield from (_call_of(function, [node]) for _, node in _values(text, r"(?i)\b(?:input|given|for example|e\.g\.)\s*[:=]?\s+"))


def _renamed(text: str, function: Function) -> Iterator[ast.stmt]:
    """Yield calls of a name that nobody knows with as many arguments: the example was written before the function was renamed."""
    count = sum(one.is_required for one in function.parameters)
    for name in dict.fromkeys(re.findall(r"(?<![\w.])([A-Za-z_]\w+)\(", text)):
        for node in _calls(text, name):
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and len(call.args) == count and not call.keywords and all(map(_is_literal, call.args)):
                yield _call_of(function, call.args)


def _call_of(function: Function, given: list[ast.expr]) -> ast.stmt:
    return ast.parse(f"{function.symbol.rpartition('.')[2]}({', '.join(map(ast.unparse, given))})").body[0]
