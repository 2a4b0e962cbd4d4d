"""The policy gate: what an implementation may import, touch, use and weigh.

Why: an implementation reaches the outside and other cells only as its contract and system.py say; and nothing in it may
hide from a reader, know its judges, or change code that is not its own. Each rule is read from the syntax tree.
Decision D-041: a candidate may import only the standard library, msgspec, and what its contract or the current
implementation already imports. Because a model that adds a dependency adds its supply chain, a person does that by hand.
Revisit when system.py can grant packages.
Not here: effects themselves (`diff.effect`), a boundary at run time (a placement).
"""

import ast
import builtins
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from planaria.diff.effect.touch import imported_touches, touches
from planaria.diff.source import Source, covers, dotted, imports, mentions, read, run_at_import
from planaria.gates.verdict import Case, Finding, Verdict, decide
from planaria.kernel.contract import describe
from planaria.kernel.loader import files_of

GATE = "policy"
# The public names, as the package offers them; nothing below the command line imports the package itself.
_PUBLIC = """
    CellError Chance Clock Connects Contract Effect Failed PlanariaError Reads Refused Secret Spawns State System Transaction Unknown Writes
    event handles operation requires state uses
"""
PUBLIC = tuple(_PUBLIC.split())
OWN_STATE = "keep state with `state()` and reach other cells with `uses(Contract)`"
PLAIN = "write it plainly, so that it can be read"
# Names, and everything below them, that are banned: why nobody may have them, and what to do instead.
_BANS: tuple[tuple[str, str, str], ...] = (
    ("ctypes _ctypes cffi", "reaches past Python", "do without native code"),
    ("importlib imp pkgutil runpy zipimport code codeop", "loads code that was not judged", "import what you need by name"),
    ("marshal pickle shelve copyreg", "runs what it reads", "use msgspec, json or plain values"),
    ("gc inspect traceback tracemalloc dis ast symtable faulthandler", "looks at the code around it", "do without"),
    ("signal atexit resource fcntl site sysconfig", "changes the process that all cells share", "do without"),
    ("sqlite3 apsw", "opens a store beside the system's", OWN_STATE),
    ("pytest _pytest unittest doctest hypothesis coverage planaria_generation", "knows its judges", "do without"),
    (
        "asyncio.run asyncio.Runner asyncio.new_event_loop asyncio.set_event_loop asyncio.set_event_loop_policy",
        "runs a loop of its own",
        "await; the system runs the loop",
    ),
    ("time.sleep", "blocks every cell", "await asyncio.sleep(...)"),
    ("builtins.exec builtins.eval builtins.compile builtins.__import__", "runs text as code", PLAIN),
    ("builtins.globals builtins.breakpoint builtins.__loader__ builtins.__spec__", "hides what it does", PLAIN),
    ("builtins.print builtins.input", "uses the streams of the process", "return a value, or raise a declared error"),
    ("builtins.exit builtins.quit os._exit os.abort", "ends the process that all cells share", "raise an error"),
)
BANNED = {name: (why, cure) for names, why, cure in _BANS for name in names.split()}
SYS_ALLOWED = tuple(
    f"sys.{name}" for name in ("byteorder", "float_info", "getsizeof", "hash_info", "intern", "maxsize", "maxunicode", "version_info")
)
_REFLECTION = """
    __globals__ __builtins__ __subclasses__ __code__ __closure__ __bases__ __mro__ __base__ __loader__ __spec__ __file__ __path__ __import__
    __getattribute__ __reduce__ __reduce_ex__ gi_frame cr_frame ag_frame f_back f_globals f_locals tb_frame __defaults__ __kwdefaults__
    __wrapped__ __func__
"""
REFLECTION = frozenset(_REFLECTION.split())
COMPARING = frozenset(("__eq__", "__ne__", "__repr__", "__str__", "__format__", "__hash__", "__lt__", "__le__", "__gt__", "__ge__"))
QUIET_AT_IMPORT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Pass)
CHANGERS = ("builtins.setattr", "builtins.delattr", "__setattr__", "__delattr__")


def _refuse(what: str, cure: str, file: str = "", line: int = 0) -> Finding:
    return Finding(gate=GATE, level="refuse", what=what, cure=cure, file=file, line=line)


async def policy(case: Case) -> Verdict:
    """Refuse an implementation that imports, touches, uses or weighs more than it may."""
    files = files_of(case.candidate.directory)
    findings = list(_weight(files, case))
    sources = list(_parsed(files, findings))
    allowed = _packages(case)
    for source in sources:
        rules = (_imports(source, allowed), _names(source), _reflection(source), _changes(source), _equality(source), _at_import(source))
        findings += (one for rule in rules for one in rule)
        findings += (*_effects(source, case), *_uses(source, case))
    ordered = sorted(dict.fromkeys(findings), key=lambda one: (one.file, one.line))
    evidence = {"files": len(files), "bytes": sum(map(len, files.values())), "candidate": case.candidate.digest}
    return decide(GATE, ordered, checked=len(sources), evidence=evidence)


def _weight(files: dict[str, bytes], case: Case) -> Iterator[Finding]:
    size = sum(map(len, files.values()))
    if len(files) > case.limits.files_max:
        yield _refuse(f"it has {len(files)} files, {case.limits.files_max} allowed", "write it in fewer files")
    if size > case.limits.bytes_max:
        yield _refuse(f"it weighs {size:,} bytes, {case.limits.bytes_max:,} allowed", "write it shorter")
    for name in files:
        if not name.endswith(".py"):
            yield _refuse("it is not a Python file", "put it into code, or into a migration", f"impl/{name}")


def _parsed(files: dict[str, bytes], findings: list[Finding]) -> Iterator[Source]:
    for name, content in files.items():
        if name.endswith(".py"):
            try:
                yield read(f"impl/{name}", content.decode("utf-8"))
            except UnicodeDecodeError:
                findings.append(_refuse("it is not UTF-8", "write it as UTF-8", f"impl/{name}"))
            except (SyntaxError, ValueError, RecursionError) as error:
                line = getattr(error, "lineno", 0) or 0
                findings.append(_refuse(f"it is not Python: {getattr(error, 'msg', error)}", "mend the syntax", f"impl/{name}", line))


def _packages(case: Case) -> frozenset[str]:
    """Return the top-level packages that the candidate may import."""
    texts = [Path(inspect.getfile(case.contract)).read_text(encoding="utf-8")]
    texts += [content.decode("utf-8", "replace") for name, content in files_of(case.current.directory).items() if name.endswith(".py")]
    found = {"planaria", "cells", "msgspec"} | (set(sys.stdlib_module_names) - {"this", "antigravity", "idlelib", "tkinter", "turtle"})
    for text in texts:
        try:
            found |= {name.split(".")[0] for _, name in imports(read("", text))}
        except (SyntaxError, ValueError):
            continue  # a current implementation that does not parse grants nothing
    return frozenset(found)


def _imports(source: Source, allowed: frozenset[str]) -> Iterator[Finding]:
    for line, name in imports(source):
        module, _, last = name.rpartition(".")
        if last == "*":
            yield _refuse(f"it imports everything of {module}", "name what you import", source.file, line)
        told = _import_problem(source.file, name, allowed)
        if told is not None:
            yield _refuse(f"it imports {told[0]}", told[1], source.file, line)
        yield from _banned(source, name, line, verb="imports")


def _import_problem(file: str, name: str, allowed: frozenset[str]) -> tuple[str, str] | None:
    first, *rest = name.split(".")
    if name.startswith("."):
        return (f"{name} from outside impl", "import only files of this implementation that way") if _climbs(file, name) else None
    if first == "cells":
        cure = "import a contract: from cells.NAME.contract import ...; a file of this implementation: from .name import ..."
        return None if rest[1:2] == ["contract"] else (name, cure)
    if first == "planaria":
        is_public = len(rest) == 1 and rest[0] in PUBLIC
        return None if is_public else (f"{name}, which is internal", f"import from planaria one of: {', '.join(PUBLIC)}")
    if first in allowed:
        return None
    cure = f"use the standard library or what the contract imports; else a person adds {first} to the contract or to the implementation"
    return f"{first}, a package that this cell does not have", cure


def _climbs(file: str, name: str) -> bool:
    """Say whether a relative import leaves impl/, seen from the file's folder."""
    dots = len(name) - len(name.lstrip("."))
    return dots > file.count("/")


def _banned(source: Source, name: str, line: int, verb: str) -> Iterator[Finding]:
    for banned, (why, cure) in BANNED.items():
        if covers(banned, name):
            yield _refuse(f"it {verb} {name.removeprefix('builtins.')}, which {why}", cure, source.file, line)


def _names(source: Source) -> Iterator[Finding]:
    imported = [one for node in ast.walk(source.tree) if isinstance(node, ast.Import) for one in node.names]
    whole = {one.asname or one.name for one in imported}
    for node, name in mentions(source):
        yield from _banned(source, name, node.lineno, verb="uses")
        if covers("sys", name) and name != "sys" and name not in SYS_ALLOWED:
            what = f"it uses {name}, which reaches the whole process"
            yield _refuse(what, f"only {', '.join(SYS_ALLOWED)} may be used", source.file, node.lineno)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in whole:
            what = f"it handles the module {name} as a value"
            yield _refuse(what, f"name what you use of it: {name}.NAME", source.file, node.lineno)


def _reflection(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in REFLECTION and isinstance(node, ast.expr):
            yield _refuse(f"it reaches for {name}", "do without reflection", source.file, node.lineno)
        elif isinstance(node, ast.Call) and dotted(source, node.func) == "builtins.getattr" and len(node.args) > 1:
            asked = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if not isinstance(asked, str) or asked in REFLECTION:
                yield _refuse("it asks for an attribute by a name that cannot be read here", PLAIN, source.file, node.lineno)


def _changes(source: Source) -> Iterator[Finding]:
    """Find code that changes what it imported: other modules, their classes, their tables."""
    cure = "change only what this implementation made"
    for node in ast.walk(source.tree):
        for target in _targets(source, node):
            name = _root(source, target)
            if name and not name.startswith(".") and isinstance(node, ast.expr | ast.stmt):
                yield _refuse(f"it changes {name}, which is not its own", cure, source.file, node.lineno)


def _targets(source: Source, node: ast.AST) -> list[ast.expr]:
    """Return what a node changes inside something else."""
    found: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        found = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        found = [node.target]
    elif isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(source, node.func)
        return [node.args[0]] if called in CHANGERS else []
    return [one for one in found if isinstance(one, ast.Attribute | ast.Subscript)]


def _root(source: Source, target: ast.expr) -> str:
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    return dotted(source, target)


def _equality(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            parents = [name for one in node.bases if (name := dotted(source, one)) and not _is_exception(name)]
            for one in node.body:
                if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) or one.name not in COMPARING:
                    continue
                if parents or (one.name in ("__eq__", "__ne__") and _is_constant(one)):
                    what = f"{node.name}.{one.name} decides how results are compared or shown"
                    yield _refuse(what, "return the contract's own values as they are", source.file, one.lineno)


def _is_exception(name: str) -> bool:
    found = getattr(builtins, name.removeprefix("builtins."), None)
    return isinstance(found, type) and issubclass(found, BaseException)


def _is_constant(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return all(isinstance(one.value, ast.Constant) for one in ast.walk(function) if isinstance(one, ast.Return))


def _at_import(source: Source) -> Iterator[Finding]:
    cure = "do it in on_start, or in the operation"
    for touch in touches(source):
        if any(node is touch.node for node in run_at_import(source.tree.body)):
            yield _refuse(f"it touches the outside while it is imported: {touch.name}", cure, source.file, touch.line)
    yield from _loud(source, source.tree.body, cure)


def _loud(source: Source, body: Iterable[ast.stmt], cure: str) -> Iterator[Finding]:
    for one in body:
        if isinstance(one, ast.ClassDef):
            yield from _loud(source, one.body, cure)
        elif isinstance(one, ast.If):
            yield from _loud(source, [*one.body, *one.orelse], cure)
        elif isinstance(one, ast.Try):
            handled = [each for handler in one.handlers for each in handler.body]
            yield from _loud(source, [*one.body, *one.orelse, *one.finalbody, *handled], cure)
        elif not isinstance(one, QUIET_AT_IMPORT) and not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)):
            shown = ast.unparse(one).splitlines()[0][:60]
            yield _refuse(f"it does something while it is imported: {shown}", cure, source.file, one.lineno)


def _effects(source: Source, case: Case) -> Iterator[Finding]:
    described = describe(case.contract)
    declared = {effect.kind for one in (*described.operations, *described.handlers) for effect in one.effects}
    for touch in (*imported_touches(source), *touches(source)):
        if not declared & set(touch.kinds):
            effect = "() or ".join(kind.capitalize() for kind in touch.kinds)
            cure = f"do without; or a person declares effects=({effect}(),) on the operation in cells/{case.cell}/contract.py"
            yield _refuse(f"it uses {touch.name}: an undeclared effect ({' or '.join(touch.kinds)})", cure, source.file, touch.line)


def _uses(source: Source, case: Case) -> Iterator[Finding]:
    granted = {f"{one.__module__}.{one.__qualname__}" for one in case.grants}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(source, node.func) == "planaria.uses":
            name = dotted(source, node.args[0]) if node.args else ""
            if name not in granted:
                shown, known = name.split(".")[-1] or "something", ", ".join(one.__name__ for one in case.grants) or "nothing"
                cure = f"this cell may use: {known}; a person grants more by uses=(...) in system.py"
                yield _refuse(f"it uses {shown}, which system.py does not grant", cure, source.file, node.lineno)
