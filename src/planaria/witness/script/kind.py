"""Kinds: what forms a parameter takes, as read from annotations, examples, defaults, documents and, last, its name.

Why: most code says little of its types, but something says enough: an input of a kind that nobody meant shows nothing.
Not here: making forms of a kind (`making`).
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from planaria.witness.script.form import Code, Form, Made, literal
from planaria.witness.script.subject import Function, Parameter, Subjects

DEPTH_MAX, USAGE_MAX = 4, 2


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of form: its name, kinds inside it (`list`, `dict`, `union`, ...), forms to choose from (`one of`).

    >>> Kind("list", (Kind("int"),)).text
    'list[int]'
    """

    name: str
    inside: tuple["Kind", ...] = ()
    options: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return it as one would write it."""
        return f"{self.name}[{', '.join(one.text for one in self.inside)}]" if self.inside else self.name


INT, FLOAT, STR, BOOL, NONE, ANY, BYTES = (Kind(one) for one in ("int", "float", "str", "bool", "none", "any", "bytes"))
INTS, DICT = Kind("list", (INT,)), Kind("dict", (STR, INT))
LISTS = frozenset((
    "list", "List", "Sequence", "Iterable", "Collection", "MutableSequence", "Iterator", "Generator", "deque", "Deque", "Reversible",
))  # fmt: skip
SETS = frozenset(("set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"))
DICTS = frozenset(("dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict", "Counter"))
WRAPPERS = ("Annotated", "Final", "ClassVar", "Required", "NotRequired", "Awaitable")
PLAIN = {
    "int": INT, "float": FLOAT, "str": STR, "bool": BOOL, "bytes": BYTES, "None": NONE, "Any": ANY, "object": ANY, "Number": FLOAT,
    "complex": FLOAT, "bytearray": BYTES, "Text": STR, "Hashable": STR, "SupportsInt": INT,
}  # fmt: skip
MADE = {
    "date": ("datetime.date(2024, 2, 29)", "datetime.date(2023, 12, 31)", "datetime.date(1970, 1, 1)"),
    "datetime": ("datetime.datetime(2024, 2, 29, 12, 30)", "datetime.datetime(2023, 12, 31, 23, 59, 59)", "datetime.datetime(1970, 1, 1)"),
    "timedelta": ("datetime.timedelta(days=1)", "datetime.timedelta(seconds=-1)", "datetime.timedelta(0)"),
    "Decimal": ("decimal.Decimal('1.10')", "decimal.Decimal('-2')", "decimal.Decimal(0)"),
    "Fraction": ("fractions.Fraction(1, 3)", "fractions.Fraction(-2)"),
    "Path": ("pathlib.PurePosixPath('a/b.txt')",),
    "Callable": ("(lambda *given: given[0] if given else None)", "(lambda *given: bool(given and given[0]))", "str", "len", "(lambda x: x)",
                 "(lambda x, y: x + y)"),
}  # fmt: skip
FUNCTION, DATE, MOMENT, DURATION = (Kind("one of", (), MADE[name]) for name in ("Callable", "date", "datetime", "timedelta"))
FILE = Kind("file")
NAMED = (
    ((r"^(s|text|string|word|name|sentence|str\d?|char|ch|c|key|title|path|line|message|pattern|prefix|suffix|substring|email|url|date|password"
     r"|username)$|_(name|text|string|str|key)$"), STR),
    ((r"^(n|k|m|i|j|count|num|number|index|idx|size|length|limit|x|y|a|b|width|height|month|day|age|amount|start|end|step|position|row|col"
     r"|id)$|_(id|count|index|num|number|size)$"), INT),
    (r"^(price|rate|score|weight|ratio|percent|percentage|balance|value|temperature|radius)$", FLOAT),
    (r"^(words|strings|names|texts|sentences|lines|keys|tags)$", Kind("list", (STR,))),
    (r"^(l|lst|list\d?|nums|numbers|arr|array|items|values|data|seq|elements|xs|list_?\w*|\w+_list)$", INTS),
    (r"^(matrix|grid|lists|rows)$", Kind("list", (INTS,))),
    (r"^(d|dict\d?|mapping|table|\w+_dict)$", DICT),
    (r"^(file_?obj|fp|fh|fd|stream|in_?file|out_?file|input_file|buffer)$", FILE),
    (r"^(funcs|functions|fns|callbacks|predicates|key_?funcs)$", Kind("tuple*", (FUNCTION,))),
    (r"^year$", Kind("one of", (), ("1583", "1600", "1750", "1900", "1999", "2000", "2004", "2023", "2024", "2100", "4099"))),
    (r"^(is|has|should|use)_\w+$|^(flag|reverse|verbose)$", BOOL),
    (r"^(f|fn|func|function|callback|predicate|pred|key_func)$", FUNCTION),
    (r"^(t|tup|tuple\d?|test_tup\d?|pair|point)$", Kind("tuple", (INT, INT, INT))),
)  # fmt: skip
DOCUMENTED = (
    (r"\blist of (str|strings?)\b", Kind("list", (STR,))), (r"\blist of floats?\b", Kind("list", (FLOAT,))), (r"\blist\b", INTS),
    (r"\b(str|string)\b", STR), (r"\bbool\b", BOOL), (r"\bfloat\b", FLOAT), (r"\b(int|integer)\b", INT), (r"\bdict\b", DICT),
    (r"\btuple\b", Kind("tuple", (INT, INT))),
)  # fmt: skip
TEXTUAL = (
    "split", "strip", "lower", "upper", "replace", "startswith", "endswith", "isdigit", "isalpha", "encode", "splitlines",
    "title", "lstrip", "rstrip", "find", "isspace", "isupper", "islower", "partition", "zfill",
)  # fmt: skip
TAKING = ("sorted", "sum", "max", "min", "len", "enumerate", "iter", "list", "tuple", "set", "zip", "islice", "chain")
METHODS = {
    **dict.fromkeys(TEXTUAL, STR), **dict.fromkeys(("items", "keys", "values", "setdefault"), DICT), "decode": BYTES, "is_integer": FLOAT,
    **dict.fromkeys(("append", "sort", "extend", "insert"), INTS), **dict.fromkeys(("union", "intersection"), Kind("set", (INT,))),
    "bit_length": INT, "year": DATE, "total_seconds": DURATION, **dict.fromkeys(("tzinfo", "utcoffset", "hour", "minute"), MOMENT),
    **dict.fromkeys(("read", "readline", "readlines", "seek", "tell"), FILE),
}  # fmt: skip
TAKERS = {
    **dict.fromkeys(TAKING, INTS), **dict.fromkeys(("range", "chr", "bin", "hex", "abs"), INT), "ord": STR,
    **dict.fromkeys(("math.sqrt", "math.floor", "round"), FLOAT),
}  # fmt: skip
WANTED = (
    (r"bytes-like object is required, not '(\w+)'", BYTES), (r"expected string or bytes-like object, got '(\w+)'", STR),
    (r"(?:must be|expected) (?:a )?str(?:ing)?\b.*(?:not|got|,) '?(\w+)'?", STR), (r"'(\w+)' object is not callable", FUNCTION),
    (r"must be (?:a )?callable", FUNCTION), (r"'(\w+)' object is not (?:iterable|reversible|subscriptable)", INTS),
    (r"object of type '(\w+)' has no len", INTS),
    (r"'(\w+)' object cannot be interpreted as an integer", INT), (r"'(\w+)' object is not a mapping", DICT),
)  # fmt: skip
ARITHMETIC = (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.RShift, ast.LShift, ast.BitAnd, ast.BitXor)


def of_form(form: Form) -> Kind:
    """Return the kind of a form.

    >>> of_form([(1, "a"), (2, "b")]).text
    'list[tuple[int, str]]'
    """
    if form is None:
        return NONE
    if isinstance(form, (bool, int, float, str, bytes)):
        return PLAIN[type(form).__name__]
    if isinstance(form, tuple):
        kinds = [of_form(one) for one in form]
        return Kind("tuple", tuple(kinds)) if len(kinds) <= DEPTH_MAX else Kind("tuple*", (union(kinds),))
    if isinstance(form, (list, set)):
        return Kind("list" if isinstance(form, list) else "set", (union(of_form(one) for one in form),))
    if isinstance(form, dict):
        return Kind("dict", (union(map(of_form, form)), union(map(of_form, form.values()))))
    if isinstance(form, Made):
        return Kind(f"made {form.callee}")
    assert isinstance(form, Code), f"{form!r} is no form"
    return Kind("one of", (), (form.text,))


def union(kinds: Iterable[Kind]) -> Kind:
    """Return the kind of forms that are of one of several kinds; lists of several kinds are lists of a union.

    >>> union([Kind("list", (INT,)), Kind("list", (STR,)), NONE]).text
    'union[list[union[int, str]], none]'
    """
    merged: dict[tuple[str, int], Kind] = {}
    for outer in kinds:
        for one in outer.inside if outer.name == "union" else (outer,):
            if one.name == "any":
                continue
            key = (one.name, len(one.inside))
            other = merged.get(key)
            if other is None or other == one:
                merged[key] = one
            elif one.name == "one of":
                merged[key] = Kind("one of", (), tuple(dict.fromkeys(other.options + one.options)))
            else:
                merged[key] = Kind(one.name, tuple(union(pair) for pair in zip(other.inside, one.inside, strict=True)))
    found = tuple(merged.values())
    return ANY if not found else found[0] if len(found) == 1 else Kind("union", found)


def of_annotation(node: ast.expr | None, subjects: Subjects, depth: int = 0) -> Kind:
    """Return the kind that an annotation names; `any` where it is none or unknown.

    >>> of_annotation(ast.parse("Optional[List[int]]", mode="eval").body, Subjects()).text
    'union[list[int], none]'
    """
    if node is None or depth > DEPTH_MAX:
        return ANY
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, str):
            return NONE if node.value is None else ANY
        try:
            return of_annotation(ast.parse(node.value, mode="eval").body, subjects, depth + 1)
        except (SyntaxError, ValueError):
            return ANY
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return union(of_annotation(one, subjects, depth + 1) for one in (node.left, node.right))
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _generic(_last(node.value), inner, subjects, depth + 1)
    name = _last(node)
    if name in LISTS | SETS | DICTS or name in ("tuple", "Tuple"):
        return _generic(name, [], subjects, depth + 1)
    return PLAIN.get(name) or (Kind("one of", (), MADE[name]) if name in MADE else _own(ast.unparse(node), name, subjects))


def _own(text: str, name: str, subjects: Subjects) -> Kind:
    """Return the kind of a class of the version, by its symbol."""
    found = [symbol for symbol in subjects.classes if symbol == text or symbol.rpartition(".")[2] == name]
    if not found:
        return ANY
    members = subjects.classes[found[0]].members
    return Kind("one of", (), tuple(f"{found[0]}.{one}" for one in members)) if members else Kind(f"made {found[0]}")


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _generic(name: str, inner: list[ast.expr], subjects: Subjects, depth: int) -> Kind:
    if name == "Literal":
        return Kind("one of", (), tuple(map(ast.unparse, inner)))
    if name in ("Callable", "Type", "type"):
        return FUNCTION if name == "Callable" else Kind("one of", (), ("int", "str"))
    inside = [of_annotation(one, subjects, depth) for one in inner]
    if name in ("Optional", "Union"):
        return union([*inside, NONE] if name == "Optional" else inside)
    if name in DICTS:
        return Kind("dict", (inside[0], inside[1]) if len(inside) > 1 else (STR, inside[0] if inside else ANY))
    if name in ("tuple", "Tuple"):
        is_long = len(inner) > 1 and isinstance(inner[1], ast.Constant) and inner[1].value is Ellipsis
        return Kind("tuple*", (inside[0],)) if is_long else Kind("tuple", tuple(inside)) if inside else Kind("tuple*", (ANY,))
    if name in SETS | LISTS:
        return Kind("set" if name in SETS else "list", (inside[0] if inside else ANY,))
    return inside[0] if name in WRAPPERS and inside else ANY


def of_parameter(parameter: Parameter, owner: Function, subjects: Subjects) -> tuple[Kind, bool]:
    """Return the kind that code says a parameter has, and whether that is more than a guess."""
    declared = of_annotation(parameter.annotation, subjects)
    if declared != ANY:
        return _filled(declared), True
    if parameter.default is not None and not (isinstance(parameter.default, ast.Constant) and parameter.default.value is None):
        made = literal(parameter.default)
        if not isinstance(made, Code):
            return _filled(of_form(made)), True
    name, lower = re.escape(parameter.name), parameter.name.lower()
    told = re.search(rf":param (?:\w+ )?{name}:.*|^\s*{name}\s*[(:].*", owner.document, re.MULTILINE)
    for pattern, kind in DOCUMENTED if told else ():
        if told and re.search(pattern, told.group().lower()):
            return kind, True
    holder = owner.symbol.rpartition(".")[0]
    if parameter.name == "other" and holder in subjects.classes:
        return Kind(f"made {holder}"), False
    named = [kind for pattern, kind in NAMED if re.search(pattern, lower)]
    used = of_usage(owner.node, parameter.name) if owner.node is not None else ANY
    if used != ANY:
        return union((used, *(kind for kind in named if kind.name == used.name))), False
    return (named[0] if named else ANY), False


def of_usage(tree: ast.AST, name: str, depth: int = 0) -> Kind:
    r"""Return the kind that the use of a name in code suggests: its methods, who takes it, what it is compared with.

    >>> of_usage(ast.parse("for one in parts:\n    if one == '..': pass"), "parts").text
    'list[str]'
    """
    found = [one for node in ast.walk(tree) for one in _suggested(node, name, tree, depth) if one[1] != ANY] if depth < USAGE_MAX else []
    return min(found, key=lambda one: one[0])[1] if found else ANY


def _suggested(node: ast.AST, name: str, tree: ast.AST, depth: int) -> Iterable[tuple[int, Kind]]:
    """Yield kinds with ranks: the lower the rank, the surer the sign."""

    def is_it(one: ast.AST | None) -> bool:
        return isinstance(one, ast.Name) and one.id == name

    if isinstance(node, ast.Attribute) and is_it(node.value):
        yield 1, METHODS.get(node.attr, ANY)
    elif isinstance(node, ast.Call):
        yield 0, FUNCTION if is_it(node.func) else ANY
        yield 4, TAKERS.get(ast.unparse(node.func), ANY) if node.args and is_it(node.args[0]) else ANY
    elif isinstance(node, (ast.For, ast.comprehension)) and is_it(node.iter):
        target = node.target
        inner = (
            of_usage(tree, target.id, depth + 1)
            if isinstance(target, ast.Name)
            else Kind("tuple", (INT,) * len(getattr(target, "elts", "ab")))
        )
        yield 2, Kind("list", (inner if inner != ANY else INT,))
    elif isinstance(node, ast.BinOp) and (is_it(node.left) or is_it(node.right)):
        yield 3, INT if isinstance(node.op, ARITHMETIC) else ANY
    elif isinstance(node, ast.Compare) and (is_it(node.left) or is_it(node.comparators[0])):
        yield 3, _compared(node.comparators[0] if is_it(node.left) else node.left, node.ops[0])
    elif isinstance(node, ast.Subscript) and is_it(node.value) and isinstance(node.slice, ast.Slice):
        yield 5, INTS


def _compared(other: ast.expr, how: ast.cmpop) -> Kind:
    if not isinstance(other, ast.Constant) or other.value is None or isinstance(how, (ast.In, ast.NotIn)):
        return ANY
    return PLAIN.get(type(other.value).__name__, ANY)


def of_error(text: str, given: str) -> Kind:
    """Return the kind that an error asks for in the place of an argument of the type `given`.

    >>> of_error("AttributeError: 'int' object has no attribute 'tzinfo'", "int").options[0]
    'datetime.datetime(2024, 2, 29, 12, 30)'
    """
    missing = re.search(r"'(\w+)' object has no attribute '(\w+)'", text)
    if missing:
        return METHODS.get(missing[2], ANY) if missing[1] == given else ANY
    for pattern, kind in WANTED:
        found = re.search(pattern, text)
        if found and given in (found.groups() or (given,)):
            return kind
    return ANY


def type_of(form: Form) -> str:
    """Return the name of the type that a form is written for, as errors tell it; empty where that cannot be read.

    >>> type_of([1]), type_of(Code("lambda x: x")), type_of(Code("other"))
    ('list', 'function', '')
    """
    if isinstance(form, Made):
        return form.callee.rpartition(".")[2]
    if isinstance(form, Code):
        made = re.match(r"(?:\w+\.)?(date|datetime|timedelta|Decimal|Fraction)\(", form.text)
        return "function" if "lambda" in form.text else made[1] if made else ""
    return type(form).__name__


def _filled(kind: Kind) -> Kind:
    """Say something of what a list or a mapping holds, where nothing is said."""
    defaults = {"list": (INT,), "set": (INT,), "tuple*": (INT,), "dict": (STR, INT)}
    default = defaults.get(kind.name, (INT,) * len(kind.inside))
    inside = tuple(_filled(one) if one != ANY else other for one, other in zip(kind.inside, default, strict=False))
    return Kind(kind.name, inside, kind.options) if inside else kind
