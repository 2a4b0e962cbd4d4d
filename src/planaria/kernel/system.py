"""Systems: which cells there are, what each may use, where each runs, and the wires inside an implementation.

Why: the composition is the one place where rights and placements are given, so it is plain Python that a test can check.
Not here: running it (`life`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from planaria.kernel.contract import Contract, describe
from planaria.kernel.error import NoSuchCell, Several
from planaria.kernel.state import State

C = TypeVar("C", bound=Contract)


class SystemProblems(Several):
    """A composition that cannot run."""

    code = "PLN-L103"
    why = "everything is checked before the first cell starts"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """One cell of a system: its contract, rights, limits and placement."""

    name: str
    contract: type[Contract]
    uses: tuple[type[Contract], ...] = ()
    concurrency: int = 64
    queue: int = 256
    restarts: int = 3
    restarts_within_s: float = 60.0
    drain_s: float = 30.0
    placement: str = "inprocess"
    limits: Mapping[str, Any] = field(default_factory=dict)
    completeness: Mapping[str, float] = field(default_factory=dict)


class System:
    """The composition of a cellular monolith, as `system.py` writes it.

    >>> class Stock(Contract):
    ...     '''Counts.'''
    >>> system = System("shop")
    >>> system.add(Stock, concurrency=8)
    >>> system.cells["stock"].placement
    'inprocess'
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.cells: dict[str, CellPlan] = {}

    def add(self, contract: type[Contract], *, uses: tuple[type[Contract], ...] = (), **limits: Any) -> None:
        """Add a cell and grant it the cells it may use; limits are `concurrency`, `queue`, `restarts`, `restarts_within_s`, `drain_s`.

        `completeness={"branches": 95, "mutants": 90}`, in per cent, says what its suite must reach before it may be regenerated.
        The cell is named after its folder `cells/NAME/contract.py`, or after the contract.
        """
        name, _ = cell_name(contract), describe(contract)
        if name in (*self.cells, "planaria"):
            why = "is added twice" if name in self.cells else "has the name of planaria's own tables: give its folder another"
            raise SystemProblems.of(f"system '{self.name}'", [f"cell '{name}' {why}"])
        self.cells[name] = CellPlan(name=name, contract=contract, uses=uses, **limits)

    def place(self, contract: type[Contract], placement: str, **limits: Any) -> None:
        """Place a cell: `inprocess`, or `copying` in tests."""
        plan = self.plan(contract)
        self.cells[plan.name] = replace(plan, placement=placement, limits=limits)

    def plan(self, contract: type[Contract] | str) -> CellPlan:
        """Return a cell's plan.

        Raises:
            NoSuchCell: PLN-C105.
        """
        name = contract if isinstance(contract, str) else cell_name(contract)
        if name not in self.cells:
            raise NoSuchCell(cell=name, known=", ".join(self.cells))
        return self.cells[name]

    def start_order(self) -> list[CellPlan]:
        """Return the cells so that what a cell uses starts before it, as far as cycles allow; otherwise as added."""
        ordered: dict[str, CellPlan] = {}

        def visit(plan: CellPlan, *above: str) -> None:
            if plan.name not in ordered and plan.name not in above:
                for used in plan.uses:
                    visit(self.plan(used), plan.name, *above)
                ordered[plan.name] = plan

        for plan in self.cells.values():
            visit(plan)
        return list(ordered.values())


def cell_name(contract: type[Contract]) -> str:
    """Return the name of a contract's cell: its folder's, or its own in lower case.

    >>> cell_name(type("Cart", (Contract,), {}))
    'cart'
    """
    parts = contract.__module__.split(".")
    return parts[-2] if parts[-1] == "contract" and len(parts) > 1 else contract.__name__.lower()


@dataclass(frozen=True, slots=True)
class Wire:
    """What an implementation asks for, given when its seat is opened: a handle to another cell, or (None) its state."""

    contract: type[Contract] | None


def uses(contract: type[C]) -> C:
    """Declare that an implementation calls another cell; system.py must grant it.

    >>> isinstance(uses(Contract), Wire)
    True
    """
    return cast("C", Wire(contract))


def state() -> State:
    """Declare that an implementation keeps state of its own.

    >>> type(state()).__name__
    'Wire'
    """
    return cast("State", Wire(None))


def wires_of(implementation: type[Contract]) -> dict[str, str | None]:
    """Return the wires that a class declares, by attribute: the name of the cell it uses, or None for its state."""
    declared = {name: value for one in reversed(implementation.__mro__) for name, value in vars(one).items()}
    wires = {name: value.contract for name, value in declared.items() if isinstance(value, Wire)}
    return {name: None if contract is None else cell_name(contract) for name, contract in wires.items()}
