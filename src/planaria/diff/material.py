"""Material: what a search begins with: the seeds that documents, tests, a contract and a file of calls hold, and what they say of types.

Why: what people wrote down about the code is the best guess at its inputs, and both versions' documents count.
Not here: reading the texts (`witness.script.seed`), the search (`witness.script.hunt`).
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from planaria.diff.reading import NothingToCompare
from planaria.diff.version import Version
from planaria.witness.script.files import Files
from planaria.witness.script.kind import ANY, of_annotation
from planaria.witness.script.making import Maker
from planaria.witness.script.prose import from_document
from planaria.witness.script.scope import Scope, Variable, scope_of
from planaria.witness.script.seed import from_lines, from_tests, of_one_call
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import Class, Function, Subjects, subjects_of, words_of

TEST = re.compile(r"(^|[/.])(tests?|testing|conftest|docs?|examples?|setup|benchmarks?|_version)([/.]|$)|(^|[/.])test_[^/.]*|_test([/.]|$)")
SEEDS_MAX, NAMES_MAX = 300, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A contract file: where it is, which class of it counts, its tree."""

    path: Path
    name: str
    tree: ast.Module

    @classmethod
    def of(cls, contract: str) -> "Agreement":
        """Read `FILE` or `FILE:Class`.

        Raises:
            NothingToCompare: PLN-D102.
        """
        file, _, name = (contract, "", "") if Path(contract).is_file() else contract.rpartition(":")
        try:
            tree = ast.parse(Path(file).read_bytes())
        except (OSError, SyntaxError, ValueError) as error:
            raise NothingToCompare(side=contract, text=f"the contract cannot be read: {error}") from error
        if name and not any(isinstance(one, ast.ClassDef) and one.name == name for one in tree.body):
            raise NothingToCompare(side=contract, text=f"the contract has no class {name}")
        return cls(path=Path(file), name=name, tree=tree)

    def operations(self) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        """Yield each operation with the name of its class; a plain function has none."""
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef) and self.name in ("", node.name):
                yield from ((node.name, one) for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)))
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not self.name:
                yield "", node


def code_of(version: Version, modules: Iterable[str]) -> dict[str, ast.Module]:
    """Return the trees of modules, those of tests, documents and set-up left out."""
    named = [one for one in version.modules if one in set(modules)]
    wanted = [one for one in named if version.is_one_module or not TEST.search(version.modules[one])]
    return {name: tree for name in wanted if (tree := version.tree(name)) is not None}


def seeds_of(old: Version, new: Version, subjects: Subjects, affected: Iterable[str]) -> list[Script]:
    """Return the scripts that documents and tests of both versions hold for symbols, each text once."""
    scope = scope_of(subjects)
    wanted = {one.rpartition(".")[2] for one in affected} | {one.rpartition(".")[0].rpartition(".")[2] for one in affected} - {""}
    found: dict[tuple[str, ...], Script] = {}
    owners = {owner for symbol in affected for owner in (symbol, symbol.rpartition(".")[0])}
    newer = subjects_of(code_of(new, subjects.modules), dotted=subjects.dotted)
    for each in (subjects, newer):
        for script in _of_documents(each, scope, owners):
            found.setdefault(tuple(script.lines), script)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(wanted)[:NAMES_MAX]))})\b")
    for files, path in _tests(old, new):
        for script in _of_tests(files, path, scope, pattern):
            found.setdefault(tuple(script.lines), script)
            if len(found) >= SEEDS_MAX:
                return list(found.values())
    return list(found.values())


def _of_documents(subjects: Subjects, scope: Scope, owners: set[str]) -> Iterator[Script]:
    for function in subjects.functions.values():
        if function.symbol in owners:
            yield from of_one_call(from_document(function.document, scope, symbol=function.symbol))
    for owner in subjects.classes.values():
        if owner.symbol in owners:
            for document in (owner.document, owner.maker.document, *(one.document for one in owner.methods.values())):
                yield from from_document(document, scope, symbol=owner.symbol)


def _tests(old: Version, new: Version) -> Iterator[tuple[Files, str]]:
    seen: set[bytes] = set()
    for version in (old, new):
        inside = {
            path: content
            for path, content in version.files.items()
            if path.endswith(".py") and not version.is_one_module and TEST.search(path)
        }
        files = Files({path: content for path, content in {**inside, **version.beside}.items() if path.endswith(".py")})
        for path, content in files.texts.items():
            if content not in seen:
                seen.add(content)
                yield files, path


def _of_tests(files: Files, path: str, scope: Scope, pattern: re.Pattern[str]) -> Iterator[Script]:
    tree = files.whole(path) if pattern.search(files.texts[path].decode("utf-8", "replace")) else None
    if tree is None:
        return

    def is_about(node: ast.stmt) -> bool:
        is_test = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test")
        return not is_test or bool(pattern.search(ast.unparse(node)))

    for place, node in enumerate(tree.body):
        if isinstance(node, ast.ClassDef) and not any(
            isinstance(one, ast.Assign) and pattern.search(ast.unparse(one)) for one in node.body
        ):
            tree.body[place] = ast.ClassDef(
                name=node.name, bases=node.bases, keywords=[], body=[one for one in node.body if is_about(one)], decorator_list=[]
            )
    tree.body = [one for one in tree.body if is_about(one)]
    yield from of_one_call(from_tests(tree, scope, source=path))


def agreed(agreement: Agreement, subjects: Subjects, maker: Maker) -> list[Script]:
    """Return the examples of a contract as scripts, and let the maker know the types and that its conditions say what is inside."""
    found: list[Script] = []
    for owner, node in agreement.operations():
        holder = next((one for one in subjects.classes.values() if owner and node.name in one.methods), None)
        function = holder.methods[node.name] if holder else subjects.functions.get(node.name)
        if function is None:
            continue
        maker.free_of.add(function.symbol)
        given = {one.arg: of_annotation(one.annotation, subjects) for one in (*node.args.args, *node.args.kwonlyargs)}
        for one in function.parameters:
            if given.get(one.name, ANY) != ANY:
                maker.agreed[function.symbol, one.name] = given[one.name]
        scope = scope_of(subjects)
        before: tuple[Step, ...] = ()
        for name in _called_on(node):
            if holder:
                scope.names[name] = Variable(name=name, owner=holder.symbol)
                before += (Step(callee=holder.symbol, symbol=holder.symbol, target=name),)
        scripts = from_document(_plainly(ast.get_docstring(node) or "", holder), scope, symbol=function.symbol)
        found += [replace(one, steps=(*before, *one.steps), source=f"contract {agreement.path.name}") for one in scripts]
    return found


def _called_on(node: ast.AST) -> list[str]:
    document = ast.get_docstring(node) or "" if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else ""
    return list(dict.fromkeys(re.findall(r"(?:await\s+|>>> )(\w+)\.\w+\(", document)))


def _plainly(document: str, holder: Class | None) -> str:
    """Write `await cart.add(1)` as `add(1)`, where the operation is a plain function."""
    return document if holder else re.sub(r"\bawait\s+(?:\w+\.)?(?=\w+\()", "", document)


def from_file(path: Path, subjects: Subjects) -> list[Script]:
    """Return the scripts of a file of calls.

    Raises:
        NothingToCompare: PLN-D102, with the line.
    """
    try:
        return list(from_lines(path.read_text(encoding="utf-8"), scope_of(subjects), source=path.name))
    except (OSError, ValueError) as error:
        raise NothingToCompare(side=str(path), text=f"its calls cannot be read: {error}") from error


def maker_of(subjects: Subjects, versions: Iterable[Version], affected: Iterable[str], *, seed: int) -> Maker:
    """Return a maker that knows the constants of the code that may have changed."""
    maker = Maker(Random(seed), subjects)  # noqa: S311 - it must repeat, and keeps no secret
    names = {one.rpartition(".")[2] for one in affected} | {one.rpartition(".")[0].rpartition(".")[2] for one in affected}
    for version in versions:
        trees = code_of(version, subjects.modules)
        if len(trees) > 1:
            trees = {str(at): node for at, node in enumerate(_about(trees.values(), names))}
        maker.learn_constants(words_of(trees))
        maker.stock.learn_questions(trees.values())
    for symbol in affected:
        function = subjects.callable_at(symbol)
        if function is not None and function.node is not None and _begins_with_assert(function):
            maker.free_of.add(symbol)
    return maker


def _about(trees: Iterable[ast.Module], names: set[str]) -> Iterator[ast.Module]:
    for tree in trees:
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and (
                node.name in names or node.name.startswith("_")
            ):
                yield ast.Module(body=[node], type_ignores=[])


def _begins_with_assert(function: Function) -> bool:
    assert function.node is not None, "asked only where there is one"
    body = [one for one in function.node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    return bool(body) and isinstance(body[0], ast.Assert)


def script_of(program: str) -> Script:
    """Return a program as a script of one step."""
    return Script(steps=(Step(kind="do", callee=program),), source="client")
