"""Names of tests: the fact that a test states, in words, made from the call and what it gives.

Why: the name is what a person reads when the test fails. It is the same for the same fact, whenever it is found.
Not here: the test itself (`writing`).
"""

import keyword
import re
from typing import Any

from planaria.prove.harden.expectation import Told
from planaria.witness.plain import KIND, OF
from planaria.witness.script.form import Form, Made
from planaria.witness.script.step import Script, Step

SINGLE = (bool, int, float, str, type(None))
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIGNS = {
    " ": "space", ",": "comma", ".": "dot", "-": "dash", "_": "underscore", "%": "percent", "'": "quote", '"': "double_quote",
    "\\": "backslash", "/": "slash", "\n": "newline", "\t": "tab", ":": "colon", ";": "semicolon", "+": "plus", "*": "star", "#": "hash",
    "(": "bracket", ")": "closing_bracket", "=": "equals", "&": "ampersand", "@": "at", "?": "question_mark", "!": "exclamation_mark",
}  # fmt: skip
LENGTH_MAX, WORD_MAX, LARGE, SIGNS_MAX, ITEMS_NAMED = 96, 14, 10_000, 2, 2


def snake(name: str) -> str:
    """Return a name in the manner of functions.

    >>> snake("ValueError"), snake("__getitem__"), snake("_more")
    ('value_error', 'getitem', 'more')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")


def _number(value: float) -> str:
    if abs(value) >= LARGE or len(str(value)) > WORD_MAX // 2:
        return "a_large_number" if abs(value) >= LARGE else "a_fraction"
    return re.sub(r"\W", "_", f"{'minus_' * (value < 0)}{abs(value)}".replace(".", "_point_"))


def _text(value: str) -> str:
    if not value:
        return "an_empty_text"
    if len(value) <= SIGNS_MAX and all(one in SIGNS for one in value):
        return "_".join(SIGNS[one] for one in value)
    words = "_".join(re.findall(r"[a-z0-9]+", value.lower()))
    return words if words and len(words) <= WORD_MAX else "a_blank_text" if value.isspace() else "a_text"


def _many(word: str, count: int) -> str:
    article = "an" if word[0] in "aeiou" else "a"
    if count == 0:
        return f"an_empty_{word}"
    return f"{article}_{word}_of_{NUMBERS[count]}" if count < len(NUMBERS) else f"a_long_{word}"


def given(form: Form) -> str:
    """Return an argument in words.

    >>> from planaria.witness.script.form import Code
    >>> given([]), given(-2), given(Code("lambda x: x")), given(["a", "-"])
    ('an_empty_list', 'minus_2', 'a_function', 'a_list_of_a_and_dash')
    """
    if form is None or isinstance(form, bool):
        return str(form).lower()
    if isinstance(form, (int, float)):
        return _number(form)
    if isinstance(form, str):
        return _text(form)
    if isinstance(form, (list, tuple, set, dict, bytes)):
        word = {dict: "mapping", bytes: "byte_text"}.get(type(form), type(form).__name__)
        if isinstance(form, (list, tuple)) and 0 < len(form) <= ITEMS_NAMED and all(isinstance(one, SINGLE) for one in form):
            return f"a_{word}_of_{'_and_'.join(map(given, form))}"
        return _many(word, len(form))
    if isinstance(form, Made):
        word = {"iter": "iterator"}.get(form.callee, snake(form.callee.rpartition(".")[2]))
        return f"{'an' if word[:1] in 'aeiou' else 'a'}_{word}"
    text = str(form)
    if text.startswith("iter("):
        return "an_iterator"
    if text.startswith("lambda"):
        return "a_function"
    return snake(text.rpartition(".")[2]) if re.fullmatch(r"[A-Za-z_][\w.]*", text) else "a_value"


def _called(step: Step) -> str:
    owner, _, name = step.symbol.rpartition(".")
    above = owner.rpartition(".")[2]
    is_method = above[:1].isupper() or step.callee != step.symbol
    return "_".join(filter(None, (snake(above) if is_method else "", snake(name))))


def _arguments(step: Step, most: int = 9) -> str:
    words = [given(one) for one in step.given[:most]]
    told = f"_of_{'_and_'.join(words)}" if words else ""
    return told + "".join(f"_with_{snake(name)}_{given(form)}" for name, form in step.named[: max(0, most - len(words))])


def outcome(told: Told, places: frozenset[str]) -> str:
    """Return what a call gives in words.

    >>> outcome({"k": "failed", "error": "KeyError"}, frozenset()), outcome({"k": "completed", "value": []}, frozenset())
    ('raises_key_error', 'is_empty')
    """
    if told["k"] == "failed":
        return f"raises_{snake(told['error'])}"
    if places == {"arguments"}:
        return "changes_its_argument" if "after" in told else "keeps_its_argument"
    if places == {"output"}:
        return "prints_so"
    return _result(told.get("value"))


def _result(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return f"is_{str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"is_{_number(value)}"
    if isinstance(value, str):
        return f"is_{_text(value)}"
    kind, of = ("tuple", value) if isinstance(value, list) else (value[KIND], value[OF])
    if isinstance(of, list):
        if of and isinstance(of[-1], dict) and isinstance(of[-1][OF], dict) and "raised" in of[-1][OF]:
            return f"raises_{snake(of[-1][KIND].partition(' ')[2])}"
        word = "item" if len(of) == 1 else "items"
        return "is_empty" if not of else f"gives_{NUMBERS[len(of)] if len(of) < len(NUMBERS) else 'many'}_{word}"
    word, _, name = kind.partition(" ")
    if word == "enum":
        return f"is_{snake(of)}"
    word = snake(name.rpartition(".")[2] or word)
    return f"gives_{'an' if word[:1] in 'aeiou' else 'a'}_{word}"


def name_of(script: Script, told: Told, places: frozenset[str]) -> str:
    """Return a test's name.

    >>> step = Step(callee="m.chunked", symbol="m.chunked", given=([], 2))
    >>> name_of(Script(steps=(step,)), {"k": "completed", "value": {"$": "iterator", "of": []}}, frozenset(("value",)))
    'test_chunked_of_an_empty_list_and_2_is_empty'
    """
    *before, last = script.steps
    calls = [one for one in before if one.kind == "call" and one.symbol]
    if last.kind == "call":
        subject, words = _called(last), _arguments(last)
    else:
        subject = snake(last.symbol.rpartition(".")[2] or "it")
        bound = {one.target for one in before}
        words = "".join(f"_{one}" for one in re.findall(r"[A-Za-z]\w*", last.callee) if one not in bound)
    made = [one for one in calls if one.symbol != last.symbol.rpartition(".")[0]]
    after = "".join(f"_after_{snake(one.symbol.rpartition('.')[2])}" for one in made[-2:])
    end = outcome(told, places)
    shorter = [_arguments(last, most) for most in (3, 2, 1)] if last.kind == "call" else []
    for middle in (words + after, words, *shorter, after, ""):
        name = re.sub(r"\W|_{2,}", "_", f"test_{subject}{middle}_{end}").rstrip("_")
        if len(name) <= LENGTH_MAX:
            break
    assert not keyword.iskeyword(name), "it begins with test_"
    return name[:LENGTH_MAX]
