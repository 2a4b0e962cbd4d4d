"""Ranges: what people gave for one parameter, told in a few words, so that what lies beyond it can be told apart.

Why: an input beyond what anybody gave may break a condition that nobody wrote down; a difference there is told as doubtful.
Not here: kinds (`kind`), who asks (`making`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from planaria.witness.script.form import Form, parts
from planaria.witness.script.kind import of_form

SIGNS_MAX, LARGEST = 500, 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What was seen of a parameter, in the whole and inside: whether negative, zero, empty, how large, which signs of text, kinds by depth.

    >>> Range.of([[1, 2], [3]]).holds([9]), Range.of([[1, 2]]).holds([]), Range.of([[1, 2]]).holds([-1])
    (True, False, False)
    """

    negative: bool
    zero: bool
    empty: bool
    large: float
    signs: frozenset[str]
    depths: Mapping[int, frozenset[str]]
    options: frozenset[str] = frozenset()
    records: frozenset[frozenset[str]] = frozenset()

    @staticmethod
    def of(forms: Iterable[Form], words: Collection[Form] = ()) -> "Range":
        """Return the range of forms that people gave; texts that are all `words` of the code are choices, dictionaries of texts records."""
        given = list(forms)
        inside = [pair for form in given for pair in parts(form)]
        numbers = [min(one, LARGEST) if one > 0 else max(one, -LARGEST) for one, _ in inside if _is_number(one)]
        known = {one for one in words if isinstance(one, str)}
        are_words = bool(given) and all(isinstance(one, str) and one in known for one in given)
        depths: dict[int, set[str]] = {}
        for one, depth in inside:
            depths.setdefault(depth, set()).add(_name(one))
        return Range(
            negative=any(one < 0 for one in numbers), zero=0 in numbers, empty=any(_is_empty(one) for one, _ in inside),
            large=max(map(abs, numbers), default=0.0), depths={depth: frozenset(names) for depth, names in depths.items()},
            signs=frozenset(sign_class(sign) for one, _ in inside if isinstance(one, str) for sign in one[:SIGNS_MAX]),
            options=frozenset(known if are_words else ()), records=frozenset(frozenset(one) for one, _ in inside if _is_record(one)),
        )  # fmt: skip

    def holds(self, form: Form) -> bool:
        """Say whether a form is of the sort that was seen."""
        return not (self.options and all(form != one for one in self.options)) and all(
            self._holds(one, depth) for one, depth in parts(form)
        )

    def _holds(self, one: Form, depth: int) -> bool:
        names = self.depths.get(depth, frozenset())
        if not ({_name(one), "float" if _name(one) == "int" else ""} & names):
            return False
        if _is_number(one):
            return not (one < 0 and not self.negative) and abs(one) <= 10 * self.large + 100 and (one != 0 or self.zero or self.negative)
        if _is_empty(one) and not self.empty:
            return False
        if isinstance(one, dict) and self.records:
            return any(keys <= one.keys() for keys in self.records)
        return not isinstance(one, str) or all(sign_class(sign) in self.signs for sign in one)


def _name(form: Form) -> str:
    return type(form).__name__ if isinstance(form, (list, set, dict, tuple)) else of_form(form).name


def _is_number(form: Form) -> bool:
    return isinstance(form, (int, float)) and not isinstance(form, bool)


def _is_empty(form: Form) -> bool:
    return isinstance(form, (str, list, dict, tuple, set)) and not form


def _is_record(form: Form) -> bool:
    return isinstance(form, dict) and len(form) > 1 and all(isinstance(one, str) and one.isidentifier() for one in form)


def sign_class(sign: str) -> str:
    """Return the sort of a character: what is no letter, digit or space is a sort of its own.

    >>> sign_class("x"), sign_class("("), sign_class("é")
    ('a', '(', 'é')
    """
    if "a" <= sign <= "z":
        return "a"
    if "A" <= sign <= "Z":
        return "A"
    return "0" if sign.isdigit() and sign.isascii() else sign
