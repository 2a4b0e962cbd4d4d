"""Pairs that keep meaning: refactored solutions, other right solutions, and releases that changed no behaviour.

Why: whoever is told of a difference that is none stops listening. Programs of three data sets are refactored by rule (`refactor`) and
their own tests are run on the result; preconditions of MBPP+ stand as `assert` at the start of the old function. `alternatives.toml`
holds other right solutions of its tasks, written by hand, and these are checked on all its inputs as well.
Not here: the rules within a function (`refactor`), right candidates of ClassEval (`corpus`), running `planaria diff` (`behaviour`).
"""

import ast
import json
import sys
import textwrap
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from corpus import RIGHT, Case, pair, rows, with_docstrings
from mutants import run
from refactor import EXPRESSIONS, STATEMENTS, Scope, Swap, blocks, bound, functions, has, names, parsed, text

ALTERNATIVES = Path(__file__).parent / "alternatives.toml"
SHARES = {"mbpp": 150, "humaneval": 70, "classeval": 44}
TRIES, RULES_MAX, INPUTS_MAX, CHECK_S = 8, 3, 40, 20
EXAMPLES_MAX = 3
ALIKE = Path(__file__).parent / "alike.py"


def rename_locals(module: ast.Module, function: ast.FunctionDef, scope: Scope) -> None:
    """Call the local variables something else."""
    given = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    odd = {one.name for one in ast.walk(function) if isinstance(one, ast.ExceptHandler)} | {
        each.asname or each.name for one in ast.walk(function) if isinstance(one, ast.Import | ast.ImportFrom) for each in one.names
    }
    stored = {one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)} - given - odd
    renamed = {name: scope.fresh(f"the_{name}") for name in sorted(stored)}
    if not names(function) & {"locals", "eval", "exec", "vars"}:
        for one in ast.walk(function):
            if isinstance(one, ast.Name):
                one.id = renamed.get(one.id, one.id)


def extract_function(module: ast.Module, function: ast.FunctionDef, scope: Scope) -> None:
    """Move what a function returns into a function of its own."""
    last = function.body[-1]
    given = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    known = given | {name for one in function.body if isinstance(one, ast.Assign) for name in names(*one.targets)}
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.BinOp | ast.Call | ast.Compare | ast.BoolOp | ast.ListComp):
        return
    inner = {name for one in ast.walk(last.value) if isinstance(one, ast.comprehension) for name in names(one.target)}
    used = names(last.value) & bound(function)
    mangled = any(isinstance(one, ast.Attribute) and one.attr.startswith("__") for one in ast.walk(last.value))
    is_recursive = function.name in names(function) | {one.attr for one in ast.walk(function) if isinstance(one, ast.Attribute)}
    odd = mangled or is_recursive or "super" in names(last.value) or has(last.value, ast.NamedExpr, ast.Lambda)
    if not odd and not inner & known and used - inner <= known:
        part, arguments = scope.fresh("_part"), ", ".join(sorted(used - inner))
        module.body.insert(_place(module, function), parsed(f"def {part}({arguments}):", f"    return {text(last.value)}")[0])
        last.value = ast.Call(ast.Name(part), [ast.Name(one) for one in sorted(used - inner)], [])


def _place(module: ast.Module, function: ast.FunctionDef) -> int:
    return next(at for at, one in enumerate(module.body) if any(each is function for each in ast.walk(one)))


def hoist_constant(module: ast.Module, function: ast.FunctionDef, scope: Scope) -> None:
    """Give a number or a text of a function a name in the module."""
    inside = {id(each) for one in ast.walk(function) if isinstance(one, ast.JoinedStr | ast.arguments) for each in ast.walk(one)}
    alone = {id(one.value) for one in ast.walk(function) if isinstance(one, ast.Expr)}
    for block in blocks(function):
        for one in block:
            for each in ast.walk(one):
                if isinstance(each, ast.Constant) and type(each.value) in (int, float, str) and id(each) not in inside | alone:
                    name = scope.fresh("_FIXED")
                    module.body.insert(_place(module, function), parsed(f"{name} = {each.value!r}")[0])
                    Swap(lambda node, _, wanted=each, name=name: ast.Name(name) if node is wanted else None, scope).visit(function)
                    return


def reorder_definitions(module: ast.Module, function: ast.FunctionDef, scope: Scope) -> None:
    """Turn round the order of the functions of a module, and of the methods of a class."""
    for owner in [module, *(one for one in module.body if isinstance(one, ast.ClassDef))]:
        places = [at for at, one in enumerate(owner.body) if isinstance(one, ast.FunctionDef)]
        defined = [owner.body[at] for at in places]
        plain = all(isinstance(one, ast.FunctionDef) and not one.decorator_list and not one.args.defaults for one in defined)
        if plain and places and places == list(range(places[0], places[-1] + 1)) and len({one.name for one in defined}) == len(defined):
            owner.body[places[0] : places[-1] + 1] = reversed(defined)


WHOLE: tuple[Callable[[ast.Module, ast.FunctionDef, Scope], None], ...] = (
    rename_locals,
    extract_function,
    hoist_constant,
    reorder_definitions,
)
RULES: Mapping[str, Any] = {one.__name__: one for one in (*STATEMENTS, *EXPRESSIONS, *WHOLE)}


def refactored(code: str, rules: Sequence[str]) -> str | None:
    """Return code after some rules in turn, or None where one of them finds nothing to do."""
    before = text(ast.parse(code))
    for rule in rules:
        module = ast.parse(before)
        known = frozenset(bound(module))
        used = names(module) | known | {one.attr for one in ast.walk(module) if isinstance(one, ast.Attribute)}
        for function in functions(module):
            scope = Scope(module=module, function=function, used=used, bound=known)
            if RULES[rule] in STATEMENTS:
                _statements(function, RULES[rule], scope)
            elif RULES[rule] in EXPRESSIONS:
                Swap(RULES[rule], scope).visit(function)
            else:
                RULES[rule](module, function, scope)
                if rule == "reorder_definitions":
                    break
        after = text(ast.fix_missing_locations(module))
        if after == before:
            return None
        before = after
    return before + "\n"


def _statements(function: ast.FunctionDef, rule: Callable[..., Any], scope: Scope) -> None:
    for block in list(blocks(function)):
        at = 0
        while at < len(block):
            if found := rule(block, at, scope):
                block[at : at + found[0]] = found[1]
                at += len(found[1])
            else:
                at += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A right program: as it is shown (`old`), as it is rewritten (`code`), and how a rewrite of it is tested."""

    name: str
    entry: str
    old: str
    code: str
    test: str = ""
    texts: tuple[str, ...] = ()
    inputs: tuple[Any, ...] = ()


def mbpp(data: Path) -> Iterator[Program]:
    """Yield the tasks of MBPP+: the preconditions are asserted at the start of the old function, and of it alone."""
    for row in rows(data / "mbppplus.jsonl.gz"):
        calls = list(_calls(row["assertion"], row["entry_point"]))
        told = row["prompt"].strip().strip('"').split("\nassert")[0].strip()
        examples = "".join(f"\n>>> {text(call)}\n{text(value)}" for call, value in calls[:EXAMPLES_MAX] if value is not None)
        tree = ast.parse(row["canonical_solution"].replace("\t", "    "))
        function = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == row["entry_point"])
        if ast.get_docstring(function) is None:
            function.body.insert(0, ast.Expr(ast.Constant(textwrap.indent(f"{told}\n{examples}\n", "    ").strip() + "\n    ")))
        code = text(ast.fix_missing_locations(tree)) + "\n"
        function.body[1:1] = ast.parse(textwrap.dedent(row["contract"].replace("\t", "    ")).strip()).body
        texts = tuple(f"[{', '.join(map(text, call.args))}]" for call, _ in calls if not call.keywords)
        inputs = tuple([*row["base_input"], *row["plus_input"]][:INPUTS_MAX])
        name, old = row["task_id"].replace("/", "_"), text(ast.fix_missing_locations(tree)) + "\n"
        yield Program(name=name, entry=row["entry_point"], old=old, code=code, texts=texts, inputs=inputs)


def _calls(assertion: str, entry: str) -> Iterator[tuple[ast.Call, ast.expr | None]]:
    """Yield every call of the function in its assertions, with the value it is equal to."""
    for one in ast.walk(ast.parse(assertion)):
        match one:
            case ast.Compare(left=ast.Call(func=ast.Name(id=name)) as call, ops=[ast.Eq()], comparators=[value]) if name == entry:
                yield call, value
            case ast.Call(func=ast.Name(id="set" | "isclose"), args=[ast.Call(func=ast.Name(id=name)) as call, *_]) if name == entry:
                yield call, None


def humaneval(data: Path) -> Iterator[Program]:
    """Yield the right solutions of HumanEvalPack."""
    for row in rows(data / "humanevalpack.jsonl"):
        code = row["prompt"] + row["canonical_solution"]
        yield Program(name=row["task_id"].replace("/", "_"), entry=row["entry_point"], old=code, code=code, test=row["test"])


def classeval(data: Path) -> Iterator[Program]:
    """Yield the references of ClassEval."""
    for row in rows(data / "classeval_dev.jsonl.gz"):
        code = "".join(f"{one}\n" for one in row["imports"]) + "\n\n" + with_docstrings(row["reference"], row["skeleton"])
        test = row["tests"] + "\nif __name__ == '__main__':\n    unittest.main()\n"
        yield Program(name=row["task_id"], entry=row["class_name"], old=code, code=code, test=test)


def is_right(program: Program, new: str) -> bool:
    """Say whether a rewrite passes the tests of its data set, run under limits in a process of its own."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if program.test:
            (folder / "both.py").write_text(f"{new}\n\n{program.test}", encoding="utf-8")
            return run([sys.executable, "both.py"], folder, CHECK_S) == 0
        (folder / "old.py").write_text(program.old, encoding="utf-8")
        (folder / "new.py").write_text(new, encoding="utf-8")
        calls = {"entry": program.entry, "texts": program.texts, "inputs": program.inputs}
        (folder / "calls.json").write_text(json.dumps(calls), encoding="utf-8")
        return run([sys.executable, str(ALIKE)], folder, CHECK_S) == 0


def refactorings(data: Path, chance: Random) -> Iterator[Case]:
    """Yield refactored programs, each rule about as often as the others."""
    told: Counter[str] = Counter()
    for source in (mbpp, humaneval, classeval):
        programs = list(source(data))
        left = SHARES[source.__name__]
        for program in chance.sample(programs, len(programs)):
            if not left:
                break
            if found := _rewritten(program, told, chance):
                new, rules = found
                left -= 1
                told.update(rules)
                yield pair("rewrites", program.name, RIGHT, old=program.old, new=new, entry=program.entry, rules=rules)


def _rewritten(program: Program, told: Counter[str], chance: Random) -> tuple[str, list[str]] | None:
    by_need = sorted(RULES, key=lambda one: (told[one], chance.random()))
    first = [one for one in by_need if refactored(program.code, [one])][:TRIES]
    for rule in first:
        more = chance.sample([one for one in first if one != rule], min(len(first) - 1, chance.randrange(RULES_MAX)))
        for rules in ([rule, *more], [rule]):
            new = refactored(program.code, rules)
            if new and is_right(program, new):
                return new, rules
    return None


def alternatives(data: Path) -> Iterator[Case]:
    """Yield other right solutions, and say which of them its task's inputs refuse."""
    programs = {one.name: one for one in mbpp(data)}
    for name, code in tomllib.loads(ALTERNATIVES.read_text(encoding="utf-8")).items():
        if program := programs.get(name):
            if is_right(program, code):
                yield pair("rewrites", f"{name}_other", RIGHT, old=program.old, new=code, entry=program.entry, rules=["by hand"])
            else:
                print(f"alternatives.toml: {name} differs from its reference, left out", file=sys.stderr)
