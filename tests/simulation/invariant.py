"""What must hold, whatever happens: nothing acknowledged is lost, nothing has effect twice, order, sums, outcomes, places."""

from collections import Counter
from typing import Any

from planaria.record.status import status_of
from tests.simulation.cells import ACCOUNTS, EACH
from tests.simulation.world import Broken, World

CAUSES = {"Moody", "StoreFailed", "AlreadySeen", "Failed", "Unknown", "DeadlinePassed", "Busy", "CellDown", "BreakerOpen"}
SLACK_S = 0.001


def check_call(world: World, operation, found: str, error, *, took_s: float, deadline_s: float | None) -> None:
    """A call ends by its deadline, and fails only for a cause that the world gave."""
    limit_s = min(operation.deadline_s, deadline_s or operation.deadline_s)
    if took_s > limit_s + SLACK_S:
        raise Broken(f"'{operation.name}' took {took_s:.2f} s, its deadline was {limit_s} s")
    causes = CAUSES | {"AssertionError"} if operation.cell in world.crashed else CAUSES  # a crashed cell is stopped under its calls
    if found == "failed" and (world.calm or error.facts["error"] not in causes):
        raise Broken(f"'{operation.name}' failed without a cause that the world gave: {error}")


def check_peace(world: World, life, totals: tuple[int, int]) -> None:
    """After all trouble: everybody is up, no place is taken, nobody waits, and two cells agree."""
    if totals != (len(ACCOUNTS) * EACH,) * 2:
        raise Broken(f"the sums are {totals}")
    for one in status_of(life):
        if (one.state, one.running, one.queued) != ("up", 0, 0) or life.cells[one.cell].admission.leaving:
            raise Broken(f"after all calls have ended: {one}, leaving {life.cells[one.cell].admission.leaving}")


def check_store(world: World) -> None:
    rows = world.store.rows
    transfers = {number: (source, target, amount, step) for number, source, target, amount, step in rows("select * from bank__transfer")}
    if len(transfers) != rows("select count(*) from bank__transfer")[0][0]:
        raise Broken("a transfer took place twice")
    _promises(world, transfers)
    _sums(world, transfers)
    for table in ("audit__line", "mirror__line", "bank__confirmed"):
        _once_and_in_order(world, table, transfers)
    left = rows("select * from planaria__delivery")
    if left:
        raise Broken(f"deliveries are left: {left}")


def _promises(world: World, transfers: dict[int, Any]) -> None:
    for number, asked in world.transfers.items():
        if "completed" in asked.outcomes and number not in transfers:
            raise Broken(f"transfer {number} was acknowledged, and is lost")
        if number in transfers and set(asked.outcomes) <= {"refused", "short"}:
            raise Broken(f"transfer {number} was {asked.outcomes}, and took place")
        if number in transfers and transfers[number][:3] != asked.arguments[1:]:
            raise Broken(f"transfer {number} took place as {transfers[number]}, asked was {asked.arguments}")


def _sums(world: World, transfers: dict[int, Any]) -> None:
    wanted = dict.fromkeys(ACCOUNTS, EACH)
    for source, target, amount, _ in transfers.values():
        wanted[source] -= amount
        wanted[target] += amount
    for table in ("bank__account", "mirror__account"):
        found = dict(world.store.rows(f"select name, balance from {table}"))
        if found != wanted:
            raise Broken(f"{table} holds {found}, its transfers give {wanted}")


def _once_and_in_order(world: World, table: str, transfers: dict[int, Any]) -> None:
    lines = world.store.rows(f"select number, account, step from {table} order by position")
    counted = Counter(number for number, _, _ in lines)
    twice = [number for number, count in counted.items() if count > 1]
    if twice:
        raise Broken(f"{table}: the events of transfers {twice} had effect twice")
    if set(counted) != set(transfers):
        raise Broken(f"{table}: lost {sorted(set(transfers) - set(counted))}, invented {sorted(set(counted) - set(transfers))}")
    for account in ACCOUNTS:
        steps = [step for number, one, step in lines if one == account and number not in world.late]
        if steps != sorted(steps):
            raise Broken(f"{table}: the events of {account} came in the order {steps}")
