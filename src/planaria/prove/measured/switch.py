"""The switch: which mutant is on in this process, what the code reaches, and how many steps it takes.

Why: a comparison with a small number is all that a mutant costs while it is off, and the same comparison, with an object that
notes what it is compared to, tells which tests reach it. Steps (calls, turns of loops) are counted rather than timed,
so that a verdict does not depend on the machine.
Not here: the code that asks (`prove.schemata`), processor time (`lane`).
"""

import builtins
import functools
import itertools
import os
from collections import _count_elements  # type: ignore[attr-defined]  # counts without a frame of Python
from collections.abc import Callable
from typing import Any

from planaria.prove.asking import HOLLOW, MUTANT, STEP

LATE = 97


class Reached(dict[int, bool]):
    """Stands for the number of the mutant that is on: equal to none, and keeps with which it is compared.

    A dictionary whose comparison is its own look-up answers without a frame of Python, which would cost ten times as much while traced.

    >>> reached = Reached()
    >>> reached == 7, reached in (8, 9), sorted(reached)
    (False, False, [7, 8, 9])
    """

    __slots__ = ()
    __eq__ = dict.__getitem__  # type: ignore[assignment]  # woven code compares with numbers alone
    __hash__ = None  # it is in no set

    def __missing__(self, number: int) -> bool:
        self[number] = False
        return False


class Strange:
    """What a hollow function gives: nothing else is like it, and it can do nothing.

    >>> Strange() == Strange()
    False
    """

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__


class Switch:
    """The three builtins that woven code asks, in the mode that this process is in."""

    def __init__(self) -> None:
        self.reached = Reached()
        self.counts: dict[int, int] = {}
        self.notes()

    def _hold(self, mutant: object, step: Callable[[tuple[int]], object], hollow: Callable[[], object]) -> None:
        names: Any = builtins
        for name, value in ((MUTANT, mutant), (STEP, step), (HOLLOW, hollow)):
            setattr(names, name, value)

    def notes(self) -> None:
        """Note what is reached: mutants, functions, steps.

        >>> switch = Switch()
        >>> _planaria_step((3,)), _planaria_step((0,)), _planaria_mutant == 7, _planaria_mutant in (8, 9)
        (None, None, False, False)
        >>> switch.taken()
        ({8, 9, 7}, {3}, 2)
        """
        self._hold(self.reached, functools.partial(_count_elements, self.counts), Strange)

    def taken(self) -> tuple[set[int], set[int], int]:
        """Return what was noted since the last time: mutants and (below zero) notes, functions, steps."""
        told = (set(self.reached), self.counts.keys() - {0}, sum(self.counts.values()))
        self.reached.clear()
        self.counts.clear()
        return told

    def turn_on(self, mutant: int, steps_max: int) -> Callable[[int], None]:
        """Be a mutant, and end this process with `LATE` where it takes too many steps; what is returned grants more of them.

        >>> more = Switch().turn_on(7, 10)
        >>> _planaria_mutant, _planaria_step((1,))
        (7, None)
        """

        def counted(steps: int) -> Callable[[tuple[int]], object]:
            # An iterator that gives nothing so many times, and then ends the process, whatever the code catches; without a frame of Python.
            left = itertools.chain(itertools.repeat(None, steps), iter(functools.partial(os._exit, LATE), None))
            return functools.partial(next, left)

        self._hold(mutant, counted(steps_max), Strange)
        return lambda steps: setattr(builtins, STEP, counted(steps))

    def hollow(self, give: Callable[[], object]) -> None:
        """Make every function of the code under proof do nothing but give something.

        >>> Switch().hollow(Strange)
        >>> _planaria_step((1,))
        True
        """
        self._hold(0, lambda function: function[0] > 0, give)
