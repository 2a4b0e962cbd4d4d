"""Limits of size: of a file, a function, its parameters, the kernel, a port."""

import ast
from collections.abc import Iterator, Sequence

from tests.tidy.rule import Finding, Rule, Source, code_lines, definitions, each, snippet

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 40
POSITIONAL_MAX = 5
KERNEL_LINES_MAX = 1499
PORT_METHODS_MAX = 5


def _file(source: Source) -> Iterator[tuple[int, str, str]]:
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield 1, "", f"{lines} lines, {FILE_LINES_MAX} allowed"


def _function(source: Source) -> Iterator[tuple[int, str, str]]:
    for name, node in definitions(source.tree):
        if not isinstance(node, ast.ClassDef):
            lines = code_lines(source, node.lineno, node.end_lineno or node.lineno)
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, name, f"{lines} code lines, {FUNCTION_LINES_MAX} allowed"


def _positional(source: Source) -> Iterator[tuple[int, str, str]]:
    for name, node in definitions(source.tree):
        if not isinstance(node, ast.ClassDef):
            given = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            count = len(given) - (given[:1] in (["self"], ["cls"]))
            if count > POSITIONAL_MAX:
                yield node.lineno, name, f"{count} positional parameters, {POSITIONAL_MAX} allowed"


def _kernel(sources: Sequence[Source]) -> Iterator[Finding]:
    lines = sum(code_lines(source, 1, source.text.count("\n")) for source in sources)
    if lines > KERNEL_LINES_MAX:
        yield Finding(place="src/planaria/kernel", line=1, problem=f"{lines} code lines, {KERNEL_LINES_MAX} allowed")


def _port(source: Source) -> Iterator[tuple[int, str, str]]:
    for name, node in definitions(source.tree):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).startswith("Protocol") for base in node.bases):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            if len(methods) > PORT_METHODS_MAX:
                yield node.lineno, name, f"{len(methods)} methods, {PORT_METHODS_MAX} allowed"


RULES = (
    Rule(
        name="file-lines",
        why="a file holds one concept, and is read in one go",
        cure="move what can be named on its own into a file of that name",
        check=each(_file),
        bad=(snippet("x = 1\n" * 401),),
        good=(snippet("x = 1\n" * 400),),
    ),
    Rule(
        name="function-lines",
        why="a function that fits the screen is checked by eye",
        cure="name the steps, and make each a function",
        check=each(_function),
        bad=(
            snippet("def f():\n" + "    x = 1\n" * 40),
            snippet("class A:\n  async def f(self):\n" + "    x = 1\n" * 40),
        ),
        good=(snippet('def f():\n    """One.\n' + "\n    More.\n" * 40 + '    """\n' + "    x = 1\n\n    # y\n" * 39),),
    ),
    Rule(
        name="positional-parameters",
        why="a caller cannot keep more than five in the right order",
        cure="make the rest keyword-only, or pass one value that holds them",
        check=each(_positional),
        bad=(snippet("def f(a, b, c, d, e, g): ...\n"), snippet("class A:\n  def f(self, a, b, c, d, e, /, g): ...\n")),
        good=(
            snippet("def f(a, b, c, d, e, *, g, h): ...\n"),
            snippet("class A:\n  def f(self, a, b, c, d, e): ...\n"),
        ),
    ),
    Rule(
        name="kernel-lines",
        why="the kernel can be read in one sitting",
        cure="take out of the kernel what the layer above can do",
        check=_kernel,
        bad=(snippet("x = 1\n" * 800), snippet("x = 1\n" * 700, path="src/planaria/kernel/other.py")),
        good=(snippet("x = 1\n# y\n\n" * 1499),),
        where=("src/planaria/kernel/",),
    ),
    Rule(
        name="port-methods",
        why="a small port has honest adapters and honest fakes",
        cure="split the port by who uses it",
        check=each(_port),
        bad=(snippet("class P(Protocol):\n" + "".join(f"  def m{n}(self): ...\n" for n in range(6))),),
        good=(snippet("class P(Protocol[T]):\n" + "".join(f"  def m{n}(self): ...\n" for n in range(5))),),
        where=("src/",),
    ),
)
