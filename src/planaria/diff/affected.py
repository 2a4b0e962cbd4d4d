"""What a change may affect: the public functions and methods nearest to the code that differs.

Why: a search spends its time where a difference can be; what calls an affected public function shows no more than that function does.
Names stand for themselves wherever they are, so the answer errs towards more.
Not here: whether anything changed in meaning (`normal`), operations of cells (`reach`).
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from planaria.diff.version import Version
from planaria.witness.script.subject import Subjects

Place = tuple[str, str, str]
Definition = ast.FunctionDef | ast.AsyncFunctionDef
REST = "*"
BINDING = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


def near_modules(old: Version, new: Version) -> frozenset[str]:
    """Return the modules whose text differs, and those that mention a name that is defined there: nothing else can be affected directly."""
    paths = {path for path in old.files.keys() | new.files.keys() if path.endswith(".py") and old.files.get(path) != new.files.get(path)}
    changed = {name for version in (old, new) for name, path in version.modules.items() if path in paths}
    names: set[str] = set()
    for version in (old, new):
        trees = {name: tree for name in changed if name in version.modules and (tree := version.tree(name)) is not None}
        for node in (node for tree in trees.values() for node in tree.body):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
    wanted = re.compile(rb"\b(" + b"|".join(re.escape(one.encode()) for one in sorted(names) or ["-"]) + rb")\b")
    users = {name for name, path in old.modules.items() if name not in changed and wanted.search(old.files[path])}
    return frozenset(changed | users)


def affected_symbols(old: Version, new: Version, subjects: Subjects, *, rings: int = 1) -> frozenset[str]:
    r"""Return the symbols of `subjects` (those of the old version) that may behave otherwise in the new one.

    With two `rings`, also those that use the nearest ones.

    >>> from planaria.witness.script.subject import subjects_of
    >>> old = Version(label="", files={"m.py": b"def f(): return _g()\ndef _g(): return 1\ndef h(): pass"})
    >>> new = Version(label="", files={"m.py": b"def f(): return _g()\ndef _g(): return 2\ndef h(): pass"})
    >>> sorted(affected_symbols(old, new, subjects_of(old.trees)))
    ['f']
    """
    before, after = _definitions(old, subjects.modules), _definitions(new, subjects.modules)
    changed = {place for place in before.keys() | after.keys() if _differs(before.get(place), after.get(place))}
    users = _users(before, after)
    public = {place: symbol for place in before.keys() | after.keys() if (symbol := _symbol(place, subjects))}
    for place, symbol in _other_names(before, subjects):
        public.setdefault(place, symbol)
    found: set[str] = set()
    rests = {place for place in changed if place[2] == REST and not place[1]}
    changed = (changed - rests).union(*(_by_rest(place[0], users, before, after) for place in rests))
    waiting, seen = [(place, 1) for place in changed], set(changed)
    while waiting:
        place, ring = waiting.pop()
        if place in public:
            found.add(public[place])
            ring += 1
        if ring > rings:
            continue
        for one in _above(place, users, before, after):
            if one not in seen:
                seen.add(one)
                waiting.append((one, ring))
    return frozenset(
        found
        & {*subjects.functions, *subjects.classes, *(f"{name}.{one}" for name, each in subjects.classes.items() for one in each.methods)}
    )


def _other_names(before: Mapping[Place, ast.AST], subjects: Subjects) -> Iterator[tuple[Place, str]]:
    """Yield what is called by another name: `batched = _batched` makes a private function a public one."""
    for (module, owner, name), node in before.items():
        for one in getattr(node, "body", ()) if name == REST and not owner else ():
            if isinstance(one, ast.Assign) and isinstance(one.value, ast.Name):
                for target in one.targets:
                    symbol = _symbol((module, "", target.id), subjects) if isinstance(target, ast.Name) else None
                    if symbol:
                        yield (module, "", one.value.id), symbol


def _definitions(version: Version, modules: Iterable[str]) -> dict[Place, ast.AST]:
    """Return the nodes of every function and method by module, class and name; what is left of a class or module is `*`."""
    found: dict[Place, ast.AST] = {}
    for module in modules:
        tree = version.tree(module)
        if tree is None:
            continue
        rest: list[ast.stmt] = []
        for node in _flat(tree.body):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found[module, "", node.name] = node
            elif isinstance(node, ast.ClassDef):
                found |= _of_class(module, node)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                rest += (_copied(node, names=[one]) for one in node.names)
            elif not _is_document(node):
                rest.append(node)
        found[module, "", REST] = ast.Module(body=rest, type_ignores=[])
    return found


def _of_class(module: str, node: ast.ClassDef) -> dict[Place, ast.AST]:
    found: dict[Place, ast.AST] = {}
    rest: list[ast.stmt] = []
    for one in node.body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
            key = one.name if (module, node.name, one.name) not in found else f"{one.name} {one.lineno}"
            found[module, node.name, key] = one
        elif not _is_document(one):
            rest.append(one)
    found[module, node.name, REST] = _copied(node, body=rest)
    return found


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, (ast.If, ast.Try)):
            yield from _flat([*node.body, *node.orelse, *(one for each in getattr(node, "handlers", ()) for one in each.body)])
        else:
            yield node


def _is_document(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _differs(one: ast.AST | None, other: ast.AST | None) -> bool:
    return one is None or other is None or _text(one) != _text(other)


def _text(node: ast.AST) -> str:
    body = getattr(node, "body", [])
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and body and _is_document(body[0]):
        return ast.dump(_copied(node, body=body[1:]))
    return ast.dump(node)


def _copied(node: ast.AST, **other: object) -> Any:
    return type(node)(**{**{name: getattr(node, name, None) for name in node._fields}, **other})


def _users(*sides: Mapping[Place, ast.AST]) -> dict[str, set[Place]]:
    """Return the places that mention each name."""
    found: dict[str, set[Place]] = defaultdict(set)
    for side in sides:
        for place, node in side.items():
            for one in ast.walk(node):
                if isinstance(one, ast.Name):
                    found[one.id].add(place)
                elif isinstance(one, ast.Attribute):
                    found[one.attr].add(place)
    return found


def _by_rest(module: str, users: Mapping[str, set[Place]], *sides: Mapping[Place, ast.AST]) -> set[Place]:
    """Return the places that mention what other statements of a module bind now; all of it, where such a statement does more than bind."""
    rests = [side[module, "", REST] for side in sides if (module, "", REST) in side]
    bodies = [{ast.dump(one): one for one in rest.body} for rest in rests if isinstance(rest, ast.Module)]
    waiting = [one for at, body in enumerate(bodies) for text, one in body.items() if len(bodies) == 1 or text not in bodies[1 - at]]
    if not all(isinstance(one, BINDING) for one in waiting):
        return {place for side in sides for place in side if place[0] == module}
    others = [one for body in bodies for one in body.values() if one not in waiting]
    found: set[Place] = set()
    while waiting:
        for name in _bound(waiting.pop()):
            found |= users.get(name, set())
            using = [one for one in others if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(one))]
            waiting += using
            others = [one for one in others if one not in using]
    return {one for one in found if one[1] or one[2] != REST}


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (one.asname or one.name.partition(".")[0] for one in node.names)
    yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))


def _above(place: Place, users: Mapping[str, set[Place]], *sides: Mapping[Place, ast.AST]) -> Iterator[Place]:
    module, owner, name = place
    if owner and (name == REST or name.startswith("__")):
        yield from {one for side in sides for one in side if one[0] == module and one[1] == owner and one != place}
        yield from users.get(owner, ())
        return
    yield from users.get(name.partition(" ")[0], ())


def _symbol(place: Place, subjects: Subjects) -> str:
    """Return the symbol of a public place: a function, a method, a class by its constructor or by what is left of it."""
    module, owner, name = place
    prefix = f"{module}." if subjects.dotted else ""
    if not owner:
        return prefix + name if prefix + name in subjects.functions else ""
    known = subjects.classes.get(prefix + owner)
    if known is None:
        return ""
    plain = name.partition(" ")[0]
    if plain in known.methods:
        return f"{prefix}{owner}.{plain}"
    is_seen = plain == REST or plain.startswith("__") or any(look.endswith(f".{plain}") for look in known.looks)
    return prefix + owner if is_seen else ""
