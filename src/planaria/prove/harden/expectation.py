"""Expectations: what the unchanged code gave, as the assertion that says no more than what a mutant breaks.

Why: a test should state the one fact that differs; a whole page of values hides it.
Not here: the lines before it and the test's name (`writing`).
"""

import builtins
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planaria.witness.plain import KIND, OF, shown

LENGTH_MAX, DIGITS_PLAIN, ITEMS_MAX = 160, 12, 300
LISTS = {"list": "[{}]", "set": "{{{}}}", "deque": "deque([{}])"}
NEEDED = {
    "deque": "from collections import deque", "Decimal": "from decimal import Decimal", "UUID": "from uuid import UUID",
    "Fraction": "from fractions import Fraction", **dict.fromkeys(("datetime", "date", "time", "timedelta"), "import datetime"),
}  # fmt: skip
SAME = ("complex", "range")
END = "other …"
WORDS = re.compile(r"[^\w ,:'-]+")
RAISED = "raised"
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """What is expected of an expression, and what the mutant gives instead (None where it gives nothing)."""

    text: str
    old: Any
    new: Any


class Expectations:
    """Write assertions; `named` gives the text for a class of the project by its name, or '' where it has none.

    >>> Expectations(lambda name: name).asserted(Value("f(1)", [1, None], None))
    ['assert f(1) == (1, None)']
    """

    def __init__(self, named: Callable[[str], str]) -> None:
        self.named = named
        self.imports: set[str] = set()

    def asserted(self, value: Value) -> list[str] | None:
        """Return the lines that assert a value, or None where it cannot be written."""
        found = self._asserted(value)
        if found is None and value.new is None and value.old is not None and "\n" not in value.text:
            return [f"assert {value.text} is not None"]
        return found

    def _asserted(self, value: Value) -> list[str] | None:
        old, new = value.old, value.new
        kind = old[KIND] if isinstance(old, dict) else ""
        if kind == "iterator":
            return self._iterated(value)
        text = self.text(old)
        if text is not None and len(text) <= LENGTH_MAX:
            return [self._equal(value, text)]
        if kind.startswith("struct "):
            return self._of_object(value)
        if isinstance(old, str):
            return _of_text(value.text, old, new)
        items, others = _items(old), _items(new)
        if kind in ("", "list", "deque") and items is not None:
            return self._of_items(value, items, others)
        if kind == "dict":
            return self._of_pairs(value)
        return self._of_other(value, kind, old[OF]) if kind.startswith("other ") else None

    def _of_other(self, value: Value, kind: str, of: str) -> list[str] | None:
        """Assert what can be said of a value that has no literal: that it can be called, what it is, how it is shown."""
        text = value.text
        if kind == "other function":
            return self._of_function(value)
        if kind == "other self":
            return [f"assert {text} is {text.partition('.')[0]}"]
        owner = self.named(kind[6:]) if of == f"<{kind[6:]}>" else ""
        if owner:
            return [f"assert isinstance({text}, {owner})"]
        return [f"assert repr({text}) == {of!r}"] if "<" not in of and "…" not in of else None

    def _of_function(self, value: Value) -> list[str] | None:
        """Assert that a value is a function, which an object that can be called is not."""
        new, is_class = value.new, value.old[OF] == "<class>"
        if isinstance(new, dict) and new[KIND] == value.old[KIND] and new[OF] == value.old[OF]:
            return None
        if isinstance(new, dict) and new[KIND].startswith(("struct ", "other ")):
            self.imports |= set() if is_class else {"import inspect"}
            return [f"assert isinstance({value.text}, type)" if is_class else f"assert inspect.isroutine({value.text})"]
        return [f"assert callable({value.text})"]

    def text(self, value: Any) -> str | None:
        """Return a value as Python, or None where there is no literal that is equal to it."""
        if isinstance(value, list):
            return self._joined("({})", value, comma=len(value) == 1)
        if not isinstance(value, dict):
            return repr(value)
        kind, of = value[KIND], value[OF]
        word, _, name = kind.partition(" ")
        self.imports |= {NEEDED[one] for one in (kind, name) if one in NEEDED}
        if kind in LISTS:
            return self._joined(LISTS[kind] if of or kind != "set" else "set()", of)
        if kind == "dict":
            pairs = [(self.text(key), self.text(one)) for key, one in of]
            return None if any(None in pair for pair in pairs) else f"{{{', '.join(f'{key}: {one}' for key, one in pairs)}}}"
        if word == "other":
            return of if name in SAME else f"Fraction({of!r})" if name == "Fraction" else None
        if word == "enum":
            owner = self.named(name)
            return f"{owner}.{of}" if owner else None
        if word in ("struct", "large") or kind in ("iterator", "array") or of == "nan":
            return None
        return str(shown(value))

    def _joined(self, form: str, values: list[Any], *, comma: bool = False) -> str | None:
        texts = [self.text(one) for one in values]
        return None if None in texts else form.format(", ".join(filter(None, texts)) + "," * comma)

    def _equal(self, value: Value, text: str) -> str:
        if value.old is None or isinstance(value.old, bool):
            return f"assert {value.text} is {text}"
        return f"assert {value.text} == {f'pytest.approx({text})' if _is_computed(value.old, value.new) else text}"

    def _iterated(self, value: Value) -> list[str] | None:
        items, others = value.old[OF], _items(value.new) or []
        last = items[-1] if items else None
        if isinstance(last, dict) and isinstance(last[OF], dict) and RAISED in last[OF]:
            error = self.error({"error": last[KIND].partition(" ")[2]})
            return [f"with pytest.raises({error}):", f"    list({value.text})"] if error and others[-1:] != items[-1:] else None
        if isinstance(last, dict) and last[KIND] == END:
            pairs = itertools.zip_longest(items[:-1], others)
            count = 1 + next((place for place, (one, other) in enumerate(pairs) if one != other), ITEMS_MAX)
            text, items = f"list(itertools.islice({value.text}, {count}))", items[:count]
            self.imports.add("import itertools")
        else:
            text = f"list({value.text})"
        return self.asserted(Value(text, {KIND: "list", OF: items}, {KIND: "list", OF: others} if others else None))

    def _of_items(self, value: Value, items: list[Any], others: list[Any] | None) -> list[str] | None:
        """Assert what tells two sequences apart: their items, where these are iterators; their length; the first item that differs."""
        inner = [_items(one) for one in items]
        if inner and all(isinstance(one, dict) and one[KIND] == "iterator" for one in items):
            text, found = f"[list(one) for one in {value.text}]", {KIND: "list", OF: [{KIND: "list", OF: one} for one in inner]}
            return [f"assert {text} == {told}"] if (told := self.text(found)) is not None and len(told) <= LENGTH_MAX else None
        if others is None or len(others) != len(items):
            return [f"assert len({value.text}) == {len(items)}"]
        place = next((place for place, (one, other) in enumerate(zip(items, others, strict=True)) if one != other), 0)
        return self._hoisted(value, f"[{place}]", items[place] if items else None, others[place] if others else None)

    def _of_pairs(self, value: Value) -> list[str] | None:
        others = value.new[OF] if isinstance(value.new, dict) and value.new[KIND] == "dict" else None
        known = [(key, one, next((each for name, each in others or () if name == key), None)) for key, one in value.old[OF]]
        if others is None or len(others) != len(known):
            return [f"assert len({value.text}) == {len(known)}"]
        key, one, other = next((each for each in known if each[1] != each[2]), known[0])
        text = self.text(key)
        return self._hoisted(value, f"[{text}]", one, other) if text is not None else None

    def _of_object(self, value: Value) -> list[str] | None:
        """Assert what callers can see of an object: the attributes that differ; where all do, those that can be written."""
        inside = value.old[OF]
        is_object = isinstance(value.new, dict) and value.new[KIND].startswith("struct ")
        new = value.new[OF] if is_object else {}
        if "=" in inside:
            return self.asserted(Value(value.text, inside["="], new.get("=")))
        if "repr" in inside:
            return (
                [f"assert repr({value.text}) == {inside['repr']!r}"]
                if "…" not in inside["repr"] and len(inside["repr"]) < ITEMS_MAX
                else None
            )
        named = [name for name in inside if name.isidentifier() and inside[name] != new.get(name)]
        for name in named:
            found = self._hoisted(value, f".{name}", inside[name], new.get(name))
            if found is not None:
                return found
        owner = self.named(value.old[KIND].partition(" ")[2])
        if owner and (not is_object or value.new[KIND] != value.old[KIND]):
            return [f"assert isinstance({value.text}, {owner})"]
        more = [name for name in new if name.isidentifier() and not name.startswith("_") and name not in inside]
        return [f"assert not hasattr({value.text}, {more[0]!r})"] if more else None

    def _hoisted(self, value: Value, access: str, old: Any, new: Any) -> list[str] | None:
        is_plain = re.fullmatch(r"[\w.\[\]]+", value.text)
        inner = self.asserted(Value(f"{value.text if is_plain else 'result'}{access}", old, new))
        return inner if inner is None or is_plain else [f"result = {value.text}", *inner]

    def error(self, old: Told) -> str:
        """Return the text for the class of an error, or for the nearest above it that a test can name."""
        for name in (old["error"], *old.get("kinds", ())):
            if hasattr(builtins, name):
                return str(name)
            if found := self.named(name):
                return found
        return ""

    def raised(self, call: str, old: Told, new: Told, *, is_message: bool = False) -> list[str] | None:
        """Return the lines that assert an error, with words of its message where the code means it; `is_message`: those that differ."""
        error, other = self.error(old), new.get("text", "")
        known = [one.strip() for one in WORDS.split(old.get("text", "")) if one.strip()] if old.get("meant") else []
        words = max((one for one in known if not is_message or one not in other), key=len, default="")
        if not error or (is_message and not words):
            return None
        match = f", match={words!r}" if is_message or len(words) > 3 else ""  # noqa: PLR2004 - less says nothing
        return [f"with pytest.raises({error}{match}):", f"    {call}"]


def _of_text(text: str, old: str, new: Any) -> list[str] | None:
    """Assert the first line of a long text that differs, or its length."""
    lines, others = old.splitlines(), new.splitlines() if isinstance(new, str) else []
    place = next((place for place, (one, other) in enumerate(itertools.zip_longest(lines, others)) if one != other), 0)
    if place < len(lines) and 0 < len(lines[place]) <= LENGTH_MAX:
        return [f"assert {text}.splitlines()[{place}] == {lines[place]!r}"]
    return [f"assert len({text}) == {len(old)}"] if not isinstance(new, str) or len(new) != len(old) else None


def _items(value: Any) -> list[Any] | None:
    inside = value[OF] if isinstance(value, dict) and value[KIND] in ("list", "iterator", "deque") else value
    return inside if isinstance(inside, list) else None


def _numbers(value: Any) -> Iterator[Any]:
    items = _items(value)
    if items is None:
        yield value
    yield from items or ()


def _is_computed(old: Any, new: Any) -> bool:
    """Say whether numbers come out of a calculation, and differ by more than its precision."""
    numbers = list(_numbers(old))
    if not numbers or not all(type(one) in (int, float) for one in numbers):
        return False
    others = list(_numbers(new))
    is_near = len(others) == len(numbers) and all(
        type(other) in (int, float) and math.isclose(one, other, rel_tol=1e-6) for one, other in zip(numbers, others, strict=True)
    )
    return not is_near and any(type(one) is float and len(repr(one)) > DIGITS_PLAIN for one in numbers)
