"""Order: what of the sequence of statements in a module or a class has a meaning.

Why: definitions that need nothing of one another may stand in any order, and a tool that sorts them changes nothing. Each
statement uses names in one way or another; two orders mean the same where each name sees the same uses in the same turns.
What may run code of this module, or do anything else than define, is passed by nothing.
Not here: what the statements mean (`shape`).
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator

from planaria.diff.shape import Definition, Function, Import, split_import

# What may be called or inherited without running code of this module: it makes a value, a type or a wrapper, and does no more.
_MODULES = "abc collections contextlib dataclasses decimal enum fractions functools pathlib re typing typing_extensions"
_MAKERS = "object int str float bool bytes tuple list dict set frozenset property staticmethod classmethod logging.getLogger"
_QUIET_MODULES, _QUIET = frozenset(_MODULES.split()), frozenset(_MAKERS.split())
_LOUD = frozenset(("functools.reduce", "re.sub", "dataclasses.make_dataclass", "typing.get_type_hints"))
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Pass)
_MAY_ACT = (ast.JoinedStr, ast.NamedExpr, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Starred)
_MAY_CALL = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.Call)
_Turns = dict[str, list[tuple[str, frozenset[str]]]]


def turns(items: Iterable[tuple[str, ast.stmt]], tree: ast.Module, packages: frozenset[str]) -> _Turns:
    r"""Return, for each thing that statements use, who uses it how, turn by turn; equal turns are equal meanings.

    >>> one, two = (ast.parse(text) for text in ("def f(): g()\ndef g(): 1\nx = f", "def g(): 1\ndef f(): g()\nx = f"))
    >>> first, second = ([(ast.unparse(one), one) for one in tree.body] for tree in (one, two))
    >>> turns(first, one, frozenset()) == turns(second, two, frozenset()) != turns(first[::-1], one, frozenset())
    True
    """
    reader, found, met = _Names(tree, packages), _Turns(), Counter[str]()
    for name, node in items:
        met[name] += 1
        one = f"{name} {met[name]}"
        for thing, use in reader.uses(node):
            row = found.setdefault(thing, [])
            if row and row[-1][0] == use != "sets":
                row[-1] = (use, row[-1][1] | {one})
            else:
                row.append((use, frozenset((one,))))
    return found


class _Names:
    def __init__(self, tree: ast.Module, packages: frozenset[str]) -> None:
        self.packages, self.known, self.classes = packages | {""}, dict[str, str](), dict[str, ast.ClassDef]()
        for node in ast.walk(tree):
            if isinstance(node, Import) and not self.is_own(node):
                self.known.update((name, what.replace(" ", ".")) for what, name in split_import(node))
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
        self.evaluates = "__future__.annotations" not in self.known.values()

    def is_own(self, node: Import) -> bool:
        """Say whether an import may come back to this module before it is done."""
        return any(what.replace(" ", ".").split(".")[0] in self.packages for what, _ in split_import(node))

    def uses(self, node: ast.stmt) -> Iterator[tuple[str, str]]:
        """Yield what a statement uses, and how: it `sets` a thing, or shares it with others that use it in the same way."""
        if isinstance(node, Import):
            is_loud = any(what.endswith(" *") or what.startswith("__future__") for what, _ in split_import(node))
            yield "*", "sets" if is_loud else "passes"
            yield from ((name, "sets") for _, name in split_import(node))
            if self.is_own(node):
                yield "* own", "imports"
            return
        nodes = list(self.run(node))
        yield "*", "sets" if any(map(self.acts, nodes)) else "passes"
        yield "* own", "defines"
        if not isinstance(node, Definition):
            yield "* order", "sets"
        names = [one for one in nodes if isinstance(one, ast.Name)]
        written = {one.id for one in names if not isinstance(one.ctx, ast.Load)}
        written |= {one.name for one in nodes if isinstance(one, Definition)}
        yield from ((name, "sets") for name in sorted(written))
        yield from ((name, "reads") for name in sorted({one.id for one in names} - written))

    def run(self, node: ast.AST) -> Iterator[ast.AST]:
        waiting: list[ast.AST] = [node]
        while waiting:
            one = waiting.pop()
            yield one
            if isinstance(one, Function):
                waiting += filter(None, (*one.decorator_list, one.args, one.returns if self.evaluates else None))
            elif isinstance(one, ast.arg):
                waiting += filter(None, (one.annotation if self.evaluates else None,))
            else:
                waiting += [one.args] if isinstance(one, ast.Lambda) else ast.iter_child_nodes(one)

    def acts(self, node: ast.AST) -> bool:
        """Say whether a node may run code of this module, or do more than define."""
        if isinstance(node, ast.stmt) and not isinstance(node, _DEFINES):
            return not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        is_changing = isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
        if is_changing or isinstance(node, _MAY_ACT):
            return True
        if isinstance(node, _MAY_CALL):
            names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            is_known = all(one in self.known or hasattr(builtins, one) for one in names)
            return not is_known or (isinstance(node, ast.Call) and not self.is_quiet(node.func))
        if isinstance(node, ast.ClassDef):
            given = (*node.decorator_list, *(one.value for one in node.keywords))
            return not all(map(self.is_quiet, given)) or not self.is_plain(node) or any(one.arg != "metaclass" for one in node.keywords)
        return isinstance(node, Function) and not all(map(self.is_quiet, node.decorator_list))

    def is_quiet(self, node: ast.expr) -> bool:
        """Say whether a decorator or a function that is called is known to do no more than to make something."""
        node = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter") and isinstance(node.value, ast.Name):
            return True
        name = self.stands_for(node)
        return name in _QUIET or (name.split(".")[0] in _QUIET_MODULES and name not in _LOUD)

    def is_plain(self, node: ast.ClassDef, depth: int = 9) -> bool:
        """Say whether nothing is told of a class that is derived from this one's bases."""
        for base in node.bases:
            name = self.stands_for(base.value if isinstance(base, ast.Subscript) else base)
            above = self.classes.get(name)
            if above is not None:
                tells = any(isinstance(one, ast.FunctionDef) and one.name in ("__init_subclass__", "__set_name__") for one in above.body)
                if depth == 0 or tells or above.keywords or not self.is_plain(above, depth - 1):
                    return False
            elif not (name.split(".")[0] in _QUIET_MODULES or (hasattr(builtins, name) and name not in self.known)):
                return False
        return True

    def stands_for(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            before = self.stands_for(node.value)
            return f"{before}.{node.attr}" if before else ""
        return self.known.get(node.id, node.id) if isinstance(node, ast.Name) else ""
