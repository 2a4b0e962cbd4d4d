import pytest

from planaria.assemble.composition import replaced
from planaria.assemble.error import NotEditable

HEAD = (
    "from cells.cart.contract import Cart\nfrom cells.stock.contract import Stock\nfrom planaria import System\n\nsystem = System('shop')\n"
)

CASES = {
    "a cell without a line gets one below that which adds it": (
        "system.add(Stock)  # counts\nsystem.add(Cart, uses=(Stock,))  # carts\n",
        ("Stock", "process", {"memory_mb": "64"}),
        'system.add(Stock)  # counts\nsystem.place(Stock, "process", memory_mb=64)\nsystem.add(Cart, uses=(Stock,))  # carts\n',
    ),
    "a file that does not end in a line break gets one": (
        "system.add(Stock)",
        ("Stock", "process", {}),
        'system.add(Stock)\nsystem.place(Stock, "process")\n',
    ),
    "a statement of many lines is left as it is": (
        "system.add(\n    Stock,  # counts\n    concurrency=2,\n)\nrest = 1\n",
        ("Stock", "wasm", {}),
        'system.add(\n    Stock,  # counts\n    concurrency=2,\n)\nsystem.place(Stock, "wasm")\nrest = 1\n',
    ),
    "only the characters that say something else are exchanged": (
        "system.add(Stock)\nsystem.place( Stock , 'process',\n    memory_mb = 64,  # enough\n    scratch_mb=1,\n)  # é: an edge\n",
        ("Stock", "wasm", {"memory_mb": "128", "scratch_mb": None, "pool": "2"}),
        'system.add(Stock)\nsystem.place( Stock , "wasm",\n    memory_mb = 128,  # enough\n    scratch_mb=1, pool=2,\n)  # é: an edge\n',
    ),
    "a limit that the placement does not know goes": (
        "system.add(Stock)\nsystem.place(Stock, 'process', memory_mb=64, scratch_mb=1)\n",
        ("Stock", "inprocess", {}),
        'system.add(Stock)\nsystem.place(Stock, "inprocess")\n',
    ),
    "the first of several limits goes": (
        "system.add(Stock)\nsystem.place(Stock, 'process', memory_mb=64, may=())\n",
        ("Stock", "inprocess", {"may": None, "tripwire": "'record'"}),
        "system.add(Stock)\nsystem.place(Stock, \"inprocess\", may=(), tripwire='record')\n",
    ),
    "names of parameters are understood": (
        "system.add(contract=Stock)\nsystem.place(contract=Stock, placement='process')\n",
        ("Stock", "wasm", {}),
        'system.add(contract=Stock)\nsystem.place(contract=Stock, placement="wasm")\n',
    ),
    "a contract added by its parameter's name is found": (
        "system.add(contract=Stock)\n",
        ("Stock", "wasm", {}),
        'system.add(contract=Stock)\nsystem.place(Stock, "wasm")\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("before, asked, after", CASES.values(), ids=CASES)
def test_the_line_is_changed_and_nothing_else(before, asked, after):
    contract, placement, limits = asked
    assert replaced(HEAD + before, contract, f"cells.{contract.lower()}.contract", placement, limits) == HEAD + after


def test_a_contract_under_another_name_is_found():
    text = (
        "from cells.cart.contract import Stock\nfrom cells.stock.contract import Stock as Counts\nsystem.add(Stock)\nsystem.add(Counts)\n"
    )
    assert 'system.place(Counts, "wasm")' in replaced(text, "Stock", "cells.stock.contract", "wasm", {})


def test_a_contract_of_a_module_is_found():
    text = "from cells.stock import contract\nsystem.add(contract.Stock)\n"
    assert 'system.place(contract.Stock, "wasm")' in replaced(text, "Stock", "cells.stock.contract", "wasm", {})


@pytest.mark.parametrize("text, problem", [
    ("for one in (Stock,): system.add(one)\n", "0 plain lines `system.add(Stock, …)`"),
    ("system.add(Stock)\nsystem.place(Stock, 'process')\nsystem.place(Stock, 'wasm')\n", "2 plain lines `system.place(Stock, …)`"),
    ("system.add(Stock)\nsystem.place(Stock, 'process', **limits)\n", "by * or **"),
    ("system.add(Stock)\nsystem.place(Stock, *rest)\n", "by * or **"),
])  # fmt: skip
def test_what_is_not_plain_is_left_to_its_author(text, problem):
    with pytest.raises(NotEditable) as caught:
        replaced(text, "Stock", "cells.stock.contract", "process", {})
    assert problem in str(caught.value)
