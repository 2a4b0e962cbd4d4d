"""Who imports whom: the kernel only the standard library, nobody in a circle, nobody heavy at the start."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from tests.tidy.rule import Source, python_sources, snippet

HEAVY = ("apsw", "cryptography", "httptools", "lxml", "msgspec", "rich", "starlette", "uvicorn")


def foreign(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module or ''}"]
        else:
            continue
        for name in names:
            if name.split(".")[0] not in sys.stdlib_module_names and not f"{name}.".startswith("planaria.kernel."):
                yield f"{source.path}:{node.lineno}: {name}"


def circles(imports: Mapping[str, set[str]]) -> list[str]:
    """Say every circle of modules, and every circle of sibling packages at any depth."""
    told = []
    for package in sorted({above for name in imports for above in _above(name)}):
        inside: dict[str, set[str]] = {}
        for name, imported in imports.items():
            sibling = _child(name, package)
            if sibling:
                others = {_child(one, package) for one in imported} - {"", sibling}
                inside.setdefault(sibling, set()).update(others)
        try:
            TopologicalSorter(inside).prepare()
        except CycleError as error:
            told.append(" -> ".join(error.args[1]))
    return told


def _above(name: str) -> Iterator[str]:
    while name := name.rpartition(".")[0]:
        yield name


def _child(name: str, package: str) -> str:
    """The member of `package` that `name` is in; the package's own `__init__` counts as a member."""
    if name == package:
        return f"{package}.__init__"
    if not name.startswith(f"{package}."):
        return ""
    return ".".join(name.split(".")[: package.count(".") + 2])


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    built = grimp.build_graph("planaria", cache_dir=None)
    return {name: set(built.find_modules_directly_imported_by(name)) for name in built.modules}


def test_the_kernel_imports_the_standard_library_only() -> None:
    kernel = [source for source in python_sources() if source.path.startswith("src/planaria/kernel/")]
    assert kernel
    assert [told for source in kernel for told in foreign(source)] == []


@pytest.mark.parametrize("line", ["import msgspec", "from planaria.store import x", "from planaria import x", "from . import x"])
def test_an_import_from_outside_the_kernel_is_found(line: str) -> None:
    assert list(foreign(snippet(f"def f():\n    {line}\n")))
    assert not list(foreign(snippet("import asyncio.events\nfrom planaria.kernel.error import PlanariaError\n")))


def test_no_modules_and_no_packages_import_in_a_circle(graph: dict[str, set[str]]) -> None:
    assert circles(graph) == []


def test_a_circle_of_modules_is_found() -> None:
    imports = {"a": set[str](), "a.b": {"a.c"}, "a.c": {"a.d"}, "a.d": {"a.b"}}
    assert len(circles(imports)) == 1


def test_a_circle_of_packages_is_found_where_the_modules_have_none() -> None:
    imports = {"a": set[str](), "a.b.x": {"a.c.x"}, "a.c.y": {"a.b.y"}, "a.c.x": set[str](), "a.b.y": set[str]()}
    assert len(circles(imports)) == 1


def test_a_module_that_imports_its_own_package_is_found() -> None:
    assert len(circles({"a": {"a.b"}, "a.b": {"a"}})) == 1
    assert circles({"a": {"a.b"}, "a.b": {"a.c"}, "a.c": set()}) == []


def test_nobody_below_the_command_line_imports_the_public_namespace(graph: dict[str, set[str]]) -> None:
    above = ("planaria.cli", "planaria.__main__")
    assert [name for name, imported in graph.items() if "planaria" in imported and not name.startswith(above)] == []


@pytest.mark.parametrize("start", ["import planaria", "import planaria.cli", "from planaria.cli import main; main(['--help'])"])
def test_the_start_loads_nothing_heavy(start: str) -> None:
    program = f"""if True:
        import sys
        sys.path.insert(0, "src")
        try:
            {start}
        except SystemExit as stop:
            assert not stop.code, stop.code
        except ModuleNotFoundError as error:
            assert error.name == "planaria.cli", error
        sys.stderr.write(" ".join(sorted({{name.split(".")[0] for name in sys.modules}} & set({HEAVY!r}))))
    """
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr == ""


def test_something_heavy_is_seen_where_it_is_loaded() -> None:
    program = f"import sys, msgspec, planaria; print(*({{n.split('.')[0] for n in sys.modules}} & set({HEAVY!r})))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["msgspec"]
