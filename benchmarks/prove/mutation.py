"""Mutation, measured: how fast, whether the verdicts are mutmut's, how the cost grows, and what tracing a suite would add.

Why: a suite is measured often only when that is cheap, and a cheap verdict counts only when it is right. Mutants per CPU second are those
that some test reaches, over the CPU time of the whole process tree, the start of Python and the first run of the suite included.
Peers run in the same rounds. `--only packages --misses FILE` lists every mutant on which planaria and mutmut differ.
Not here: what is proven (`subjects`), how tools are run (`peers`, `proving`), comparing (`agreement`), tests that are added (`hardening`).
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from agreement import differences, pairs
from peers import Peer, cosmic_ray, mutmut
from process import finished
from proving import planaria
from subjects import MODULE, PACKAGES, Subject, project

sys.path.insert(0, str(Path(__file__).parents[1]))
from report import Figure, main, ratio

RAY_PART, COPIES, SHARES = 40, 16, (0.25, 0.5, 1.0)


def rates(name: str, several: Sequence[Peer], at_least: float = 0) -> Figure:
    """Return the median rate of some runs."""
    value, target = median(one.rate for one in several), f"at least {at_least:g}" if at_least else ""
    met = value >= at_least if at_least else None
    return Figure(name=f"{name}, {several[0].mutants} mutants", value=value, unit="/CPU s", target=target, met=met)


def over(name: str, ours: Sequence[Peer], theirs: Sequence[Peer], at_least: float | None = None) -> Figure:
    """Return the ratio of two rates."""
    return ratio(name, [one.rate for one in ours], [one.rate for one in theirs], at_least=at_least)


def proved(subject: Subject, jobs: int = 1) -> Peer:
    """Prove a new copy of a subject."""
    with project(subject) as folder:
        return planaria(folder, subject, jobs=jobs)[0]


def speed(rounds: int, _: Path | None) -> Iterator[Figure]:
    """Measure a module of about 100 lines with 34 fast tests."""
    ours, theirs, rays = [], [], []
    for _ in range(rounds):
        with project(MODULE) as folder, project(MODULE) as other:
            theirs.append(mutmut(folder))
            rays.append(cosmic_ray(other, MODULE, RAY_PART))
        ours.append(proved(MODULE))
    yield rates("one module: planaria", ours, 60)
    for name, several in {"mutmut": theirs, "Cosmic Ray": rays}.items():
        yield rates(f"one module: {name}", several)
        yield over(f"one module: planaria / {name}", ours, several)


def packages(_: int, misses: Path | None) -> Iterator[Figure]:
    """Measure two packages with their own suites, and compare the verdicts."""
    agreed = total = 0
    lines: list[str] = []
    for subject in PACKAGES:
        several = [proved(subject)]  # before the peer, which takes minutes, and after it
        with project(subject) as folder, project(subject) as other:
            theirs = mutmut(other)
            ours, proven = planaria(folder, subject)
            found = pairs(folder, proven, other)
            told = list(differences(folder, subject, found))
        with project(subject) as folder:
            whole, _ = planaria(folder, subject, rounds=True)
        several += [ours, proved(subject)]
        lines += map("\n".join, told)
        yield rates(f"{subject.name}: planaria", several)
        yield rates(f"{subject.name}: mutmut", [theirs])
        yield over(f"{subject.name}: planaria / mutmut", several, [theirs] * len(several), 10)
        yield rates(f"{subject.name}: planaria with its rounds", [whole])
        same = len(found) - len(told)
        agreed, total = agreed + same, total + len(found)
        yield Figure(name=f"{subject.name}: same verdict, of {len(found)} mutants that both make", value=100 * same / len(found), unit="%")
        for reason, count in Counter(one for one, _ in told).most_common():
            yield Figure(name=f"  {reason}", value=count, unit="")
    yield Figure(name=f"same verdict, of {total}", value=100 * agreed / total, unit="%", target="at least 95", met=agreed >= 0.95 * total)
    if misses:
        misses.write_text("\n".join(lines), encoding="utf-8")


def growth(rounds: int, _: Path | None) -> Iterator[Figure]:
    """Measure what a mutant costs as the code grows, and what a second core gives."""
    parts = [replace(MODULE, name=f"shop{share:g}", copies=int(COPIES * share)) for share in SHARES]
    load = os.getloadavg()[0]
    ones, twos = [], []
    for _ in range(rounds):
        ones.append([proved(subject) for subject in parts])
        twos.append(proved(parts[-1], jobs=2))
    for number, share in enumerate(SHARES):
        cost = median(1000 / several[number].rate for several in ones)
        yield Figure(name=f"CPU per mutant, {share:g} of {COPIES} modules, {ones[0][number].mutants} mutants", value=cost, unit="ms")
    cost = [1 / one[-1].rate for one in ones]
    yield ratio("CPU per mutant, 1 / 0.25", cost, [1 / one[0].rate for one in ones], at_most=1.1)
    yield ratio("CPU per mutant, two jobs / one", [1 / one.rate for one in twos], cost)
    name = f"time with one job / with two, load of the machine before: {load:.1f}"
    yield ratio(name, [one[-1].ended.seconds for one in ones], [one.ended.seconds for one in twos], at_least=1.8)


def tracing(rounds: int, _: Path | None) -> Iterator[Figure]:
    """Measure what two tools for branch coverage add to the suites by themselves."""
    for subject in PACKAGES:
        suite = ["-m", "pytest", "-q", subject.tests]
        ways = {
            "by itself": suite,
            "coverage.py": ["-m", "coverage", "run", "--branch", "--source", subject.code, *suite],
            "slipcover": ["-m", "slipcover", "--branch", "--source", subject.code, "--json", "--out", "../slipcover.json", *suite],
        }
        with project(subject) as folder:
            took = [[finished([sys.executable, *way], folder, is_sound=True).cpu_s for way in ways.values()] for _ in range(rounds)]
        for name, several in zip(ways, zip(*took, strict=True), strict=True):
            yield Figure(name=f"{subject.name}: its suite, {name}", value=median(several), unit="CPU s")


PARTS = {"speed": speed, "packages": packages, "growth": growth, "tracing": tracing}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of what is quick; the peers prove packages once (3)")
    parser.add_argument("--misses", type=Path, help="a file for the mutants on which planaria and mutmut differ")
    given, sys.argv[1:] = parser.parse_known_args()
    main(
        lambda: [figure for name in given.only.split(",") for figure in PARTS[name](given.rounds, given.misses)],
        about="Mutation: mutants per CPU second, verdicts, and growth",
    )
