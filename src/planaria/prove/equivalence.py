"""Equivalence: mutants that no test could kill, as far as that can be seen without running them.

Why: a survivor that means the same is no hole in a suite, and a person should not look for one.
Not here: the search for a witness, whose failure also speaks for equivalence (`harden.distinction`).
"""

import functools
from types import CodeType
from typing import Any

from planaria.prove.mutant import Mutant


@functools.lru_cache(maxsize=64)
def _shape(source: str) -> Any:
    return _plain(compile(source, "a.py", "exec", dont_inherit=True))


def same_bytecode(mutant: Mutant, source: str) -> bool:
    r"""Say whether a mutant compiles to the same instructions as its source.

    >>> from dataclasses import replace
    >>> one = Mutant(id=1, file="a.py", operator="x", function="f", line=1, column=0, end_line=1, end_column=5, text="x = 3", key="")
    >>> same_bytecode(one, "x = 1 + 2\n"), same_bytecode(replace(one, end_column=9), "x = 1 + 2\n")
    (False, True)
    """
    try:
        changed = compile(mutant.applied(source), "a.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return bool(_plain(changed) == _shape(source))


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
