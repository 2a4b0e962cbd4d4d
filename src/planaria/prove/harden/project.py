"""A project as the search for witnesses sees it: its code, the calls that people wrote, and what a mutant may affect.

Why: hundreds of mutants share one reading of the code and of its tests; a mutant is one file of a staged copy, written over.
Not here: playing anything (`pool`, `distinction`).
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from planaria.diff.affected import affected_symbols
from planaria.diff.material import TEST, code_of, maker_of
from planaria.diff.reading import versions
from planaria.diff.version import Version
from planaria.prove.mutant import Mutant
from planaria.witness.script.files import Files
from planaria.witness.script.making import Maker
from planaria.witness.script.prose import from_document
from planaria.witness.script.scope import Scope, scope_of
from planaria.witness.script.seed import from_tests, of_one_call
from planaria.witness.script.step import Script
from planaria.witness.script.subject import Subjects, subjects_of
from planaria.witness.stage.actor import Order

NAMED = {"__name__", "__qualname__", "__doc__", "__module__", "__wrapped__"}
FUNCTIONS, SILENT = (ast.FunctionDef, ast.AsyncFunctionDef), (ast.Pass, ast.Global, ast.Nonlocal, ast.Try, ast.Break, ast.Continue)
SEEDS_MAX = 300


class Project:
    """The code and the tests below a root, read once.

    Raises:
        NothingToCompare: PLN-D102, where it holds no Python, or far too much.
    """

    def __init__(self, root: Path, *, tests: Iterable[Path] = ()) -> None:
        self.root = root.resolve()
        self.version = versions(".", ".", folder=self.root)[0]
        self.given = [one for path in tests for one in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]

    def path(self, file: str) -> str:
        """Return where the version has a file that the project has here."""
        inside, outside = self.version.origin
        return inside + file.removeprefix(outside) if file.startswith(outside) else file

    def source(self, file: str) -> str:
        """Return the text of a file."""
        return self.version.files[self.path(file)].decode("utf-8")

    def mutated(self, mutant: Mutant) -> bytes:
        """Return its file with a mutant in it."""
        return mutant.applied(self.source(mutant.file)).encode()

    @cached_property
    def subjects(self) -> Subjects:
        """Return what of the code can be called."""
        return subjects_of(code_of(self.version, self.version.modules), dotted=True)

    def affected(self, mutant: Mutant, *, rings: int = 1) -> frozenset[str]:
        """Return the public symbols nearest to the function that a mutant changes, in its module before all others."""
        path = self.path(mutant.file)
        changed = {path: self.mutated(mutant)}
        for files in ({path: self.version.files[path]}, self.version.files):
            before, after = (Version(label="", files=one) for one in (files, {**files, **changed}))
            found = affected_symbols(before, after, self.subjects, rings=rings)
            if found:
                return found
        return frozenset()

    def around(self, mutant: Mutant) -> list[range]:
        """Return the lines of each statement of the function that a mutant changes; of a compound one those before its body."""
        found: list[range] = []
        node: ast.AST | None = None
        for one in ast.walk(ast.parse(self.version.files[self.path(mutant.file)])):
            if isinstance(one, FUNCTIONS) and one.lineno <= mutant.line <= (one.end_lineno or 0):
                node = one  # what is walked later lies deeper
        waiting: list[ast.AST] = list(getattr(node, "body", ()))
        while waiting:
            node = waiting.pop()
            body = getattr(node, "body", ())
            is_plain = isinstance(node, ast.stmt) and not isinstance(node, SILENT)
            if isinstance(node, ast.stmt) and is_plain and not isinstance(getattr(node, "value", None), ast.Constant):
                found.append(range(node.lineno, max(node.lineno + 1, body[0].lineno) if body else (node.end_lineno or node.lineno) + 1))
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                waiting += (one for one in ast.iter_child_nodes(node) if isinstance(one, (ast.stmt, ast.excepthandler, ast.match_case)))
        return found

    def looks(self, owner: str) -> list[str]:
        """Return what else shows the state of an object: names that its class sets."""
        module = next((one for one in sorted(self.version.modules, key=len, reverse=True) if owner.startswith(f"{one}.")), "")
        tree = self.version.tree(module)
        nodes = tree.body if tree is not None else []
        node = next((one for one in nodes if isinstance(one, ast.ClassDef) and f"{module}.{one.name}" == owner), None)
        inside = list(ast.walk(node)) if node is not None else []
        set_ = {one.attr for one in inside if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)}
        return [f"{{0}}.{name}" for name in sorted(set_ & NAMED)]

    @cached_property
    def scripts(self) -> dict[str, list[Script]]:
        """Return the calls that tests make, by the symbols that they exercise."""
        found: dict[str, list[Script]] = defaultdict(list)
        scope = scope_of(self.subjects)
        files = Files(dict(self._tests()))
        for path in files.texts:
            tree = files.whole(path)
            if tree is None:
                continue
            for script in of_one_call(from_tests(tree, scope, source=path)):
                for symbol in {step.symbol for step in script.steps if step.symbol}:
                    found[symbol].append(script)
        return found

    def _tests(self) -> Iterator[tuple[str, bytes]]:
        yield from ((path, content) for path, content in self.version.files.items() if path.endswith(".py") and TEST.search(path))
        yield from self.version.beside.items()
        yield from ((str(path), path.read_bytes()) for path in self.given if not path.is_relative_to(self.root))

    def seeds(self, affected: Iterable[str]) -> list[Script]:
        """Return what people wrote about symbols, in documents and in tests; each text once, the shortest first."""
        found: dict[tuple[str, ...], Script] = {}
        scope = scope_of(self.subjects)
        symbols = sorted(affected)
        for symbol in dict.fromkeys((*symbols, *(one.rpartition(".")[0] for one in symbols))):
            written = [*self._documented(symbol, scope), *self.scripts.get(symbol, ())]
            for script in sorted(written, key=lambda one: len(one.steps)):
                found.setdefault(tuple(script.lines), script)
        return list(found.values())[:SEEDS_MAX]

    def _documented(self, symbol: str, scope: Scope) -> Iterator[Script]:
        function, owner = self.subjects.functions.get(symbol), self.subjects.classes.get(symbol)
        texts = [function.document] if function else []
        texts += [owner.document, owner.maker.document, *(one.document for one in owner.methods.values())] if owner else []
        for text in texts:
            yield from of_one_call(from_document(text, scope, symbol=symbol))

    def maker(self, affected: Iterable[str], *, seed: int) -> Maker:
        """Return a maker of arguments that knows the constants of the code."""
        near = replace(self.subjects, modules=tuple(self._within(affected)))
        return maker_of(near, (self.version,), affected, seed=seed)

    def _within(self, affected: Iterable[str]) -> set[str]:
        symbols = tuple(affected)
        return {name for name in self.subjects.modules if any(one.startswith(f"{name}.") for one in symbols)}

    def modules(self, affected: Iterable[str]) -> tuple[str, ...]:
        """Return what is imported to call symbols: their modules, and the packages around these."""
        within = self._within(affected)
        return tuple(sorted({one.partition(".")[0] for one in within} & {*self.version.modules} | within))

    def order(self, role: str, folder: Path, affected: Iterable[str], *, again: bool) -> Order:
        """Return what an actor has to play of a staged copy; `again` leaves chance to itself, so that what depends on it is seen."""
        writable = folder.with_name(f"{role} scratch")
        writable.mkdir(exist_ok=True)
        modules = self.modules(affected)
        chance = not again and any(b"random" in self.version.files[self.version.modules[one]] for one in modules)
        return Order(role=role, folder=folder, modules=modules, writable=writable, dotted=True, chance=chance)

    def stage(self, folder: Path) -> None:
        """Write a copy of the code, without its tests' caches, for actors to import from."""
        for path, content in self.version.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
