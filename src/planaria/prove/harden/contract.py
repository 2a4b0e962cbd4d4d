"""Examples of a contract: an example added at the end of an operation's docstring, with everything else left as it is.

Why: an example in the contract is read by people, run for every generation, and given to whoever writes the next one.
Not here: whether it holds and kills (`filter`).
"""

import ast
from collections.abc import Sequence


def with_example(source: str, operation: str, lines: Sequence[str]) -> str | None:
    """Return the text of a contract with lines added to an operation's docstring; None where that cannot take them.

    >>> with_example("x = 1", "size", [">>> await shelf.size()", "0"]) is None
    True
    """
    node = next((one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.AsyncFunctionDef) and one.name == operation), None)
    document = node.body[0] if node is not None else None
    if node is None or not isinstance(document, ast.Expr) or ast.get_docstring(node) is None:
        return None
    text = source.splitlines(keepends=True)
    last = document.end_lineno or document.lineno
    line = text[last - 1].encode()
    head, tail = line[: document.end_col_offset].decode(), line[document.end_col_offset or 0 :].decode()
    quote = next((one for one in ('"""', "'''") if head.endswith(one)), "")
    is_raw = text[document.lineno - 1].lstrip()[:1] in "rR"
    if not quote or any(quote in one or ("\\" in one and not is_raw) for one in lines):
        return None
    margin = " " * document.col_offset
    before = head.removesuffix(quote).rstrip()
    added = "".join(f"{margin}{one}\n" for one in lines)
    gap = "" if ">>>" in (ast.get_docstring(node) or "").rpartition("\n\n")[2] else "\n"
    body = "".join(text[: last - 1]) + (f"{before}\n" if before else "")
    return f"{body}{gap}{added}{margin}{quote}{tail}{''.join(text[last:])}"
