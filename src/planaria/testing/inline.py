"""A system in a few lines: contracts and implementations as a test writes them, without folders.

Why: a unit test shows its cells beside its facts. The kernel loads from directories only, so the implementations are
written to a temporary one, and run through the same loader as any other.
Not here: systems with files (`cells`).
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.error import CellError
from planaria.kernel.life import Life
from planaria.kernel.loader import Generation, generation_at
from planaria.kernel.port import Placement, Ports, Store
from planaria.kernel.state import State
from planaria.kernel.system import System, cell_name, state, uses
from planaria.placement.codec import MsgspecCodec
from planaria.placement.copying import Copying
from planaria.placement.fault import Faults
from planaria.placement.inprocess import InProcess
from planaria.store import SqliteStore
from planaria.testing.cells import Cells, injected_by, placed
from planaria.testing.clock import FakeClock
from planaria.testing.ids import CountingIds
from planaria.testing.store import MemoryStore

Implementation = type[Contract] | str
_GIVEN: dict[str, dict[str, Any]] = {}
_TOKENS = count(1)
_NAMES = "from planaria.testing.inline import given; globals().update(given({token!r}))\n"
_CLASS = _NAMES + "class Implementation(implementation): pass\n"
_MODULE = """import {module}
from planaria import CellError, State, state, uses
globals().update({{name: value for name, value in vars({module}).items() if not name.startswith("__")}})
"""


def given(token: str) -> dict[str, Any]:
    """Return the names that an inline implementation may use; its first line calls this.

    >>> given("nothing")
    {}
    """
    return _GIVEN.get(token, {})


def inline_generation(contract: type[Contract], implementation: Implementation, directory: Path) -> Generation:
    """Write an implementation, a class or source text, into a new folder in `directory`, ready to be started or swapped in.

    Source text sees every name of the contract's module, and what an implementation needs of `planaria`. Where that module
    can be imported by name, the text does so, and runs in any process.
    """
    token = f"{contract.__qualname__}-{next(_TOKENS)}"
    if isinstance(implementation, str) and getattr(sys.modules[contract.__module__], contract.__qualname__, None) is contract:
        text = _MODULE.format(module=contract.__module__) + implementation
    elif isinstance(implementation, str):
        module = {name: value for name, value in vars(sys.modules[contract.__module__]).items() if not name.startswith("__")}
        _GIVEN[token] = {"CellError": CellError, "State": State, "state": state, "uses": uses, **module, contract.__name__: contract}
        text = _NAMES.format(token=token) + implementation
    else:
        _GIVEN[token] = {"implementation": implementation}
        text = _CLASS.format(token=token)
    folder = directory / token
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    return generation_at(cell_name(contract), folder)


def inline_system(
    contracts: list[type[Contract]],
    *,
    uses: Mapping[type[Contract], tuple[type[Contract], ...]] | None = None,
    limits: Mapping[type[Contract], Mapping[str, Any]] | None = None,
) -> System:
    """Compose a system: each cell may use those before it, unless `uses` says otherwise; `limits` go to `System.add`.

    >>> list(inline_system([type("Cart", (Contract,), {})]).cells)
    ['cart']
    """
    system = System("inline")
    for position, contract in enumerate(contracts):
        granted = (uses or {}).get(contract, tuple(contracts[:position]))
        system.add(contract, uses=granted, **(limits or {}).get(contract, {}))
    return system


@asynccontextmanager
async def run_cells(
    implementations: Mapping[type[Contract], Implementation],
    *,
    uses: Mapping[type[Contract], tuple[type[Contract], ...]] | None = None,
    limits: Mapping[type[Contract], Mapping[str, Any]] | None = None,
    tables: Mapping[type[Contract], str] | None = None,
    placement: str | Placement = "inprocess",
    store: Store | None = None,
    faults: Faults | None = None,
) -> AsyncIterator[Cells]:
    """Run cells given as contract and implementation; `tables` holds the SQL that makes a cell's tables, `faults` what callers must bear.

    Without a store they get a `MemoryStore`; in a placement of another process, a real one, because bodies wait there.

    >>> from planaria import operation
    >>> class Greeter(Contract):
    ...     @operation()
    ...     async def greet(self, name: str) -> str: ...
    >>> class GreeterCell(Greeter):
    ...     async def greet(self, name): return f"Hello, {name}"
    >>> async with run_cells({Greeter: GreeterCell}) as cells:
    ...     await cells.handle(Greeter).greet("Ada")
    'Hello, Ada'
    >>> faults = Faults(at={"greeter.greet": ("", "refused")})
    >>> async with run_cells({Greeter: GreeterCell}, placement="copying", faults=faults) as cells:
    ...     [await cells.handle(Greeter).greet(name) for name in ("Ada", "Bo")]
    Traceback (most recent call last):
    ...
    planaria.kernel.error.Refused: PLN-C200...
    """
    contracts = list(implementations)
    system = inline_system(contracts, uses=uses, limits=limits)
    clock, complaints = FakeClock(follow=asyncio.get_running_loop().time), list[str]()
    name = placement if isinstance(placement, str) else type(placement).__name__.lower()
    with TemporaryDirectory(prefix="planaria-inline-") as folder:
        root = Path(folder)
        made = {cell_name(one): inline_generation(one, implementations[one], root) for one in contracts}
        async with placed(placement, root=root, faults=faults) as place, _store(store, place, root, tables or {}) as kept:
            ports = Ports(store=kept, codec=MsgspecCodec(), clock=clock, ids=CountingIds(), placements={"inprocess": place})
            async with Life(system, ports=ports, current=lambda plan: made[plan.name], complain=complaints.append) as life:
                yield Cells(life=life, placement=name, clock=clock, complaints=complaints, injected=injected_by(place))


@asynccontextmanager
async def _store(given: Store | None, placement: Placement, root: Path, tables: Mapping[type[Contract], str]) -> AsyncIterator[Store]:
    if given is None and not isinstance(placement, (InProcess, Copying)):
        async with disk_store(root / "store.sqlite", tables) as made:
            yield made
        return
    store = given or MemoryStore()
    for contract, text in tables.items():
        assert isinstance(store, MemoryStore), "another store makes its tables by migrations"
        store.define(cell_name(contract), text)
    yield store


@asynccontextmanager
async def disk_store(path: Path, tables: Mapping[type[Contract], str]) -> AsyncIterator[SqliteStore]:
    """Open a store on disk, with the tables of some cells; made where they are not there yet.

    >>> with TemporaryDirectory() as folder:
    ...     async with disk_store(Path(folder) / "store.sqlite", {}) as store:
    ...         await store.read(lambda session: 7)
    7
    """
    store = SqliteStore.open(path)
    try:
        for contract, text in tables.items():
            name = cell_name(contract)
            migrations = path.parent / f"{path.name}-{name}"
            migrations.mkdir(exist_ok=True)
            down = "".join(f"drop table {one};" for one in re.findall(rf"create table ({name}__\w+)", text))
            (migrations / "0001_tables.sql").write_text(f"-- up\n{text}\n-- down\n{down}\n", encoding="utf-8")
            await store.migrate(name, migrations, clock=FakeClock())
        yield store
    finally:
        await store.close()
