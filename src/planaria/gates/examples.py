"""The examples gate: whether an implementation gives what the contract's and the intent's examples promise.

Why: an example is the part of a contract and of an intent that cannot be misread. They are run in a process of their own,
under `inprocess` and `copying`, and what they show is compared here.
Not here: running them (`assemble.exemplified`, whose command is given in), finding differences nobody wrote down (`behaviour`).
"""

import doctest
import json
from collections.abc import Iterator
from typing import Any

from planaria.gates.verdict import Case, Finding, Verdict, decide
from planaria.kernel.contract import describe
from planaria.prove.child import Ended, clean_environment, run_child
from planaria.prove.example import Shown, mismatch

GATE = "examples"
PLACEMENTS = ("inprocess", "copying")
Blocks = dict[str, tuple[doctest.Example, ...]]


def blocks_of(case: Case) -> Blocks:
    """Return the examples to run, by where they come from: each operation of the contract, each block of the intent."""
    described = describe(case.contract)
    blocks = {f"{case.cell}.{one.name}": one.examples for one in described.operations if one.examples}
    return blocks | {f"intent, block {number}": block for number, block in enumerate(case.intent.blocks, start=1)}


async def examples(case: Case) -> Verdict:
    """Refuse an implementation that shows something else than an example promises."""
    blocks = blocks_of(case)
    if not blocks:
        cure = f"write an example into an operation of cells/{case.cell}/contract.py"
        doubt = Finding(gate=GATE, level="doubt", what="neither the contract nor the intent has an example", cure=cure)
        return decide(GATE, [doubt], checked=0)
    given = json.dumps({"blocks": [{"name": name, "examples": [one.source for one in block]} for name, block in blocks.items()]})
    findings: list[Finding] = []
    checked = 0
    for placement in PLACEMENTS:
        ended = await _run(case, placement, given)
        answer = _answer(ended, blocks)
        if answer is None:
            findings.append(_broken(case, ended, placement))
            break
        checked += sum(map(len, answer.values()))
        findings += (one for one in _mismatches(blocks, answer, placement) if one.what not in {each.what for each in findings})
    evidence = {"examples": sum(map(len, blocks.values())), "placements": list(PLACEMENTS), "contract": describe(case.contract).digest}
    return decide(GATE, findings, checked=checked, evidence=evidence | {"intent": case.intent.digest, "candidate": case.candidate.digest})


async def _run(case: Case, placement: str, given: str) -> Ended:
    home = case.scratch.parent / "examples"
    home.mkdir(exist_ok=True)
    command = (*case.workers.exemplified, str(case.scratch), case.cell, str(case.candidate.directory), placement)
    timeout_s, memory_bytes, environment = case.limits.examples_timeout_s, case.limits.memory_bytes, clean_environment(home)
    return await run_child(command, cwd=home, environment=environment, timeout_s=timeout_s, given=given, memory_bytes=memory_bytes)


def _answer(ended: Ended, blocks: Blocks) -> dict[str, list[Shown]] | None:
    """Read what a worker wrote; None unless it answers for every example."""
    if ended.code != 0:
        return None
    try:
        told: list[dict[str, Any]] = json.loads(ended.output)["blocks"]
        answer = {one["name"]: [Shown(text=str(each["text"]), raised=each["raised"] is True) for each in one["shown"]] for one in told}
    except (ValueError, KeyError, TypeError):
        return None
    is_whole = {name: len(one) for name, one in answer.items()} == {name: len(one) for name, one in blocks.items()}
    return answer if is_whole else None


def _broken(case: Case, ended: Ended, placement: str) -> Finding:
    if ended.code is None and ended.errors.startswith("it could not be started"):
        return Finding(gate=GATE, level="doubt", what=f"the worker did not run: {ended.errors}", cure="mend the installation")
    what = f"the examples did not end within {case.limits.examples_timeout_s:.0f} s"
    if ended.code is not None:
        what = f"the examples broke the process ({ended.told or f'it ended itself with status {ended.code}'})"
    return Finding(gate=GATE, level="refuse", what=f"{what} under {placement}", cure="let every operation end, and raise only errors")


def _mismatches(blocks: Blocks, answer: dict[str, list[Shown]], placement: str) -> Iterator[Finding]:
    for name, block in blocks.items():
        for position, (example, shown) in enumerate(zip(block, answer[name], strict=True)):
            found = mismatch(example, shown)
            if found is not None:
                calls = [one.source.strip() for one in block[: position + 1]]
                witness = {"calls": calls, "promised": found.want or "nothing", "candidate": found.got or "nothing", "placement": placement}
                what = f"an example of {name} does not hold: {found.source}"
                cure = f"it must give {found.want or 'nothing'}; it gave {found.got or 'nothing'}"
                yield Finding(gate=GATE, level="refuse", what=what, cure=cure, witness=witness)
                break
