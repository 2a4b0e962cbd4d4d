"""What a placement promises about state: a body runs in one transaction on the cell's own tables, wherever the cell runs.

Not here: what a store promises (`store`).
"""

import asyncio

from planaria.kernel.port import Placement
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.stage import running
from planaria.testing.conform.subject import Keeper, Subject

KINDS = ("None", "7", str(-(2**63)), str(2**63 - 1), "0.5", "'\u00e4\U0001f600'", "''", "b'\\x00\\xff'", "b''")


async def reads_what_it_wrote(placement: Placement) -> None:
    """Show a write to the next read, with every character."""
    async with running(placement, Keeper) as cells:
        keeper = cells.handle(Keeper)
        words = ("", "\u00e4\U0001f600", "x" * 100_000, "'; drop table keeper__word; --")
        same("each write changes a row", [await keeper.keep(number, word) for number, word in enumerate(words)], [1] * len(words))
        same("what was written is read", await keeper.words(), words)


async def undoes_a_body_that_raises(placement: Placement) -> None:
    """Undo what a body wrote that raised, and tell its error."""
    async with running(placement, Keeper) as cells:
        keeper = cells.handle(Keeper)
        await keeper.keep(1, "kept")
        error = await raises("the error of a body is a failure", keeper.undo(2, "undone"), "PLN-C300")
        same("it is named", (error.facts["error"], error.facts["text"]), ("LookupError", "no such word"))
        same("nothing of it is kept", await keeper.words(), ("kept",))


async def lets_a_body_go_on_after_a_broken_constraint(placement: Placement) -> None:
    """Raise the store's own error inside the body, which may go on."""
    async with running(placement, Keeper) as cells:
        same("the error has its name there", await cells.handle(Keeper).collide(1), "ConstraintBroken")
        same("what came before it is kept", await cells.handle(Keeper).words(), ("first",))


async def keeps_to_its_own_tables(placement: Placement) -> None:
    """Refuse a statement on another cell's table."""
    async with running(placement, Keeper, Subject) as cells:
        error = await raises("another cell's table is refused", cells.handle(Keeper).trespass(), "PLN-C300")
        same("the failure names it", error.facts["error"], "ForeignTable")


async def carries_every_kind_of_sql_value(placement: Placement) -> None:
    """Carry parameters and rows as they are."""
    async with running(placement, Keeper) as cells:
        same("what was given comes back", await cells.handle(Keeper).kinds(), KINDS)


async def gives_a_body_large_results(placement: Placement) -> None:
    """Give a body a text of a megabyte, and a thousand rows."""
    async with running(placement, Keeper) as cells:
        same("it is whole", await cells.handle(Keeper).large(1_000_000), (1_000_000, 1000))


async def runs_transactions_one_after_another(placement: Placement) -> None:
    """Run writes that were begun at once one after another, each seeing those before it."""
    async with running(placement, Keeper, concurrency=8) as cells:
        keeper = cells.handle(Keeper)
        same("each sees one more", await keeper.together(20), tuple(range(1, 21)))
        seen = await asyncio.gather(*(keeper.together(5) for _ in range(4)))
        same("also across calls", sorted(number for one in seen for number in one), list(range(21, 41)))


STATE_PROMISES = (
    reads_what_it_wrote, undoes_a_body_that_raises, lets_a_body_go_on_after_a_broken_constraint, keeps_to_its_own_tables,
    carries_every_kind_of_sql_value, gives_a_body_large_results, runs_transactions_one_after_another,
)  # fmt: skip
