import pytest

from planaria.assemble import NoSystem, check, life_at
from planaria.assemble.check import examine
from tests.assemble.shop import mend

IMPL = "cells/stock/impl/__init__.py"


async def found(shop):
    return {(one.gate, one.level): one for one in (await examine(shop)).findings}


async def test_a_new_system_is_sound(shop):
    told = []
    examined = await examine(shop, told.append)
    assert examined.sound
    assert (examined.cells, examined.operations, examined.handlers, examined.examples) == (2, 5, 1, 10)
    assert examined.findings == ()
    assert "stock.receive" in told


async def test_problems_of_all_cells_are_found_in_one_pass(shop):
    mend(shop / IMPL, "async def left", "async def gone")
    mend(shop / "system.py", "uses=(Stock,)", "uses=()")
    (shop / "cells" / "cart" / "migrations" / "0001_lines.sql").write_text("-- up\ncreate table cart__line (a);\n")
    problems = await found(shop)
    assert set(problems) == {("implementation", "refuse"), ("rights", "refuse"), ("migrations", "refuse")}
    assert problems["rights", "refuse"].cure.startswith("add the contract of 'stock' to `uses` in system.add(Cart)")
    assert problems["implementation", "refuse"].what == "operation 'left' is not implemented"


async def test_a_completeness_that_no_suite_can_be_held_to_is_found(shop):
    mend(shop / "system.py", "uses=(Stock,)", "uses=(Stock,), completeness={'mutants': 'all'}")
    what = (await found(shop))["completeness", "refuse"].what
    assert what == "the completeness of cell 'cart': mutants is 'all': per cent, 0 to 100, are needed"


async def test_an_example_that_does_not_hold_is_shown(shop):
    mend(shop / IMPL, "return row[0] if row else 0", "return row[0] if row else 1")
    problem = (await examine(shop)).findings[0]
    assert problem.what == 'await stock.left("pear") should give 0 and gave 1'
    assert problem.place == "cells/stock/contract.py"


async def test_a_composition_that_does_not_load_is_one_finding(shop):
    (shop / "system.py").write_text("import nothing_of_that_name\n")
    examined = await examine(shop)
    assert (examined.sound, examined.cells, [one.gate for one in examined.findings]) == (False, 0, ["composition"])
    assert f"{shop / 'system.py'}:1" in examined.findings[0].what


async def test_a_contract_that_is_none_is_named(shop):
    mend(shop / "cells/stock/contract.py", "async def left(self, sku: str)", "async def left(self, sku: list[str])")
    what = (await found(shop))["composition", "refuse"].what
    assert what == "contract Stock: operation 'left': sku: list[str] is not a value: use tuple[T, ...]"


async def test_a_cell_that_does_not_start_is_found(shop):
    mend(shop / IMPL, "    async def left", "    async def on_start(self):\n        raise ValueError('no')\n\n    async def left")
    what = (await found(shop))["start", "refuse"].what
    assert what.startswith("cell 'stock' does not start: ValueError: no ("), "and where"


async def test_a_placement_that_is_not_there_is_found(shop):
    (shop / "system.py").write_text((shop / "system.py").read_text() + 'system.place(Stock, "moon")\n')
    assert "moon" in (await found(shop))["start", "refuse"].what


@pytest.mark.parametrize("line", ["import cells.cart.impl", "from cells.cart.impl import CartCell", "from cells.cart import impl"])
async def test_an_import_of_an_implementation_is_found_at_its_line(shop, line):
    file = shop / "cells" / "stock" / "tests" / "test_more.py"
    file.write_text(f'"""More."""\n\n{line}\n')
    problem = (await found(shop))["layers", "refuse"]
    assert problem.place == "cells/stock/tests/test_more.py:3"
    assert problem.cure == "import cells.cart.contract, and declare uses(…)"


async def test_a_file_that_is_no_python_is_found_at_its_line(shop):
    (shop / "cells" / "stock" / "tests" / "test_more.py").write_text("\nx = (\n")
    assert (await found(shop))["layers", "refuse"].place == "cells/stock/tests/test_more.py:2"


async def test_a_migration_that_would_fail_on_the_live_data_is_found(shop):
    async with life_at(shop) as life:
        await life.call("cart", "put", ("ann", "apple", 2), caller="test")
        await life.call("cart", "put", ("ann", "pear", 2), caller="test")
    down = "DROP INDEX cart__one;"
    more = f"-- up\nCREATE UNIQUE INDEX cart__one ON cart__line (visitor);\n-- down\n{down}\n"
    (shop / "cells" / "cart" / "migrations" / "0002_one.sql").write_text(more)
    before = (shop / ".planaria" / "store.sqlite").read_bytes()
    assert "UNIQUE" in (await found(shop))["migrations", "refuse"].what
    assert (shop / ".planaria" / "store.sqlite").read_bytes() == before


async def test_a_cell_without_state_needs_no_migrations(shop):
    (shop / "cells" / "idle" / "impl").mkdir(parents=True)
    contract = '"""Idle."""\n\nfrom planaria import Contract, operation\n\n\nclass Idle(Contract):\n    """Does little."""\n\n'
    contract += '    @operation()\n    async def rest(self) -> None:\n        """Rest."""\n'
    (shop / "cells" / "idle" / "contract.py").write_text(contract)
    body = "from cells.idle.contract import Idle\n\n\nclass IdleCell(Idle):\n    async def rest(self):\n        pass\n"
    (shop / "cells" / "idle" / "impl" / "__init__.py").write_text(body)
    mend(shop / "system.py", "from planaria import System", "from cells.idle.contract import Idle\nfrom planaria import System")
    (shop / "system.py").write_text((shop / "system.py").read_text() + "system.add(Idle)\n")
    examined = await examine(shop)
    assert (examined.sound, examined.cells) == (True, 3)


async def test_a_large_system_is_watched_and_too_large_a_one_refused(shop, monkeypatch):
    monkeypatch.setattr(check, "BYTES_WATCHED", 1000)
    assert (await found(shop)).keys() == {("size", "note")}
    assert (await examine(shop)).sound
    monkeypatch.setattr(check, "BYTES_MAX", 2000)
    assert ("size", "refuse") in await found(shop)


async def test_what_nobody_wrote_does_not_count_towards_the_size(shop):
    size = (await examine(shop)).size_bytes
    for folder in (".git", "ledger", "cells/stock/__pycache__"):
        (shop / folder).mkdir(exist_ok=True)
        (shop / folder / "large").write_bytes(b"x" * 100_000)
    (shop / "link").symlink_to(shop / "system.py")
    assert (await examine(shop)).size_bytes == size


async def test_where_there_is_no_system_there_is_nothing_to_examine(tmp_path):
    with pytest.raises(NoSystem):
        await examine(tmp_path)


PLACED = 'system.place(Stock, "{}"{})\n'


@pytest.mark.parametrize("line, gate, what", [
    (PLACED.format("inprocess", ", memory_mb=64"), "placement", "'memory_mb' is not kept in this process"),
    (PLACED.format("process", ", memory_mb=1"), "placement", "memory_mb is 1"),
    (PLACED.format("process", ', may=(Reads("pages/"),)'), "placement", "reads pages/ is not declared by Stock"),
    (PLACED.format("ray", ""), "start", "cannot be placed as 'ray'"),
])  # fmt: skip
async def test_a_placement_that_cannot_be_is_found(shop, line, gate, what):
    file = shop / "system.py"
    file.write_text(file.read_text().replace("import System", "import Reads, System") + line)
    assert what in (await found(shop))[gate, "refuse"].what


async def test_what_a_guest_cannot_do_is_found_with_its_place(shop):
    mend(shop / IMPL, "from", "import subprocess\nfrom")
    (shop / "system.py").write_text((shop / "system.py").read_text() + PLACED.format("wasm", ""))
    problem = (await found(shop))["placement", "refuse"]
    assert (problem.file, "__init__.py:" in problem.what) == ("cells/stock/impl", True)


async def test_an_implementation_that_runs_apart_is_not_loaded_here(shop):
    mend(shop / IMPL, "from", "raise SystemExit('it ran here')\nfrom")
    (shop / "system.py").write_text((shop / "system.py").read_text() + PLACED.format("process", ", memory_mb=1"))
    assert {gate for gate, _ in await found(shop)} == {"placement"}
