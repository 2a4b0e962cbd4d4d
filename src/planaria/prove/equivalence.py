"""Equivalence: mutants that no test could kill, as far as that can be seen without running them.

Why: a survivor that means the same is no hole in a suite, and a person should not look for one.
Not here: the search for a witness, whose failure also speaks for equivalence (`harden.distinction`).
"""

import ast
import functools
from types import CodeType
from typing import Any

from planaria.prove.mutant import Mutant


@functools.lru_cache(maxsize=256)
def _shape(text: str) -> Any:
    return _plain(compile(text, "a.py", "exec", dont_inherit=True))


@functools.lru_cache(maxsize=64)
def _statements(source: str) -> tuple[tuple[int, int], ...]:
    """Return the first and last lines of the statements of a module."""
    return tuple(
        (min(each.lineno for each in (one, *getattr(one, "decorator_list", ()))), one.end_lineno or one.lineno)
        for one in ast.parse(source).body
    )


def same_bytecode(mutant: Mutant, source: str) -> bool:
    r"""Say whether a mutant compiles to the same instructions as its source.

    >>> from dataclasses import replace
    >>> one = Mutant(id=1, file="a.py", operator="x", function="f", line=1, column=0, end_line=1, end_column=5, text="x = 3", key="")
    >>> same_bytecode(one, "x = 1 + 2\n"), same_bytecode(replace(one, end_column=9), "x = 1 + 2\n")
    (False, True)
    """
    changed = mutant.applied(source)
    try:
        first, last = next(((one, other) for one, other in _statements(source) if one <= mutant.line <= other), (1, source.count("\n") + 1))
        lines, others = source.split("\n"), changed.split("\n")
        old, new = "\n".join(lines[first - 1 : last]), "\n".join(others[first - 1 : last + len(others) - len(lines)])
        return bool(_plain(compile(new, "a.py", "exec", dont_inherit=True)) == _shape(old))
    except (SyntaxError, ValueError, RecursionError):
        return False


def _plain(code: CodeType) -> tuple[Any, ...]:
    """Return all of a code object that bears on what it does: instructions, names, constants; and no places."""
    constants = tuple(_plain(one) if isinstance(one, CodeType) else (type(one).__name__, repr(one)) for one in code.co_consts)
    return (
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_flags,
        code.co_exceptiontable,
    )
