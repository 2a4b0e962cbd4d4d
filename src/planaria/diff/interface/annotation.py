"""Annotations: whether every value of one type is a value of another, as far as names, unions, tuples and class hierarchies tell.

Why: widening a parameter hurts nobody and widening a result may hurt everybody; for that, types must be compared, not texts.
Arguments of generic types are taken as covariant: whoever reads a list of them is asked, not whoever writes into it.
Source: Python typing specification, chapters "Type system concepts" and "Special types" (int < float < complex).
Not here: where annotations stand and what a change of them means (`function`, `record`).
"""

import ast
import collections.abc
import importlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from planaria.diff.interface.namespace import DEPTH_MAX
from planaria.diff.interface.surface import Definition, Module, Space, dotted

NEVER_IMPORTED = frozenset(("antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "test", "lib2to3", "__main__", "site"))
TYPING = {
    **{one: f"builtins.{one.lower()}" for one in ("List", "Dict", "Set", "FrozenSet", "Tuple", "Type")},
    **{one: f"collections.{one}" for one in ("OrderedDict", "Counter", "ChainMap")},
    "Text": "builtins.str", "Deque": "collections.deque", "DefaultDict": "collections.defaultdict", "AbstractSet": "collections.abc.Set",
    "ContextManager": "contextlib.AbstractContextManager", "AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    "Pattern": "re.Pattern", "Match": "re.Match",
}  # fmt: skip
WRAPPERS = ("Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "Unpack", "InitVar", "TypeGuard", "Mapped")
EVERYTHING, UNKNOWN = "builtins.object", "?"
NUMBERS = ("builtins.int", "builtins.float", "builtins.complex")
APART = (UNKNOWN, "typing.Generic", "typing.Protocol", "typing.NamedTuple", "abc.ABC")
ELEMENTS = {
    "builtins.str": "builtins.str", "builtins.bytes": "builtins.int", "builtins.bytearray": "builtins.int", "builtins.range": "builtins.int"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """A type: a dotted name and arguments. Special names: `Any`, `Union`, `Literal` (`texts`), `Callable` (result last), `None`."""

    name: str
    arguments: tuple["Type", ...] = ()
    texts: frozenset[str] = frozenset()


ANY, NONE, STR, BYTES = Type("Any"), Type("None"), Type("builtins.str"), Type("builtins.bytes")
SPELLED = {"Any": ANY, "AnyStr": Type("Union", (BYTES, STR)), "BinaryIO": Type("IO", (BYTES,)), "TextIO": Type("IO", (STR,))}
ENDLESS = frozenset(("...",))


def union(parts: Iterable[Type]) -> Type:
    """Return the union of types, flat and without repetition.

    >>> union([NONE, NONE]).name
    'None'
    """
    flat = [each for one in parts for each in (one.arguments if one.name == "Union" else (one,))]
    distinct = sorted(set(flat), key=repr)
    return distinct[0] if len(distinct) == 1 else ANY if ANY in distinct else Type("Union", tuple(distinct))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the annotations of one module (of one class in it) as types."""

    module: Module
    within: Definition | None = None
    depth: int = 0

    def type(self, node: ast.AST | None) -> Type:
        """Return the type that an annotation means; unknown names keep their last part."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.type(ast.parse(node.value.strip(), mode="eval").body)
            except SyntaxError:
                return Type(UNKNOWN)
        if isinstance(node, ast.Constant) and node.value is None:
            return NONE
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return union([self.type(node.left), self.type(node.right)])
        if isinstance(node, ast.Subscript):
            return self._generic(self._name(node.value), node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])
        return self._named(node) if isinstance(node, ast.Name | ast.Attribute) else Type(UNKNOWN)

    def _name(self, node: ast.AST) -> str:
        found = self.module.space.name(self.module, node, self.within)
        if isinstance(found, Definition):
            return f"{found.home.name}:{found.name}"
        name = found if isinstance(found, str) else dotted(node)
        root, _, last = name.rpartition(".")
        if root in ("typing", "typing_extensions", "t", "te"):
            is_abstract = hasattr(collections.abc, last) and last != "Callable"
            return TYPING.get(last) or (f"collections.abc.{last}" if is_abstract else last)
        return "Callable" if name in ("collections.abc.Callable", "builtins.callable") else name

    def _named(self, node: ast.AST) -> Type:
        found = self.module.space.name(self.module, node, self.within)
        if isinstance(found, Definition) and found.sort == "attribute" and found.value and self.depth < DEPTH_MAX:
            inner = Reader(found.home, depth=self.depth + 1)
            if isinstance(found.value, ast.Call):
                bounds = [*found.value.args[1:], *(one.value for one in found.value.keywords if one.arg == "bound")]
                if inner._name(found.value.func).rpartition(".")[2] == "TypeVar":
                    return union(map(inner.type, bounds)) if bounds else ANY
            read = inner.type(found.value)
            return read if read.name != UNKNOWN else Type(f"{found.home.name}:{found.name}")
        name = self._name(node)
        return SPELLED.get(name) or Type(name, (ANY,) if name == "Callable" else ())

    def _generic(self, name: str, inner: list[ast.expr]) -> Type:
        if name == "Literal":
            return Type(name, texts=frozenset(text for one in inner for text in self._literal(one)))
        if name in ("Optional", "Union"):
            return union([*map(self.type, inner), *([NONE] * (name == "Optional"))])
        if name.rpartition(".")[2] in WRAPPERS:
            return self.type(inner[0])
        if name == "Callable" and len(inner) == 2 and isinstance(inner[0], ast.List):  # noqa: PLR2004 - parameters and result
            return Type(name, tuple(map(self.type, [*inner[0].elts, inner[1]])))
        if name == "Callable":
            return Type(name, (ANY, self.type(inner[-1])), ENDLESS)
        if name == "builtins.tuple" and isinstance(inner[-1], ast.Constant) and inner[-1].value is ...:
            return Type(name, (self.type(inner[0]),), ENDLESS)
        return Type(name, tuple(map(self.type, inner)))

    def _literal(self, node: ast.expr) -> list[str]:
        found = self._named(node) if isinstance(node, ast.Name) else None
        return sorted(found.texts) if found and found.texts else [ast.unparse(node)]


def _all(answers: Iterable[bool | None]) -> bool | None:
    seen = list(answers)
    return False if False in seen else None if None in seen else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    seen = list(answers)
    return True if True in seen else None if None in seen else False


def fits(one: Type, other: Type, space: Space) -> bool | None:
    """Say whether every value of one type is a value of the other; nothing where that cannot be known.

    >>> [fits(Type("builtins.int"), Type(name), None) for name in ("builtins.float", "collections.abc.Sized", "third.Party")]
    [True, False, None]
    """
    if one == other or ANY in (one, other) or other.name == EVERYTHING or one.name in ("Never", "NoReturn"):
        return True
    if one.name == "Union":
        return _all(fits(each, other, space) for each in one.arguments)
    if one.name == "builtins.bool" and other.texts >= {"True", "False"}:
        return True
    if other.name == "Union":
        return _any(fits(one, each, space) for each in other.arguments)
    if one.name == "Literal":
        return one.texts <= other.texts if other.name == "Literal" else _all(fits(_literal_type(each), other, space) for each in one.texts)
    if other.name == "Literal":
        return False if one.name != UNKNOWN else None
    if NONE in (one, other):
        return None if UNKNOWN in (one.name, other.name) else False
    return (_callable if one.name == other.name == "Callable" else _nominal)(one, other, space)


def _literal_type(text: str) -> Type:
    try:
        return Type(f"builtins.{type(ast.literal_eval(text)).__name__}")
    except (ValueError, SyntaxError):
        return Type(UNKNOWN)


def _callable(one: Type, other: Type, space: Space) -> bool | None:
    answers = [fits(one.arguments[-1], other.arguments[-1], space)]
    if "..." not in one.texts | other.texts and ANY not in (one.arguments[0], other.arguments[0]):
        if len(one.arguments) != len(other.arguments):
            return False
        answers += [fits(given, taken, space) for given, taken in zip(other.arguments[:-1], one.arguments[:-1], strict=True)]
    return _all(answers)


def _nominal(one: Type, other: Type, space: Space) -> bool | None:
    inherits = is_below(one.name, other.name, space)
    if not inherits or not other.arguments:
        return inherits
    mine = one.arguments or ((Type(ELEMENTS[one.name]),) if one.name in ELEMENTS else ())
    if one.name == "builtins.tuple" and mine:
        if other.name != one.name or "..." in other.texts:
            mine = (union(mine),)
        elif "..." in one.texts or len(mine) != len(other.arguments):
            return False
    return _all(fits(*pair, space) for pair in zip(mine, other.arguments, strict=False))


def is_below(name: str, other: str, space: Space) -> bool | None:
    """Say whether a class is another or inherits from it; nothing where that cannot be known.

    >>> is_below("builtins.list", "collections.abc.Sequence", None)
    True
    """
    if name.replace(":", ".").rpartition(".")[2] == other.replace(":", ".").rpartition(".")[2]:
        return True if UNKNOWN not in (name, other) else None
    if name in NUMBERS and other in NUMBERS[NUMBERS.index(name) :]:
        return True
    if ":" in name:
        return _is_below_inner(name, other, space)
    first, second = real(name), real(other)
    if first is None or second is None:
        return False if first is not None and ":" in other and not _is_protocol(other, space) else None
    try:
        return issubclass(first, second)
    except TypeError:
        return None


def _is_below_inner(name: str, other: str, space: Space) -> bool | None:
    found = space.find(name.replace(":", "."))
    if not isinstance(found, Definition) or found.sort != "class":
        return None
    inner, outer = found.ancestry
    if other.rpartition(":")[2] in [each.name for each in inner]:
        return True
    above = [is_below(one, other, space) for one in outer if one not in APART]
    if _any(above):
        return True
    is_structural = other.startswith(("collections.abc.", "typing.", "os.PathLike", "contextlib.")) or _is_protocol(other, space)
    return None if UNKNOWN in outer or None in above or is_structural else False


def _is_protocol(name: str, space: Space) -> bool:
    found = space.find(name.replace(":", ".")) if ":" in name else None
    return not isinstance(found, Definition) or found.sort != "class" or any(one.endswith("Protocol") for one in found.ancestry[1])


def real(name: str) -> type | None:
    """Return a class of the standard library for its dotted name.

    >>> real("builtins.dict"), real("shop.Cart")
    (<class 'dict'>, None)
    """
    root, _, last = name.rpartition(".")
    if root.partition(".")[0] not in sys.stdlib_module_names - NEVER_IMPORTED:
        return None
    try:
        found = getattr(importlib.import_module(root), last, None)
    except ImportError:
        return None
    return found if isinstance(found, type) else None


def movement(old: tuple[Reader, ast.expr], new: tuple[Reader, ast.expr], *, is_optional: bool = False) -> tuple[bool | None, bool | None]:
    """Return whether all values of an old annotation are values of the new one, and the reverse."""
    before, after = (union([reader.type(node), *([NONE] if is_optional else [])]) for reader, node in (old, new))
    space = new[0].module.space
    if (before == ANY) != (after == ANY):
        return (True, None) if after == ANY else (None, True)
    moves = fits(before, after, space), fits(after, before, space)
    return (True, True) if None in moves and ast.dump(old[1]) == ast.dump(new[1]) else moves
