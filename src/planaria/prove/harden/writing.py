"""Writing: a witness as a test that a person can read, with the names that it needs imported.

Why: a test that is kept is read for years, so it says the fact in its name, calls what users call, and asserts what differs.
Decision D-144: the text of an error is asserted where the code raises it itself and nothing else tells the mutant apart. Because errors are
part of an interface, and what the interpreter says is nobody's promise. Revisit when texts are changed more often than they are read.
What runs the code when it is defined is a fixture, since a mutant is on only while tests run.
Not here: assertions (`expectation`), names of tests (`naming`), the file (`file`).
"""

import ast
import builtins
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from planaria.prove.harden.distinction import Witness
from planaria.prove.harden.expectation import Expectations, Told, Value
from planaria.prove.harden.naming import name_of
from planaria.prove.harden.project import Project
from planaria.witness.plain import KIND, OF
from planaria.witness.script.form import Code, Form, Made
from planaria.witness.script.step import Step

SINGLE = (type(None), bool, int, float, str, bytes)
RESERVED = frozenset(
    ("pytest", "asyncio", "itertools", "inspect", "datetime", "capsys", "result", "given", *dir(builtins), *keyword.kwlist)
)
LINE_MAX = 1200
NEEDED = ("pytest", "asyncio")
PRIVATE = re.compile(r"\._(?!_)\w|\b_[a-z]\w*\(|__version__")  # what nobody promised, or what every release changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A test: its name, its text, the lines that import what it uses, and the props that stand before it, each once for all that use it."""

    name: str
    source: str
    imports: tuple[str, ...]
    props: tuple[str, ...] = ()


class Writer:
    """Write tests for one file; `taken` says from which module a name there comes already, `props` what is defined there."""

    def __init__(self, project: Project, taken: Mapping[str, str] | None = None, props: Mapping[str, str] | None = None) -> None:
        self.project, self.taken, self.props = project, dict(taken or {}), dict(props or {})
        self.modules = sorted(project.version.modules, key=len, reverse=True)

    def written(self, witness: Witness, *, comment: str = "") -> Written | None:
        """Return a witness as a test, or None where it cannot be written as one that says something."""
        is_others = witness.is_message and not witness.old[-1].get("meant")  # the words of the interpreter are nobody's promise
        if is_others or any(PRIVATE.search(self.inside(one.text)) for one in witness.script.steps):
            return None
        text = _Text(self, witness)
        try:
            body = text.body()
        except (SyntaxError, ValueError, RecursionError):
            return None
        if body is None or any(len(line) > LINE_MAX for line in body):
            return None
        name = name_of(witness.script, witness.old[-1], witness.places)
        given = ", ".join(text.asked("\n".join(body), ("capsys",)))
        head = f"def {name}({given}):"
        lines = [head, *(f"    {line}".rstrip() for line in ([f"# {comment}"] if comment else []) + body)]
        props = tuple(text.props.values())
        return Written(name=name, source="\n".join(lines) + "\n", imports=tuple(sorted(text.imports([*props, *body]))), props=props)

    def inside(self, text: str) -> str:
        """Return a text without the paths of modules, which may be private and are named as people do."""
        for one in self.modules:
            text = text.replace(f"{one}.", "")
        return text

    def public(self, module: str, name: str) -> str:
        """Return from where a name is imported: its package, if that gives it, else its module."""
        package = module.rpartition(".")[0]
        tree = self.project.version.tree(package) if package else None
        for node in tree.body if tree else ():
            if isinstance(node, ast.ImportFrom) and module in (f"{package}.{node.module}", node.module):
                names = {one.name for one in node.names if one.asname in (None, one.name)}
                if name in names or ("*" in names and self._exports(module, name)):
                    return package
        return module

    def _exports(self, module: str, name: str) -> bool:
        tree = self.project.version.tree(module)
        for node in tree.body if tree else ():
            if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets):
                return any(isinstance(one, ast.Constant) and one.value == name for one in ast.walk(node.value))
        return not name.startswith("_")


class _Text:
    """One test being written."""

    def __init__(self, writer: Writer, witness: Witness) -> None:
        self.writer, self.witness = writer, witness
        self.used: set[str] = set()
        self.props: dict[str, str] = {}
        self.fixtures: list[str] = []
        self.bound = {one.target for one in witness.script.steps if one.target}
        self.expectations = Expectations(self._named)

    def imports(self, body: list[str]) -> set[str]:
        """Return the lines that import what is used, and nothing else."""
        text = "\n".join(body)
        given = {f"import {one}" for one in self.witness.script.needed if re.search(rf"(?<![\w.]){re.escape(one)}\b", text)}
        asked = {one for one in self.expectations.imports if re.search(rf"\b{one.split()[-1]}\b", text)}
        return self.used | given | asked | {f"import {one}" for one in NEEDED if f"{one}." in text}

    def short(self, module: str, name: str) -> str:
        """Return how a name of the code is written here, and see that it is imported."""
        public = self.writer.public(module, name)
        if name in RESERVED or name in self.bound or name.startswith("__") or self.writer.taken.setdefault(name, public) != public:
            self.used.add(f"import {module}")
            return f"{module}.{name}"
        self.used.add(f"from {public} import {name}")
        return name

    def _named(self, name: str) -> str:
        subjects = self.writer.project.subjects
        symbol = next((one for one in subjects.classes if one.endswith(f".{name}")), "")
        module = next((one for one in self.writer.modules if symbol.startswith(f"{one}.")), "")
        return self.short(module, symbol[len(module) + 1 :]) if symbol else ""

    def code(self, text: str) -> str:
        """Return code with the paths of the project's names made short."""
        tree = ast.parse(text)
        return "\n".join(ast.unparse(_Shortened(self).visit(one)) for one in tree.body)

    def call(self, step: Step, text: str) -> str:
        """Return a call as it is written, awaited where it is asynchronous."""
        found = self.writer.project.subjects.callable_at(step.symbol)
        is_async = step.kind == "call" and found is not None and isinstance(found.node, ast.AsyncFunctionDef)
        return f"asyncio.run({text})" if is_async else text

    def body(self) -> list[str] | None:
        """Return the lines of the test."""
        *before, last = self.witness.script.steps
        lines: list[str] = []
        for step, told in zip(before, self.witness.old, strict=False):
            some = list(self._step(step)) if not self._is_prop(step) else []
            if told["k"] == "failed":
                error = self.expectations.error(told)
                some = [f"with pytest.raises({error}):", *(f"    {one}" for one in some)] if error else []
            lines += some
        end = self._end(last)
        return [*lines, *end] if end else None

    def _is_prop(self, step: Step) -> bool:
        """Say whether a step defines what stands before all tests; a second text of the same name is defined inside the test."""
        if step.kind != "do" or not step.target:
            return False
        is_fixture, text = self._runs(step.callee), self.code(step.callee)
        if is_fixture:
            inner = "\n".join(f"    {line}".rstrip() for line in text.splitlines())
            given = ", ".join(self.asked(text))
            text = ast.unparse(ast.parse(f"@pytest.fixture\ndef {step.target}({given}):\n{inner}\n    return {step.target}"))
        if self.writer.taken.setdefault(step.target, "") or self.writer.props.setdefault(step.target, text) != text:
            return False
        self.props[step.target] = text
        self.fixtures += [step.target] * is_fixture
        return True

    def _runs(self, text: str) -> bool:
        """Say whether a definition runs the code, or names what does: the file is imported before all tests, and must hold none of it."""
        told = "\n".join(map(ast.unparse, _at_once(ast.parse(text).body[0])))
        return bool(self.asked(text)) or any(re.search(rf"(?<![\w.]){re.escape(one)}\.", told) for one in self.writer.modules)

    def asked(self, text: str, more: Sequence[str] = ()) -> list[str]:
        """Return the fixtures that some code names."""
        return [one for one in (*self.fixtures, *more) if re.search(rf"\b{one}\b", text)]

    def _step(self, step: Step) -> Iterator[str]:
        text = self.code(step.callee if step.kind != "call" else step.call)
        yield from (f"{f'{step.target} = ' if step.target and step.kind == 'call' else ''}{self.call(step, text)}").splitlines()

    def _end(self, last: Step) -> list[str] | None:
        """Return the lines that do the last step, and assert what the mutant breaks."""
        old, new, expected = self.witness.old[-1], self.witness.new, self.expectations
        text = self.call(last, self.code(last.call if last.kind == "call" else last.callee))
        if last.kind == "do" or "nan" in text:
            return None
        if text.startswith("asyncio.run(") and self._yields(last):
            gathered = ["async def gathered():", f"    return [one async for one in {text[12:-1]}]"]
            asserted = expected.asserted(Value("asyncio.run(gathered())", _listed(old), _listed(new)))
            return [*gathered, *asserted] if asserted else None
        if old["k"] == "failed":
            return expected.raised(text, old, new, is_message=self.witness.is_message)
        if self.witness.places == {"output"}:
            return [text, f"assert capsys.readouterr().out == {old.get('out', '')!r}"]
        if self.witness.places == {"arguments"}:
            return self._arguments(last)
        return expected.asserted(Value(text, old.get("value"), new.get("value") if new["k"] == "completed" else None))

    def _yields(self, step: Step) -> bool:
        found = self.writer.project.subjects.callable_at(step.symbol)
        return found is not None and found.node is not None and any(isinstance(one, ast.Yield) for one in ast.walk(found.node))

    def _arguments(self, last: Step) -> list[str] | None:
        """Return the lines that look at the arguments after the call."""
        names: list[tuple[str, Form]] = []

        def name(form: Form) -> Form:
            if isinstance(form, SINGLE) or (isinstance(form, Code) and not form.text.isidentifier()):
                return form
            names.append((form.text if isinstance(form, Code) else f"given_{len(names) + 1}" if names else "given", form))
            return Code(names[-1][0])

        step = replace(last, given=tuple(map(name, last.given)), named=tuple((key, name(form)) for key, form in last.named), target="")
        after, others = self.witness.old[-1].get("after"), self.witness.new.get("after")
        if any(isinstance(form, Made) for _, form in names) or (after is not None and len(after) != len(names)):
            return None
        lines = [f"{key} = {self.code(repr(form))}" for key, form in names if not isinstance(form, Code)]
        lines.append(self.call(last, self.code(step.call)))
        asserted: list[str] = []
        for place, (key, form) in enumerate(names):
            if after is None and not isinstance(form, Code):
                asserted.append(f"assert {key} == {self.code(repr(form))}")
            elif after is not None and (others is None or after[place] != others[place]):
                asserted += self.expectations.asserted(Value(key, after[place], others[place] if others else None)) or ()
        return [*lines, *asserted] if asserted else None


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a function or a class is defined."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
    elif isinstance(node, ast.ClassDef):
        yield from node.decorator_list
        yield from (each for one in node.body for each in _at_once(one))
    else:
        yield node


def _listed(told: Told) -> Any:
    value = told.get("value")
    return {KIND: "list", OF: value[OF]} if isinstance(value, dict) and value[KIND] == "iterator" else value


class _Shortened(ast.NodeTransformer):
    def __init__(self, text: _Text) -> None:
        self.text = text

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        path = ast.unparse(node)
        if re.fullmatch(r"[\w.]+", path):
            module = next((one for one in self.text.writer.modules if path.startswith(f"{one}.")), "")
            if module and path.count(".") == module.count(".") + 1:
                return ast.parse(self.text.short(module, path[len(module) + 1 :]), mode="eval").body
        self.generic_visit(node)
        return node
