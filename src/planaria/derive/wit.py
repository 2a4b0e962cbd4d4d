"""The WIT of a cell: what a component in another language exports to be it, and what it may import.

Why: binding generators and people need the file; it is derived, so that it cannot be wrong about the contract.
Not here: how types become WIT (`placement.wasm.wit`), running components (`placement.wasm.component`).
"""

from planaria.kernel.system import System
from planaria.placement.wasm.text import wit_text
from planaria.placement.wasm.wit import world_of


def wit(system: System, cell: str) -> bytes:
    """Return the WIT file of a cell, the same bytes for the same contracts; `uses` in system.py says what it may import.

    Raises:
        NoSuchCell, WitProblems: PLN-C105, PLN-P801.

    >>> from planaria.kernel.contract import Contract
    >>> system = System("shop")
    >>> system.add(type("Quiet", (Contract,), {}))
    >>> wit(system, "quiet").splitlines()[1]
    b'package planaria:cells;'
    """
    plan = system.plan(cell)
    return f"// Derived from its contract by `planaria derive wit {plan.name}`.\n{wit_text(world_of(plan.contract, plan.uses))}".encode()
