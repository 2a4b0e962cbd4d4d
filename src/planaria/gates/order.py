"""The gates in the order in which they are asked: the cheapest first.

Why: an explicit tuple (D-005), and an attempt ends at the first gate that does not pass, so the dear ones judge only what the
cheap ones could not refuse. `properties` follows `behaviour`, whose witnesses show both sides, and looks at what that lets through.
Not here: the gates.
"""

from planaria.gates.behaviour import behaviour
from planaria.gates.coverage import coverage
from planaria.gates.examples import examples
from planaria.gates.interface import interface
from planaria.gates.mutation import mutation
from planaria.gates.policy import policy
from planaria.gates.properties import properties
from planaria.gates.suite import suite
from planaria.gates.verdict import Gate

GATES: tuple[tuple[str, Gate], ...] = (
    ("policy", policy),
    ("interface", interface),
    ("examples", examples),
    ("suite", suite),
    ("coverage", coverage),
    ("behaviour", behaviour),
    ("properties", properties),
    ("mutation", mutation),
)
