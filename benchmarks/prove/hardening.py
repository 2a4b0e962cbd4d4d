"""Hardening, measured: how many survivors of published suites the added tests kill, at what cost.

Why: what counts is the share of survivors that differ in meaning. Which do not, a person said who read them (`equivalent.json`, by digest
of place and change); what is not listed there counts as different, and what the search calls probably equivalent is told beside.
What was added is then run by pytest alone: it must pass on the code as it is, and fail on a sample of what it is said to kill.
`--keep FOLDER` keeps the added tests, to be read, and what became of each survivor. Not here: proofs (`mutation`).
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random

from agreement import alone
from peers import KILLED, LIVED, SEED
from process import finished
from subjects import PACKAGES, Subject, project

from planaria.prove.harden.hardening import HardenRequest
from planaria.prove.harden.run import harden
from planaria.prove.mutant import Mutant
from planaria.prove.run import Request

sys.path.insert(0, str(Path(__file__).parents[1]))
from report import Figure, main

CPU_S_MAX, SAMPLE = 600, 15
EQUIVALENT = json.loads(Path(__file__).with_name("equivalent.json").read_text(encoding="utf-8"))


def is_equivalent(subject: Subject, one: Mutant) -> bool:
    """Say whether a person who read it found that a mutant means the same."""
    told = f"{one.file}:{one.line}:{one.column}:{one.text}"
    return hashlib.sha256(told.encode()).hexdigest()[:6] in EQUIVALENT[subject.name].split()


def child(code: str, tests: str, budget_s: str) -> None:
    """Harden the project in this folder, and write down what came of it."""
    proving = Request(path=Path(code), tests=(Path(tests),), jobs=1, environment=dict(os.environ))
    done = asyncio.run(harden(HardenRequest(prove=proving, budget_s=float(budget_s))))
    after = {one.mutant.key: one.verdict for one in done.after.mutants}
    survivors = [(asdict(one.mutant), after[one.mutant.key]) for one in done.before.survivors]
    told = {"survivors": survivors, "added": len(done.added), "questions": len(done.questions), "file": str(done.file)}
    Path("../hardening.json").write_text(json.dumps(told), encoding="utf-8")


def measure(subject: Subject, budget_s: float, keep: Path | None) -> Iterator[Figure]:
    """Harden one package in a process of its own, and judge what was added."""
    with project(subject) as folder:
        command = [sys.executable, str(Path(__file__).resolve()), "child", subject.code, subject.tests, str(budget_s)]
        cpu_s = finished(command, folder, is_sound=True).cpu_s
        told = json.loads((folder / "../hardening.json").read_text(encoding="utf-8"))
        survivors = [(Mutant(**mutant), after) for mutant, after in told["survivors"]]
        killed = [mutant for mutant, after in survivors if after == "killed"]
        is_green = bool(killed) and alone(folder, told["file"]) == LIVED
        sample = Random(SEED).sample(killed, min(SAMPLE, len(killed)))
        failing = sum(alone(folder, told["file"], one) == KILLED for one in sample)
        same = {mutant.key for mutant, _ in survivors if is_equivalent(subject, mutant)}
        if keep and killed:
            shutil.copy(told["file"], keep)
            texts = [
                f"{after}{', equivalent' * (one.key in same)} {one.file}:{one.line}\n{one.diff((folder / one.file).read_text())}\n"
                for one, after in survivors
            ]
            (keep / f"{subject.name}.txt").write_text("\n".join(sorted(texts)), encoding="utf-8")
    name, count = f"{subject.name}: survivors killed", len(survivors)
    alike = [mutant.key for mutant, after in survivors if after == "probably_equivalent"]
    share = 100 * len(killed) / max(1, count - len(same - {one.key for one in killed}))
    yield Figure(name=f"{name}, of {count} less {len(same)} equivalent", value=share, unit="%", target="at least 70", met=share >= 70)
    share = 100 * len(killed) / max(1, count - len(alike))
    yield Figure(name=f"{name}, of {count} less {len(alike)} probably equivalent", value=share, unit="%")
    share = 100 * len(same.intersection(alike)) / max(1, len(alike))
    yield Figure(name=f"{subject.name}: probably equivalent, and so by reading", value=share, unit="%")
    yield Figure(name=f"{subject.name}: tests added, with {told['questions']} questions", value=told["added"], unit="")
    yield Figure(name=f"{subject.name}: CPU time", value=cpu_s, unit="s", target=f"at most {CPU_S_MAX}", met=cpu_s <= CPU_S_MAX)
    yield Figure(name=f"{subject.name}: the added tests pass, run alone", value=is_green, unit="", target="1", met=is_green)
    met = failing == len(sample)
    yield Figure(name=f"{subject.name}: they fail on mutants, of {len(sample)}", value=failing, unit="", target=str(len(sample)), met=met)


if __name__ == "__main__" and sys.argv[1:2] == ["child"]:
    child(*sys.argv[2:])
elif __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(one.name for one in PACKAGES), help="some of the packages")
    parser.add_argument("--budget-s", type=float, default=550, help="CPU seconds of the search; the rest proves and judges (550)")
    parser.add_argument("--keep", type=Path, help="a folder for the added tests and for what became of each survivor")
    given, sys.argv[1:] = parser.parse_known_args()
    chosen = [one for one in PACKAGES if one.name in given.only.split(",")]
    main(
        lambda: [figure for one in chosen for figure in measure(one, given.budget_s, given.keep)],
        about="Hardening: survivors killed by added tests",
    )
