import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from planaria.gates.completeness import PROOF, CompletenessWrong, SuiteIncomplete
from planaria.gates.order import GATES
from planaria.gates.verdict import Finding, Limits, decide
from planaria.kernel.error import NoSuchCell
from planaria.regen.attempt import _recordable, regenerate
from planaria.regen.error import NotACell, ProposerWrong, RegenerationRunning, SwapRefused
from planaria.regen.promotion import alone
from tests.gates.test_order import WORKERS
from tests.regen.shop import Shop, shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shop_in(tmp_path)


async def passing(case):
    return decide("open", [], checked=1)


def script(shop: Shop, text: str) -> str:
    (shop.root.parent / "propose.py").write_text(text)
    return f"command:{sys.executable} {shop.root.parent / 'propose.py'}"


WRITE = "from pathlib import Path\nfile = Path('cells/cart/impl/rebate.py')\n"


async def test_a_candidate_that_passes_is_promoted_and_every_step_is_recorded(shop: Shop) -> None:
    result = await regenerate(shop.place(), shop.order(shop.recorded("5 if pieces > 9 else 0")))
    assert (result.verdict, result.promoted, len(result.attempts)) == ("pass", True, 1)
    assert "5 if pieces > 9" in shop.rebate
    assert shop.book.kinds == ["regen.started", "candidate.proposed", "gate.verdict", "generation.promoted", "regen.ended"]
    assert {one.cell for one in shop.book.noted} == {"cart"}
    started, proposed, verdict, promoted, _ = (one.facts for one in shop.book.noted)
    assert promoted["after"] == proposed["candidate"] == verdict["candidate"] == result.generation
    assert promoted["before"] == started["current"]
    assert promoted["contract"] == started["contract"]
    assert shop.is_clean()


@pytest.mark.parametrize("name", ["cells/cart/tests/test_cart.py", "cells/cart/tests/conftest.py", "cells/cart/impl/rebate.py"])
async def test_a_candidate_that_changes_what_judges_it_or_itself_is_not_promoted(shop: Shop, name: str) -> None:
    async def running(case):
        (case.scratch / name).write_text("assert True\n")
        return decide("running", [], checked=1)

    before = shop.rebate
    result = await regenerate(shop.place(), shop.order(shop.recorded("5"), gates=(("running", running), ("open", passing))))
    assert (result.verdict, shop.rebate) == ("inconclusive", before)
    assert (
        result.attempts[-1]
        .verdicts[-1]
        .findings[0]
        .what.startswith(f"while it was judged, this changed: {name.removesuffix('/rebate.py')}")
    )
    assert "candidate.paused" in shop.book.kinds


async def test_what_a_gate_found_is_in_the_next_pack(shop: Shop) -> None:
    packs = shop.root.parent / "packs"
    packs.mkdir()
    text = f"""
import os, shutil, sys
shutil.copy(os.environ["PLANARIA_PACK"], {str(packs)!r} + f"/{{len(os.listdir({str(packs)!r})) + 1}}.md")
{WRITE}
file.write_text("x = 'refuse'\\n" if "What was wrong" not in sys.stdin.read() else "x = 1\\n")
"""
    result = await regenerate(shop.place(), shop.order(script(shop, text)))
    assert [one.verdict for one in result.attempts] == ["fail", "pass"]
    first, second = ((packs / f"{number}.md").read_text() for number in (1, 2))
    assert "it says refuse" not in first
    assert "[words] it says refuse. Cure: say less. Witness:" in second
    assert "class CartCell" in first


async def test_attempts_end_when_they_are_spent_and_nothing_changes(shop: Shop) -> None:
    before = shop.rebate
    result = await regenerate(shop.place(), shop.order(shop.recorded("'refuse'", "'refuse' or 1", "'refuse' or 2", "0"), attempts_max=3))
    assert ([one.verdict for one in result.attempts], result.verdict) == (["fail"] * 3, "fail")
    assert (shop.rebate, result.generation, result.promoted) == (before, "", False)
    assert shop.book.kinds.count("candidate.refused") == 3
    assert shop.is_clean()


async def test_an_inconclusive_verdict_pauses_and_does_not_try_again(shop: Shop) -> None:
    result = await regenerate(shop.place(), shop.order(shop.recorded("'doubt'", "0")))
    assert ([one.verdict for one in result.attempts], result.verdict) == (["inconclusive"], "inconclusive")
    assert "candidate.paused" in shop.book.kinds


async def test_the_first_gate_that_does_not_pass_is_the_last_one_asked(shop: Shop) -> None:
    asked = []

    async def other(case):
        asked.append(case)
        return decide("other", [], checked=1)

    gates = (*shop.order(shop.recorded("'refuse'")).gates, ("other", other))
    await regenerate(shop.place(), shop.order("recorded:proposals.md", gates=gates))
    assert asked == []


async def test_a_recorded_proposer_that_has_no_more_ends_with_the_last_verdict(shop: Shop) -> None:
    result = await regenerate(shop.place(), shop.order(shop.recorded("'refuse'")))
    assert ([one.verdict for one in result.attempts], result.verdict) == (["fail"], "fail")
    assert shop.steps[-2].kind == "proposer.spent"


async def test_a_recorded_proposer_without_a_first_attempt_is_a_finding(shop: Shop) -> None:
    (shop.root / "proposals.md").write_text("## Attempt 2\n")
    result = await regenerate(shop.place(), shop.order("recorded:proposals.md"))
    assert [one.what for one in result.attempts[0].findings] == ["proposals.md holds no attempt 1"]


async def test_a_proposer_that_changes_nothing_is_a_finding_whatever_it_says(shop: Shop) -> None:
    result = await regenerate(shop.place(), shop.order(script(shop, "print('done, all tests pass')"), attempts_max=1))
    assert [(one.gate, one.what) for one in result.attempts[0].findings] == [("policy", "it changed nothing")]


async def test_what_a_program_said_that_changed_nothing_is_told_and_not_recorded(shop: Shop) -> None:
    await regenerate(shop.place(), shop.order(script(shop, "raise SystemExit('no key for the model')"), attempts_max=1))
    told = next(one.text for one in shop.steps if one.kind == "proposer.told")
    assert told == "the program ended with code 1, and its last lines are: no key for the model"
    assert "no key for the model" not in str([one.facts for one in shop.book.noted])


async def test_the_same_candidate_again_is_refused_as_such(shop: Shop) -> None:
    result = await regenerate(shop.place(), shop.order(shop.recorded("'refuse'", "'refuse'"), attempts_max=2))
    assert result.attempts[1].findings[0].what == "it is the candidate of attempt 1 again"


async def test_an_exit_code_is_not_trusted(shop: Shop) -> None:
    result = await regenerate(shop.place(), shop.order(script(shop, WRITE + "file.write_text('x = 1\\n')\nraise SystemExit(3)")))
    assert result.verdict == "pass"
    assert next(one.facts for one in shop.book.noted if one.kind == "candidate.proposed")["exit"] == 3


async def test_what_a_command_changes_elsewhere_refuses_and_is_never_used(shop: Shop) -> None:
    text = WRITE + (
        "file.write_text('x = 1\\n')\nPath('cells/cart/tests/test_cart.py').write_text('')\nPath('cells/cart/contract.py').unlink()\n"
        "Path('new.txt').write_text('x')\n"
    )
    result = await regenerate(shop.place(), shop.order(script(shop, text), attempts_max=1))
    (found,) = result.attempts[0].findings
    what = "it changed what is outside the implementation: cells/cart/contract.py, cells/cart/tests/test_cart.py, new.txt"
    assert (found.gate, found.what) == ("policy", what)
    assert (shop.root / "cells/cart/contract.py").exists()
    assert not (shop.root / "new.txt").exists()


async def test_a_command_sees_the_pack_and_no_keys(shop: Shop) -> None:
    text = "import json, os, sys\n" + WRITE + "file.write_text(repr([dict(os.environ), sys.stdin.read(), os.getcwd(), os.listdir()]))"
    (shop.root / ".planaria").mkdir()
    (shop.root / ".planaria" / "keys.json").write_text("secret")
    environment = {"PATH": "/usr/bin:/bin", "PLANARIA_KEY": "secret", "MODEL_KEY": "needed"}
    await regenerate(shop.place(), shop.order(script(shop, text), environment=environment, gates=(("open", passing),)))
    seen, pack, folder, names = eval(shop.rebate)
    assert seen["MODEL_KEY"] == "needed"
    assert "PLANARIA_KEY" not in seen
    assert not Path(seen["PLANARIA_PACK"]).is_relative_to(folder)
    assert pack.startswith("# Rewrite the implementation of cell 'cart'")
    assert (".planaria" in names, "system.py" in names) == (False, True)


async def test_a_command_that_does_not_end_is_ended_with_all_it_started(shop: Shop) -> None:
    text = "import os, subprocess, sys\nchild = subprocess.Popen(['sleep', '600'])\n"
    text += f"open({str(shop.root.parent / 'pid')!r}, 'w').write(str(child.pid))\nchild.wait()\n"
    result = await regenerate(shop.place(), shop.order(script(shop, text), timeout_s=1.0, attempts_max=1))
    assert [one.what for one in result.attempts[0].findings] == ["the proposer did not end within 1 s"]
    assert is_gone(int((shop.root.parent / "pid").read_text()))
    assert shop.is_clean()


def is_gone(pid: int) -> bool:
    """Say whether a process has ended; one that nobody has waited for yet has ended too."""
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True


async def test_an_interruption_ends_the_child_leaves_no_copy_and_is_recorded(shop: Shop) -> None:
    before, started = shop.rebate, shop.root.parent / "started"
    os.mkfifo(started)
    text = f"import os, time\nopen({str(started)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    task = asyncio.create_task(regenerate(shop.place(), shop.order(script(shop, text))))
    pid = int(await asyncio.to_thread(started.read_text))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(pid)
    assert shop.rebate == before
    assert shop.book.noted[-1].facts["verdict"] == "interrupted"
    assert shop.is_clean()


async def test_a_promotion_that_has_begun_is_finished_before_an_interruption(shop: Shop) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def swap(cell, generation):
        begun.set()
        await go.wait()

    task = asyncio.create_task(regenerate(shop.place(swap), shop.order(shop.recorded("1"))))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "return 1" in shop.rebate
    assert "generation.swapped" in shop.book.kinds
    assert shop.is_clean()


async def test_a_swap_that_fails_puts_the_tree_back_and_says_so(shop: Shop) -> None:
    before = shop.rebate

    async def swap(cell, generation):
        raise OSError("it did not start")

    with pytest.raises(SwapRefused) as caught:
        await regenerate(shop.place(swap), shop.order(shop.recorded("1")))
    assert "it did not start" in str(caught.value)
    assert shop.rebate == before
    assert shop.book.kinds[-3:] == ["generation.promoted", "generation.rolled_back", "regen.ended"]
    assert shop.is_clean()


async def test_two_at_once_are_refused(shop: Shop) -> None:
    with alone(shop.root), pytest.raises(RegenerationRunning) as caught:
        await regenerate(shop.place(), shop.order(shop.recorded("1")))
    assert caught.value.facts == {"pid": str(os.getpid())}


async def test_copies_that_a_crash_left_are_removed_by_the_next(shop: Shop) -> None:
    left = shop.scratch / "planaria-scratch-left"
    (left / "system").mkdir(parents=True)
    (shop.root / ".planaria").mkdir()
    (shop.root / ".planaria" / "regen.scratch").write_text(str(left))
    await regenerate(shop.place(), shop.order(shop.recorded("1")))
    assert not left.exists()


async def test_a_cell_that_is_not_there_is_refused(shop: Shop) -> None:
    order = shop.order(shop.recorded("1"))
    with pytest.raises(NoSuchCell):
        await regenerate(shop.place(), type(order)(**{name: getattr(order, name) for name in order.__slots__} | {"cell": "card"}))
    (shop.impl).rename(shop.root / "elsewhere")
    with pytest.raises(NotACell):
        await regenerate(shop.place(), order)


async def test_a_program_that_is_not_there_is_an_error_and_no_attempt(shop: Shop) -> None:
    with pytest.raises(ProposerWrong):
        await regenerate(shop.place(), shop.order("command:no-such-program-here"))
    assert shop.book.noted[-1].facts["verdict"] == "interrupted"


async def test_a_result_is_plain_data_and_what_was_recorded_too(shop: Shop) -> None:
    result = await regenerate(shop.place(), shop.order(shop.recorded("'refuse'", "0")))
    plain = json.loads(json.dumps(result.plain()))
    assert list(plain) == ["cell", "verdict", "attempts", "generation", "seconds"]
    assert list(plain["attempts"][0]) == ["number", "verdict", "candidate", "findings", "gates"]
    assert plain["attempts"][0]["findings"][0]["witness"]["text"]
    json.dumps([one.facts for one in shop.book.noted])


def test_what_the_ledger_could_not_hold_is_written_as_text() -> None:
    assert _recordable({"a": (1, 2.5, None, True), "b": float("inf"), "c": 2**60, "d": "\ud800", "e": {3}, "f": "x" * 3000}) == {
        "a": [1, 2.5, None, True], "b": "inf", "c": str(2**60), "d": "?", "e": "{3}", "f": "x" * 2000 + "…"
    }  # fmt: skip


def proof(*results: str):
    """Return gates of which the first say what is given, in the order in which they are asked, and all that they were asked."""
    asked = []

    async def gate(case):
        asked.append(case)
        level = {"fail": "refuse", "inconclusive": "doubt"}.get(results[len(asked) - 1])
        found = [Finding(gate="mutation", level=level, what=f"it is {level}", cure="write tests")] if level else []
        return decide("mutation", found, checked=1)

    return (("mutation", gate),), asked


@pytest.mark.parametrize("result", ["fail", "inconclusive"])
async def test_nothing_is_proposed_before_the_suite_proves_what_is_in_force(shop: Shop, result: str) -> None:
    gates, asked = proof(result)
    with pytest.raises(SuiteIncomplete) as caught:
        await regenerate(shop.place(), shop.order(shop.recorded("1"), proof=gates))
    assert (asked[0].candidate.digest, asked[0].candidate.directory) == (
        shop.place().current("cart").digest,
        asked[0].scratch / "cells/cart/impl",
    )
    assert shop.book.kinds == ["regen.started", "suite.verdict", "regen.ended"]
    assert shop.book.noted[1].facts["verdict"] == result
    plain = caught.value.plain()
    assert "the mutation gate says of the implementation in force: it is " in plain["what"]
    assert "planaria harden cells/cart" in plain["fix"]
    assert shop.is_clean()


async def test_what_was_proven_is_proven_again_when_a_test_or_the_completeness_changes(shop: Shop) -> None:
    gates, asked = proof("pass", "pass", "pass")
    for times, change in enumerate(("", "cells/cart/tests/test_cart.py", "system.py"), start=1):
        if change:
            text = (shop.root / change).read_text()
            (shop.root / change).write_text(text.replace("uses=(Stock,)", "uses=(Stock,), completeness={'branches': 50}") + "\n")
        for _ in range(2):
            await regenerate(shop.place(), shop.order(shop.recorded("'refuse'"), proof=gates, attempts_max=1))
        assert len(asked) == times
    assert [one.facts["before"] for one in shop.book.noted if one.kind == "suite.proven"] == [False, True] * 3
    assert [one.limits.branches_percent_min for one in asked] == [95.0, 95.0, 50.0]


async def test_a_completeness_that_cannot_be_held_is_told_at_once(shop: Shop) -> None:
    system = shop.root / "system.py"
    system.write_text(system.read_text().replace("uses=(Stock,)", "uses=(Stock,), completeness={'branches': 101, 'lines': 5}"))
    with pytest.raises(CompletenessWrong) as caught:
        await regenerate(shop.place(), shop.order(shop.recorded("1")))
    assert caught.value.facts["problems"] == [
        "branches is 101: per cent, 0 to 100, are needed",
        "there is no 'lines': use branches and mutants",
    ]
    assert shop.book.kinds == []


async def test_with_the_real_gates_a_bug_is_refused_by_a_witness_and_a_right_rewrite_goes_in(shop: Shop) -> None:
    wrong, right = "5 if pieces == 10 or pieces > 11 else 0", "5 * (pieces >= 10)"
    given = {"gates": GATES, "proof": PROOF, "workers": WORKERS, "limits": Limits(behaviour_timeout_s=30)}
    order = shop.order(shop.recorded("__import__('os')", wrong, right), **given)
    result = await regenerate(shop.place(), order)
    told = [(one.verdict, one.verdicts[-1].gate) for one in result.attempts]
    assert told == [("fail", "policy"), ("fail", "behaviour"), ("pass", "mutation")]
    assert result.attempts[1].findings[0].witness is not None
    assert shop.rebate.endswith(f"return {right}\n")
    assert shop.is_clean()
