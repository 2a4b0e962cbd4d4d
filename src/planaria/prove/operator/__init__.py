"""Operators: the ways in which `planaria prove` makes code wrong, one file each.

Why: chosen for what models get wrong. Reading order: `shape`, then any; `OPERATORS` names all, in the order in which they are tried.
Not here: what comes of it (`prove.schemata`).
"""

from planaria.prove.operator.argument import ARGUMENT
from planaria.prove.operator.arithmetic import ARITHMETIC
from planaria.prove.operator.awaiting import AWAITING
from planaria.prove.operator.boundary import BOUNDARY
from planaria.prove.operator.comparison import COMPARISON
from planaria.prove.operator.condition import CONDITION
from planaria.prove.operator.connective import CONNECTIVE
from planaria.prove.operator.constant import CONSTANT
from planaria.prove.operator.copying import COPYING
from planaria.prove.operator.default import DEFAULT
from planaria.prove.operator.handler import HANDLER
from planaria.prove.operator.in_place import IN_PLACE
from planaria.prove.operator.loop import LOOP
from planaria.prove.operator.negation import NEGATION
from planaria.prove.operator.off_by_one import OFF_BY_ONE
from planaria.prove.operator.shape import Operator
from planaria.prove.operator.sibling import SIBLING
from planaria.prove.operator.statement import STATEMENT

OPERATORS: tuple[Operator, ...] = (
    BOUNDARY, OFF_BY_ONE, CONDITION, CONNECTIVE, HANDLER, STATEMENT, LOOP, IN_PLACE, COPYING, ARGUMENT, DEFAULT, AWAITING, SIBLING,
    COMPARISON, ARITHMETIC, NEGATION, CONSTANT,
)  # fmt: skip
