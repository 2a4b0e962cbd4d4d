# mypy: disable-error-code="empty-body"
import dataclasses
import json
from collections.abc import Callable

import pytest

from planaria.kernel.contract import (
    REQUIRED,
    Contract,
    ContractProblems,
    describe,
    event,
    handles,
    implementation_problems,
    operation,
    operations,
    requires,
)
from planaria.kernel.effect import Clock
from planaria.kernel.error import CellError

WAY = "`async def` (or `def` that gives an AsyncIterator) and not one of on_start, on_stop, background, hand_over, take_over"


@dataclasses.dataclass(frozen=True, slots=True)
class Added:
    sku: str


class Gone(CellError):
    code = "TEST-2"


def positive(quantity):
    """Say whether it is."""
    return quantity > 0


class Cart(Contract):
    """What a visitor means to buy."""

    events = (event(Added, key="sku"),)

    @operation(idempotent=True, deadline_s=2, effects=(Clock(),), errors=(Gone,))
    @requires("at least one", positive)
    @requires("at most ten", lambda quantity: quantity <= 10)
    async def add(self, sku: str, quantity: int = 1) -> tuple[str, ...]:
        """Put an article in the cart.

        >>> await cart.add("apple", 2)
        ('apple', 'apple')
        """

    @operation()
    @requires("it is open", lambda self: self.add("x"))
    @requires("it is so", lambda: True)
    async def close(self) -> None:
        """Close."""

    @handles(Added, deadline_s=5)
    async def note(self, added: Added) -> None:
        """Note it."""

    def _private(self):
        """Is nobody's business."""


PLAIN = {
    "contract": "Cart",
    "doc": "What a visitor means to buy.",
    "values": {"Added": {"kind": "struct", "fields": {"sku": "str"}}},
    "events": [{"event": "Added", "key": "sku"}],
    "operations": [
        {
            "name": "add",
            "parameters": [{"name": "sku", "type": "str", "default": None}, {"name": "quantity", "type": "int", "default": "1"}],
            "returns": "tuple[str, ...]",
            "doc": "Put an article in the cart.\n\n>>> await cart.add(\"apple\", 2)\n('apple', 'apple')",
            "idempotent": True,
            "deadline_s": 2,
            "effects": ["clock *"],
            "errors": ["TEST-2 Gone"],
            "handles": None,
            "requires": [
                {"text": "at least one", "source": 'def positive(quantity):\n    """Say whether it is."""\n    return quantity > 0'},
                {"text": "at most ten", "source": "lambda quantity: quantity <= 10"},
            ],
            "examples": [{"call": 'await cart.add("apple", 2)', "gives": "('apple', 'apple')"}],
        },
    ],
}


def test_a_contract_is_described_as_plain_data():
    plain = describe(Cart).plain()
    assert {name: plain[name] for name in ("contract", "doc", "values", "events")} == {
        name: PLAIN[name] for name in ("contract", "doc", "values", "events")
    }
    assert plain["operations"][0] == PLAIN["operations"][0]
    assert [one["handles"] for one in plain["handlers"]] == ["Added"]
    assert json.loads(json.dumps(plain)) == plain


def test_a_description_is_made_once():
    assert describe(Cart) is describe(Cart)
    assert list(operations(Cart)) == ["add", "close", "note"]


def test_what_a_description_says_of_its_parts():
    add, close = describe(Cart).operations
    assert [(one.name, one.required, one.default) for one in add.parameters] == [("sku", True, REQUIRED), ("quantity", False, 1)]
    assert [one.names for one in add.conditions] == [("quantity",), ("quantity",)]
    assert [one.stateful for one in (*add.conditions, *close.conditions)] == [False, False, True, False]
    (note,) = describe(Cart).handlers
    assert (note.handles, note.idempotent, note.deadline_s) == (Added, True, 5)


def made(body, name="Made"):
    """Make a contract from source that has no file, as a class made at run time has none."""
    space = dict(globals())
    exec(f"class {name}(Contract):\n" + body, space)
    return space[name]


def test_the_digest_ignores_formatting_and_sees_every_change():
    def cart(predicate):
        return made(
            f"    @operation()\n    @requires('x', {predicate})\n    async def take(self, limit: int) -> int:\n        '''Take.'''\n"
        )

    digest = describe(cart("lambda limit: limit > 1")).digest
    assert describe(cart("lambda limit:    limit > 1")).digest == digest
    assert describe(cart("lambda limit: limit >= 1")).digest != digest
    assert len(digest) == 64


def test_a_contract_without_source_is_described_by_the_code_of_its_predicates():
    contract = made("    @operation()\n    @requires('x', positive)\n    async def take(self, quantity: int) -> int: ...\n")
    code = positive.__code__
    assert describe(contract).operations[0].conditions[0].source == f"{code.co_code.hex()} {code.co_names} {code.co_consts}"


def test_the_digest_sees_a_changed_number_also_without_source():
    def shelf(limit):
        body = f"    @operation()\n    @requires('x', lambda limit: limit <= {limit})\n    async def take(self, limit: int) -> int: ...\n"
        return describe(made(body)).digest

    assert shelf(50) == shelf(50)
    assert shelf(50) != shelf(60)


def test_a_condition_is_said_by_position_so_that_its_source_is_found():
    with pytest.raises(TypeError):
        requires(text="x", predicate=positive)


@pytest.mark.parametrize(
    "body, problem",
    [
        ("    async def loose(self) -> None: ...", "method 'loose' has no @operation: decorate it, or name it _loose"),
        (
            "    @operation()\n    def take(self) -> None: ...",
            f"operation 'take' must be {WAY}",
        ),
        (
            "    @operation()\n    async def on_start(self) -> None: ...",
            f"operation 'on_start' must be {WAY}",
        ),
        ("    @operation()\n    async def take(self, a) -> None: ...", "operation 'take': 'a' has no type"),
        ("    @operation()\n    async def take(self): ...", "operation 'take': 'return' has no type"),
        (
            "    @operation()\n    async def take(self, a: list[int]) -> None: ...",
            "operation 'take': a: list[int] is not a value: use tuple[T, ...]",
        ),
        (
            "    @operation()\n    async def take(self) -> set[int]: ...",
            "operation 'take': return: set[int] is not a value: use frozenset[T]",
        ),
        (
            "    @operation()\n    async def take(self, *a: int) -> None: ...",
            "operation 'take': 'a' may not begin with '_', be variadic or keyword-only",
        ),
        (
            "    @operation()\n    async def take(self, *, a: int) -> None: ...",
            "operation 'take': 'a' may not begin with '_', be variadic or keyword-only",
        ),
        (
            "    @operation()\n    async def take(self, _a: int) -> None: ...",
            "operation 'take': '_a' may not begin with '_', be variadic or keyword-only",
        ),
        (
            "    @operation()\n    @requires('x', lambda b: b)\n    async def take(self, a: int) -> None: ...",
            "operation 'take': a condition names 'b', which is no parameter",
        ),
        ("    @handles(Added)\n    async def note(self) -> None: ...", "handler 'note' must take exactly one Added"),
        ("    @handles(Added)\n    async def note(self, other: int) -> None: ...", "handler 'note' must take exactly one Added"),
        ("    @handles(Added)\n    async def note(self, a: Added, b: Added) -> None: ...", "handler 'note' must take exactly one Added"),
        ("    events = (event(Added, key='size'),)", "event Added has no field 'size'"),
        ("    events = (event(list, key='size'),)", "event list: list is not a value: use tuple[T, ...]"),
    ],
)
def test_a_contract_is_refused_with_its_problems(body, problem):
    with pytest.raises(ContractProblems) as problems:
        describe(made(body))
    assert problem in problems.value.facts["problems"]


def test_every_problem_of_a_contract_is_told_at_once():
    with pytest.raises(ContractProblems) as problems:
        describe(made("    async def a(self) -> None: ...\n    async def b(self) -> None: ...\n"))
    assert problems.value.facts["count"] == 2


async def test_the_hooks_of_a_contract_do_nothing():
    contract = Contract()
    hooks: list[Callable] = [contract.on_start, contract.on_stop, contract.background, contract.hand_over]
    assert [await hook() for hook in hooks] == [None] * 4
    assert await contract.take_over(1) is None


def test_an_implementation_must_fit_its_contract():
    class Right(Cart):
        async def add(self, sku, quantity): ...
        async def close(self): ...
        async def note(self, added): ...

    class Wrong(Cart):
        def add(self, sku, quantity): ...
        async def close(self, hard): ...

    assert implementation_problems(Cart, Right) == []
    assert implementation_problems(Cart, Wrong) == [
        "operation 'add' must be `async def`",
        "operation 'close' takes (hard), the contract says ()",
        "operation 'note' is not implemented",
    ]


def test_one_effect_alone_is_meant_as_it_looks():
    class Late(Contract):
        @operation(effects=Clock())
        async def now(self) -> int:
            """Tell."""
            raise NotImplementedError

    assert describe(Late).operations[0].effects == (Clock(),)
