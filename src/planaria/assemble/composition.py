"""The text of a system.py, changed in one place: where a cell is placed.

Why: a person's file keeps its comments, its order and its shape; so only the characters that say something else are
exchanged, by the positions that Python's own parser gives.
Not here: what a placement means (`relocation`), loading the file (`system`).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planaria.assemble.error import NotEditable

VARIABLE = "system"


@dataclass(frozen=True, slots=True)
class _Change:
    """Bytes from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


def replaced(text: str, contract: str, module: str, placement: str, limits: Mapping[str, Any]) -> str:
    r'''Return a system.py in which the cell of a contract is placed so; `limits` are all that it has then.

    `limits` holds Python text by name; None stands for what the line already says.

    Raises:
        NotEditable: PLN-L210, where the place to change is not plain.

    >>> print(replaced("""from shop import Cart
    ... system = System("shop")
    ... system.add(Cart)  # what visitors want
    ... """, "Cart", "shop", "process", {"memory_mb": "64"}))
    from shop import Cart
    system = System("shop")
    system.add(Cart)  # what visitors want
    system.place(Cart, "process", memory_mb=64)
    <BLANKLINE>
    '''
    tree, lines = ast.parse(text), text.encode().splitlines(keepends=True)
    names = _names(tree, contract, module)
    calls = [one for one in _calls(tree) if _is_about(one.value, names)]
    placing = [one for one in calls if one.value.func.attr == "place"]
    adding = [one for one in calls if one.value.func.attr == "add"]
    if len(placing) > 1 or (not placing and len(adding) != 1):
        count, method = (len(placing), "place") if placing else (len(adding), "add")
        raise NotEditable(contract=contract, text=f"it has {count} plain lines `{VARIABLE}.{method}({contract}, …)` at its top level")
    changes = _rewritten(placing[0].value, lines, placement, limits) if placing else [_added(adding[0], lines, placement, limits)]
    raw = text.encode()
    for one in sorted(changes, key=lambda change: change.start, reverse=True):
        raw = raw[: one.start] + one.text.encode() + raw[one.end :]
    return raw.decode()


def _names(tree: ast.Module, contract: str, module: str) -> set[str]:
    """Return the names under which a file knows a contract."""
    found = {contract}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            found |= {one.asname for one in node.names if one.name == contract and one.asname}
            found -= {contract} if any(one.name == contract and one.asname for one in node.names) else set()
    return found


class _Statement(ast.Expr):
    value: Any


def _calls(tree: ast.Module) -> Iterator[_Statement]:
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
            target = node.value.func.value
            if isinstance(target, ast.Name) and target.id == VARIABLE:
                yield node  # type: ignore[misc]  # an expression whose value is a call of a method


def _is_about(call: Any, names: set[str]) -> bool:
    first = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "contract"), None)
    return (isinstance(first, ast.Name) and first.id in names) or (isinstance(first, ast.Attribute) and first.attr in names)


def _rewritten(call: Any, lines: list[bytes], placement: str, limits: Mapping[str, Any]) -> list[_Change]:
    if any(one.arg is None for one in call.keywords) or any(isinstance(one, ast.Starred) for one in call.args):
        raise NotEditable(contract=ast.unparse(call.args[0]), text="its limits are given by * or **")
    said = {one.arg: one for one in call.keywords}
    placed = call.args[1] if len(call.args) > 1 else said.pop("placement").value
    said.pop("contract", None)
    changes = [_Change(*_span(placed, lines), f'"{placement}"')]
    parts = sorted([*call.args, *call.keywords], key=lambda one: (one.lineno, one.col_offset))
    for name, keyword in said.items():
        if name not in limits:
            before = parts[parts.index(keyword) - 1]
            changes.append(_Change(_span(before, lines)[1], _span(keyword, lines)[1], ""))
        elif limits[name] is not None:
            changes.append(_Change(*_span(keyword.value, lines), limits[name]))
    new = "".join(f", {name}={value}" for name, value in limits.items() if name not in said and value is not None)
    kept = [one for one in parts if not isinstance(one, ast.keyword) or one.arg in (*limits, "placement", "contract")]
    end = max(_span(one, lines)[1] for one in kept)
    return [*changes, _Change(end, end, new)] if new else changes


def _added(statement: Any, lines: list[bytes], placement: str, limits: Mapping[str, Any]) -> _Change:
    call = statement.value
    first = ast.unparse(call.args[0] if call.args else call.keywords[0].value)
    given = "".join(f", {name}={value}" for name, value in limits.items() if value is not None)
    after = sum(map(len, lines[: statement.end_lineno]))
    ending = "\n" if not lines[statement.end_lineno - 1].endswith(b"\n") else ""
    return _Change(after, after, f'{ending}{VARIABLE}.place({first}, "{placement}"{given})\n')


def _span(node: Any, lines: list[bytes]) -> tuple[int, int]:
    """Return where a node begins and ends, in bytes."""
    starts = [0]
    for line in lines[: node.end_lineno]:
        starts.append(starts[-1] + len(line))
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
