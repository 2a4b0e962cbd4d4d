"""Words of a guest: what it says is shown to people, so it is bounded and cannot steer a terminal.

Why: a component is not trusted; its error texts and facts go into logs, terminals and answers.
Not here: values, which are checked by their type.
"""

from typing import Any

TEXT_MAX, FACTS_MAX = 2_000, 64
Fact = tuple[str, Any]


def one_line(text: Any) -> str:
    r"""Return a text without control characters, at most `TEXT_MAX` characters of it.

    >>> one_line("a\x1b[2Jb\nc")
    'a\\x1b[2Jb\\nc'
    """
    shown = str(text)[: TEXT_MAX + 1]
    plain = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown)
    return plain if len(plain) <= TEXT_MAX else f"{plain[: TEXT_MAX - 1]}…"


def bounded_facts(pairs: list[tuple[str, Fact]]) -> dict[str, Any]:
    r"""Return the facts of an error that a guest gave, by name.

    >>> bounded_facts([("size", ("whole", 3)), ("word", ("text", "a\tb"))])
    {'size': 3, 'word': 'a\\tb'}
    """
    plain = ((one_line(name), one_line(value) if kind == "text" else value) for name, (kind, value) in pairs[:FACTS_MAX])
    return {name: value for name, value in plain if name.isidentifier()}


def fact_of(value: Any) -> Fact:
    """Return one fact as the pair of its case and payload.

    >>> fact_of(3), fact_of(True), fact_of(("a",))
    (('whole', 3), ('truth', True), ('text', "('a',)"))
    """
    if value is None:
        return ("empty", None)
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return ("whole", value)
    return ("number", value) if isinstance(value, float) else ("text", one_line(value))
