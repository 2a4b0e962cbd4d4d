"""The switch: which mutant is on in this process, what the code reaches, and how many steps it takes.

Why: a comparison with a small number is all that a mutant costs while it is off, and the same comparison, with an object that
notes what it is compared to, tells which tests reach it. Steps (calls, turns of loops) are counted rather than timed,
so that a verdict does not depend on the machine.
Not here: the code that asks (`prove.schemata`), processor time (`lane`).
"""

import builtins
import os
from collections.abc import Callable
from typing import Any

from planaria.prove.schemata import HOLLOW, MUTANT, STEP

LATE = 97


class Reached:
    """Stands for the number of the mutant that is on: equal to none, and notes with which it is compared."""

    __slots__ = ("mutants", "note")

    def __init__(self) -> None:
        self.mutants: set[int] = set()
        self.note = self.mutants.add

    def __eq__(self, number: object) -> bool:
        self.note(number)  # type: ignore[arg-type]  # woven code compares with numbers alone
        return False

    __hash__ = None  # type: ignore[assignment]  # it is in no set


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
        self.functions: set[int] = set()
        self.steps = 0
        self.notes()

    def _hold(self, mutant: object, step: Callable[[int], bool], hollow: Callable[[], object]) -> None:
        names: Any = builtins
        for name, value in ((MUTANT, mutant), (STEP, step), (HOLLOW, hollow)):
            setattr(names, name, value)

    def notes(self) -> None:
        """Note what is reached: mutants, functions, steps.

        >>> switch = Switch()
        >>> _planaria_step(3), _planaria_mutant == 7, _planaria_mutant in (8, 9)
        (False, False, False)
        >>> switch.taken()
        ({8, 9, 7}, {3}, 1)
        """
        enter = self.functions.add

        def step(function: int) -> bool:
            self.steps += 1
            enter(function)
            return False

        self._hold(self.reached, step, Strange)

    def taken(self) -> tuple[set[int], set[int], int]:
        """Return what was noted since the last time: mutants, functions, steps."""
        told = (set(self.reached.mutants), self.functions - {0}, self.steps)
        self.reached.mutants.clear()
        self.functions.clear()
        self.steps = 0
        return told

    def turn_on(self, mutant: int, steps_max: int) -> Callable[[int], None]:
        """Be a mutant, and end this process with `LATE` where it takes too many steps; what is returned grants more of them.

        >>> more = Switch().turn_on(7, 10)
        >>> _planaria_mutant, _planaria_step(1)
        (7, False)
        """
        left = steps_max

        def step(function: int) -> bool:
            nonlocal left
            del function
            left -= 1
            if left < 0:
                os._exit(LATE)  # whatever the code catches
            return False

        def more(steps: int) -> None:
            nonlocal left
            left = steps

        self._hold(mutant, step, Strange)
        return more

    def hollow(self, give: Callable[[], object]) -> None:
        """Make every function of the code under proof do nothing but give something.

        >>> Switch().hollow(Strange)
        >>> _planaria_step(1)
        True
        """
        self._hold(0, lambda function: function > 0, give)
